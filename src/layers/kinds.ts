/** The table of layer kinds: a model's JSON names its layers by these keys. */
import * as activations from "./activations.ts";
import { conv1d, dense } from "./convolution.ts";
import * as dropout from "./dropout.ts";
import { logMel } from "./features.ts";
import { fixedConv1d } from "./fixed.ts";
import * as joining from "./joining.ts";
import * as kinked from "./kinked.ts";
import { batchNorm } from "./normalisation.ts";
import { crop, pad } from "./padding.ts";
import * as pooling from "./pooling.ts";
import { upsample } from "./resampling.ts";
import * as rowNorms from "./rowNorms.ts";
import { add, flatten, globalAveragePool } from "./shaping.ts";
import * as softmax from "./softmax.ts";
import { convTranspose1d } from "./transposed.ts";

export const kinds = {
  conv1d,
  dense,
  convTranspose1d,
  fixedConv1d,
  logMel,
  batchNorm,
  ...rowNorms,
  ...dropout,
  ...activations,
  ...kinked,
  ...softmax,
  add,
  ...joining,
  globalAveragePool,
  ...pooling,
  upsample,
  pad,
  crop,
  flatten,
} as const;
export type Kind = keyof typeof kinds;
