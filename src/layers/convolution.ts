/** Layers that are one convolve: conv1d, and dense as the case whose filter covers the whole input. */
import { convolveMap } from "../graph/build.ts";
import type { NodeId } from "../graph/ops.ts";
import type { Shape } from "../numerics/tensor.ts";
import { filterInits, type FilterInit, type Init } from "./initialise.ts";
import type { LayerKind, Parameter, Site } from "./layer.ts";
import { LayerError, type Padding } from "./options.ts";
import { checkMode, paddedRows, paddingModes, paddingSides, type PaddingMode } from "./padding.ts";

/** What convolutions share; every option has a default. */
export interface ConvolutionOptions {
  /** Positions of the input from one output to the next. Default: 1. */
  readonly stride?: number;
  /** Positions of the input from one tap to the next. Default: 1. */
  readonly dilation?: number;
  /**
   * Positions added before and after the signal: `valid` none; `same` as many as keep the length (stride 1); `causal`
   * all before it, so that no output sees later positions; a number on either side, or [left, right]. Default:
   * "valid".
   */
  readonly padding?: Padding;
  /** What stands beyond the ends of the signal, by PyTorch's names. Default: "zeros". */
  readonly paddingMode?: PaddingMode;
  /** Whether a number is added to each channel of the result, learned. Default: true. */
  readonly bias?: boolean;
  /**
   * Filters as gain times direction, w = g v / |v|, |v| over each filter (Salimans and Kingma 2016). Default: false.
   */
  readonly weightNorm?: boolean;
  /**
   * How filters and bias begin: `torch` U(+-1 / sqrt(fanIn)); `glorotUniform` U(+-sqrt(6 / (fanIn + fanOut)));
   * `heUniform` U(+-sqrt(6 / fanIn)); `heNormal` N(0, 2 / fanIn). With any but `torch` biases begin at 0. Default:
   * "torch".
   */
  readonly init?: FilterInit;
}

/** The options of `conv1d`; `filters` and `kernelSize` have to be given. */
export interface Conv1dOptions extends ConvolutionOptions {
  /** Channels of the result. */
  readonly filters: number;
  /** Taps of a filter. */
  readonly kernelSize: number;
  /**
   * Parts into which channels and filters are divided, each part by itself; one group a channel is a depthwise
   * convolution. Default: 1.
   */
  readonly groups?: number;
}

/**
 * y = w * x + b: filters `[filters, channels / groups, kernelSize]`, a bias a filter. With weightNorm `filter` is the
 * direction v and `gain` is g, `[filters, 1, 1]`, which begins as |v| (PyTorch's weight_norm with dim 0).
 */
export const conv1d: LayerKind<Required<Conv1dOptions>> = {
  inputs: 1,
  options: (o) => ({
    filters: o.whole("filters", 1),
    kernelSize: o.whole("kernelSize", 1),
    stride: o.whole("stride", 1, 1),
    dilation: o.whole("dilation", 1, 1),
    padding: o.padding("padding", "valid"),
    paddingMode: o.word("paddingMode", paddingModes, "zeros"),
    groups: o.whole("groups", 1, 1),
    bias: o.flag("bias", true),
    weightNorm: o.flag("weightNorm", false),
    init: o.word("init", filterInits, "torch"),
  }),
  shape: ([x], o) => {
    if (x.channels % o.groups !== 0 || o.filters % o.groups !== 0)
      throw new LayerError(
        `groups ${o.groups} does not divide ${x.channels} channels and ${o.filters} filters`,
      );
    const sides = paddingSides(o);
    checkMode(x.length, sides, o.paddingMode);
    const padded = x.length + sides[0] + sides[1];
    const span = o.dilation * (o.kernelSize - 1) + 1;
    if (span > padded) {
      const what =
        o.dilation > 1
          ? `kernelSize ${o.kernelSize} with dilation ${o.dilation}`
          : `kernelSize ${o.kernelSize}`;
      throw new LayerError(
        `${what} does not fit ${padded} positions; shorten the kernel or use padding "same"`,
      );
    }
    return { channels: o.filters, length: Math.floor((padded - span) / o.stride) + 1 };
  },
  parameters: ([x], o) => {
    const shape: Shape = [o.filters, x.channels / o.groups, o.kernelSize];
    return filterParameters(shape, o, (o.filters / o.groups) * o.kernelSize);
  },
  nodes: (site) => {
    const { b, options: o, shapes, inputs, parameter } = site;
    const [{ channels, length }] = shapes;
    const w = b.type(parameter("filter")).shape;
    const sides = paddingSides(o);
    const { stride, dilation, groups } = o;
    if (o.paddingMode === "zeros" || sides[0] + sides[1] === 0)
      return convolveAndBias(
        site,
        convolveMap([1, channels, length], w, { stride, dilation, groups, padding: sides }),
      );
    const padded = b.mix(inputs[0], paddedRows(length, sides, o.paddingMode));
    const map = convolveMap([1, channels, length + sides[0] + sides[1]], w, { stride, dilation, groups });
    return convolveAndBias({ ...site, inputs: [padded] }, map);
  },
  window: (_, o) => ({ size: o.dilation * (o.kernelSize - 1) + 1, stride: o.stride }),
  terms: ([x], o) => {
    const [left, right] = paddingSides(o);
    return o.paddingMode === "zeros" || left + right === 0 ? 0 : left + x.length + right;
  },
  multiplyAdds: ([x], o) => o.filters * (x.channels / o.groups) * o.kernelSize * conv1d.shape([x], o).length,
};

/** The options of `dense`; `units` has to be given. */
export interface DenseOptions {
  /** Outputs: channels of the result. */
  readonly units: number;
  /** Whether a number is added to each output, learned. Default: true. */
  readonly bias?: boolean;
  /**
   * How filters and bias begin: `torch` U(+-1 / sqrt(fanIn)); `glorotUniform` U(+-sqrt(6 / (fanIn + fanOut)));
   * `heUniform` U(+-sqrt(6 / fanIn)); `heNormal` N(0, 2 / fanIn). With any but `torch` biases begin at 0. Default:
   * "torch".
   */
  readonly init?: FilterInit;
}

/** Every output sees the whole input: filters `[units, channels, length]`, result `[units, 1]`. */
export const dense: LayerKind<Required<DenseOptions>> = {
  inputs: 1,
  options: (o) => ({
    units: o.whole("units", 1),
    bias: o.flag("bias", true),
    init: o.word("init", filterInits, "torch"),
  }),
  shape: (_, o) => ({ channels: o.units, length: 1 }),
  parameters: ([x], o) => filterParameters([o.units, x.channels, x.length], o, o.units),
  nodes: (site) => {
    const [{ channels, length }] = site.shapes;
    const w = site.b.type(site.parameter("filter")).shape;
    return convolveAndBias(site, convolveMap([1, channels, length], w));
  },
  window: () => "all",
  multiplyAdds: ([x], o) => o.units * x.channels * x.length,
};

interface FilterOptions {
  readonly bias: boolean;
  readonly init: FilterInit;
  readonly weightNorm?: boolean;
}

/** Filters of a shape, `biases` scalars beside them, and the gains of weight normalisation. */
export function filterParameters(
  shape: Shape,
  o: FilterOptions,
  fanOut: number,
  biases = shape[0],
): Parameter[] {
  const init: Init = { kind: o.init, fanIn: shape[1] * shape[2], fanOut };
  const bias: Init = o.init === "torch" ? init : { kind: "constant", value: 0 };
  const gain: Init = { kind: "normsOfLast", shape, init };
  return [
    { name: "filter", shape, init },
    ...(o.weightNorm ? [{ name: "gain", shape: [shape[0], 1, 1] as const, init: gain }] : []),
    ...(o.bias ? [{ name: "bias", shape: [1, biases, 1] as const, init: bias }] : []),
  ];
}

/** The filters that a layer applies: as they are, or g v / |v|. */
export function filterNode({ b, options, parameter }: Site<FilterOptions>): NodeId {
  const v = parameter("filter");
  if (!options.weightNorm) return v;
  const norm = b.map("sqrt", b.sum(b.map("mul", v, v), ["c", "t"]));
  return b.map("mul", v, b.map("div", parameter("gain"), norm));
}

/** A convolution of the first input by the layer's filters, and its bias. */
export function convolveAndBias(site: Site<FilterOptions>, map: ReturnType<typeof convolveMap>): NodeId {
  const { b, inputs, options, parameter } = site;
  const z = b.convolve("output", filterNode(site), inputs[0], map);
  return options.bias ? b.map("add", z, parameter("bias")) : z;
}
