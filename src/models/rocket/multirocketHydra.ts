/**
 * MultiRocket-Hydra: the features of MultiRocket and of Hydra side by side. Sources: Tan et al. 2022 and Dempster et al. 2023,
 * who join them so (section 4.2 there).
 */
import { InputError } from "../../data/errors.ts";
import { fitKernels, type BiasedKernels, type RowReader } from "./biasedKernels.ts";
import { Convolution } from "./convolution.ts";
import {
  Competition,
  drawHydra,
  fitSparse,
  HYDRA_FEATURES,
  hydraDilations,
  sparseScaled,
  type Hydra,
} from "./hydra.ts";
import { featurePlan, KERNELS, MOST_FEATURES, TAPS, type FeaturePlan } from "./kernels.ts";
import { multiRocketFeatures, POOLS } from "./multirocket.ts";

/** MultiRocket's features as the paper has them: 4 pools of 6,216 biases, of the series and of its differences. */
export const MULTIROCKET_FEATURES = 50_000;
const LEAST = 2 * POOLS * KERNELS;

/** What MultiRocket-Hydra's transform computes. */
export interface MultiRocketHydraTransform {
  /** Which transform it is. */
  readonly kind: "multirocket-hydra";
  /** MultiRocket's kernels over the series. */
  readonly series: BiasedKernels;
  /** And over the differences of neighbours, `[channels, length - 1]`. */
  readonly differences: BiasedKernels;
  /** Competing kernels over both. */
  readonly hydra: Hydra;
}

/** Streams of Threefry for the kernels over differences. */
const DIFFERENCE_STREAMS = { row: 0x4472, count: 0x4463, channel: 0x4464 };

/** MultiRocket's dilations and counts, of the series and of its differences. Throws InputError for what is out of range. */
function plansOf(length: number, features: number): readonly [FeaturePlan, FeaturePlan] {
  if (length < TAPS + 1)
    throw new InputError(
      `multirocket-hydra takes series of at least ${TAPS + 1} values; these have ${length}; give longer series`,
    );
  if (!Number.isInteger(features) || features < LEAST || features > MOST_FEATURES)
    throw new InputError(
      `features is ${features}; it is a whole number from ${LEAST} to ${MOST_FEATURES}; the usual one is ${MULTIROCKET_FEATURES}`,
    );
  const biases = Math.floor(features / (2 * POOLS));
  return [featurePlan(length, biases), featurePlan(length - 1, biases)];
}

/** How many features there are for rows of a length. Throws InputError as `plansOf`. */
export function multiRocketHydraSize(length: number, features: number): number {
  const [series, differences] = plansOf(length, features);
  return POOLS * (series.features + differences.features) + hydraDilations(length).length * HYDRA_FEATURES;
}

/** Biases and kernels; Hydra's features are not scaled yet. Throws InputError for a length or number of features out of range. */
export function fitMultiRocketHydra(
  length: number,
  features: number,
  data: RowReader,
  channels: number,
  seed: number,
): MultiRocketHydraTransform {
  const [seriesPlan, differencePlan] = plansOf(length, features);
  const differences: RowReader = { rows: data.rows, row: (i) => differencesOf(data.row(i), channels) };
  return {
    kind: "multirocket-hydra",
    series: fitKernels(seriesPlan, data, channels, seed),
    differences: fitKernels(differencePlan, differences, channels, seed, DIFFERENCE_STREAMS),
    hydra: drawHydra(length, channels, seed),
  };
}

/** How many of its features are MultiRocket's; they stand first. */
export const multiRocketCount = ({ series, differences }: MultiRocketHydraTransform): number =>
  POOLS * (series.plan.features + differences.plan.features);

/** Features `[rows, features]` of rows `[rows, channels, length]`. */
export function multiRocketHydraFeatures(
  transform: MultiRocketHydraTransform,
  { series, rows }: { readonly series: ArrayLike<number>; readonly rows: number },
): Float32Array {
  const { series: ofSeries, differences: ofDifferences, hydra } = transform;
  const { channels, plan } = ofSeries;
  const { length } = plan;
  const size = channels * length;
  const first = multiRocketCount(transform);
  const features = first + hydra.means.length;
  const out = new Float32Array(rows * features);
  const convolutions = [new Convolution(length, channels), new Convolution(length - 1, channels)];
  const competition = new Competition(hydra, length);
  const row = new Float32Array(size);
  for (let i = 0, at = 0; i < rows; i++, at += features) {
    for (let j = 0; j < size; j++) row[j] = series[i * size + j];
    const differences = differencesOf(row, channels);
    convolutions[0].setRow(row, 0);
    convolutions[1].setRow(differences, 0);
    multiRocketFeatures(ofSeries, convolutions[0], out, at);
    multiRocketFeatures(ofDifferences, convolutions[1], out, at + POOLS * ofSeries.plan.features);
    competition.row(row, differences, channels, out, at + first);
  }
  return out;
}

/** The same with Hydra's features scaled by those of some training rows, which are scaled where they are. */
export function scaledBy(
  transform: MultiRocketHydraTransform,
  features: Float32Array,
  rows: number,
): MultiRocketHydraTransform {
  const first = multiRocketCount(transform);
  const { length } = transform.hydra.means;
  const fitted = fitSparse(features, rows, first, length);
  const pitch = first + length;
  for (let i = 0; i < rows; i++)
    sparseScaled(features.subarray(i * pitch + first, (i + 1) * pitch), fitted.means, fitted.deviations);
  return { ...transform, hydra: { ...transform.hydra, ...fitted } };
}

/** x[t + 1] - x[t] of each channel, in binary32. */
function differencesOf(row: ArrayLike<number>, channels: number): Float32Array {
  const length = row.length / channels;
  const out = new Float32Array(channels * (length - 1));
  for (let c = 0; c < channels; c++)
    for (let t = 0; t < length - 1; t++)
      out[c * (length - 1) + t] = Math.fround(row[c * length + t + 1]) - Math.fround(row[c * length + t]);
  return out;
}
