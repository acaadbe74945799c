/**
 * MiniRocket's transform (Dempster, Schmidt, Webb 2021): each series becomes the proportions of its convolutions' values
 * above given biases.
 *
 * The convolution is the paper's (section 3.3): with weights -1 and 2, C = -(sum of nine shifted x) + (three shifted 3x).
 * The first sum and the shifted 3x are made once a row and dilation, and each of the 84 kernels adds four arrays. It is
 * all binary32, so that values which tie with a bias (itself a value of some C) tie on every engine and after loading.
 */
import { exp, log } from "../../numerics/f64.ts";
import { permutation, randomBits, uniform } from "../../numerics/threefry.ts";
import { HEAVY_TAPS, KERNELS, quantile, quantileLevel, TAPS, type FeaturePlan } from "./kernels.ts";

/** Streams of Threefry: the training row of each bias, how many channels a kernel reads, and which. */
const ROW_STREAM = 0x4d52;
const COUNT_STREAM = 0x4d43;
const CHANNEL_STREAM = 0x4d44;

/** What MiniRocket's transform computes: which features, of which channels, above which biases. */
export interface Transform {
  /** Which features there are. */
  readonly plan: FeaturePlan;
  /** Channels of a prepared row. */
  readonly channels: number;
  /** The channels that each kernel sums, by dilation and kernel. */
  readonly combinations: readonly (readonly number[])[];
  /** One a feature: a feature is the part of a convolution's values above its bias. */
  readonly biases: Float32Array;
}

/**
 * Channels for each dilation and kernel: floor(2^u) of them, u uniform up to log2(1 + min(channels, 9)), without
 * replacement, in ascending order.
 */
export function drawCombinations(plan: FeaturePlan, channels: number, seed: number): number[][] {
  const most = Math.min(channels, TAPS);
  return Array.from({ length: plan.dilations.length * KERNELS }, (_, i) => {
    if (channels === 1) return [0];
    const drawn = Math.floor(exp(uniform(seed, COUNT_STREAM, 0, i) * log(most + 1)));
    const order = permutation(channels, seed, CHANNEL_STREAM, i);
    return Array.from(order.subarray(0, Math.max(1, Math.min(drawn, most)))).sort((a, b) => a - b);
  });
}

/** Biases: quantiles of each dilated kernel's output on one training row, drawn anew for each. */
export function fitTransform(
  plan: FeaturePlan,
  data: PreparedRows,
  channels: number,
  seed: number,
): Transform {
  const combinations = drawCombinations(plan, channels, seed);
  const biases = new Float32Array(plan.features);
  const convolution = new Convolution(plan.length, channels);
  const size = channels * plan.length;
  let feature = 0;
  plan.dilations.forEach((dilation, d) => {
    for (let kernel = 0; kernel < KERNELS; kernel++) {
      const row = Math.floor((randomBits(seed, ROW_STREAM, d, kernel) * data.rows) / 4294967296);
      convolution.setRow(data.series, row * size);
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

/** Rows `[rows, channels, length]` in the units of the model. */
type PreparedRows = { readonly series: ArrayLike<number>; readonly rows: number };

/** Features `[rows, features]` of rows, each in [0, 1]. */
export function transformRows(
  { plan, channels, combinations, biases }: Transform,
  { series, rows }: PreparedRows,
): Float32Array {
  const { length, dilations, counts } = plan;
  const out = new Float32Array(rows * plan.features);
  const convolution = new Convolution(length, channels);
  const everyChannel = Array.from({ length: channels }, (_, c) => c);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    convolution.setRow(series, row * channels * length);
    let feature = 0;
    for (let d = 0; d < dilations.length; d++) {
      convolution.dilate(dilations[d], everyChannel);
      for (let kernel = 0; kernel < KERNELS; kernel++) {
        const values = convolution.kernel(kernel, combinations[d * KERNELS + kernel]);
        // padding alternates: over all positions (zeros beyond the ends), or only where all taps are inside
        const margin = (d + kernel) % 2 === 0 ? 0 : ((TAPS - 1) / 2) * dilations[d];
        countAbove(values, margin, length - margin, biases, feature, counts[d], out, at);
        feature += counts[d];
        at += counts[d];
      }
    }
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

/** The 84 convolutions of one row at one dilation. Scratch is made once. */
class Convolution {
  readonly #length: number;
  readonly #row: Float32Array;
  /** Minus the sum of the nine shifted series, `[channel][length]`. */
  readonly #alpha: Float32Array;
  /** Three times the series, shifted for each tap, `[channel][tap][length]`. */
  readonly #gamma: Float32Array;
  readonly #values: Float32Array;

  constructor(length: number, channels: number) {
    this.#length = length;
    this.#row = new Float32Array(channels * length);
    this.#alpha = new Float32Array(channels * length);
    this.#gamma = new Float32Array(channels * TAPS * length);
    this.#values = new Float32Array(length);
  }

  /** Takes the row that starts there, rounded to binary32. */
  setRow(series: ArrayLike<number>, start: number): void {
    const row = this.#row;
    for (let i = 0; i < row.length; i++) row[i] = series[start + i];
  }

  /** Prepares the row's channels for all kernels of one dilation. */
  dilate(dilation: number, channels: readonly number[]): void {
    const length = this.#length;
    const row = this.#row;
    const alpha = this.#alpha;
    const gamma = this.#gamma;
    for (const channel of channels) {
      const start = channel * length;
      alpha.fill(0, start, start + length);
      for (let tap = 0; tap < TAPS; tap++) {
        const shift = (tap - (TAPS - 1) / 2) * dilation;
        const to = (channel * TAPS + tap) * length;
        gamma.fill(0, to, to + length);
        const last = Math.min(length, length - shift);
        for (let t = Math.max(0, -shift); t < last; t++) {
          const x = row[start + t + shift];
          alpha[start + t] -= x;
          gamma[to + t] = 3 * x;
        }
      }
    }
  }

  /** One kernel's output, summed over channels; valid until the next call. */
  kernel(kernel: number, channels: readonly number[]): Float32Array {
    const length = this.#length;
    const alpha = this.#alpha;
    const gamma = this.#gamma;
    const values = this.#values;
    for (let i = 0; i < channels.length; i++) {
      const start = channels[i] * length;
      const first = (channels[i] * TAPS + HEAVY_TAPS[3 * kernel]) * length;
      const second = (channels[i] * TAPS + HEAVY_TAPS[3 * kernel + 1]) * length;
      const third = (channels[i] * TAPS + HEAVY_TAPS[3 * kernel + 2]) * length;
      for (let t = 0; t < length; t++) {
        const one = Math.fround(alpha[start + t] + gamma[first + t]);
        const two = Math.fround(gamma[second + t] + gamma[third + t]);
        const sum = Math.fround(one + two);
        values[t] = i === 0 ? sum : Math.fround(values[t] + sum);
      }
    }
    return values;
  }
}
