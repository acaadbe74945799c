/** Loss and metrics of a model's outputs on rows, in f64. */
import { exp, log, log1p } from "../../numerics/f64.ts";
import { NO_LABEL } from "../../data/answers.ts";
import type { Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import type { TargetScales } from "../targets.ts";
import type { Loss } from "./loss.ts";
import { confusionOf, NO_CONFUSION, type Confusion } from "./confusion.ts";
import {
  auroc,
  balancedAccuracy,
  classFigures,
  macroAuroc,
  macroF1,
  valueMetrics,
  type ClassFigures,
  type ValueMetrics,
} from "./metrics.ts";
import { reliability, wilsonInterval } from "./reliability.ts";

/** What a model makes of a data set. Of values, `mae`, `rmse` and `r2` are there; of classes, the others. */
export interface Evaluation extends Partial<ValueMetrics> {
  /** Rows that were scored. */
  readonly rows: number;
  /**
   * The mean over rows (positions, labels): cross-entropy in nats, binary cross-entropy of several labels a row, the
   * squared error or the loss that was asked for of values, there in the units in which targets were learned.
   */
  readonly loss: number;
  /** The part of rows (positions, labels) that is right; NaN of values. */
  readonly accuracy: number;
  /**
   * How many rows (positions) of each class are called which, by their numbers in `classes`: the pairs that occur, none of
   * values and of several labels a row. `metrics.confusionMatrix` makes a table of it.
   */
  readonly confusion: Confusion;
  /** The mean over classes of the part of their rows that is found; of classes alone. */
  readonly balancedAccuracy?: number;
  /** The mean over classes of 2 TP / (2 TP + FP + FN). */
  readonly f1?: number;
  /** Precision, recall, F1 and support of each class, in the order of `classes`; of values none. */
  readonly perClass?: readonly ClassFigures[];
  /**
   * How many rows (positions, labels) got outputs that are not numbers and so say no class: they count as wrong, and
   * `confusion` has them as called by a number behind those of the classes. Absent where there are none.
   */
  readonly unanswered?: number;
  /** The area under the ROC curve: of two classes that of the second, of more the mean of each against the rest. */
  readonly auroc?: number;
  /** The expected calibration error (15 bins, `reliabilityOf` has them); of one class a row or position. */
  readonly ece?: number;
  /** The 95 % interval of the accuracy (Wilson 1927), rows taken as independent; of one class a row. */
  readonly accuracyInterval?: readonly [low: number, high: number];
}

/** Whether the area under the ROC curve, which sorts the rows for each class, is wanted. */
export type Extent = "all" | "withoutAuroc";

/**
 * Mean cross-entropy and metrics of logits `[rows, classes, positions]` and labels `[rows, positions]`; positions without a
 * label (-1) are left out.
 */
export function score(
  logits: ArrayLike<number>,
  given: ArrayLike<number>,
  classes: number,
  positions = 1,
  extent: Extent = "all",
): Evaluation {
  const places = Array.from(given, (_, i) => i).filter((i) => given[i] !== NO_LABEL);
  const labels = Int32Array.from(places, (i) => given[i]);
  const count = labels.length;
  const flat = new Float64Array(count * classes); // [row and position, class]
  const predicted = new Int32Array(count);
  const confidences = new Float64Array(count);
  let loss = 0;
  let right = 0;
  let unanswered = 0;
  for (let i = 0; i < count; i++) {
    const from = Math.floor(places[i] / positions) * classes * positions + (places[i] % positions);
    const row = flat.subarray(i * classes, (i + 1) * classes);
    for (let k = 0; k < classes; k++) row[k] = logits[from + k * positions];
    const best = classOf(row);
    if (best === NO_CLASS) unanswered++;
    const max = best === NO_CLASS ? NaN : row[best];
    let powers = 0;
    for (let k = 0; k < classes; k++) powers += exp(row[k] - max);
    loss += log(powers) - (row[labels[i]] - max);
    predicted[i] = best;
    confidences[i] = 1 / powers;
    if (best === labels[i]) right++;
  }
  const confusion = confusionOf(labels, predicted, classes);
  return {
    rows: given.length / positions,
    loss: loss / count,
    accuracy: right / count,
    confusion,
    balancedAccuracy: balancedAccuracy(confusion),
    f1: macroF1(confusion),
    perClass: classFigures(confusion),
    ...(unanswered > 0 ? { unanswered } : {}),
    ...(extent === "all" ? { auroc: macroAuroc(flat, labels, classes) } : {}),
    ece: reliability(confidences, (i) => predicted[i] === labels[i]).ece,
    ...(positions === 1 ? { accuracyInterval: wilsonInterval(right, count) } : {}),
  };
}

/** Binary cross-entropy and metrics of logits and targets of 0 and 1, both `[rows, classes]`; means over classes. */
export function scoreSeveral(
  logits: ArrayLike<number>,
  targets: ArrayLike<number>,
  classes: number,
): Evaluation {
  const rows = targets.length / classes;
  let loss = 0;
  let right = 0;
  let unanswered = 0;
  /** What is said of a label: 1 or 0; of an output that is no number, what is wrong. */
  const said = (x: number, truth: boolean): number => Number(Number.isNaN(x) ? !truth : x >= 0);
  for (let i = 0; i < targets.length; i++) {
    const x = logits[i];
    loss += Math.max(x, 0) - x * targets[i] + log1p(exp(-Math.abs(x)));
    if (Number.isNaN(x)) unanswered++;
    if (said(x, targets[i] >= 0.5) === Number(targets[i] >= 0.5)) right++;
  }
  const column = (values: ArrayLike<number>, k: number): number[] =>
    Array.from({ length: rows }, (_, i) => values[i * classes + k]);
  const each = Array.from({ length: classes }, (_, k) => {
    const truth = column(targets, k).map((t) => Number(t >= 0.5));
    const outputs = column(logits, k);
    const counts = confusionOf(
      truth,
      outputs.map((x, i) => said(x, truth[i] === 1)),
      2,
    );
    const [, own] = classFigures(counts);
    return {
      own,
      f1: Number.isNaN(own.f1) ? 0 : own.f1,
      area: auroc(outputs, (i) => truth[i] === 1),
    };
  });
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  return {
    rows,
    loss: loss / targets.length,
    accuracy: right / targets.length,
    confusion: NO_CONFUSION,
    f1: mean(each.map((e) => e.f1)),
    perClass: each.map((e) => e.own),
    ...(unanswered > 0 ? { unanswered } : {}),
    auroc: mean(each.map((e) => e.area).filter((area) => !Number.isNaN(area))),
  };
}

/**
 * Metrics of outputs `[rows, outputs]` in the targets' own units; there is no accuracy. The loss is the mean squared error,
 * or the one given, of what `units` make of both: as training saw it.
 */
export function scoreValues(
  outputs: ArrayLike<number>,
  targets: ArrayLike<number>,
  data: Pick<Dataset, "name" | "rows">,
  { loss, units }: { readonly loss?: Loss; readonly units?: TargetScales } = {},
): Evaluation {
  if (outputs.length !== targets.length)
    throw new InputError(
      `${data.name} has ${targets.length} target values; the model gives ${outputs.length} for its ${data.rows} rows`,
    );
  let sum = 0;
  const scales = units?.deviation ?? [1];
  for (let i = 0; i < outputs.length; i++)
    sum += penalty(outputs[i], targets[i], scales[i % scales.length], loss);
  const metrics = valueMetrics(outputs, targets, data.rows);
  const unanswered = outputs.length - countFinite(outputs);
  return {
    rows: data.rows,
    loss: sum / outputs.length,
    accuracy: NaN,
    confusion: NO_CONFUSION,
    ...metrics,
    ...(unanswered > 0 ? { unanswered } : {}),
  };
}

/** `scale` is what divides the difference of both. */
function penalty(
  output: number,
  target: number,
  scale: number,
  loss: Loss = { kind: "meanSquaredError" },
): number {
  const d = Math.abs(output - target) / scale;
  switch (loss.kind) {
    case "meanAbsoluteError":
      return d;
    case "huber":
      return d < loss.delta ? (d * d) / 2 : loss.delta * (d - loss.delta / 2);
    case "binaryCrossEntropy":
      return Math.max(output, 0) - output * target + log1p(exp(-Math.abs(output)));
    case "meanSquaredError":
    case "crossEntropy": // of classes: values have none
      return d * d;
  }
}

/** 1 / (1 + e^-x). */
export const logistic = (x: number): number => (x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)));

/** The number of no class: of outputs that are not numbers. */
export const NO_CLASS = -1;
/** What no class is called where a label has to stand: nothing. */
export const NO_CLASS_NAME = "";

/** The class of the first largest output, or probability; NO_CLASS where one is NaN or none of them is finite and largest. */
export function classOf(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) return NO_CLASS;
    if (values[i] > values[best]) best = i;
  }
  return Number.isFinite(values[best]) ? best : NO_CLASS;
}

/** The name of a class by its number. */
export const className = (classes: readonly string[], k: number): string =>
  k === NO_CLASS ? NO_CLASS_NAME : classes[k];

/** How many of some numbers are finite. */
export function countFinite(values: ArrayLike<number>): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) count++;
  return count;
}

/** The first largest. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
