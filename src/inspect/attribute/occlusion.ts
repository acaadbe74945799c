/**
 * Attribution by occlusion: how much lower f is where a window of a channel is replaced by the baseline (Zeiler and Fergus,
 * "Visualizing and understanding convolutional networks", 2014).
 */
import type { Engine } from "./program.ts";
import { always } from "./rows.ts";
import type { Job, Contributions } from "./gradients.ts";

/** Positions that are replaced at once, and from one window to the next. */
export interface OcclusionWindow {
  readonly window: number;
  readonly stride: number;
}

/** Occluded rows that are in memory at once. */
const AT_ONCE = 64;

/**
 * f(x) less f of the row without a window, spread evenly over the window; where windows overlap, the mean of theirs. A
 * window reads own positions alone, and the last one ends with the row.
 */
export function occlusionContributions(
  engine: Pick<Engine, "outputs" | "width" | "size">,
  { row, explained, baseline }: Job,
  { window, stride }: OcclusionWindow,
): Contributions {
  const [from, to] = row.extent;
  const size = Math.min(window, to - from);
  const starts: number[] = [];
  if (size > 0) {
    for (let t = from; t + size < to; t += stride) starts.push(t);
    starts.push(to - size);
  }
  const extent = always(row.extent);
  const f = (values: Float32Array, count: number): number[] => {
    const outputs = engine.outputs({ values, count, extent });
    return Array.from({ length: count }, (_, i) =>
      explained.value(outputs.subarray(i * engine.width, (i + 1) * engine.width)),
    );
  };
  const [output] = f(row.values, 1);
  const sums = new Float64Array(row.channels * row.length);
  const counts = new Float64Array(sums.length);
  const sites = Array.from({ length: row.channels }, (_, c) => starts.map((t) => c * row.length + t)).flat();
  for (let first = 0; first < sites.length; first += AT_ONCE) {
    const some = sites.slice(first, first + AT_ONCE);
    const values = new Float32Array(some.length * engine.size);
    some.forEach((at, i) => {
      values.set(row.values, i * engine.size);
      values.set(baseline.subarray(at, at + size), i * engine.size + at);
    });
    f(values, some.length).forEach((without, i) => {
      const places = Array.from({ length: size }, (_, k) => some[i] + k).filter((at) => row.own[at] === 1);
      for (const at of places) {
        sums[at] += (output - without) / places.length;
        counts[at]++;
      }
    });
  }
  return { values: sums.map((x, at) => (counts[at] > 0 ? x / counts[at] : 0)), output };
}
