/** The table of layer kinds: a model's JSON names its layers by these keys. */
import * as activations from "./activations.ts";
import { conv1d, dense } from "./convolution.ts";
import { batchNorm } from "./normalisation.ts";
import { add, flatten, globalAveragePool } from "./shaping.ts";

export const kinds = { conv1d, dense, batchNorm, ...activations, add, globalAveragePool, flatten } as const;
export type Kind = keyof typeof kinds;
