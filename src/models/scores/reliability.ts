/**
 * How far probabilities are to be believed: confidence, the probability of the class that is said, against the part of rows that
 * are right (Guo et al. 2017, "On calibration of modern neural networks").
 */
import { InputError } from "../../data/errors.ts";
import { BINS, binned } from "./binned.ts";

export { wilsonInterval } from "./binned.ts";

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
  const { counts, sums, rights, ece } = binned(confidences, right, bins);
  let largest = 0;
  for (let m = 0; m < bins; m++)
    if (counts[m] > 0) largest = Math.max(largest, Math.abs(rights[m] - sums[m]) / counts[m]);
  return {
    bins: Array.from(counts, (count, m) => ({
      from: m / bins,
      to: (m + 1) / bins,
      count,
      confidence: sums[m] / count,
      accuracy: rights[m] / count,
    })),
    ece,
    largest,
  };
}
