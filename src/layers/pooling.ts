/**
 * Pooling, composed of sparse maps along positions: an average is one map, a maximum the larger of two maps, again and
 * again. Of equal values the first is the maximum, so the gradient goes to one position.
 */
import type { GraphBuilder } from "../graph/build.ts";
import type { NodeId, Term } from "../graph/ops.ts";
import { extremes } from "../numerics/extremes.ts";
import { adaptiveWindows, type Windows } from "./adaptiveWindows.ts";
import type { LayerKind, Signal } from "./layer.ts";
import { LayerError, type OptionSource, type Padding } from "./options.ts";
import { limits } from "./limits.ts";
import { globalPoolOptions, type GlobalPoolOptions } from "./globalPool.ts";
import { paddingSides } from "./padding.ts";

/** What `maxPool` and `averagePool` share; `size` has to be given. */
export interface PoolOptions {
  /** Positions in a window. */
  readonly size: number;
  /** Positions from one window to the next. Default: `size`, so that windows do not overlap. */
  readonly stride?: number;
  /**
   * Positions added on either side, as of `conv1d`: at most half a window; `maxPool` takes no value there,
   * `averagePool` 0. Default: "valid".
   */
  readonly padding?: Padding;
}

/** The options of `maxPool`. */
export interface MaxPoolOptions extends PoolOptions {
  /** Positions from one value of a window to the next. Default: 1. */
  readonly dilation?: number;
}

/** The options of `averagePool`. */
export interface AveragePoolOptions extends PoolOptions {
  /** Whether padded zeros count in the mean, as PyTorch has it. Default: true. */
  readonly countPadding?: boolean;
}

const poolOptions = (o: OptionSource): Required<PoolOptions> => {
  const size = o.whole("size", 1);
  return { size, stride: o.whole("stride", 1, size), padding: o.padding("padding", "valid") };
};

function poolShape(x: Signal, o: Required<PoolOptions> & { readonly dilation?: number }): Signal {
  const { size, dilation = 1 } = o;
  const sides = paddingSides({ ...o, kernelSize: size, dilation });
  const most = Math.max(sides[0], sides[1]);
  if (most > (dilation * (size - 1) + 1) / 2)
    throw new LayerError(
      `padding ${most} is more than half of size ${size}; lower it, so that no window holds padding alone`,
    );
  const padded = sides[0] + x.length + sides[1];
  const span = dilation * (size - 1) + 1;
  if (span > padded)
    throw new LayerError(
      `size ${size}${dilation > 1 ? ` with dilation ${dilation}` : ""} does not fit ${padded} positions; make it smaller`,
    );
  return { channels: x.channels, length: Math.floor((padded - span) / o.stride) + 1 };
}

function windowsOf(length: number, o: Required<PoolOptions> & { readonly dilation?: number }): Windows {
  const { size, dilation = 1 } = o;
  const [left] = paddingSides({ ...o, kernelSize: size, dilation });
  return Array.from({ length }, (_, i) =>
    Array.from({ length: size }, (_unused, j) => o.stride * i + dilation * j - left),
  );
}

/** Whether a window, whose values stand apart by `dilation`, lies beside the signal altogether. */
function someHoldPaddingAlone(length: number, windows: number, o: Required<MaxPoolOptions>): boolean {
  const { size, stride, dilation } = o;
  const [left] = paddingSides({ ...o, kernelSize: size });
  const span = dilation * (size - 1);
  if (windows > limits.rowValues.most) return false; // which is refused as such
  for (let i = 0; i < windows; i++) {
    const first = stride * i - left;
    // its first value that is not before the signal
    const inside = first >= 0 ? first : first + dilation * Math.ceil(-first / dilation);
    if (inside > first + span || inside >= length) return true;
  }
  return false;
}

const take = (b: GraphBuilder, x: NodeId, positions: readonly number[]): NodeId =>
  positions.length === b.type(x).shape[2] && positions.every((p, i) => p === i)
    ? x
    : b.mix(
        x,
        positions.map((p): Term[] => [[p, 1]]),
      );

/**
 * The maximum of each window. Positions outside the signal, -infinity in the definition, are left out: a window's last
 * position stands for those that it has fewer than others.
 */
function maxima(b: GraphBuilder, x: NodeId, windows: Windows): NodeId {
  const [, , length] = b.type(x).shape;
  const inside = windows.map((w) => w.filter((p) => p >= 0 && p < length));
  const [fewest, most] = extremes(inside.map((w) => w.length));
  const run = 2 ** halvings(fewest);
  const dense = inside.every((w) => w[w.length - 1] - w[0] === w.length - 1);
  if (dense && most > CHAIN && most <= 2 * run) {
    const y = runMaxima(b, x, run);
    const at = (place: (w: readonly number[]) => number): NodeId => take(b, y, inside.map(place));
    return b.map(
      "max",
      at((w) => w[0]),
      at((w) => w[w.length - run]),
    );
  }
  return Array.from({ length: most }, (_, k) =>
    take(
      b,
      x,
      inside.map((w) => w[Math.min(k, w.length - 1)]),
    ),
  ).reduce((larger, y) => b.map("max", larger, y));
}

/** The largest window that is compared position by position. */
const CHAIN = 4;
const halvings = (n: number): number => (n > 1 ? 1 + halvings(Math.floor(n / 2)) : 0);

/** The maximum of each `run` neighbours, a power of two: of 2, of 4, of 8, ... */
function runMaxima(b: GraphBuilder, x: NodeId, run: number): NodeId {
  let y = x;
  for (let width = 1; width < run; width *= 2) {
    const count = b.type(y).shape[2] - width;
    y = b.map("max", b.stretch(y, 0, count), b.stretch(y, width, count));
  }
  return y;
}

/** The mean of each window over `count` values; outside the signal stand zeros. */
function means(b: GraphBuilder, x: NodeId, windows: Windows, count: "all" | "inside"): NodeId {
  const [, , length] = b.type(x).shape;
  const rows = windows.map((w) => {
    const inside = w.filter((p) => p >= 0 && p < length);
    const weight = Math.fround(1 / (count === "all" ? w.length : inside.length));
    return inside.map((p): Term => [p, weight]);
  });
  return b.mix(x, rows);
}

/** The largest value of each window: `[channels, length]` to `[channels, windows]`; PyTorch's MaxPool1d. */
export const maxPool: LayerKind<Required<MaxPoolOptions>> = {
  inputs: 1,
  options: (o) => ({ ...poolOptions(o), dilation: o.whole("dilation", 1, 1) }),
  shape: ([x], o) => {
    const shape = poolShape(x, o);
    if (someHoldPaddingAlone(x.length, shape.length, o))
      throw new LayerError(
        `a window of size ${o.size} with dilation ${o.dilation} holds padding alone; pad less`,
      );
    return shape;
  },
  nodes: ({ b, inputs, shapes, options: o }) =>
    maxima(b, inputs[0], windowsOf(poolShape(shapes[0], o).length, o)),
  terms: ([x], o) => o.size * poolShape(x, o).length + x.length * doublings(o.size),
  window: (_, o) => ({ size: o.dilation * (o.size - 1) + 1, stride: o.stride }),
};

/** The mean of each window: `[channels, length]` to `[channels, windows]`; PyTorch's AvgPool1d. */
export const averagePool: LayerKind<Required<AveragePoolOptions>> = {
  inputs: 1,
  options: (o) => ({ ...poolOptions(o), countPadding: o.flag("countPadding", true) }),
  shape: ([x], o) => poolShape(x, o),
  nodes: ({ b, inputs, shapes, options: o }) =>
    means(b, inputs[0], windowsOf(poolShape(shapes[0], o).length, o), o.countPadding ? "all" : "inside"),
  terms: ([x], o) => o.size * poolShape(x, o).length,
  window: (_, o) => ({ size: o.size, stride: o.stride }),
};

/** Below every number that a signal holds. */
const LEAST = -3.4028234663852886e38;

/** The largest value of each channel: a tournament of neighbours, so that of equal values the first wins. */
export const globalMaxPool: LayerKind<Required<GlobalPoolOptions>> = {
  inputs: 1,
  options: globalPoolOptions,
  shape: ([x]) => ({ channels: x.channels, length: 1 }),
  nodes: ({ b, inputs, own, options: { ignore } }) => {
    let x =
      ignore === "padding"
        ? b.map("selectLt", own(), b.constant(0.5), b.constant(LEAST), inputs[0])
        : inputs[0];
    for (let length = b.type(x).shape[2]; length > 1; length = b.type(x).shape[2])
      x = maxima(
        b,
        x,
        Array.from({ length: Math.ceil(length / 2) }, (_, i) => [2 * i, 2 * i + 1]),
      );
    return x;
  },
  terms: ([x]) => 2 * x.length,
  window: () => "all",
};

/** The options of `adaptiveAveragePool` and `adaptiveMaxPool`; `length` has to be given. */
export interface AdaptivePoolOptions {
  /** Positions of the result. */
  readonly length: number;
}

const adaptive = (
  pool: (b: GraphBuilder, x: NodeId, windows: Windows) => NodeId,
): LayerKind<Required<AdaptivePoolOptions>> => ({
  inputs: 1,
  options: (o) => ({ length: o.whole("length", 1) }),
  shape: ([x], o) => ({ channels: x.channels, length: o.length }),
  nodes: ({ b, inputs, shapes, options: o }) =>
    pool(b, inputs[0], adaptiveWindows(shapes[0].length, o.length)),
  terms: ([x], o) =>
    x.length + 2 * o.length + (pool === maxima ? x.length * doublings(1 + x.length / o.length) : 0),
  window: ([x], o) => ({
    size: extremes(adaptiveWindows(x.length, o.length).map((w) => w.length))[1],
    stride: x.length / o.length,
  }),
});

/** Means of as many windows as asked for: `[channels, length]` to `[channels, n]`; PyTorch's AdaptiveAvgPool1d. */
export const adaptiveAveragePool = adaptive((b, x, windows) => means(b, x, windows, "all"));
/** Maxima of as many windows as asked for; PyTorch's AdaptiveMaxPool1d. */
export const adaptiveMaxPool = adaptive(maxima);

/** How often 1 is doubled until it is `n` at least. */
function doublings(n: number): number {
  return 32 - Math.clz32(Math.ceil(n) - 1);
}
