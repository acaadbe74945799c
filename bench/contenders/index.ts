/** Who takes part, in the order of a round. */
import type { Contender } from "../contender.ts";
import { jax } from "./jax.ts";
import { pytorch } from "./pytorch.ts";
import { toeplitzWasm, toeplitzX64 } from "./toeplitz.ts";
import { tfjsCpu, tfjsWasm } from "./tfjs.ts";

export const contenders: readonly Contender[] = [toeplitzX64, toeplitzWasm, pytorch, jax, tfjsCpu, tfjsWasm];
