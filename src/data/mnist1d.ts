/**
 * MNIST-1D (Greydanus & Kobak, "Scaling down deep learning with MNIST-1D", 2020; github.com/greydanus/mnist1d,
 * Apache-2.0), generated: ten drawn templates, each padded, widened, scaled, rotated, set in noise and sheared.
 * Draws follow the original's order, so seed 42 gives its published rows to 1e-13; sums and elementary
 * functions are our own, so every engine gives the same bits.
 */
import { exp } from "../numerics/f64.ts";
import { dataset, type Dataset } from "./dataset.ts";
import { InputError } from "./errors.ts";
import { mt19937, type Mt19937 } from "./mt19937.ts";

/** Heights of the 12 points of each digit, as published. */
const TEMPLATES: readonly (readonly number[])[] = [
  [5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5],
  [5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5],
  [5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5],
  [5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5],
  [5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5],
  [5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5],
  [5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5],
  [5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5],
  [5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5],
  [5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5],
];
const CLASSES = TEMPLATES.map((_, digit) => String(digit));

const PADDING_LOW = 36;
const PADDING_HIGH = 60;
const WIDE = 72; // 12 + PADDING_HIGH: points while an example is made
const LENGTH = 40;
const SCALE = 0.4;
const MAX_ROTATION = 48;
const CORRELATED_NOISE = 0.25;
const WHITE_NOISE = 0.02;
const SHEAR = 0.75;

/** Weights of a Gaussian of 2 samples' deviation, cut off at 8 samples; they sum to 1. */
const REACH = 8;
const SMOOTHING: readonly number[] = (() => {
  const weights = Array.from({ length: 2 * REACH + 1 }, (_, i) => exp(-((i - REACH) * (i - REACH)) / 8));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
})();

/** The options of `mnist1d`. */
export interface Mnist1dOptions {
  /** Draws every row; 42 gives the published ones. A whole number below 2^32. Default: 42. */
  readonly seed?: number;
  /** Rows in both parts together, a multiple of 10 of at least 20. Default: 5000. */
  readonly samples?: number;
}

/**
 * The MNIST-1D data set: `samples` rows of one channel and 40 values, the first 80 % of them `train`, the rest `test`,
 * both of mean 0 and deviation 1 taken together, as published. Source: Greydanus and Kobak 2020.
 *
 * @throws InputError for options out of range
 */
export function mnist1d({ seed = 42, samples = 5000 }: Mnist1dOptions = {}): {
  /** The first 80 % of the rows. */
  train: Dataset;
  /** The other rows. */
  test: Dataset;
} {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new InputError(`mnist1d: seed is ${seed}; it is a whole number from 0 to 4294967295; give one`);
  }
  if (!Number.isSafeInteger(samples) || samples < 20 || samples % 10 !== 0) {
    throw new InputError(`mnist1d: samples is ${samples}; it is a multiple of 10 from 20 up; give one`);
  }
  const random = mt19937(seed);
  const perClass = samples / 10;
  const drawn = TEMPLATES.flatMap((points) => {
    const template = normalise(points);
    return Array.from({ length: perClass }, () => example(template, random));
  });
  const order = random.permutation(samples);
  const series = new Float64Array(samples * LENGTH);
  const labels = new Int32Array(samples);
  for (let row = 0; row < samples; row++) {
    series.set(drawn[order[row]], row * LENGTH);
    labels[row] = Math.floor(order[row] / perClass);
  }
  standardise(series);
  const split = Math.floor(samples * 0.8);
  const part = (from: number, to: number): Dataset =>
    dataset({
      name: "mnist1d",
      series: series.slice(from * LENGTH, to * LENGTH),
      channels: 1,
      length: LENGTH,
      answers: { kind: "classes", classes: CLASSES, labels: labels.slice(from, to) },
    });
  return { train: part(0, split), test: part(split, samples) };
}

/** A template at mean 0 and deviation 1, then moved to start at 0, then a sixth of it. */
function normalise(points: readonly number[]): Float64Array {
  const template = Float64Array.from(points);
  standardise(template);
  const first = template[0];
  return template.map((value) => (value - first) / 6);
}

/** Brings values to mean 0 and population deviation 1, in place. */
function standardise(values: Float64Array): void {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  const deviation = Math.sqrt(squares / values.length);
  for (let i = 0; i < values.length; i++) values[i] = (values[i] - mean) / deviation;
}

/** One example of 40 values; the order of the draws is part of the data set. */
function example(template: Float64Array, random: Mt19937): Float64Array {
  const padding = PADDING_LOW + Math.floor(random.uniform() * (PADDING_HIGH - PADDING_LOW + 1));
  const padded = new Float64Array(template.length + padding);
  padded.set(template.map((value) => value + 1e-8)); // so that exact zeros are padding and nothing else
  const wide = resample(padded, WIDE);

  const scale = 1 + SCALE * (random.uniform() - 0.5);
  const rotation = random.below(MAX_ROTATION);
  const signal = wide.map((_, i) => scale * wide[(i - rotation + WIDE) % WIDE]);

  const noise = smooth(signal.map(() => CORRELATED_NOISE * random.normal()));
  const noisy = signal.map((value, i) => (value === 0 ? noise[i] : value) + WHITE_NOISE * random.normal());

  const slope = SHEAR * (random.uniform() - 0.5);
  const sheared = noisy.map((value, i) => value - slope * (i / (WIDE - 1) - 0.5));
  return resample(sheared, LENGTH);
}

/** Linear interpolation at `length` equal steps from the first value to the last. */
function resample(values: Float64Array, length: number): Float64Array {
  const resampled = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const position = (i * (values.length - 1)) / (length - 1);
    const left = Math.min(Math.floor(position), values.length - 2);
    resampled[i] = values[left] + (values[left + 1] - values[left]) * (position - left);
  }
  return resampled;
}

/** Convolution with SMOOTHING; beyond its ends the signal is mirrored, the end value repeated (c b a | a b c). */
function smooth(values: Float64Array): Float64Array {
  const last = values.length - 1;
  return values.map((_, i) => {
    let sum = 0;
    for (let j = -REACH; j <= REACH; j++) {
      const at = i + j;
      const mirrored = at < 0 ? -1 - at : at > last ? 2 * last + 1 - at : at;
      sum += SMOOTHING[j + REACH] * values[mirrored];
    }
    return sum;
  });
}
