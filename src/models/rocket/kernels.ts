/**
 * The fixed part of MiniRocket: 84 kernels, and the dilations and features that a series' length allows.
 * Source: Dempster, Schmidt, Webb, "MiniRocket: a very fast (almost) deterministic transform for time series
 * classification", KDD 2021, sections 3.1 and 3.2.
 *
 * A kernel has nine taps, three of weight 2 and six of weight -1, so its sum is 0 and an offset of the series does not
 * matter. Features stand in the order dilation, kernel, bias.
 */
import { exp, log } from "../../numerics/f64.ts";
import { InputError } from "../../data/errors.ts";

export const TAPS = 9;
/** Kernels: ways to choose the 3 of 9 taps that weigh 2. */
export const KERNELS = 84;
/** Dilations of one kernel before equal ones are merged. */
export const MOST_DILATIONS = 32;
export const DEFAULT_FEATURES = 9996;
export const MOST_FEATURES = 84 * 1190;
const GOLDEN_RATIO = (Math.sqrt(5) + 1) / 2;

/** The taps of weight 2, three a kernel, in lexicographic order. */
export const HEAVY_TAPS: Int32Array = Int32Array.from(
  (function* () {
    for (let a = 0; a < TAPS; a++)
      for (let b = a + 1; b < TAPS; b++) for (let c = b + 1; c < TAPS; c++) yield* [a, b, c];
  })(),
);

/** Which features there are for series of one length. */
export interface FeaturePlan {
  /** Positions of a prepared row. */
  readonly length: number;
  /** Ascending; 8 times the largest is at most length - 1. */
  readonly dilations: readonly number[];
  /** Features (biases) of each kernel, by dilation. */
  readonly counts: readonly number[];
  /** 84 times the sum of the counts. */
  readonly features: number;
}

/**
 * At most 32 dilations floor(2^e), with e at even steps from 0 to log2((length - 1) / 8). Equal ones are merged, and each
 * has as many features as it had exponents, scaled to `features`; what rounding leaves over goes to the smallest
 * dilations. `features` is rounded down to a multiple of 84. Throws InputError for a length below 9.
 */
export function featurePlan(length: number, features = DEFAULT_FEATURES): FeaturePlan {
  if (!Number.isInteger(length) || length < TAPS)
    throw new InputError(
      `minirocket takes series of at least ${TAPS} values; these have ${length}; give longer series`,
    );
  if (!Number.isInteger(features) || features < KERNELS || features > MOST_FEATURES)
    throw new InputError(
      `features is ${features}; it is a whole number from ${KERNELS} to ${MOST_FEATURES}; the usual one is ${DEFAULT_FEATURES}`,
    );
  const perKernel = Math.floor(features / KERNELS);
  const exponents = Math.min(perKernel, MOST_DILATIONS);
  const span = log((length - 1) / (TAPS - 1));
  const merged = new Map<number, number>();
  for (let i = 0; i < exponents; i++) {
    // the small addend keeps whole numbers whole, which exp(log(x)) may miss by an ulp
    const dilation = Math.floor(exp((span * i) / Math.max(1, exponents - 1)) + 1e-9);
    merged.set(dilation, (merged.get(dilation) ?? 0) + 1);
  }
  const dilations = [...merged.keys()];
  const counts = [...merged.values()].map((count) => Math.floor((count * perKernel) / exponents));
  let rest = perKernel - counts.reduce((a, b) => a + b);
  for (let i = 0; rest > 0; rest--, i = (i + 1) % counts.length) counts[i]++;
  return { length, dilations, counts, features: KERNELS * perKernel };
}

/** A low-discrepancy sequence of quantile levels: the fractional part of (index + 1) times the golden ratio. */
export function quantileLevel(index: number): number {
  return ((index + 1) * GOLDEN_RATIO) % 1;
}

/** The quantile of ascending values at a level in [0, 1), by linear interpolation. */
export function quantile(sorted: ArrayLike<number>, level: number): number {
  const position = level * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below];
  return low + (sorted[Math.min(below + 1, sorted.length - 1)] - low) * (position - below);
}
