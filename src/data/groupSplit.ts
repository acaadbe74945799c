/**
 * Whole groups to one side: greedy choices in the order given, each towards the part's even share of every
 * class. A class counts by its own rows, so a rare one is spread as carefully as a common one.
 */
import type { Dataset } from "./dataset.ts";
import { InputError } from "./errors.ts";

export interface Group {
  readonly rows: readonly number[];
  /** Of each class, the part of all its rows that this group has. */
  readonly shares: Float64Array;
}

/** The groups in order of their first rows. `strata` has the class of each row. */
export function groupsOf(
  data: Dataset,
  strata: { readonly of: ArrayLike<number>; readonly count: number },
): Group[] {
  const names = data.groups ?? [];
  const rows = new Map<string, number[]>();
  names.forEach((name, row) => {
    const own = rows.get(name);
    if (own) own.push(row);
    else rows.set(name, [row]);
  });
  const totals = new Float64Array(strata.count);
  for (let row = 0; row < data.rows; row++) totals[strata.of[row]]++;
  return [...rows.values()].map((own) => {
    const shares = new Float64Array(strata.count);
    for (const row of own) shares[strata.of[row]] += 1 / totals[strata.of[row]];
    return { rows: own, shares };
  });
}

/**
 * How much a group changes the sum over classes of (share - wanted)^2 of a part: below 0 is nearer. (In this form two parts
 * that have nothing of the group's classes tie exactly.)
 */
function change(part: Float64Array, group: Group, wanted: number): number {
  let sum = 0;
  group.shares.forEach((s, k) => (sum += s * (2 * (part[k] - wanted) + s)));
  return sum;
}

/** All of a class, but for the rounding of a sum. */
const WHOLE = 1 - 1e-9;

/** The rows of groups that make about a fraction of every class, and never all of one. */
export function heldGroups(groups: readonly Group[], fraction: number): number[] {
  requireSeveral(groups, 2, "a split");
  const part = new Float64Array(groups[0].shares.length);
  const spares = ({ shares }: Group): boolean => shares.every((s, k) => part[k] + s < WHOLE);
  const held: Group[] = [];
  const take = (group: Group): void => {
    held.push(group);
    group.shares.forEach((s, k) => (part[k] += s));
  };
  for (const group of groups) if (spares(group) && change(part, group, fraction) < 0) take(group);
  if (held.length === 0) {
    // every group is much larger than the fraction: the one that comes nearest to it
    const [first] = groups
      .filter(spares)
      .sort((a, b) => change(part, a, fraction) - change(part, b, fraction));
    if (first) take(first);
  }
  return held.flatMap((group) => group.rows);
}

/** The test rows of each fold: large groups first, each to the fold that it leaves the most even. */
export function groupFolds(groups: readonly Group[], folds: number): number[][] {
  requireSeveral(groups, folds, `${folds} folds`);
  const parts = Array.from({ length: folds }, () => ({
    groups: [] as Group[],
    size: 0,
    shares: new Float64Array(groups[0].shares.length),
  }));
  for (const group of [...groups].sort((a, b) => b.rows.length - a.rows.length)) {
    const costs = parts.map((p) => change(p.shares, group, 0));
    let best = 0;
    parts.forEach((p, f) => {
      const gain = costs[best] - costs[f];
      if (gain > 0 || (gain === 0 && p.size < parts[best].size)) best = f;
    });
    parts[best].groups.push(group);
    parts[best].size += group.rows.length;
    group.shares.forEach((s, k) => (parts[best].shares[k] += s));
  }
  return parts.map((p) => p.groups.flatMap((group) => group.rows));
}

function requireSeveral(groups: readonly Group[], least: number, what: string): void {
  if (groups.length < least)
    throw new InputError(
      `the rows are of ${groups.length} group${groups.length === 1 ? "" : "s"}; ${what} by group wants at least ${least}; ` +
        "split by class, or give rows of more groups",
    );
}
