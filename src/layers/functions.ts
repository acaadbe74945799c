/** What models are written with: a function a layer kind, named blocks, and `model` itself. */
export * from "./blocks.ts";
export * from "./calls.ts";
export { model, type Tensor } from "./draft.ts";
export type { CeluOptions, EluOptions, GeluOptions, LeakyReluOptions } from "./activations.ts";
export type { Conv1dOptions, ConvolutionOptions, DenseOptions } from "./convolution.ts";
export type { DropoutOptions } from "./dropout.ts";
export type { FixedConv1dOptions } from "./fixed.ts";
export type { FilterInit } from "./initialise.ts";
export type { SliceOptions } from "./joining.ts";
export type { HardtanhOptions, PreluOptions, ShrinkOptions, ThresholdOptions } from "./kinked.ts";
export type { BatchNormOptions } from "./normalisation.ts";
export type { CropOptions, Padding, PaddingMode, PadOptions } from "./padding.ts";
export type { AdaptivePoolOptions, AveragePoolOptions, MaxPoolOptions, PoolOptions } from "./pooling.ts";
export type { UpsampleOptions } from "./resampling.ts";
export type { GroupNormOptions, InstanceNormOptions, LayerNormOptions, NormOptions } from "./rowNorms.ts";
export type { ConvTranspose1dOptions } from "./transposed.ts";
