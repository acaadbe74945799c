/**
 * MiniRocket's transform: each series becomes the proportions of its convolutions' values above given biases. Source:
 * Dempster, Schmidt, Webb, "MiniRocket: a very fast (almost) deterministic transform for time series classification", KDD
 * 2021.
 */
import { poolKernels, type BiasedKernels } from "./biasedKernels.ts";
import { Convolution } from "./convolution.ts";

/** What MiniRocket's transform computes: a feature is the part of a kernel's values above a bias. */
export interface MiniRocketTransform extends BiasedKernels {
  /** Which transform it is. */
  readonly kind: "minirocket";
}

/** Features `[rows, features]` of rows `[rows, channels, length]`, each in [0, 1]. */
export function miniRocketFeatures(
  transform: BiasedKernels,
  { series, rows }: { readonly series: ArrayLike<number>; readonly rows: number },
): Float32Array {
  const { plan, channels, biases } = transform;
  const out = new Float32Array(rows * plan.features);
  const convolution = new Convolution(plan.length, channels);
  for (let row = 0; row < rows; row++) {
    const start = row * plan.features;
    convolution.setRow(series, row * channels * plan.length);
    poolKernels(transform, convolution, (values, from, to, first, count) =>
      countAbove(values, from, to, biases, first, count, out, start + first),
    );
  }
  return out;
}

/** The proportion of values[from..to) above each of `count` biases, four a pass; `+(a > b)` compiles to no branch. */
function countAbove(
  values: Float32Array,
  from: number,
  to: number,
  biases: Float32Array,
  first: number,
  count: number,
  out: Float32Array,
  at: number,
): void {
  const positions = to - from;
  let i = 0;
  for (; i + 3 < count; i += 4) {
    const b0 = biases[first + i];
    const b1 = biases[first + i + 1];
    const b2 = biases[first + i + 2];
    const b3 = biases[first + i + 3];
    let n0 = 0;
    let n1 = 0;
    let n2 = 0;
    let n3 = 0;
    for (let t = from; t < to; t++) {
      const v = values[t];
      n0 += +(v > b0);
      n1 += +(v > b1);
      n2 += +(v > b2);
      n3 += +(v > b3);
    }
    out[at + i] = n0 / positions;
    out[at + i + 1] = n1 / positions;
    out[at + i + 2] = n2 / positions;
    out[at + i + 3] = n3 / positions;
  }
  for (; i < count; i++) {
    const b = biases[first + i];
    let n = 0;
    for (let t = from; t < to; t++) n += +(values[t] > b);
    out[at + i] = n / positions;
  }
}
