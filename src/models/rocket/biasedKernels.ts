/**
 * The 84 kernels over one series, with the biases that their values are compared with: what MiniRocket pools once, and
 * MultiRocket four times over the series and over its differences. Biases are quantiles of a kernel's values on a training
 * row. Sources: Dempster, Schmidt, Webb 2021; of several channels, the authors' code.
 */
import { exp, log } from "../../numerics/f64.ts";
import { permutation, randomBits, uniform } from "../../numerics/threefry.ts";
import { Convolution } from "./convolution.ts";
import { KERNELS, quantile, quantileLevel, TAPS, type FeaturePlan } from "./kernels.ts";

/** What is compared: kernels, of which channels, with which biases. */
export interface BiasedKernels {
  /** Dilations, and how many biases a kernel has at each. */
  readonly plan: FeaturePlan;
  /** Channels of a prepared row. */
  readonly channels: number;
  /** The channels that each kernel sums, by dilation and kernel. */
  readonly combinations: readonly (readonly number[])[];
  /** In the order dilation, kernel, bias. */
  readonly biases: Float32Array;
}

/** Streams of Threefry: the training row of each bias, how many channels a kernel reads, and which. */
export interface KernelStreams {
  readonly row: number;
  readonly count: number;
  readonly channel: number;
}

/** Those of the series themselves. */
export const SERIES_STREAMS: KernelStreams = { row: 0x4d52, count: 0x4d43, channel: 0x4d44 };

/** Prepared rows that are read one by one. */
export interface RowReader {
  readonly rows: number;
  /** Its values, `[channels, length]`, valid until the next call. */
  readonly row: (index: number) => ArrayLike<number>;
}

/**
 * Channels for each dilation and kernel: floor(2^u) of them, u uniform up to log2(1 + min(channels, 9)), without
 * replacement, in ascending order.
 */
export function drawCombinations(
  plan: FeaturePlan,
  channels: number,
  seed: number,
  streams = SERIES_STREAMS,
): number[][] {
  const most = Math.min(channels, TAPS);
  return Array.from({ length: plan.dilations.length * KERNELS }, (_, i) => {
    if (channels === 1) return [0];
    const drawn = Math.floor(exp(uniform(seed, streams.count, 0, i) * log(most + 1)));
    const order = permutation(channels, seed, streams.channel, i);
    return Array.from(order.subarray(0, Math.max(1, Math.min(drawn, most)))).sort((a, b) => a - b);
  });
}

/** Biases: quantiles of each dilated kernel's output on one training row, drawn anew for each. */
export function fitKernels(
  plan: FeaturePlan,
  data: RowReader,
  channels: number,
  seed: number,
  streams = SERIES_STREAMS,
): BiasedKernels {
  const combinations = drawCombinations(plan, channels, seed, streams);
  const biases = new Float32Array(plan.features);
  const convolution = new Convolution(plan.length, channels);
  let feature = 0;
  plan.dilations.forEach((dilation, d) => {
    for (let kernel = 0; kernel < KERNELS; kernel++) {
      const row = Math.floor((randomBits(seed, streams.row, d, kernel) * data.rows) / 4294967296);
      convolution.setRow(data.row(row), 0);
      convolution.dilate(dilation, combinations[d * KERNELS + kernel]);
      const sorted = convolution
        .kernel(kernel, combinations[d * KERNELS + kernel])
        .slice()
        .sort();
      for (let i = 0; i < plan.counts[d]; i++, feature++)
        biases[feature] = quantile(sorted, quantileLevel(feature));
    }
  });
  return { plan, channels, combinations, biases };
}

/** Makes of a kernel's values at positions `from` to `to` the features of `count` biases, the first of which is `first`. */
export type Pool = (values: Float32Array, from: number, to: number, first: number, count: number) => void;

/** Pools every kernel's values of the row that the convolution has. */
export function poolKernels(
  { plan, channels, combinations }: BiasedKernels,
  convolution: Convolution,
  pool: Pool,
): void {
  const { length, dilations, counts } = plan;
  const everyChannel = Array.from({ length: channels }, (_, c) => c);
  let feature = 0;
  for (let d = 0; d < dilations.length; d++) {
    convolution.dilate(dilations[d], everyChannel);
    for (let kernel = 0; kernel < KERNELS; kernel++) {
      const values = convolution.kernel(kernel, combinations[d * KERNELS + kernel]);
      // padding alternates: over all positions (zeros beyond the ends), or only where all taps are inside
      const margin = (d + kernel) % 2 === 0 ? 0 : ((TAPS - 1) / 2) * dilations[d];
      pool(values, margin, length - margin, feature, counts[d]);
      feature += counts[d];
    }
  }
}
