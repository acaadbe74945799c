/**
 * Tree-structured Parzen estimators (Bergstra, Bardenet, Bengio and Kegl, "Algorithms for hyper-parameter optimization",
 * NIPS 2011): the finished trials are divided into the best few and the others; of each half, a density a parameter says
 * where its trials lie (l and g); of some draws from l the one with the largest l / g is taken, parameter by parameter.
 *
 * Densities lie in the unit cube. Of numbers: normal distributions cut off at 0 and 1, one around each trial, as wide as
 * the larger gap to its neighbours, and a wide one for what nobody has tried. Of choices: how often each was taken, and once more.
 * Everything is computed by `numerics/`, so one seed gives one proposal on every machine.
 */
import { erf, exp, log } from "../../numerics/f64.ts";
import { normal, uniform } from "../../numerics/threefry.ts";
import { activeAt, choiceAt, type Parameter, type Point, type Space } from "./space.ts";

const STREAM = 0x5450;
/** The part of the trials that are the best. */
const BEST = 0.15;
/** Draws from l of which the best is taken. */
const DRAWS = 24;

/** Where the trials lie, the best first. */
export interface Observed {
  /** In the order of their results, the best first. */
  readonly ranked: readonly Point[];
  /** Points that are tried at the same time: they count among the others, so that proposals do not crowd. */
  readonly pending: readonly Point[];
}

/** The next point to try. `trial` numbers the draw: it is the same for the same trials. */
export function propose(space: Space, seed: number, trial: number, { ranked, pending }: Observed): Point {
  const few = Math.ceil(BEST * ranked.length);
  const good = ranked.slice(0, few);
  const others = [...ranked.slice(few), ...pending];
  let draw = 0;
  const next: Draw = {
    uniform: () => uniform(seed, STREAM, trial, draw++),
    normal: () => normal(seed, STREAM, trial, draw++),
  };
  const activity = new Map([...good, ...others].map((point) => [point, activeAt(space, point)]));
  return Object.values(space).map((parameter, i) => {
    const of = (points: readonly Point[]): number[] =>
      points.filter((point) => activity.get(point)?.[i]).map((point) => point[i]);
    const density = parameter.kind === "choice" ? choiceDensity : numberDensity;
    const [l, g] = [density(of(good), parameter), density(of(others), parameter)];
    let [best, most] = [0, -Infinity];
    for (let k = 0; k < DRAWS; k++) {
      const u = l.draw(next);
      const gain = log(l.at(u)) - log(g.at(u));
      if (gain > most) [best, most] = [u, gain];
    }
    return best;
  });
}

interface Draw {
  readonly uniform: () => number;
  readonly normal: () => number;
}

/** A density on [0, 1). */
interface Density {
  readonly at: (u: number) => number;
  readonly draw: (next: Draw) => number;
}

/** Each value once for nothing, and once for each trial that had it. */
function choiceDensity(points: readonly number[], parameter: Parameter): Density {
  const count = parameter.kind === "choice" ? parameter.values.length : 1;
  const weights = new Float64Array(count).fill(1);
  for (const u of points) weights[choiceAt(u, count)]++;
  const total = points.length + count;
  return {
    at: (u) => (weights[choiceAt(u, count)] / total) * count,
    draw: (next) => {
      let left = next.uniform() * total;
      const found = weights.findIndex((weight) => (left -= weight) < 0);
      return ((found < 0 ? count - 1 : found) + 0.5) / count;
    },
  };
}

/** The largest number below 1 that draws have: [0, 1) has no other end. */
const BELOW_1 = 1 - 2 ** -32;
const WIDEST = 1;

function numberDensity(points: readonly number[]): Density {
  const centres = [...points, 0.5].toSorted((a, b) => a - b);
  const narrowest = 1 / Math.min(100, centres.length + 1);
  const prior = centres.indexOf(0.5);
  const kernels = centres.map((centre, i): Kernel => {
    const gap = Math.max(centre - (centres[i - 1] ?? 0), (centres[i + 1] ?? 1) - centre);
    return kernelOf(centre, i === prior ? WIDEST : Math.min(WIDEST, Math.max(narrowest, gap)));
  });
  return {
    at: (u) => kernels.reduce((sum, kernel) => sum + densityOf(kernel, u), 0) / kernels.length,
    draw: (next) => {
      const { centre, width } = kernels[choiceAt(next.uniform(), kernels.length)];
      // a draw lies within with a probability of 0.38 at least
      for (let k = 0; k < 40; k++) {
        const u = centre + width * next.normal();
        if (u >= 0 && u < 1) return u;
      }
      return Math.min(BELOW_1, centre);
    },
  };
}

/** A normal distribution cut off at 0 and 1. */
interface Kernel {
  readonly centre: number;
  readonly width: number;
  /** What of it lies within. */
  readonly inside: number;
}

function kernelOf(centre: number, width: number): Kernel {
  const below = (u: number): number => 0.5 * (1 + erf((u - centre) / (width * Math.SQRT2)));
  return { centre, width, inside: below(1) - below(0) };
}

function densityOf({ centre, width, inside }: Kernel, u: number): number {
  const z = (u - centre) / width;
  return exp(-0.5 * z * z) / (width * Math.sqrt(2 * Math.PI) * inside);
}
