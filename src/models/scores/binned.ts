/** What every score has of confidences and right rows; the whole diagram is in `reliability.ts`. */

/** Bins of the paper (Guo et al. 2017). */
export const BINS = 15;

/**
 * Confidences in bins ((m - 1) / M, m / M] of equal width: counts, sums of confidences and of right rows, and the expected
 * calibration error, NaN of no rows. A confidence that is no number counts as 0.
 */
export function binned(confidences: ArrayLike<number>, right: (row: number) => boolean, bins = BINS) {
  const [counts, sums, rights] = [0, 1, 2].map(() => new Float64Array(bins));
  for (let i = 0; i < confidences.length; i++) {
    const p = confidences[i] || 0;
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(p * bins) - 1));
    counts[bin]++;
    sums[bin] += p;
    rights[bin] += Number(right(i));
  }
  const gaps = rights.map((count, m) => Math.abs(count - sums[m]) / confidences.length);
  return { counts, sums, rights, ece: confidences.length > 0 ? gaps.reduce((a, b) => a + b) : NaN };
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
