/** Where the contributions of a row are: stretches of positions that speak for an answer, or against it. */
import type { Attribution } from "./types.ts";

/** Neighbouring positions whose contributions have one sign. */
export interface Stretch {
  /** The first position, in the data's units (`axis`). */
  readonly from: number;
  /** The last one. */
  readonly to: number;
  /** The sum of its contributions. */
  readonly sum: number;
}

/** Below this share of the largest contribution a position belongs to no stretch. */
const LEAST = 0.2;

/**
 * The stretches of one line of `values` with the largest sums, largest first: neighbours of one sign, each at least a fifth of the
 * line's largest contribution; what is smaller between two of them, up to two positions, does not divide them.
 */
export function stretches(
  values: readonly number[],
  { first, step }: Attribution["axis"],
  most: number,
): readonly Stretch[] {
  const least = LEAST * values.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
  if (least === 0) return [];
  const found: { from: number; to: number; sum: number }[] = [];
  values.forEach((x, t) => {
    if (Math.abs(x) < least) return;
    const last = found[found.length - 1];
    const near = last !== undefined && t - last.to <= 3 && last.sum > 0 === x > 0;
    if (near) {
      for (let between = last.to + 1; between <= t; between++) last.sum += values[between];
      last.to = t;
    } else found.push({ from: t, to: t, sum: x });
  });
  return found
    .sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum) || a.from - b.from)
    .slice(0, most)
    .map(({ from, to, sum }) => ({ from: first + step * from, to: first + step * to, sum }));
}
