/**
 * MultiRocket's four pools of each kernel's values above each bias: how many (PPV), how far above on average (MPV), where on
 * average (MIPV) and the longest run of them (LSPV). Source: Tan, Dempster, Bergmeir, Webb, "MultiRocket: multiple pooling
 * operators and transformations for fast and effective time series classification", DMKD 2022, section 3.2.
 */
import { poolKernels, type BiasedKernels } from "./biasedKernels.ts";
import type { Convolution } from "./convolution.ts";

/** Features of a bias. */
export const POOLS = 4;

/** Writes the features of the row that the convolution has, `[pool][bias]`, to `out` from `at` on. */
export function multiRocketFeatures(
  kernels: BiasedKernels,
  convolution: Convolution,
  out: Float32Array,
  at: number,
): void {
  const { plan, biases } = kernels;
  poolKernels(kernels, convolution, (values, from, to, first, count) => {
    for (let i = first; i < first + count; i++)
      fourPools(values, from, to, biases[i], plan.features, out, at + i);
  });
}

/** The pools of values[from..to) above one bias, `pitch` apart; positions count from `from`. Branches would cost more. */
function fourPools(
  values: Float32Array,
  from: number,
  to: number,
  bias: number,
  pitch: number,
  out: Float32Array,
  at: number,
): void {
  let above = 0;
  let sum = 0;
  let positions = 0;
  let run = 0;
  let longest = 0;
  for (let t = from; t < to; t++) {
    const v = values[t];
    const is = +(v > bias);
    above += is;
    sum += is * v;
    positions += is * (t - from);
    run = (run + 1) * is;
    longest = run > longest ? run : longest;
  }
  out[at] = above / (to - from);
  out[at + pitch] = above > 0 ? sum / above - bias : 0;
  out[at + 2 * pitch] = above > 0 ? positions / above : -1;
  out[at + 3 * pitch] = longest;
}
