/** The transforms of the Rocket family, by name: fixed features of a series, which a linear map is fitted on. */
import { SERIES_STREAMS, fitKernels, type RowReader } from "./biasedKernels.ts";
import { DEFAULT_FEATURES, featurePlan } from "./kernels.ts";
import { miniRocketFeatures, type MiniRocketTransform } from "./minirocket.ts";
import {
  fitMultiRocketHydra,
  MULTIROCKET_FEATURES,
  multiRocketCount,
  multiRocketHydraFeatures,
  multiRocketHydraSize,
  scaledBy,
  type MultiRocketHydraTransform,
} from "./multirocketHydra.ts";

/** What a model of the family computes before its linear map; `kind` is its name. */
export type RocketTransform = MiniRocketTransform | MultiRocketHydraTransform;
/** The models of the family. */
export type RocketName = RocketTransform["kind"];

/** Rows `[rows, channels, length]` in the units of the model. */
interface PreparedRows {
  readonly series: ArrayLike<number>;
  readonly rows: number;
}

/** What a transform is to the rest. */
interface Rules<T extends RocketTransform> {
  /** Features that are asked for where nobody says how many. */
  readonly usual: number;
  /** How many there are for rows of a length. */
  readonly size: (length: number, features: number) => number;
  /** From training rows, of which it reads a few. Throws InputError for a length or a number of features out of range. */
  readonly fit: (length: number, features: number, rows: RowReader, channels: number, seed: number) => T;
  /** Features `[rows, features]`. */
  readonly features: (transform: T, rows: PreparedRows) => Float32Array;
  /** How many there are, and how many of the first of them the linear map standardises. */
  readonly counts: (transform: T) => { readonly features: number; readonly standardised: number };
  /** With what follows from the features of training rows, which are changed alike. */
  readonly settled: (transform: T, features: Float32Array, rows: number) => T;
  /** The numbers that were fitted or drawn, in the order of the model's hash. */
  readonly numbers: (transform: T) => readonly Float32Array[];
}

const rules: { readonly [N in RocketName]: Rules<Extract<RocketTransform, { readonly kind: N }>> } = {
  minirocket: {
    usual: DEFAULT_FEATURES,
    size: (length, features) => featurePlan(length, features).features,
    fit: (length, features, rows, channels, seed) => ({
      kind: "minirocket",
      ...fitKernels(featurePlan(length, features), rows, channels, seed, SERIES_STREAMS),
    }),
    features: miniRocketFeatures,
    counts: ({ plan: { features } }) => ({ features, standardised: features }),
    settled: (transform) => transform,
    numbers: ({ biases }) => [biases],
  },
  "multirocket-hydra": {
    usual: MULTIROCKET_FEATURES,
    size: multiRocketHydraSize,
    fit: fitMultiRocketHydra,
    features: multiRocketHydraFeatures,
    counts: (transform) => {
      const standardised = multiRocketCount(transform);
      return { features: standardised + transform.hydra.means.length, standardised };
    },
    settled: scaledBy,
    numbers: ({ series, differences, hydra }) => [
      series.biases,
      differences.biases,
      hydra.weights,
      hydra.means,
      hydra.deviations,
    ],
  },
};

/** The names of the family. */
export const rocketNames = Object.keys(rules) as readonly RocketName[];

/** Whether a model's name is one of the family's. */
export const isRocketName = (name: string): name is RocketName => Object.hasOwn(rules, name);

/** The rules of a transform's kind. */
const of = <T extends RocketTransform>({ kind }: T): Rules<T> => rules[kind] as unknown as Rules<T>;

/** A transform fitted to training rows; `features` undefined: as many as usual. */
export const fitTransform = (
  name: RocketName,
  length: number,
  features: number | undefined,
  rows: RowReader,
  channels: number,
  seed: number,
): RocketTransform => rules[name].fit(length, features ?? rules[name].usual, rows, channels, seed);

/** How many features a transform has for rows of a length. Throws InputError as `fitTransform` does. */
export const sizeOf = (name: RocketName, length: number, features?: number): number =>
  rules[name].size(length, features ?? rules[name].usual);

/** Features `[rows, features]` of prepared rows. */
export const transformRows = (transform: RocketTransform, rows: PreparedRows): Float32Array =>
  of(transform).features(transform, rows);

/** See `Rules`. */
export const countsOf = (transform: RocketTransform): ReturnType<Rules<RocketTransform>["counts"]> =>
  of(transform).counts(transform);

/** See `Rules`. */
export const settled = (transform: RocketTransform, features: Float32Array, rows: number): RocketTransform =>
  of(transform).settled(transform, features, rows);

/** See `Rules`. */
export const numbersOf = (transform: RocketTransform): readonly Float32Array[] =>
  of(transform).numbers(transform);
