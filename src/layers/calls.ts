/**
 * One function a layer kind: each adds a layer behind its input. What stands above a function is what an editor shows of
 * it; the kinds' own files say how it is computed, and their option types, which stand here for users too, what each option
 * is.
 */
import type { CeluOptions, EluOptions, GeluOptions, LeakyReluOptions } from "./activations.ts";
import type { Conv1dOptions, DenseOptions } from "./convolution.ts";
import type { DropoutOptions } from "./dropout.ts";
import type { LogMelOptions } from "./features.ts";
import type { FixedConv1dOptions } from "./fixed.ts";
import type { SliceOptions } from "./joining.ts";
import type { HardtanhOptions, PreluOptions, ShrinkOptions, ThresholdOptions } from "./kinked.ts";
import type { BatchNormOptions } from "./normalisation.ts";
import type { CropOptions, PadOptions } from "./padding.ts";
import type { GlobalPoolOptions } from "./globalPool.ts";
import type { AdaptivePoolOptions, AveragePoolOptions, MaxPoolOptions } from "./pooling.ts";
import type { UpsampleOptions } from "./resampling.ts";
import type { GroupNormOptions, InstanceNormOptions, LayerNormOptions } from "./rowNorms.ts";
import type { ConvTranspose1dOptions } from "./transposed.ts";
import { append, type Tensor } from "./draft.ts";

export type { CeluOptions, EluOptions, GeluOptions, LeakyReluOptions } from "./activations.ts";
export type { Conv1dOptions, ConvolutionOptions, DenseOptions } from "./convolution.ts";
export type { DropoutOptions } from "./dropout.ts";
export type { LogMelOptions } from "./features.ts";
export type { FixedConv1dOptions } from "./fixed.ts";
export type { FilterInit } from "./initialise.ts";
export type { SliceOptions } from "./joining.ts";
export type { HardtanhOptions, PreluOptions, ShrinkOptions, ThresholdOptions } from "./kinked.ts";
export type { BatchNormOptions } from "./normalisation.ts";
export type { CropOptions, PaddingMode, PadOptions } from "./padding.ts";
export type { Padding } from "./options.ts";
export type { GlobalPoolOptions } from "./globalPool.ts";
export type { AdaptivePoolOptions, AveragePoolOptions, MaxPoolOptions, PoolOptions } from "./pooling.ts";
export type { UpsampleOptions } from "./resampling.ts";
export type { GroupNormOptions, InstanceNormOptions, LayerNormOptions, NormOptions } from "./rowNorms.ts";
export type { ConvTranspose1dOptions } from "./transposed.ts";

/**
 * Batch normalisation, the shape kept: gamma (x - mean) / sqrt(variance + epsilon) + beta. Mean and variance are a
 * channel's: over the batch in training, running averages in prediction (Ioffe and Szegedy 2015).
 */
export const batchNorm = (x: Tensor, options: BatchNormOptions = {}): Tensor =>
  append("batchNorm", [x], options);

/**
 * Normalises each row by its own mean and variance, over the channels of each position or over the whole row, then
 * gamma y + beta; the shape is kept (Ba et al. 2016).
 */
export const layerNorm = (x: Tensor, options: LayerNormOptions = {}): Tensor =>
  append("layerNorm", [x], options);

/**
 * Normalises each channel of each row by its mean and variance over the positions; the shape is kept (Ulyanov et al.
 * 2016).
 */
export const instanceNorm = (x: Tensor, options: InstanceNormOptions = {}): Tensor =>
  append("instanceNorm", [x], options);

/**
 * Normalises each group of neighbouring channels of a row by its mean and variance, then gamma y + beta a channel; the
 * shape is kept (Wu and He 2018). Throws ModelError where `groups` does not divide the channels.
 */
export const groupNorm = (x: Tensor, options: GroupNormOptions): Tensor => append("groupNorm", [x], options);

/**
 * In training, sets each value to 0 with probability `rate` and divides the others by 1 - rate; in prediction nothing
 * changes (Srivastava et al. 2014). Throws ModelError for a rate outside [0, 1).
 */
export const dropout = (x: Tensor, options: DropoutOptions = {}): Tensor => append("dropout", [x], options);

/** As `dropout`, but of whole channels of a row: PyTorch's Dropout1d (Tompson et al. 2015). */
export const channelDropout = (x: Tensor, options: DropoutOptions = {}): Tensor =>
  append("channelDropout", [x], options);

/** x where x is positive, else slope x; the shape is kept (Maas et al. 2013). */
export const leakyRelu = (x: Tensor, options: LeakyReluOptions = {}): Tensor =>
  append("leakyRelu", [x], options);

/** x where x is positive, else alpha (e^x - 1); the shape is kept (Clevert et al. 2015). */
export const elu = (x: Tensor, options: EluOptions = {}): Tensor => append("elu", [x], options);

/**
 * x where x is positive, else alpha (e^(x / alpha) - 1); the shape is kept (Barron 2017). Throws ModelError for alpha
 * 0.
 */
export const celu = (x: Tensor, options: CeluOptions = {}): Tensor => append("celu", [x], options);

/** x Phi(x), Phi the normal distribution, exact or by tanh; the shape is kept (Hendrycks and Gimpel 2016). */
export const gelu = (x: Tensor, options: GeluOptions = {}): Tensor => append("gelu", [x], options);

/** min(max(x, least), most); the shape is kept. Throws ModelError where least is not below most. */
export const hardtanh = (x: Tensor, options: HardtanhOptions = {}): Tensor =>
  append("hardtanh", [x], options);

/** x moved towards 0 by lambda, and 0 within lambda of it; the shape is kept. */
export const softshrink = (x: Tensor, options: ShrinkOptions = {}): Tensor =>
  append("softshrink", [x], options);

/** x, but 0 within lambda of 0; the shape is kept. */
export const hardshrink = (x: Tensor, options: ShrinkOptions = {}): Tensor =>
  append("hardshrink", [x], options);

/** x where x is above `threshold`, else `value`; the shape is kept. */
export const threshold = (x: Tensor, options: ThresholdOptions = {}): Tensor =>
  append("threshold", [x], options);

/** x where x is positive, else alpha x with alpha learned, 0.25 at first; the shape is kept (He et al. 2015). */
export const prelu = (x: Tensor, options: PreluOptions = {}): Tensor => append("prelu", [x], options);

/**
 * Convolution, y = w * x + b: `[channels, length]` to
 * `[filters, floor((length + left + right - dilation (kernelSize - 1) - 1) / stride) + 1]`, left and right being the
 * padding. Parameters: `filter` `[filters, channels / groups, kernelSize]` and `bias`. Throws ModelError where the
 * kernel does not fit the padded signal, `groups` does not divide channels and filters, or "same" goes with a stride
 * above 1.
 */
export const conv1d = (x: Tensor, options: Conv1dOptions): Tensor => append("conv1d", [x], options);

/**
 * Transposed convolution, PyTorch's ConvTranspose1d: `[channels, length]` to
 * `[filters, stride (length - 1) + dilation (kernelSize - 1) + 1 + outputPadding - 2 padding]`. Parameters: `filter`
 * `[channels, filters / groups, kernelSize]` and `bias`. Throws ModelError where `groups` does not divide channels and
 * filters, `outputPadding` is not below stride or dilation, or nothing is left.
 */
export const convTranspose1d = (x: Tensor, options: ConvTranspose1dOptions): Tensor =>
  append("convTranspose1d", [x], options);

/**
 * Convolution of the sum of all channels with taps that are given and not learned: `[channels, length]` to
 * `[1, positions]`. Throws ModelError where the taps do not fit the padded signal.
 */
export const fixedConv1d = (x: Tensor, options: FixedConv1dOptions): Tensor =>
  append("fixedConv1d", [x], options);

/**
 * Log-mel features of the sum of all channels: windows' power spectra in bands, as convolutions that training leaves as they
 * are: `[channels, length]` to `[bands, floor((length - size) / hop) + 1]`. Throws ModelError for a window that does not fit,
 * or a band between two frequencies.
 */
export const logMel = (x: Tensor, options: LogMelOptions): Tensor => append("logMel", [x], options);

/**
 * Every output reads the whole input: `[channels, length]` to `[units, 1]`. Parameters: `filter`
 * `[units, channels, length]` and `bias`.
 */
export const dense = (x: Tensor, options: DenseOptions): Tensor => append("dense", [x], options);

/**
 * The largest value of each window, the first of equal ones taking the gradient: `[channels, length]` to
 * `[channels, windows]`. Throws ModelError where a window does not fit, or holds padding alone.
 */
export const maxPool = (x: Tensor, options: MaxPoolOptions): Tensor => append("maxPool", [x], options);

/**
 * The mean of each window: `[channels, length]` to `[channels, windows]`. Throws ModelError where a window does not
 * fit, or may hold padding alone.
 */
export const averagePool = (x: Tensor, options: AveragePoolOptions): Tensor =>
  append("averagePool", [x], options);

/**
 * The means of `length` windows that cover the signal: `[channels, positions]` to `[channels, length]`, cut as in
 * PyTorch's AdaptiveAvgPool1d.
 */
export const adaptiveAveragePool = (x: Tensor, options: AdaptivePoolOptions): Tensor =>
  append("adaptiveAveragePool", [x], options);

/**
 * The largest values of `length` windows that cover the signal: `[channels, positions]` to `[channels, length]`, cut
 * as in PyTorch's AdaptiveMaxPool1d.
 */
export const adaptiveMaxPool = (x: Tensor, options: AdaptivePoolOptions): Tensor =>
  append("adaptiveMaxPool", [x], options);

/**
 * More positions by repetition or straight lines: `[channels, length]` to `[channels, scale length]`, as PyTorch's
 * interpolate with align_corners false.
 */
export const upsample = (x: Tensor, options: UpsampleOptions): Tensor => append("upsample", [x], options);

/**
 * Adds positions at either end: `[channels, length]` to `[channels, left + length + right]`. Throws ModelError where
 * the mode cannot make that many of the signal.
 */
export const pad = (x: Tensor, options: PadOptions = {}): Tensor => append("pad", [x], options);

/**
 * Takes positions away at either end: `[channels, length]` to `[channels, length - left - right]`. Throws ModelError
 * where none is left.
 */
export const crop = (x: Tensor, options: CropOptions = {}): Tensor => append("crop", [x], options);

/**
 * `count` channels from `first` on: `[channels, length]` to `[count, length]`. Throws ModelError where there are
 * fewer.
 */
export const slice = (x: Tensor, options: SliceOptions): Tensor => append("slice", [x], options);

/** max(x, 0); the shape is kept. */
export const relu = (x: Tensor): Tensor => append("relu", [x], {});

/** min(max(x, 0), 6); the shape is kept. */
export const relu6 = (x: Tensor): Tensor => append("relu6", [x], {});

/** x sigmoid(x), also called swish; the shape is kept (Elfwing et al. 2017). */
export const silu = (x: Tensor): Tensor => append("silu", [x], {});

/** The hyperbolic tangent; the shape is kept. */
export const tanh = (x: Tensor): Tensor => append("tanh", [x], {});

/** 1 / (1 + e^-x); the shape is kept. */
export const sigmoid = (x: Tensor): Tensor => append("sigmoid", [x], {});

/** log(1 + e^x); the shape is kept. */
export const softplus = (x: Tensor): Tensor => append("softplus", [x], {});

/** x tanh(log(1 + e^x)); the shape is kept (Misra 2019). */
export const mish = (x: Tensor): Tensor => append("mish", [x], {});

/** 1.0507 elu(x) with alpha 1.6733, which keeps mean 0 and variance 1; the shape is kept (Klambauer et al. 2017). */
export const selu = (x: Tensor): Tensor => append("selu", [x], {});

/** x / (1 + |x|); the shape is kept. */
export const softsign = (x: Tensor): Tensor => append("softsign", [x], {});

/** log(1 / (1 + e^-x)); the shape is kept. */
export const logSigmoid = (x: Tensor): Tensor => append("logSigmoid", [x], {});

/** x - tanh(x); the shape is kept. */
export const tanhshrink = (x: Tensor): Tensor => append("tanhshrink", [x], {});

/** min(max(x + 3, 0), 6) / 6; the shape is kept. */
export const hardsigmoid = (x: Tensor): Tensor => append("hardsigmoid", [x], {});

/** x hardsigmoid(x); the shape is kept (Howard et al. 2019). */
export const hardswish = (x: Tensor): Tensor => append("hardswish", [x], {});

/**
 * e^x over the sum of e^x over the channels of each position; the shape is kept. `losses.crossEntropy` and predictions
 * apply it themselves.
 */
export const softmax = (x: Tensor): Tensor => append("softmax", [x], {});

/** The logarithm of `softmax`, x - log(sum e^x), over the channels of each position; the shape is kept. */
export const logSoftmax = (x: Tensor): Tensor => append("logSoftmax", [x], {});

/** The input as it is; the shape is kept. */
export const identity = (x: Tensor): Tensor => append("identity", [x], {});

/**
 * The first half of the channels times the sigmoid of the second: `[channels, length]` to `[channels / 2, length]`
 * (Dauphin et al. 2017). Throws ModelError for an odd number of channels.
 */
export const glu = (x: Tensor): Tensor => append("glu", [x], {});

/** The mean of each channel over its positions: `[channels, length]` to `[channels, 1]`. */
export const globalAveragePool = (x: Tensor, options: GlobalPoolOptions = {}): Tensor =>
  append("globalAveragePool", [x], options);

/**
 * The largest value of each channel, the first of equal ones taking the gradient: `[channels, length]` to
 * `[channels, 1]`.
 */
export const globalMaxPool = (x: Tensor, options: GlobalPoolOptions = {}): Tensor =>
  append("globalMaxPool", [x], options);

/** Channels after one another: `[channels, length]` to `[channels length, 1]`. */
export const flatten = (x: Tensor): Tensor => append("flatten", [x], {});

/** The sum of two signals of one shape: a skip connection. Throws ModelError where the shapes differ. */
export const add = (a: Tensor, b: Tensor): Tensor => append("add", [a, b], {});

/**
 * The product of two signals, value by value: a gate. One of them may have 1 channel or 1 position, which then stands
 * for all. Throws ModelError where the shapes do not fit.
 */
export const multiply = (a: Tensor, b: Tensor): Tensor => append("multiply", [a, b], {});

/**
 * The channels of two or more signals after one another: `[c1, length]`, `[c2, length]`, ... to
 * `[c1 + c2 + ..., length]`. Throws ModelError where the lengths differ.
 */
export const concat = (...parts: readonly Tensor[]): Tensor => append("concat", parts, {});
