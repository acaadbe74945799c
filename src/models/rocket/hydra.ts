/**
 * Hydra: groups of random kernels that compete at every position of a series, or of its differences. Of each kernel: the sum
 * of its values where it is the largest of its group, and at how many positions it is the smallest. Source: Dempster, Schmidt,
 * Webb, "Hydra: competing convolutional kernels for fast and accurate time series classification", DMKD 2023, sections 3.1
 * and 3.2. Of several channels, a group reads the sum of some of them, as the authors' code does.
 */
import { normal, permutation } from "../../numerics/threefry.ts";
import { TAPS } from "./kernels.ts";

/** Kernels of a group. */
export const GROUP = 8;
/** Groups on the series, and as many on its differences. */
export const GROUPS = 32;
/** Most channels that a group sums. */
const MOST_CHANNELS = 8;
/** Features of a dilation: a largest and a smallest of each kernel, of both series. */
export const HYDRA_FEATURES = 2 * 2 * GROUPS * GROUP;

const WEIGHT_STREAM = 0x4859;
const CHANNEL_STREAM = 0x4843;

/** Kernels at each dilation, and what their features are scaled by. */
export interface Hydra {
  /** 1, 2, 4 and so on, while nine taps are within a row. */
  readonly dilations: readonly number[];
  /** `[dilations][series, differences][groups][kernels of a group][taps]`; a kernel's sum is 0 and its absolute sum 1. */
  readonly weights: Float32Array;
  /** The channels that each group sums, by dilation, series and group. */
  readonly combinations: readonly (readonly number[])[];
  /** The mean and deviation of each feature's root; see `sparseScaled`. */
  readonly means: Float32Array;
  /** See `means`. */
  readonly deviations: Float32Array;
}

/** Dilations of rows of that length, 9 or more. */
export function hydraDilations(length: number): number[] {
  const dilations = [1];
  while (2 * dilations[dilations.length - 1] * (TAPS - 1) <= length - 1)
    dilations.push(2 * dilations[dilations.length - 1]);
  return dilations;
}

/** Kernels drawn from the seed, standard normal before they are shifted and scaled; features are not scaled yet. */
export function drawHydra(length: number, channels: number, seed: number): Hydra {
  const dilations = hydraDilations(length);
  const kernels = GROUPS * GROUP;
  const weights = new Float32Array(dilations.length * 2 * kernels * TAPS);
  for (let kernel = 0, at = 0; kernel < dilations.length * 2 * kernels; kernel++, at += TAPS) {
    const drawn = Array.from({ length: TAPS }, (_, tap) => normal(seed, WEIGHT_STREAM, kernel, tap));
    const mean = drawn.reduce((a, b) => a + b) / TAPS;
    const size = drawn.reduce((sum, w) => sum + Math.abs(w - mean), 0);
    drawn.forEach((w, tap) => (weights[at + tap] = (w - mean) / size));
  }
  const summed = Math.min(channels, Math.max(2, Math.min(MOST_CHANNELS, Math.floor(channels / 2))));
  const combinations = Array.from({ length: dilations.length * 2 * GROUPS }, (_, i) =>
    channels === 1
      ? [0]
      : Array.from(permutation(channels, seed, CHANNEL_STREAM, i).subarray(0, summed)).sort((a, b) => a - b),
  );
  const features = dilations.length * HYDRA_FEATURES;
  return {
    dilations,
    weights,
    combinations,
    means: new Float32Array(features),
    deviations: new Float32Array(features).fill(1),
  };
}

/** Hydra's features of one row after another. Scratch is made once. */
export class Competition {
  readonly #hydra: Hydra;
  /** The sum of a group's channels between the zeros that the widest kernel reaches to. */
  readonly #padded: Float64Array;
  readonly #largest = new Float64Array(GROUP);
  readonly #smallest = new Float64Array(GROUP);

  constructor(hydra: Hydra, length: number) {
    this.#hydra = hydra;
    const reach = ((TAPS - 1) / 2) * hydra.dilations[hydra.dilations.length - 1];
    this.#padded = new Float64Array(length + 2 * reach);
  }

  /** Writes the features of a row and its differences (`[channels, length]` each) to `out` from `at` on, scaled. */
  row(
    series: Float32Array,
    differences: Float32Array,
    channels: number,
    out: Float32Array,
    at: number,
  ): void {
    const { dilations, weights, combinations, means, deviations } = this.#hydra;
    let feature = 0;
    dilations.forEach((dilation, d) => {
      for (const which of [0, 1]) {
        const values = which === 0 ? series : differences;
        const length = values.length / channels;
        for (let group = 0; group < GROUPS; group++, feature += GROUP) {
          const i = (d * 2 + which) * GROUPS + group;
          this.#sum(values, length, combinations[i], dilation);
          this.#compete(weights, i * GROUP * TAPS, length, dilation);
          for (let k = 0; k < GROUP; k++) {
            out[at + feature + k] = Math.sqrt(Math.max(0, this.#largest[k]));
            out[at + feature + GROUPS * GROUP + k] = Math.sqrt(this.#smallest[k]);
          }
        }
        feature += GROUPS * GROUP;
      }
    });
    sparseScaled(out.subarray(at, at + means.length), means, deviations);
  }

  /** The group's channels, added up, with zeros on both sides. */
  #sum(values: Float32Array, length: number, channels: readonly number[], dilation: number): void {
    const padded = this.#padded;
    const reach = ((TAPS - 1) / 2) * dilation;
    padded.fill(0, 0, length + 2 * reach);
    for (const channel of channels)
      for (let t = 0; t < length; t++) padded[reach + t] += values[channel * length + t];
  }

  /** Which kernel is the largest and which the smallest at each position; of equal ones the first. */
  #compete(weights: Float32Array, first: number, length: number, dilation: number): void {
    const x = this.#padded;
    const largest = this.#largest.fill(0);
    const smallest = this.#smallest.fill(0);
    for (let t = 0; t < length; t++) {
      const x0 = x[t];
      const x1 = x[t + dilation];
      const x2 = x[t + 2 * dilation];
      const x3 = x[t + 3 * dilation];
      const x4 = x[t + 4 * dilation];
      const x5 = x[t + 5 * dilation];
      const x6 = x[t + 6 * dilation];
      const x7 = x[t + 7 * dilation];
      const x8 = x[t + 8 * dilation];
      let most = -Infinity;
      let least = Infinity;
      let winner = 0;
      let loser = 0;
      for (let k = 0, w = first; k < GROUP; k++, w += TAPS) {
        const value =
          weights[w] * x0 +
          weights[w + 1] * x1 +
          weights[w + 2] * x2 +
          weights[w + 3] * x3 +
          weights[w + 4] * x4 +
          weights[w + 5] * x5 +
          weights[w + 6] * x6 +
          weights[w + 7] * x7 +
          weights[w + 8] * x8;
        if (value > most) {
          most = value;
          winner = k;
        }
        if (value < least) {
          least = value;
          loser = k;
        }
      }
      largest[winner] += most;
      smallest[loser]++;
    }
  }
}

/** Scales one row's features where they are: a feature of 0 stays 0, others become (x - mean) / deviation. */
export function sparseScaled(row: Float32Array, means: Float32Array, deviations: Float32Array): void {
  for (let j = 0; j < row.length; j++) if (row[j] !== 0) row[j] = (row[j] - means[j]) / deviations[j];
}

/**
 * The means and deviations of features that `[rows, pitch]` holds from column `first` on: (n - 1) in the denominator, and added
 * to a deviation the fourth power of the part of rows where the feature is 0, so that what is rare does not become large.
 */
export function fitSparse(
  features: Float32Array,
  rows: number,
  first: number,
  count: number,
): Pick<Hydra, "means" | "deviations"> {
  const pitch = features.length / rows;
  const means = new Float64Array(count);
  const squares = new Float64Array(count);
  const zeros = new Float64Array(count);
  for (let i = 0; i < rows; i++)
    for (let j = 0, at = i * pitch + first; j < count; j++, at++) {
      means[j] += features[at];
      zeros[j] += +(features[at] === 0);
    }
  for (let j = 0; j < count; j++) means[j] /= rows;
  for (let i = 0; i < rows; i++)
    for (let j = 0, at = i * pitch + first; j < count; j++, at++)
      squares[j] += (features[at] - means[j]) * (features[at] - means[j]);
  const rare = (part: number): number => part * part * part * part + 1e-8;
  return {
    means: Float32Array.from(means),
    deviations: Float32Array.from(
      squares,
      (s, j) => Math.sqrt(s / Math.max(1, rows - 1)) + rare(zeros[j] / rows),
    ),
  };
}
