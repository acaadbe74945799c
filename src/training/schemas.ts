/**
 * What files may hold of training, in the words of data/schema.ts: rules as plain data, the state of a run, what an epoch
 * ended with. Types hold these checks and the data together: a kind or an option that misses here does not compile.
 */
import { convolutions } from "../models/runtime.ts";
import { splitWays, type SplitRule } from "../data/split.ts";
import {
  byKind,
  dictionary,
  either,
  flag,
  list,
  matching,
  nullable,
  number,
  oneOf,
  part,
  real,
  record,
  text,
  whole,
  type Check,
} from "../data/schema.ts";
import { normalizations, pads, type PrepareOptions } from "../models/preparation.ts";
import { fills, places } from "../models/lines.ts";
import { targetUnits } from "../models/targets.ts";
import type { Loss } from "../models/scores/loss.ts";
import type { Augmentation } from "./augment.ts";
import type { EpochEvent, Score } from "./history.ts";
import type { WeightOption } from "./identity.ts";
import { monitors } from "./monitor.ts";
import type { AnyOptimizer } from "./optimizers.ts";
import type { Schedule } from "./schedules.ts";
import { MOST_SHARDS } from "./shards.ts";
import type { Progress } from "./state.ts";

/** Of lists of names and numbers: more than any model has of them. */
const MANY = 100_000;
/** Steps and epochs of a run: random numbers count them in 32 bits. */
const MOST_STEPS = 2 ** 32 - 1;
/** A SHA-256. */
export const hash = matching(/^[0-9a-f]{64}$/, "a SHA-256, 64 hexadecimal digits");

const rate = real(0, 1);
const adam = {
  learningRate: real(0),
  beta1: rate,
  beta2: rate,
  epsilon: real(0),
  weightDecay: real(0),
};

type ByKind<U extends { readonly kind: string }> = {
  readonly [K in U["kind"]]: Check<Extract<U, { readonly kind: K }>>;
};
type Of<U extends { readonly kind: string }, K extends string> = Check<Extract<U, { readonly kind: K }>>;

const optimizerKinds = {
  sgd: record(
    { kind: oneOf(["sgd"]), learningRate: real(0), momentum: real(0), weightDecay: real(0) },
    { nesterov: flag },
  ),
  adam: record({ kind: oneOf(["adam", "adamW"]), ...adam }),
  adamW: record({ kind: oneOf(["adam", "adamW"]), ...adam }),
  rmsProp: record({
    kind: oneOf(["rmsProp"]),
    learningRate: real(0),
    alpha: rate,
    epsilon: real(0),
    momentum: real(0),
    centered: flag,
    weightDecay: real(0),
  }),
} satisfies { readonly [K in AnyOptimizer["kind"]]: Check<AnyOptimizer> };
export const optimizerOf: Check<AnyOptimizer> = byKind(optimizerKinds);

const warmup = { warmup: rate };
const scheduleKinds = {
  constant: record({ kind: oneOf(["constant"]) }, warmup),
  step: record({ kind: oneOf(["step"]), every: whole(1), factor: real(0) }, warmup),
  exponential: record({ kind: oneOf(["exponential"]), factor: real(0) }, warmup),
  cosine: record({ kind: oneOf(["cosine"]), ...warmup }, { floor: rate }),
  oneCycle: record({ kind: oneOf(["oneCycle"]), rise: rate, div: real(0), finalDiv: real(0) }),
  plateau: record({
    kind: oneOf(["plateau"]),
    factor: real(0),
    patience: whole(),
    minimum: real(0),
    threshold: rate,
    watch: oneOf(["training", "validation"]),
  }),
} satisfies ByKind<Schedule>;
export const scheduleOf: Check<Schedule> = byKind(scheduleKinds);

const lossKinds = {
  crossEntropy: record(
    { kind: oneOf(["crossEntropy"]) },
    {
      classWeights: either(oneOf(["balanced"]), either(list(real(0), MANY), dictionary(real(0), MANY))),
      logitAdjustment: either(real(0), list(real(), MANY)),
      labelSmoothing: rate,
    },
  ),
  binaryCrossEntropy: record(
    { kind: oneOf(["binaryCrossEntropy"]) },
    { posWeight: either(real(0), list(real(0), MANY)) },
  ),
  meanSquaredError: record({ kind: oneOf(["meanSquaredError", "meanAbsoluteError"]) }),
  meanAbsoluteError: record({ kind: oneOf(["meanSquaredError", "meanAbsoluteError"]) }),
  huber: record({ kind: oneOf(["huber"]), delta: real(0) }),
} satisfies { readonly [K in Loss["kind"]]: Check<Loss> };
export const lossOf: Check<Loss> = byKind(lossKinds);

const augmentationKinds = {
  jitter: record({ kind: oneOf(["jitter"]), sigma: real(0) }),
  scaling: record({ kind: oneOf(["scaling"]), sigma: real(0) }),
  shift: record({ kind: oneOf(["shift"]), most: whole(1) }, { fill: oneOf(["roll", "zero"]) }),
  windowSlice: record({ kind: oneOf(["windowSlice"]), ratio: rate }),
  mixup: record({ kind: oneOf(["mixup"]), alpha: real(0, 4) }),
} satisfies { readonly [K in Augmentation["kind"]]: Of<Augmentation, K> };
export const augmentationsOf: Check<readonly Augmentation[]> = list(byKind(augmentationKinds), 100);

export const prepareOf: Check<PrepareOptions> = record(
  {},
  {
    fill: oneOf(fills),
    detrend: oneOf(["linear"]),
    resample: whole(2, 2 ** 24),
    length: whole(1, 2 ** 24),
    at: oneOf(places),
    pad: oneOf(pads),
  },
);

const splitRule = { by: oneOf(splitWays), gap: whole() };
export const splitOf: Check<SplitRule> = record({}, splitRule);

/** Parts of the data that were drawn: a test part, or one of so many folds. */
export const drawnOf = record(
  { seed: whole(0, 2 ** 32 - 1) },
  { ...splitRule, test: real(0, 1), folds: whole(2, 2 ** 31), fold: whole(1, 2 ** 31) },
);

/** A whole number from which everything is drawn. */
export const seedOf = whole(0, 2 ** 32 - 1);

/** Options of `fit` that are the same in a model's record and in a checkpoint. */
export const fitRules = {
  prepare: prepareOf,
  targets: oneOf(targetUnits),
  normalize: oneOf(normalizations),
  monitor: oneOf(monitors),
  patience: whole(1),
  minDelta: real(0),
  augment: augmentationsOf,
  clipNorm: real(0),
  clipValue: real(0),
  decay: oneOf(["all", "filters"]),
  ema: rate,
  freeze: list(text(), MANY),
  split: splitOf,
  shards: whole(2, MOST_SHARDS),
  syncBatchNorm: flag,
} as const;

/** Options that reach the weights, as a checkpoint has them (identity.ts). */
const settingsFields = {
  ...fitRules,
  loss: lossOf,
  optimizer: optimizerOf,
  schedule: scheduleOf,
  batch: whole(1),
  seed: seedOf,
  keep: oneOf(["last", "best"]),
  numerics: oneOf(["strict", "fused"]),
  convolution: oneOf(convolutions),
  validation: either(real(0, 1), hash),
  start: record({ sha256: hash }, { reinit: list(text(), MANY) }),
} as const satisfies {
  readonly [K in Exclude<WeightOption, "steps" | "epochs" | "init" | "reinit"> | "start"]: Check<unknown>;
};
export const settingsOf: Check<Readonly<Record<string, unknown>>> = record(
  { steps: whole(1, MOST_STEPS) },
  settingsFields,
);

const scores = Object.fromEntries(monitors.map((name) => [name, number])) as Record<
  (typeof monitors)[number],
  Check<number>
>;
const scoreOf: Check<Score> = record({ loss: number, accuracy: number }, scores);

const epochOf: Check<EpochEvent> = record(
  {
    epoch: whole(0),
    steps: whole(0, MOST_STEPS),
    loss: number,
    accuracy: number,
    validation: nullable(scoreOf),
    learningRate: number,
    seconds: number,
  },
  { backSignals: dictionary(number, MANY) },
);

/** Epochs of a run's history. */
const MOST_EPOCHS = 10_000_000;

export const progressOf: Check<Progress> = record({
  steps: whole(0, MOST_STEPS),
  epoch: whole(0, MOST_STEPS),
  batches: whole(0, MOST_STEPS),
  lossSum: number,
  right: real(0),
  rows: whole(0),
  history: list(epochOf, MOST_EPOCHS),
  bestValue: nullable(number),
  plateau: record({ factor: real(0), best: number, waited: whole() }),
  patience: nullable(record({ best: number, waited: whole() })),
  stoppedEarly: flag,
  learningRate: real(0),
  seconds: number,
  stepMs: number,
});

/** Loss and accuracy as results and logs have them: null where JSON has no number. */
export const orNaN: Check<number> = (value, path) => (value === null ? NaN : number(value, path));
export const scoredOf = part({ loss: orNaN, accuracy: orNaN }, { rmse: orNaN, mae: orNaN, r2: orNaN });
