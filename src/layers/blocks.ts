/** Named blocks: compositions of layers that papers name. In a model they are their layers. */
import { conv1d, dense, globalAveragePool, multiply, relu, sigmoid } from "./calls.ts";
import type { Conv1dOptions } from "./convolution.ts";
import type { Tensor } from "./draft.ts";

type Depthwise = Partial<Omit<Conv1dOptions, "filters" | "groups" | "kernelSize">> & {
  readonly kernelSize: number;
  /** Filters a channel. */
  readonly multiplier?: number;
};

/** A convolution of each channel by itself: `[channels, length]` to `[channels multiplier, positions]`. */
export function depthwiseConv1d(x: Tensor, { multiplier = 1, ...options }: Depthwise): Tensor {
  return conv1d(x, { ...options, filters: x.channels * multiplier, groups: x.channels });
}

/**
 * A depthwise convolution, then one of kernel size 1 over the channels (Chollet 2017). As Keras' SeparableConv1D the
 * bias is the second's; stride, dilation and padding are the first's.
 */
export function separableConv1d(x: Tensor, options: Depthwise & { readonly filters: number }): Tensor {
  const { filters, bias = true, ...depthwise } = options;
  const pointwise = { filters, bias, kernelSize: 1, ...(options.init ? { init: options.init } : {}) };
  return conv1d(depthwiseConv1d(x, { ...depthwise, bias: false }), pointwise);
}

/**
 * Squeeze and excitation (Hu et al. 2018): channels are multiplied by gates, made of their means by two dense layers
 * with channels / reduction units between them.
 */
export function squeezeExcite(x: Tensor, { reduction = 16 }: { readonly reduction?: number } = {}): Tensor {
  const units = Math.max(1, Math.floor(x.channels / reduction));
  const inner = relu(dense(globalAveragePool(x), { units }));
  return multiply(x, sigmoid(dense(inner, { units: x.channels })));
}
