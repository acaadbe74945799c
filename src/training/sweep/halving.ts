/**
 * Successive halving in generations (after Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020,
 * whose rule takes results as they come): of the trials that a rung has scored, 1 / eta goes on to the next one. Here the rule
 * is asked only when a whole generation is done, so what runs next follows from finished rungs, never from which of
 * several workers was first. And no more than that part ever goes on, also where later trials turn out better than
 * earlier ones: what a sweep costs is known before.
 */

/** A trial at a rung. */
export interface Rung {
  /** The trial's number, from 0. */
  readonly trial: number;
  /** How far, from 0; the last one is the whole length. */
  readonly rung: number;
}

/** What came of one; the least cost is the best, Infinity is a trial that failed. */
export interface Costed extends Rung {
  readonly cost: number;
}

/** The part of the whole length that each rung ends at: 1 / eta^k, 1 at the last. */
export const fractionsOf = (rungs: number, eta: number): number[] =>
  Array.from({ length: rungs }, (_, r) => {
    let part = 1;
    for (let k = r; k < rungs - 1; k++) part /= eta;
    return part;
  });

/** Further is better, then cheaper, then earlier: a trial went further because it was better. */
export const byRank = (a: Costed, b: Costed): number =>
  b.rung - a.rung || (a.cost < b.cost ? -1 : a.cost > b.cost ? 1 : a.trial - b.trial);

/** Each trial's furthest rung, the best first; those that failed are last, wherever they did. */
export function ranking(done: readonly Costed[]): Costed[] {
  const furthest = new Map<number, Costed>();
  for (const each of done) {
    const before = furthest.get(each.trial);
    if (!before || each.rung > before.rung) furthest.set(each.trial, each);
  }
  const all = [...furthest.values()].toSorted(byRank);
  const isScored = ({ cost }: Costed): boolean => cost < Infinity;
  return [...all.filter(isScored), ...all.filter((each) => !isScored(each))];
}

/**
 * The trials that go on, those with the longest way first: of each rung as many as bring those that went on to 1 / eta of those
 * that are there, the best that have not gone on. Where no new trials will come (`isLast`), none goes on by the
 * rule and none has run the whole length, the best of the furthest ones does.
 */
export function promotions(
  done: readonly Costed[],
  { rungs, eta, isLast }: { readonly rungs: number; readonly eta: number; readonly isLast: boolean },
): Rung[] {
  /** The best of a rung that have a score and have not gone on yet. */
  const ready = (rung: number, most: (here: number, gone: number) => number): Rung[] => {
    const here = done.filter((each) => each.rung === rung).toSorted(byRank);
    const gone = new Set(done.filter((each) => each.rung === rung + 1).map(({ trial }) => trial));
    return here
      .filter(({ trial, cost }) => cost < Infinity && !gone.has(trial))
      .slice(0, Math.max(0, most(here.length, gone.size)))
      .map(({ trial }) => ({ trial, rung: rung + 1 }));
  };
  const below = Array.from({ length: rungs - 1 }, (_, i) => rungs - 2 - i);
  const next = below.flatMap((rung) => ready(rung, (here, gone) => Math.floor(here / eta) - gone));
  const isDone = done.some(({ rung, cost }) => rung === rungs - 1 && cost < Infinity);
  if (next.length > 0 || !isLast || isDone) return next;
  return below.flatMap((rung) => ready(rung, () => 1)).slice(0, 1);
}
