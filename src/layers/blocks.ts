/** Named blocks: compositions of layers that papers name. In a model they are their layers. */
import { conv1d, dense, globalAveragePool, multiply, relu, sigmoid } from "./calls.ts";
import type { ConvolutionOptions } from "./convolution.ts";
import type { Tensor } from "./draft.ts";

/** The options of `depthwiseConv1d`; `kernelSize` has to be given. Filters and groups follow from the channels. */
export interface DepthwiseOptions extends ConvolutionOptions {
  /** Taps of a filter. */
  readonly kernelSize: number;
  /** Filters a channel. Default: 1. */
  readonly multiplier?: number;
}

/** The options of `separableConv1d`: those of the depthwise convolution, and the channels of the result. */
export interface SeparableOptions extends DepthwiseOptions {
  /** Channels of the result. */
  readonly filters: number;
}

/** The options of `squeezeExcite`. */
export interface SqueezeExciteOptions {
  /** Channels for one unit between the two dense layers. Default: 16. */
  readonly reduction?: number;
}

/**
 * A convolution of each channel by itself: `[channels, length]` to `[channels multiplier, positions]`. Throws ModelError as
 * `conv1d` does.
 */
export function depthwiseConv1d(x: Tensor, { multiplier = 1, ...options }: DepthwiseOptions): Tensor {
  return conv1d(x, { ...options, filters: x.channels * multiplier, groups: x.channels });
}

/**
 * A depthwise convolution, then one of kernel size 1 over the channels (Chollet 2017). As Keras' SeparableConv1D the
 * bias is the second's; stride, dilation and padding are the first's: `[channels, length]` to `[filters, positions]`.
 * Throws ModelError as `conv1d` does.
 */
export function separableConv1d(x: Tensor, options: SeparableOptions): Tensor {
  const { filters, bias = true, ...depthwise } = options;
  const pointwise = { filters, bias, kernelSize: 1, ...(options.init ? { init: options.init } : {}) };
  return conv1d(depthwiseConv1d(x, { ...depthwise, bias: false }), pointwise);
}

/**
 * Squeeze and excitation (Hu et al. 2018): channels are multiplied by gates, made of their means by two dense layers
 * with channels / reduction units between them. The shape is kept.
 */
export function squeezeExcite(x: Tensor, { reduction = 16 }: SqueezeExciteOptions = {}): Tensor {
  const units = Math.max(1, Math.floor(x.channels / reduction));
  const inner = relu(dense(globalAveragePool(x), { units }));
  return multiply(x, sigmoid(dense(inner, { units: x.channels })));
}
