/**
 * Fits MiniRocket (models/minirocket/) with a ridge regression in closed form, in a second or so. What is random (the
 * training row of each bias, the channels of each kernel) follows from the seed; one seed gives the same bits on every
 * engine.
 */
import { exp, log } from "../numerics/f64.ts";
import { withoutEmptyClasses } from "../data/classes.ts";
import { chunks, type Dataset } from "../data/dataset.ts";
import type { AnswersOf } from "../data/answers.ts";
import { fitTargets, standardized } from "../models/targets.ts";
import { dataHash } from "../data/dataHash.ts";
import { InputError } from "../data/errors.ts";
import { DEFAULT_FEATURES, featurePlan } from "../models/minirocket/kernels.ts";
import {
  hashOf,
  miniRocketModel,
  type MiniRocket,
  type MiniRocketFields,
} from "../models/minirocket/minirocket.ts";
import { fitTransform, transformRows } from "../models/minirocket/transform.ts";
import { fitPreparation, prepare, type PrepareOptions } from "../models/preparation.ts";
import { planRows, type PlannedRows } from "./plan.ts";
import { classTargets, ridge } from "../numerics/ridge.ts";
import { VERSION } from "../models/version.ts";

/** The dual of the ridge holds rows x rows numbers: half a GiB here. */
const MOST_ROWS = 8192;

/** The options of `miniRocket`. */
export interface MiniRocketOptions {
  /** Draws training rows for biases, and channels of kernels: a whole number below 2^32. Default: 0. */
  readonly seed?: number;
  /** How many, 84 to 99,960, rounded down to a multiple of 84. Default: 9,996. */
  readonly features?: number;
  /** As `fit` takes it; rows are not normalised. Default: by the data. */
  readonly prepare?: PrepareOptions;
  /** Added to the model's provenance, by name. Default: nothing. */
  readonly provenance?: Readonly<Record<string, string>>;
}

/**
 * Fits MiniRocket to rows with a class each, or with values.
 *
 * @throws InputError for series below 9 values, for rows with other answers, of one class only or with weights, and for more
 * than 8,192 rows. Source: Dempster, Schmidt, Webb 2021
 */
export function miniRocket(given: Dataset, options: MiniRocketOptions = {}): MiniRocket {
  const { seed, prepare: asked } = options;
  return fitMiniRocket(planRows(given, { seed, prepare: asked }), options);
}

/** Fits MiniRocket to the rows to learn from. */
export function fitMiniRocket(
  { train, prepare: steps, task }: PlannedRows,
  options: Omit<MiniRocketOptions, "prepare"> = {},
): MiniRocket {
  const { seed = 0, features: wanted = DEFAULT_FEATURES } = options;
  const { answers } = train;
  if (answers.kind !== "classes" && answers.kind !== "values")
    throw new InputError(
      `${train.name} has ${answers.kind === "none" ? "no answers" : "several classes a row"}; minirocket predicts one class a row, or values; give such answers`,
    );
  if (train.rowWeights)
    throw new InputError(
      `${train.name} has row weights, which minirocket does not learn by; leave them out, or train a network`,
    );
  const data = withoutEmptyClasses(train);
  if (data.rows > MOST_ROWS)
    throw new InputError(
      `${data.name} has ${data.rows} rows; minirocket takes at most ${MOST_ROWS}, since its memory grows with ` +
        "their square; give fewer rows or train a network",
    );
  const { channels, length } = task;
  const preparation = fitPreparation("none", data, steps);
  const plan = featurePlan(length, wanted);
  const rows = { series: new Float32Array(data.rows * channels * length), rows: data.rows };
  let at = 0;
  for (const batch of chunks(data)) {
    rows.series.set(prepare(preparation, batch, { channels, length }), at);
    at += batch.rows * channels * length;
  }
  const transform = fitTransform(plan, rows, channels, seed);
  const features = transformRows(transform, rows);
  requireFinite(transform.biases, data.name);
  const { alpha, coefficients, intercepts } =
    answers.kind === "values" ? ofValues(features, answers) : ofClasses(features, data);
  const fields: MiniRocketFields = {
    kind: "minirocket",
    model: { name: "minirocket", input: { channels, length } },
    ...(data.channelNames && { channelNames: data.channelNames }),
    classes: data.classes,
    preparation,
    transform,
    coefficients,
    intercepts,
    provenance: {},
  };
  return miniRocketModel({
    ...fields,
    provenance: {
      toeplitz: VERSION,
      numerics: "strict",
      seed: String(seed),
      dataSha256: dataHash(data),
      weightsSha256: hashOf(fields),
      alpha: String(alpha),
      ...options.provenance,
    },
  });
}

/** The linear map from features to outputs. */
interface Head {
  readonly alpha: number;
  readonly coefficients: Float32Array;
  readonly intercepts: Float32Array;
}

/** Scores whose softmax fits the classes of left-out rows. */
function ofClasses(features: Float32Array, { labels, classes }: Dataset): Head {
  const count = classes.length;
  const { alpha, coefficients, intercepts, leftOut } = ridge(features, classTargets(labels, count), count);
  const factor = sharpness(leftOut, labels, count);
  return {
    alpha,
    coefficients: Float32Array.from(coefficients, (w) => w * factor),
    intercepts: Float32Array.from(intercepts, (b) => b * factor),
  };
}

/** Values in their own units. Targets are standardised first, so that each counts alike where alpha is chosen. */
function ofValues(features: Float32Array, answers: AnswersOf<"values">): Head {
  const { outputs, targets } = answers;
  const scales = fitTargets(answers);
  const { alpha, coefficients, intercepts } = ridge(features, standardized(targets, scales), outputs);
  const size = coefficients.length / outputs;
  return {
    alpha,
    coefficients: Float32Array.from(coefficients, (w, i) => w * scales.deviation[Math.floor(i / size)]),
    intercepts: Float32Array.from(intercepts, (b, k) => scales.mean[k] + b * scales.deviation[k]),
  };
}

function requireFinite(biases: Float32Array, name: string): void {
  if (!biases.every(Number.isFinite))
    throw new InputError(
      `${name}: a convolution of its rows is beyond float32 (3.4e38); scale the series down`,
    );
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
