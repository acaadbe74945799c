/** The linear map of the Rocket family by ridge regression, in closed form: memory grows with the square of the rows. */
import type { AnswersOf } from "../data/answers.ts";
import { fitTargets, standardized, type TargetScales } from "../models/targets.ts";
import { exp, log } from "../numerics/f64.ts";
import { classTargets, ridge } from "../numerics/ridge.ts";

/** The linear map from features to outputs. */
export interface Head {
  /** `[outputs, features]` */
  readonly coefficients: Float32Array;
  readonly intercepts: Float32Array;
  /** What the provenance says of how it was found. */
  readonly told: Readonly<Record<string, string>>;
}

/** Fits it to features `[rows, size]`, the first `standardised` of which are standardised. */
export const ridgeHead = (
  features: Float32Array,
  standardised: number,
  answers: AnswersOf<"classes" | "values">,
): Head =>
  answers.kind === "values"
    ? ofValues(features, standardised, answers)
    : ofClasses(features, standardised, answers);

/** Scores whose softmax fits the classes of left-out rows. */
function ofClasses(
  features: Float32Array,
  standardised: number,
  { labels, classes }: AnswersOf<"classes">,
): Head {
  const count = classes.length;
  const { alpha, coefficients, intercepts, leftOut } = ridge(features, classTargets(labels, count), count, {
    standardised,
  });
  const factor = sharpness(leftOut, labels, count);
  return {
    coefficients: Float32Array.from(coefficients, (w) => w * factor),
    intercepts: Float32Array.from(intercepts, (b) => b * factor),
    told: { alpha: String(alpha) },
  };
}

/** Values in their own units. Targets are standardised first, so that each counts alike where alpha is chosen. */
function ofValues(features: Float32Array, standardised: number, answers: AnswersOf<"values">): Head {
  const { outputs, targets } = answers;
  const scales = fitTargets(answers);
  const { alpha, coefficients, intercepts } = ridge(features, standardized(targets, scales), outputs, {
    standardised,
  });
  return { ...inUnits(coefficients, intercepts, scales), told: { alpha: String(alpha) } };
}

/** A map to standardised targets as one to the targets' own units. */
export function inUnits(
  coefficients: Float64Array,
  intercepts: Float64Array,
  { mean, deviation }: TargetScales,
): Pick<Head, "coefficients" | "intercepts"> {
  const size = coefficients.length / intercepts.length;
  return {
    coefficients: Float32Array.from(coefficients, (w, i) => w * deviation[Math.floor(i / size)]),
    intercepts: Float32Array.from(intercepts, (b, k) => mean[k] + b * deviation[k]),
  };
}

/**
 * The factor b that minimises the cross-entropy of softmax(b scores), by golden section over log b. Targets are 1 - 1/(n + 2)
 * for the class of the row (Platt 1999), so that b stays finite where every row is right.
 */
function sharpness(scores: Float64Array, labels: Int32Array, classes: number): number {
  const rows = labels.length;
  const doubt = 1 / (rows + 2);
  const lossAt = (logB: number): number => {
    const b = exp(logB);
    let loss = 0;
    for (let i = 0; i < rows; i++) {
      const row = scores.subarray(i * classes, (i + 1) * classes);
      const max = row.reduce((a, c) => (c > a ? c : a));
      let sum = 0;
      let others = 0;
      for (let k = 0; k < classes; k++) {
        sum += exp(b * (row[k] - max));
        if (k !== labels[i]) others += b * (row[k] - max);
      }
      loss += log(sum) - (1 - doubt) * b * (row[labels[i]] - max) - (doubt / (classes - 1)) * others;
    }
    return loss;
  };
  const ratio = (Math.sqrt(5) - 1) / 2;
  let low = log(0.1);
  let high = log(100);
  let left = high - ratio * (high - low);
  let right = low + ratio * (high - low);
  let [lossLeft, lossRight] = [lossAt(left), lossAt(right)];
  for (let step = 0; step < 30; step++) {
    if (lossLeft < lossRight) {
      [high, right, lossRight] = [right, left, lossLeft];
      left = high - ratio * (high - low);
      lossLeft = lossAt(left);
    } else {
      [low, left, lossLeft] = [left, right, lossRight];
      right = low + ratio * (high - low);
      lossRight = lossAt(right);
    }
  }
  return exp((low + high) / 2);
}
