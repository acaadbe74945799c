/**
 * How far probabilities are to be believed: confidence, the probability of the class that is said, against the part of rows that
 * are right (Guo et al. 2017, "On calibration of modern neural networks").
 */
import { InputError } from "../../data/errors.ts";

/** Rows of a like confidence. */
export interface ReliabilityBin {
  /** Confidences above this (of the first bin, 0 too)... */
  readonly from: number;
  /** ...up to and with this one. */
  readonly to: number;
  /** How many rows (positions). */
  readonly count: number;
  /** The mean confidence of them; NaN of none. */
  readonly confidence: number;
  /** The part of them that is right; NaN of none. */
  readonly accuracy: number;
}

/** A reliability diagram as numbers. */
export interface Reliability {
  /** The bins, from confidence 0 to 1. */
  readonly bins: readonly ReliabilityBin[];
  /** The expected calibration error: the mean over rows of |accuracy - confidence| of their bin; NaN of no rows. */
  readonly ece: number;
  /** The largest |accuracy - confidence| of a bin that has rows. */
  readonly largest: number;
}

/** Bins of the paper. */
export const BINS = 15;

/**
 * Confidences in `bins` bins of equal width, ((m - 1) / M, m / M], and which rows are right. A confidence that is no number counts
 * as 0, as a row without an answer does.
 *
 * @throws InputError for a number of bins that is not from 1 to 1,000
 */
export function reliability(
  confidences: ArrayLike<number>,
  right: (row: number) => boolean,
  bins = BINS,
): Reliability {
  if (!(Number.isSafeInteger(bins) && bins >= 1 && bins <= 1000))
    throw new InputError(`bins is ${bins}; it is a whole number from 1 to 1000`);
  const [counts, sums, rights] = [0, 1, 2].map(() => new Float64Array(bins));
  for (let i = 0; i < confidences.length; i++) {
    const p = confidences[i] > 0 ? confidences[i] : 0;
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(p * bins) - 1));
    counts[bin]++;
    sums[bin] += p;
    if (right(i)) rights[bin]++;
  }
  let ece = 0;
  let largest = 0;
  for (let m = 0; m < bins; m++) {
    const gap = Math.abs(rights[m] - sums[m]);
    ece += gap / confidences.length;
    if (counts[m] > 0) largest = Math.max(largest, gap / counts[m]);
  }
  return {
    bins: Array.from(counts, (count, m) => ({
      from: m / bins,
      to: (m + 1) / bins,
      count,
      confidence: sums[m] / count,
      accuracy: rights[m] / count,
    })),
    ece: confidences.length > 0 ? ece : NaN,
    largest,
  };
}

/** Of a normal distribution, what 95 % lie within. */
const Z95 = 1.959963984540054;

/**
 * The 95 % interval of a part of `count` independent rows of which `right` are right (Wilson, "Probable inference", 1927). NaN of no
 * rows. Rows that belong together, such as windows of one recording, say less than their number.
 */
export function wilsonInterval(right: number, count: number): readonly [low: number, high: number] {
  const p = right / count;
  const z2 = Z95 * Z95;
  const middle = p + z2 / (2 * count);
  const half = Z95 * Math.sqrt((p * (1 - p) + z2 / (4 * count)) / count);
  const whole = 1 + z2 / count;
  // where none or all are right the ends are exact
  return [
    right === 0 ? 0 : (middle - half) / whole,
    right === count && count > 0 ? 1 : (middle + half) / whole,
  ];
}
