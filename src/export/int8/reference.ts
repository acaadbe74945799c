/** The steps of an int8 program in TypeScript: the meaning that C has the bits of. */
import { fromGrid, inverseOf, onGrid, toGrid, type Grid } from "./arithmetic.ts";
import { running, type Running } from "./islands.ts";
import type { Linear, Move, Plan, Step, Value, Windows } from "./steps.ts";

export interface Int8Run {
  /** Outputs of one prepared row, `[channels, length]`. */
  run(row: Float32Array): Float32Array;
  dispose(): void;
}

type Memory = Int8Array | Float32Array;

/** Loads a plan. */
export async function int8Run(plan: Plan): Promise<Int8Run> {
  const memories: Memory[] = [];
  for (const { memory, channels, length, grid } of plan.values)
    memories[memory] ??= grid ? new Int8Array(channels * length) : new Float32Array(channels * length);
  const islands = new Map<Step, Running>();
  for (const step of plan.steps) if (step.kind === "float") islands.set(step, await running(step.island));
  const at = (value: number): Memory => memories[plan.values[value].memory];
  return {
    run(row) {
      at(plan.input).set(row);
      for (const step of plan.steps) {
        const [from, to] = [plan.values[step.from], plan.values[step.to]];
        const other = "other" in step ? plan.values[step.other] : from;
        const second = "other" in step ? at(step.other) : at(step.from);
        compute(
          step,
          { value: from, x: at(step.from) },
          { value: to, x: at(step.to) },
          { value: other, x: second },
          islands,
        );
      }
      return Float32Array.from(at(plan.output));
    },
    dispose: () => islands.forEach((island) => island.dispose()),
  };
}

interface Held {
  readonly value: Value;
  readonly x: Memory;
}

const gridOf = ({ value: { grid } }: Held): Grid => grid ?? { scale: 1, zero: 0 };

function compute(step: Step, from: Held, to: Held, other: Held, islands: ReadonlyMap<Step, Running>): void {
  const x = from.x;
  const y = to.x;
  const [a, b, grid] = [gridOf(from), gridOf(other), gridOf(to)];
  switch (step.kind) {
    case "quantise":
      return store(to, x);
    case "dequantise":
      for (let i = 0; i < y.length; i++) y[i] = fromGrid(x[i], a);
      return;
    case "linear":
      return convolve(step.linear, from, to);
    case "sum": {
      const [m, n] = step.multipliers;
      for (let i = 0; i < y.length; i++)
        y[i] = onGrid((x[i] - a.zero) * m + (other.x[i] - b.zero) * n, step.shift, grid.zero);
      return;
    }
    case "product":
      return multiply(step, from, other, to);
    case "rescale": {
      const start = step.channel * to.value.length;
      for (let i = 0; i < x.length; i++)
        y[start + i] = onGrid((x[i] - a.zero) * step.ratio.multiplier, step.ratio.shift, grid.zero);
      return;
    }
    case "max":
      return overWindows(
        step.windows,
        from,
        to,
        (sum, v) => Math.max(sum, v),
        -Infinity,
        (most) => most,
      );
    case "mean": {
      const { multiplier, shift } = step.ratio;
      const add = (sum: number, v: number): number => sum + (v - a.zero);
      return overWindows(step.windows, from, to, add, 0, (sum) => onGrid(sum * multiplier, shift, grid.zero));
    }
    case "table":
      for (let i = 0; i < y.length; i++) y[i] = step.table[x[i] + 128];
      return;
    case "move":
      return move(step.move, from, to);
    case "float": {
      const floats = from.value.grid ? Float32Array.from(x, (q) => fromGrid(q, a)) : x;
      return store(to, islands.get(step)?.run(floats as Float32Array) ?? floats);
    }
  }
}

/** Floats as the result holds values. */
function store({ value: { grid }, x: y }: Held, floats: Memory): void {
  if (!grid) return y.set(floats);
  const inverse = inverseOf(grid);
  for (let i = 0; i < y.length; i++) y[i] = toGrid(floats[i], grid, inverse);
}

function convolve(linear: Linear, from: Held, to: Held): void {
  const { windows, groups, filters, biases, scales } = linear;
  const { channels } = from.value;
  const positions = to.value.length;
  const { size, stride, dilation } = windows;
  const { padded, pitch } = beside(windows, from, positions);
  const part = channels / groups;
  const share = biases.length / groups;
  const sums = new Int32Array(positions);
  const taps = part * size;
  const offsets = Int32Array.from(
    { length: taps },
    (_, i) => Math.floor(i / size) * pitch + (i % size) * dilation,
  );
  for (let f = 0; f < biases.length; f++) {
    const base = Math.floor(f / share) * part * pitch;
    sums.fill(biases[f]);
    addTaps(sums, filters.subarray(f * taps, (f + 1) * taps), padded, base, offsets, stride);
    const scale = scales[f];
    for (let t = 0; t < positions; t++)
      to.x[f * positions + t] =
        typeof scale === "number"
          ? Math.fround(Math.fround(sums[t]) * scale)
          : onGrid(sums[t] * scale.multiplier, scale.shift, gridOf(to).zero);
  }
}

/** Four taps at a time; whole numbers that fit 32 bits are exact in any order. */
function addTaps(
  sums: Int32Array,
  w: Int8Array,
  x: Int16Array,
  base: number,
  offsets: Int32Array,
  stride: number,
): void {
  let i = 0;
  for (; i + 4 <= w.length; i += 4) {
    const [w0, w1, w2, w3] = [w[i], w[i + 1], w[i + 2], w[i + 3]];
    const from = base + offsets[i];
    const [o1, o2, o3] = [
      offsets[i + 1] - offsets[i],
      offsets[i + 2] - offsets[i],
      offsets[i + 3] - offsets[i],
    ];
    for (let t = 0, at = from; t < sums.length; t++, at += stride)
      sums[t] +=
        (Math.imul(w0, x[at]) +
          Math.imul(w1, x[at + o1]) +
          Math.imul(w2, x[at + o2]) +
          Math.imul(w3, x[at + o3])) |
        0;
  }
  for (; i < w.length; i++)
    for (let t = 0, at = base + offsets[i]; t < sums.length; t++, at += stride)
      sums[t] += Math.imul(w[i], x[at]);
}

/** What stands in windows, less the grid's zero, with zeros beside it. */
function beside(
  { size, stride, dilation, left }: Windows,
  from: Held,
  positions: number,
): { padded: Int16Array; pitch: number } {
  const { channels, length } = from.value;
  const { zero } = gridOf(from);
  const pitch = Math.max(left + length, (positions - 1) * stride + (size - 1) * dilation + 1);
  const padded = new Int16Array(channels * pitch);
  for (let c = 0; c < channels; c++)
    for (let t = 0; t < length; t++) padded[c * pitch + left + t] = from.x[c * length + t] - zero;
  return { padded, pitch };
}

/** A signal of one channel or position stands for all. */
function multiply({ ratio }: Step & { kind: "product" }, a: Held, b: Held, to: Held): void {
  const { channels, length } = to.value;
  const place = ({ value }: Held, c: number, t: number): number =>
    (value.channels === 1 ? 0 : c) * value.length + (value.length === 1 ? 0 : t);
  for (let c = 0; c < channels; c++)
    for (let t = 0; t < length; t++) {
      const product = (a.x[place(a, c, t)] - gridOf(a).zero) * (b.x[place(b, c, t)] - gridOf(b).zero);
      to.x[c * length + t] = onGrid(product * ratio.multiplier, ratio.shift, gridOf(to).zero);
    }
}

function overWindows(
  { size, stride, dilation, left }: Windows,
  from: Held,
  to: Held,
  join: (sum: number, v: number) => number,
  first: number,
  end: (sum: number) => number,
): void {
  const { length } = from.value;
  const { channels, length: positions } = to.value;
  for (let c = 0; c < channels; c++)
    for (let t = 0; t < positions; t++) {
      let sum = first;
      for (let j = 0; j < size; j++) {
        const p = t * stride - left + j * dilation;
        if (p >= 0 && p < length) sum = join(sum, from.x[c * length + p]);
      }
      to.x[c * positions + t] = end(sum);
    }
}

function move({ source, channel }: Move, from: Held, to: Held): void {
  const { channels, length } = to.value;
  for (let c = 0; c < channels; c++)
    for (let t = 0; t < length; t++) {
      const p = source(t);
      to.x[c * length + t] = p < 0 ? gridOf(to).zero : from.x[(channel + c) * from.value.length + p];
    }
}
