/** Who takes part, in the order of a round. */
import type { Contender } from "../contender.ts";
import { jax } from "./jax.ts";
import { pytorch } from "./pytorch.ts";
import { toeplitz } from "./toeplitz.ts";
import { tfjsCpu, tfjsWasm } from "./tfjs.ts";

export const contenders: readonly Contender[] = [toeplitz, pytorch, jax, tfjsCpu, tfjsWasm];
