/** The rule by which a default recipe moves, on the accuracies of two variants. */

/** A set that two variants ran on, with the accuracies of the seeds that both have, in one order. */
export interface Pair {
  readonly set: string;
  readonly base: readonly number[];
  readonly other: readonly number[];
}

export const meanOf = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;

/** Over seeds, n - 1; of a single one 0. */
export function deviationOf(x: readonly number[]): number {
  const mean = meanOf(x);
  return Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, x.length - 1));
}

export const differenceOf = ({ base, other }: Pair): number => meanOf(other) - meanOf(base);

/** Whether a set is better (1) or worse (-1) by more than the larger deviation of both variants. */
export const isBeyond = (pair: Pair, sign: 1 | -1): boolean =>
  sign * differenceOf(pair) > Math.max(deviationOf(pair.base), deviationOf(pair.other));

/** The mean over the sets of the difference, seed by seed, of the first seeds that all sets have. */
export function overSets(pairs: readonly Pair[]): readonly number[] {
  const seeds = Math.min(...pairs.map(({ base }) => base.length));
  return Array.from({ length: seeds }, (_, k) => meanOf(pairs.map(({ base, other }) => other[k] - base[k])));
}

/** Whether the default moves: better in the mean over the sets by more than its deviation over the seeds, and no set worse beyond its own. */
export function moves(pairs: readonly Pair[]): boolean {
  const mean = overSets(pairs);
  return meanOf(mean) > deviationOf(mean) && !pairs.some((pair) => isBeyond(pair, -1));
}
