/**
 * Metrics in f64, of predictions against what is true. Definitions are scikit-learn's; a metric that is not defined
 * (no rows, one class alone for AUROC) is NaN.
 */
import { exp } from "../../numerics/f64.ts";
import { marginsOf, type Confusion } from "./confusion.ts";

export { reliability, wilsonInterval, type Reliability, type ReliabilityBin } from "./reliability.ts";
export { confusionMatrix, confusionOf, type Confusion, type ConfusionPair } from "./confusion.ts";

const mean = (values: readonly number[]): number =>
  values.length > 0 ? values.reduce((a, b) => a + b, 0) / values.length : NaN;

/** The part of rows whose prediction is right. */
export function accuracy(c: Confusion): number {
  const { support, right } = marginsOf(c);
  const total = (counts: Float64Array): number => counts.reduce((a, b) => a + b, 0);
  return total(right) / total(support);
}

/** The mean over classes that have rows of the part of them that is found (recall). */
export function balancedAccuracy(c: Confusion): number {
  const { support, right } = marginsOf(c);
  return mean(Array.from(support, (rows, k) => right[k] / rows).filter((_, k) => support[k] > 0));
}

/** How well one class is found. */
export interface ClassFigures {
  /** TP / (TP + FP); NaN where it is never predicted. */
  readonly precision: number;
  /** TP / (TP + FN); NaN where no row has it. */
  readonly recall: number;
  /** 2 TP / (2 TP + FP + FN); NaN where it is neither there nor predicted. */
  readonly f1: number;
  /** Rows, or positions, that have it. */
  readonly support: number;
}

/** Precision, recall, F1 and support of each class. */
export function classFigures(c: Confusion): ClassFigures[] {
  const { support, said, right } = marginsOf(c);
  return Array.from(support, (rows, k) => ({
    precision: right[k] / said[k],
    recall: right[k] / rows,
    f1: (2 * right[k]) / (said[k] + rows),
    support: rows,
  }));
}

/** The mean over classes that occur or are predicted of 2 TP / (2 TP + FP + FN). */
export function macroF1(c: Confusion): number {
  const { support, said, right } = marginsOf(c);
  const both = support.map((rows, k) => rows + said[k]);
  return mean(Array.from(both, (sum, k) => (2 * right[k]) / sum).filter((_, k) => both[k] > 0));
}

/**
 * The area under the ROC curve: the probability that a positive row's score is above a negative one's, a tie counting
 * half (Mann and Whitney's U over the product of the counts, from middle ranks).
 */
export function auroc(scores: ArrayLike<number>, positive: (row: number) => boolean): number {
  const rows = Array.from(scores, (_, i) => i).filter(positive);
  if (rows.length <= FEW_POSITIVES) return countedAuroc(scores, positive, rows);
  const order = Array.from(scores, (_, i) => i).sort((i, j) => scores[i] - scores[j]);
  let positives = 0;
  let rankSum = 0;
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && scores[order[to]] === scores[order[from]]) to++;
    const rank = (from + 1 + to) / 2;
    for (let i = from; i < to; i++) {
      if (!positive(order[i])) continue;
      positives++;
      rankSum += rank;
    }
    if (to === from) return NaN; // a score that is no number has no rank
    from = to;
  }
  const negatives = order.length - positives;
  return positives > 0 && negatives > 0
    ? (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
    : NaN;
}

/** So few positive rows are compared with each other row, which is less than to sort all. */
const FEW_POSITIVES = 8;

/** The same, exactly: U counts the negative rows below each positive one, and half of those beside it. */
function countedAuroc(
  scores: ArrayLike<number>,
  positive: (row: number) => boolean,
  positives: readonly number[],
): number {
  const negatives = scores.length - positives.length;
  if (positives.length === 0 || negatives === 0) return NaN;
  let u = 0;
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) return NaN;
    if (positive(i)) continue;
    for (const row of positives) u += scores[i] < scores[row] ? 1 : scores[i] === scores[row] ? 0.5 : 0;
  }
  return u / (positives.length * negatives);
}

/**
 * Of two classes, the area for the second; of more, the mean over classes of each against the rest, scored by its
 * probability. Classes without rows, or with all of them, do not count. Logits are `[rows, classes]`.
 */
export function macroAuroc(logits: ArrayLike<number>, labels: ArrayLike<number>, classes: number): number {
  const rows = labels.length;
  if (classes === 2) {
    const scores = Array.from({ length: rows }, (_, i) => logits[2 * i + 1] - logits[2 * i]);
    return auroc(scores, (i) => labels[i] === 1);
  }
  const flat = logits instanceof Float64Array ? logits : Float64Array.from(logits);
  const rowOf = (i: number): Float64Array => flat.subarray(i * classes, (i + 1) * classes);
  const probabilities = new Float64Array(rows * classes); // [class, row]
  for (let i = 0; i < rows; i++)
    softmax(rowOf(i)).forEach((p, k) => {
      probabilities[k * rows + i] = p;
    });
  // a class without rows has no area, and sorting for it would be in vain
  const present = [...new Set(Array.from(labels))].sort((a, b) => a - b);
  const areas = present.map((k) =>
    auroc(probabilities.subarray(k * rows, (k + 1) * rows), (i) => labels[i] === k),
  );
  return mean(areas.filter((area) => !Number.isNaN(area)));
}

/** e^x over the sum of e^x, in f64 without overflow: probabilities from the logits of one row. */
export function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const max = values.reduce((a, b) => (b > a ? b : a));
  const e = values.map((x) => exp(x - max));
  const sum = e.reduce((a, b) => a + b);
  return e.map((x) => x / sum);
}

/** How far values are from their targets. */
export interface ValueMetrics {
  /** The mean of |output - target|. */
  readonly mae: number;
  /** The root of the mean of (output - target)^2. */
  readonly rmse: number;
  /** The mean over outputs of 1 - (sum of squared errors) / (sum of squared deviations from the output's mean). */
  readonly r2: number;
}

/** Metrics of values `[rows, outputs]`. An output without deviation has r2 1 where it is met exactly, else 0. */
export function valueMetrics(
  outputs: ArrayLike<number>,
  targets: ArrayLike<number>,
  rows: number,
): ValueMetrics {
  const count = targets.length;
  const width = count / rows;
  let absolute = 0;
  let squares = 0;
  const scores = Array.from({ length: width }, (_, k) => {
    let sum = 0;
    for (let i = k; i < count; i += width) sum += targets[i];
    const middle = sum / rows;
    let error = 0;
    let spread = 0;
    for (let i = k; i < count; i += width) {
      const d = outputs[i] - targets[i];
      absolute += Math.abs(d);
      error += d * d;
      spread += (targets[i] - middle) * (targets[i] - middle);
    }
    squares += error;
    if (spread > 0 || Number.isNaN(error)) return 1 - error / spread;
    return error === 0 ? 1 : 0;
  });
  return { mae: absolute / count, rmse: Math.sqrt(squares / count), r2: mean(scores) };
}
