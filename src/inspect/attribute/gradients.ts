/**
 * Attribution by gradients. Gradient: df/dx (Simonyan, Vedaldi, Zisserman, "Deep inside convolutional networks", 2013). Input
 * times gradient: (x - b) df/dx. Integrated gradients (Sundararajan, Taly, Yan, "Axiomatic attribution for deep networks",
 * 2017): (x - b) times the mean of df/dx along the straight line from the baseline b to x, which sums to f(x) - f(b).
 */
import type { Engine } from "./program.ts";
import { always, type PreparedRow } from "./rows.ts";
import type { Explained } from "./target.ts";

/** A row, what of it is explained, and what it is compared with, prepared as the row is. */
export interface Job {
  readonly row: PreparedRow;
  readonly explained: Explained;
  readonly baseline: Float32Array;
}

/** The contributions of a row's positions, `[lines, length]`, and what they are of. */
export interface Contributions {
  readonly values: Float64Array;
  /** f(x). */
  readonly output: number;
  /** f(b), where the method asks for it. */
  readonly atBaseline?: number;
  /** Gradients that were taken along the line. */
  readonly steps?: number;
}

/** f and df/dx at prepared points of one extent. */
function slopesAt(
  engine: Engine,
  explained: readonly Explained[],
  points: Parameters<Engine["outputs"]>[0],
): { readonly f: Float64Array; readonly slopes: Float32Array } {
  const seeds = new Float32Array(points.count * engine.width);
  // what a probability's seed is follows from the outputs
  const before = explained.some(({ quantity }) => quantity === "probability")
    ? engine.outputs(points)
    : seeds;
  const of = (outputs: Float32Array, i: number): Float32Array =>
    outputs.subarray(i * engine.width, (i + 1) * engine.width);
  for (let i = 0; i < points.count; i++)
    explained[Math.min(i, explained.length - 1)].seed(of(before, i), seeds, i * engine.width);
  const { outputs, gradients } = engine.gradients(points, seeds);
  const f = Float64Array.from({ length: points.count }, (_, i) =>
    explained[Math.min(i, explained.length - 1)].value(of(outputs, i)),
  );
  return { f, slopes: gradients };
}

/** Visits the places where a row can have contributions. */
function eachOwn({ own }: PreparedRow, visit: (at: number) => void): void {
  for (let at = 0; at < own.length; at++) if (own[at] === 1) visit(at);
}

/** df/dx of each row, or (x - b) df/dx; 0 in the padding. */
export function gradientContributions(
  engine: Engine,
  jobs: readonly Job[],
  times: "one" | "input",
): Contributions[] {
  const values = new Float32Array(jobs.length * engine.size);
  jobs.forEach(({ row }, i) => values.set(row.values, i * engine.size));
  const points = { values, count: jobs.length, extent: (i: number) => jobs[i].row.extent };
  const { f, slopes } = slopesAt(
    engine,
    jobs.map(({ explained }) => explained),
    points,
  );
  return jobs.map(({ row, baseline }, i) => {
    const contributions = new Float64Array(row.channels * row.length);
    const own = slopes.subarray(i * engine.size, (i + 1) * engine.size);
    eachOwn(row, (at) => {
      contributions[at] = times === "one" ? own[at] : (row.values[at] - baseline[at]) * own[at];
    });
    return { values: contributions, output: f[i] };
  });
}

/** Shares of f(x) - f(b): how far the contributions may be from it together, and the errors of all intervals, whatever their signs. */
const TOLERANCE = 1e-3;
const TOLERANCE_EACH = 2e-2;
/** Of what float32 can tell apart: below it an interval is not halved again. */
const NOISE = 8 * 2 ** -24;
/** Floats that the gradients along a line may take: 256 MiB. */
const MOST_FLOATS = 2 ** 26;
/** Gradients along a line at first: eighths, so that halves of them are exact numbers. */
const FIRST = 9;
/** An interval is not halved below this: what is a jump there has no gradient. */
const SHORTEST = 2 ** -20;

/** A point on the line from b (a = 0) to x (a = 1). */
interface Node {
  readonly a: number;
  readonly f: number;
  /** df/da. */
  readonly d: number;
  readonly slopes: Float32Array;
}

/**
 * Integrated gradients by the trapezoid rule on intervals that are halved where they err most. Between two points f's own
 * difference is known, so each interval's error is: networks of kinks (relu, maxima) err in the few intervals that hold one,
 * and halving those alone takes far fewer gradients than even steps do (docs/why.md). It ends where
 * their sum is below 1/1000 of f(x) - f(b) and their sizes together below 1/50, or after `steps` gradients.
 */
export function integratedContributions(
  engine: Engine,
  { row, explained, baseline }: Job,
  steps: number,
): Contributions {
  const from = Float64Array.from(baseline);
  const by = Float64Array.from(row.values, (x, i) => x - baseline[i]);
  const most = Math.max(2, Math.min(steps, Math.max(FIRST, Math.floor(MOST_FLOATS / engine.size))));
  const take = (places: readonly number[]): Node[] => {
    const values = new Float32Array(places.length * engine.size);
    places.forEach((a, i) => {
      for (let j = 0; j < engine.size; j++)
        values[i * engine.size + j] = a === 1 ? row.values[j] : from[j] + a * by[j];
    });
    const { f, slopes } = slopesAt(engine, [explained], {
      values,
      count: places.length,
      extent: always(row.extent),
    });
    return places.map((a, i) => {
      const own = slopes.subarray(i * engine.size, (i + 1) * engine.size);
      let d = 0;
      eachOwn(row, (at) => {
        d += own[at] * by[at];
      });
      return { a, f: f[i], d, slopes: own };
    });
  };
  const first = Math.min(FIRST, most);
  let nodes = take(Array.from({ length: first }, (_, i) => i / (first - 1)));
  while (nodes.length < most) {
    const worst = worstIntervals(nodes, Math.min(engine.batch, most - nodes.length));
    if (worst.length === 0) break;
    nodes = [...nodes, ...take(worst)].sort((p, q) => p.a - q.a);
  }
  const values = new Float64Array(row.channels * row.length);
  nodes.forEach(({ a, slopes }, i) => {
    const left = i > 0 ? nodes[i - 1].a : a;
    const right = i < nodes.length - 1 ? nodes[i + 1].a : a;
    const weight = (right - left) / 2;
    eachOwn(row, (at) => {
      values[at] += weight * slopes[at];
    });
  });
  eachOwn(row, (at) => {
    values[at] *= by[at];
  });
  return { values, output: nodes[nodes.length - 1].f, atBaseline: nodes[0].f, steps: nodes.length };
}

/** The middles of the intervals whose trapezoids err most, at most so many; none where all err little enough. */
function worstIntervals(nodes: readonly Node[], most: number): number[] {
  const intervals = nodes.slice(1).map((right, i) => {
    const left = nodes[i];
    const h = right.a - left.a;
    return {
      h,
      middle: (left.a + right.a) / 2,
      error: right.f - left.f - (h / 2) * (left.d + right.d),
      least: NOISE * Math.max(Math.abs(left.f), Math.abs(right.f)),
    };
  });
  const whole = Math.abs(nodes[nodes.length - 1].f - nodes[0].f);
  const [together, each] = intervals.reduce(
    ([sum, sizes], { error }) => [sum + error, sizes + Math.abs(error)],
    [0, 0],
  );
  if (Math.abs(together) <= TOLERANCE * whole && each <= TOLERANCE_EACH * whole) return [];
  return intervals
    .filter(({ error, least, h }) => Math.abs(error) > least && h > SHORTEST)
    .sort((p, q) => Math.abs(q.error) - Math.abs(p.error))
    .slice(0, most)
    .map(({ middle }) => middle);
}
