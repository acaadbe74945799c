/** The transposed convolution: dT/dy of the form T whose dT/dv is conv1d, with the same index map. */
import type { ConvolveMap } from "../graph/ops.ts";
import type { Shape } from "../numerics/tensor.ts";
import { filterNode, filterParameters } from "./convolution.ts";
import { filterInits, type FilterInit } from "./initialise.ts";
import type { LayerKind, Signal } from "./layer.ts";
import { LayerError } from "./options.ts";

/** The options of `convTranspose1d`; `filters` and `kernelSize` have to be given. */
export interface ConvTranspose1dOptions {
  /** Channels of the result. */
  readonly filters: number;
  /** Taps of a filter. */
  readonly kernelSize: number;
  /** Positions of the result from one input to the next. Default: 1. */
  readonly stride?: number;
  /** Positions of the result from one tap to the next. Default: 1. */
  readonly dilation?: number;
  /** Positions taken off either end of the result. Default: 0. */
  readonly padding?: number;
  /**
   * Positions added at the right end, where several lengths have one convolution; below stride or dilation. Default:
   * 0.
   */
  readonly outputPadding?: number;
  /** Parts into which channels and filters are divided, each part by itself. Default: 1. */
  readonly groups?: number;
  /** Whether a number is added to each channel of the result, learned. Default: true. */
  readonly bias?: boolean;
  /**
   * How filters and bias begin: `torch` U(+-1 / sqrt(fanIn)); `glorotUniform` U(+-sqrt(6 / (fanIn + fanOut)));
   * `heUniform` U(+-sqrt(6 / fanIn)); `heNormal` N(0, 2 / fanIn). With any but `torch` biases begin at 0. Default:
   * "torch".
   */
  readonly init?: FilterInit;
}

/**
 * x[c, i] w[c, o, j] is added to y[o, stride i + dilation j - padding], then the bias: filters
 * `[channels, filters / groups, kernelSize]`, result length
 * `stride (length - 1) + dilation (kernelSize - 1) + 1 + outputPadding - 2 padding`, all as PyTorch's ConvTranspose1d.
 */
export const convTranspose1d: LayerKind<Required<ConvTranspose1dOptions>> = {
  inputs: 1,
  options: (o) => ({
    filters: o.whole("filters", 1),
    kernelSize: o.whole("kernelSize", 1),
    stride: o.whole("stride", 1, 1),
    dilation: o.whole("dilation", 1, 1),
    padding: o.whole("padding", 0, 0),
    outputPadding: o.whole("outputPadding", 0, 0),
    groups: o.whole("groups", 1, 1),
    bias: o.flag("bias", true),
    init: o.word("init", filterInits, "torch"),
  }),
  shape: ([x], o) => {
    if (x.channels % o.groups !== 0 || o.filters % o.groups !== 0)
      throw new LayerError(
        `groups ${o.groups} does not divide ${x.channels} channels and ${o.filters} filters`,
      );
    if (o.outputPadding >= Math.max(o.stride, o.dilation))
      throw new LayerError(
        `outputPadding ${o.outputPadding} is not below the larger of stride ${o.stride} and dilation ${o.dilation}; lower it`,
      );
    const map = mapOf(x, o);
    if (map.length < 1)
      throw new LayerError(
        `padding ${o.padding} leaves ${map.length} of ${map.length + 2 * o.padding} positions; lower it`,
      );
    return { channels: o.filters, length: map.length };
  },
  parameters: ([x], o) => {
    const shape: Shape = [x.channels, o.filters / o.groups, o.kernelSize];
    return filterParameters(shape, o, (x.channels / o.groups) * o.kernelSize, o.filters);
  },
  nodes: (site) => {
    const { b, inputs, options: o, shapes, parameter } = site;
    const z = b.convolve("input", inputs[0], filterNode(site), mapOf(shapes[0], o));
    return o.bias ? b.map("add", z, parameter("bias")) : z;
  },
  window: (_, o) => ({
    size: Math.ceil((o.dilation * (o.kernelSize - 1) + 1) / o.stride),
    stride: 1 / o.stride,
  }),
  multiplyAdds: ([x], o) => x.channels * x.length * (o.filters / o.groups) * o.kernelSize,
};

/** The index map of the convolution that this one transposes: from the result's positions to the input's. */
const mapOf = (x: Signal, o: Required<ConvTranspose1dOptions>): ConvolveMap => ({
  channels: o.filters,
  length: o.stride * (x.length - 1) + o.dilation * (o.kernelSize - 1) + 1 + o.outputPadding - 2 * o.padding,
  filters: x.channels,
  outLength: x.length,
  taps: o.kernelSize,
  stride: o.stride,
  dilation: o.dilation,
  padding: o.padding,
  groups: o.groups,
});
