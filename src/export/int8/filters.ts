/** The layers that are w * x + b in prediction, as such: convolutions, dense layers and batch norms, in double. */
import type { BatchNormOptions } from "../../layers/normalisation.ts";
import type { Conv1dOptions } from "../../layers/convolution.ts";
import type { FixedConv1dOptions } from "../../layers/fixed.ts";
import { tensorName, type Resolved } from "../../layers/model.ts";
import { paddingSides } from "../../layers/padding.ts";
import type { Weights } from "../../models/weights.ts";
import { InputError } from "../../data/errors.ts";
import { LEAST, MOST, ratioOf, type Grid } from "./arithmetic.ts";
import type { Linear, Windows } from "./steps.ts";

/** Filters `[filters, channels of a group, taps]` with a bias each. */
export interface Affine {
  readonly windows: Windows;
  readonly groups: number;
  readonly filters: Float64Array;
  readonly biases: Float64Array;
}

const one: Windows = { size: 1, stride: 1, dilation: 1, left: 0 };

type Find = (name: string) => Float32Array | undefined;
const finder = (layer: Resolved, weights: Weights): Find => {
  return (name) => weights.find((w) => w.name === tensorName(layer, { name }))?.data;
};

/** A layer as w * x + b; of a convolution with another padding than zeros, of the padded signal. */
export function affineOf(layer: Resolved, weights: Weights): Affine {
  const find = finder(layer, weights);
  const [input] = layer.inputs;
  const filters = Float64Array.from(find("filter") ?? []);
  const count = layer.output.channels;
  const biases = Float64Array.from({ length: count }, (_, f) => find("bias")?.[f] ?? 0);
  switch (layer.kind) {
    case "dense": {
      return { windows: { ...one, size: input.length }, groups: 1, filters, biases };
    }
    case "fixedConv1d": {
      const { taps, padding } = layer.options as Required<FixedConv1dOptions>;
      const [left] = paddingSides({ padding, kernelSize: taps.length, dilation: 1, stride: 1 });
      const repeated = Float64Array.from({ length: input.channels * taps.length }, (_, i) =>
        Math.fround(taps[i % taps.length]),
      );
      return { windows: { ...one, size: taps.length, left }, groups: 1, filters: repeated, biases };
    }
    case "batchNorm": {
      const { gains, shifts } = normOf(layer, weights);
      return { windows: one, groups: count, filters: gains, biases: shifts };
    }
    default: {
      const o = layer.options as Required<Conv1dOptions>;
      const [left] = o.paddingMode === "zeros" ? paddingSides(o) : [0];
      const windows = { size: o.kernelSize, stride: o.stride, dilation: o.dilation, left };
      return { windows, groups: o.groups, filters: gained(filters, find("gain")), biases };
    }
  }
}

/** Filters by weight normalisation, g v / |v|. */
function gained(filters: Float64Array, gains: Float32Array | undefined): Float64Array {
  if (!gains) return filters;
  const each = filters.length / gains.length;
  const norms = Array.from(gains, (_, f) =>
    Math.sqrt(filters.subarray(f * each, (f + 1) * each).reduce((sum, v) => sum + v * v, 0)),
  );
  return filters.map((v, i) => (gains[Math.floor(i / each)] * v) / norms[Math.floor(i / each)]);
}

/** A batch norm by its running statistics: a factor and a shift a channel. */
function normOf(layer: Resolved, weights: Weights): { gains: Float64Array; shifts: Float64Array } {
  const find = finder(layer, weights);
  const { epsilon } = layer.options as Required<BatchNormOptions>;
  const at = (name: string, c: number): number => find(name)?.[c] ?? NaN;
  const channels = layer.output.channels;
  const gains = Float64Array.from(
    { length: channels },
    (_, c) => at("gamma", c) / Math.sqrt(at("variance", c) + epsilon),
  );
  return { gains, shifts: gains.map((gain, c) => at("beta", c) - at("mean", c) * gain) };
}

/** With the batch norm behind it folded in. */
export function folded(affine: Affine, norm: Resolved, weights: Weights): Affine {
  const { gains, shifts } = normOf(norm, weights);
  const each = affine.filters.length / gains.length;
  return {
    ...affine,
    filters: affine.filters.map((w, i) => w * gains[Math.floor(i / each)]),
    biases: affine.biases.map((b, f) => b * gains[f] + shifts[f]),
  };
}

/** Biases stay below, and sums of products too: together they fit 32 bits. */
const LARGEST_BIAS = 2 ** 30;
const LARGEST_PRODUCT = MOST * (MOST - LEAST);

/** Filters in 8 bits, each by a scale of its own so that its largest weight is 127; `to` is absent where the result is floats. */
export function quantised(affine: Affine, from: Grid, to: Grid | undefined, name: string): Linear {
  const { filters, biases } = affine;
  const each = filters.length / biases.length;
  if (each * LARGEST_PRODUCT > LARGEST_BIAS)
    throw new InputError(
      `${name}: its sums of ${each} products may not fit 32 bits; int8 takes ${Math.floor(LARGEST_BIAS / LARGEST_PRODUCT)} at most: pool more before it, or export without --int8`,
    );
  const scales = Float64Array.from(biases, (bias, f) => {
    const largest = filters
      .subarray(f * each, (f + 1) * each)
      .reduce((most, w) => Math.max(most, Math.abs(w)), 0);
    return Math.max(largest / MOST, Math.abs(bias) / from.scale / LARGEST_BIAS) || 1;
  });
  return {
    windows: affine.windows,
    groups: affine.groups,
    filters: Int8Array.from(filters, (w, i) => Math.round(w / scales[Math.floor(i / each)])),
    biases: Int32Array.from(biases, (bias, f) => Math.round(bias / scales[f] / from.scale)),
    scales: to
      ? Array.from(scales, (scale) => ratioOf((scale * from.scale) / to.scale))
      : Float32Array.from(scales, (scale) => scale * from.scale),
  };
}
