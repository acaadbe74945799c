/**
 * How much each parameter mattered: the part of the variance of the trials' ranks that it explains by itself. Values of a
 * choice are its groups, of a range four with as many trials each; the part is corrected for what groups explain by chance
 * (epsilon squared, Kelley 1935): 1 - (n - 1) / (n - k) (1 - between / whole), at least 0.
 *
 * Ranks, since losses have no scale that all trials share: one that diverged is last, not infinitely far. Of the first rung
 * alone, since there every trial had the same steps. Main effects alone, since some tens of trials carry no more: a forest
 * that divides interactions too (fANOVA, Hutter et al. 2014) says of 40 trials mostly how it was grown.
 */
import { costOf, type Monitor } from "../monitor.ts";
import { activeAt, choiceAt, type Parameter, type Space } from "./space.ts";
import type { Searched } from "./sweep.ts";

const GROUPS = 4;
/** Trials of which fewer say nothing, and how many each group wants in the mean. */
const FEWEST = { trials: 8, each: 2 };

/** How much a parameter mattered. */
export interface Importance {
  /** Its name in the space. */
  readonly name: string;
  /** The part of the variance of the trials' ranks that it explains, from 0 to 1; null of too few trials. */
  readonly part: number | null;
}

/** Of each parameter, the one that mattered most first. */
export function importances(
  space: Space,
  { points, finished }: Pick<Searched, "points" | "finished">,
  monitor: Monitor,
): Importance[] {
  const active = points.map((point) => activeAt(space, point));
  const first = finished.filter(({ rung }) => rung === 0);
  return Object.entries(space)
    .map(([name, parameter], i): Importance => {
      const effects = first.map(({ trial, outcome }) => ({
        at: active[trial][i] ? points[trial][i] : null,
        cost: outcome.kind === "failed" ? Infinity : costOf(monitor, outcome.score),
      }));
      return { name, part: importanceOf(parameter, effects) };
    })
    .toSorted((a, b) => (b.part ?? -1) - (a.part ?? -1));
}

/** A trial as a parameter sees it. */
export interface Effect {
  /** Where in [0, 1) the parameter was; null where it did not count. */
  readonly at: number | null;
  /** What came of the trial: less is better, Infinity failed. */
  readonly cost: number;
}

/** The part of the variance that a parameter explains, from 0 to 1; null of too few trials. */
export function importanceOf(parameter: Parameter, effects: readonly Effect[]): number | null {
  const seen = effects.filter((e): e is Effect & { readonly at: number } => e.at !== null);
  const ranks = ranksOf(seen.map(({ cost }) => cost));
  const groups = groupsOf(
    parameter,
    seen.map(({ at }) => at),
  );
  const [n, k] = [seen.length, new Set(groups).size];
  if (n < Math.max(FEWEST.trials, FEWEST.each * k)) return null;
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const centre = mean(ranks);
  const square = (x: number): number => x * x;
  const whole = ranks.reduce((sum, rank) => sum + square(rank - centre), 0);
  if (whole === 0) return 0;
  let between = 0;
  for (const group of new Set(groups)) {
    const own = ranks.filter((_, i) => groups[i] === group);
    between += own.length * square(mean(own) - centre);
  }
  return Math.max(0, 1 - ((n - 1) / (n - k)) * (1 - between / whole));
}

/** From 0 on; equal values have the mean of their ranks. */
function ranksOf(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal - 1) / 2;
  });
}

function groupsOf(parameter: Parameter, places: readonly number[]): number[] {
  if (parameter.kind === "choice") return places.map((u) => choiceAt(u, parameter.values.length));
  return ranksOf(places).map((rank) => choiceAt(rank / places.length, GROUPS));
}
