/** Stretches of equal class in a row that has a class at each position: what a segmentation is read as. */

/** Positions of one class, from `start` up to, but not with, `end`. */
export interface Interval {
  /** The first position, from 0. */
  readonly start: number;
  /** The position after the last: `end - start` positions. */
  readonly end: number;
  /** Their class. */
  readonly label: string;
  /** `start` in seconds from the row's first position; absent where the rate is not known. */
  readonly startSeconds?: number;
  /** `end` in seconds from there; absent where the rate is not known. */
  readonly endSeconds?: number;
}

/** The stretches of equal label, in order, without a gap; `rate` is the positions a second (Hz), for times in seconds. */
export function intervals(labels: readonly string[], rate?: number): Interval[] {
  const starts = labels.flatMap((label, t) => (t > 0 && label === labels[t - 1] ? [] : [t]));
  return starts.map((start, i) => {
    const end = i + 1 < starts.length ? starts[i + 1] : labels.length;
    const seconds = rate === undefined ? {} : { startSeconds: start / rate, endSeconds: end / rate };
    return { start, end, label: labels[start], ...seconds };
  });
}
