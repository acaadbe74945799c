/** One function a layer kind: each adds a layer behind its input. The kinds' own files say what they compute. */
import type { CeluOptions, EluOptions, GeluOptions, LeakyReluOptions } from "./activations.ts";
import type { Conv1dOptions, DenseOptions } from "./convolution.ts";
import type { DropoutOptions } from "./dropout.ts";
import type { FixedConv1dOptions } from "./fixed.ts";
import type { SliceOptions } from "./joining.ts";
import type { HardtanhOptions, PreluOptions, ShrinkOptions, ThresholdOptions } from "./kinked.ts";
import type { BatchNormOptions } from "./normalisation.ts";
import type { CropOptions, PadOptions } from "./padding.ts";
import type { AdaptivePoolOptions, AveragePoolOptions, MaxPoolOptions } from "./pooling.ts";
import type { UpsampleOptions } from "./resampling.ts";
import type { GroupNormOptions, InstanceNormOptions, LayerNormOptions } from "./rowNorms.ts";
import type { ConvTranspose1dOptions } from "./transposed.ts";
import { append, type Tensor } from "./draft.ts";

type Given<O, Required extends keyof O = never> = Partial<O> & Pick<O, Required>;

export const batchNorm = (x: Tensor, options: Given<BatchNormOptions> = {}): Tensor =>
  append("batchNorm", [x], options);
export const layerNorm = (x: Tensor, options: Given<LayerNormOptions> = {}): Tensor =>
  append("layerNorm", [x], options);
export const instanceNorm = (x: Tensor, options: Given<InstanceNormOptions> = {}): Tensor =>
  append("instanceNorm", [x], options);
export const groupNorm = (x: Tensor, options: Given<GroupNormOptions, "groups">): Tensor =>
  append("groupNorm", [x], options);
export const dropout = (x: Tensor, options: Given<DropoutOptions> = {}): Tensor =>
  append("dropout", [x], options);
export const channelDropout = (x: Tensor, options: Given<DropoutOptions> = {}): Tensor =>
  append("channelDropout", [x], options);
export const leakyRelu = (x: Tensor, options: Given<LeakyReluOptions> = {}): Tensor =>
  append("leakyRelu", [x], options);
export const elu = (x: Tensor, options: Given<EluOptions> = {}): Tensor => append("elu", [x], options);
export const celu = (x: Tensor, options: Given<CeluOptions> = {}): Tensor => append("celu", [x], options);
export const gelu = (x: Tensor, options: Given<GeluOptions> = {}): Tensor => append("gelu", [x], options);
export const hardtanh = (x: Tensor, options: Given<HardtanhOptions> = {}): Tensor =>
  append("hardtanh", [x], options);
export const softshrink = (x: Tensor, options: Given<ShrinkOptions> = {}): Tensor =>
  append("softshrink", [x], options);
export const hardshrink = (x: Tensor, options: Given<ShrinkOptions> = {}): Tensor =>
  append("hardshrink", [x], options);
export const threshold = (x: Tensor, options: Given<ThresholdOptions> = {}): Tensor =>
  append("threshold", [x], options);
export const prelu = (x: Tensor, options: Given<PreluOptions> = {}): Tensor => append("prelu", [x], options);
export const conv1d = (x: Tensor, options: Given<Conv1dOptions, "filters" | "kernelSize">): Tensor =>
  append("conv1d", [x], options);
export const convTranspose1d = (
  x: Tensor,
  options: Given<ConvTranspose1dOptions, "filters" | "kernelSize">,
): Tensor => append("convTranspose1d", [x], options);
export const fixedConv1d = (x: Tensor, options: Given<FixedConv1dOptions, "taps">): Tensor =>
  append("fixedConv1d", [x], options);
export const dense = (x: Tensor, options: Given<DenseOptions, "units">): Tensor =>
  append("dense", [x], options);
export const maxPool = (x: Tensor, options: Given<MaxPoolOptions, "size">): Tensor =>
  append("maxPool", [x], options);
export const averagePool = (x: Tensor, options: Given<AveragePoolOptions, "size">): Tensor =>
  append("averagePool", [x], options);
export const adaptiveAveragePool = (x: Tensor, options: Given<AdaptivePoolOptions, "length">): Tensor =>
  append("adaptiveAveragePool", [x], options);
export const adaptiveMaxPool = (x: Tensor, options: Given<AdaptivePoolOptions, "length">): Tensor =>
  append("adaptiveMaxPool", [x], options);
export const upsample = (x: Tensor, options: Given<UpsampleOptions, "scale">): Tensor =>
  append("upsample", [x], options);
export const pad = (x: Tensor, options: Given<PadOptions> = {}): Tensor => append("pad", [x], options);
export const crop = (x: Tensor, options: Given<CropOptions> = {}): Tensor => append("crop", [x], options);
export const slice = (x: Tensor, options: Given<SliceOptions, "count">): Tensor =>
  append("slice", [x], options);

export const relu = (x: Tensor): Tensor => append("relu", [x], {});
export const relu6 = (x: Tensor): Tensor => append("relu6", [x], {});
export const silu = (x: Tensor): Tensor => append("silu", [x], {});
export const tanh = (x: Tensor): Tensor => append("tanh", [x], {});
export const sigmoid = (x: Tensor): Tensor => append("sigmoid", [x], {});
export const softplus = (x: Tensor): Tensor => append("softplus", [x], {});
export const mish = (x: Tensor): Tensor => append("mish", [x], {});
export const selu = (x: Tensor): Tensor => append("selu", [x], {});
export const softsign = (x: Tensor): Tensor => append("softsign", [x], {});
export const logSigmoid = (x: Tensor): Tensor => append("logSigmoid", [x], {});
export const tanhshrink = (x: Tensor): Tensor => append("tanhshrink", [x], {});
export const hardsigmoid = (x: Tensor): Tensor => append("hardsigmoid", [x], {});
export const hardswish = (x: Tensor): Tensor => append("hardswish", [x], {});
export const softmax = (x: Tensor): Tensor => append("softmax", [x], {});
export const logSoftmax = (x: Tensor): Tensor => append("logSoftmax", [x], {});
export const identity = (x: Tensor): Tensor => append("identity", [x], {});
export const glu = (x: Tensor): Tensor => append("glu", [x], {});
export const globalAveragePool = (x: Tensor): Tensor => append("globalAveragePool", [x], {});
export const globalMaxPool = (x: Tensor): Tensor => append("globalMaxPool", [x], {});
export const flatten = (x: Tensor): Tensor => append("flatten", [x], {});

export const add = (a: Tensor, b: Tensor): Tensor => append("add", [a, b], {});
export const multiply = (a: Tensor, b: Tensor): Tensor => append("multiply", [a, b], {});
export const concat = (...parts: readonly Tensor[]): Tensor => append("concat", parts, {});
