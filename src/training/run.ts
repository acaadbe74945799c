/** What `fit` is given, and the run that comes of it. */
import type { Runtime } from "../models/runtime.ts";
import type { Dataset } from "../data/dataset.ts";
import type { SplitRule } from "../data/split.ts";
import type { Network } from "../models/network.ts";
import type { Normalization, Preparation, PrepareOptions } from "../models/preparation.ts";
import type { TargetScales, TargetUnits } from "../models/targets.ts";
import type { Loss } from "../models/scores/loss.ts";
import type { Weights } from "../models/weights.ts";
import type { Augmentation } from "./augment.ts";
import type { BackSignals, EpochEvent, Score, StepEvent } from "./history.ts";
import type { Monitor } from "./monitor.ts";
import type { AnyOptimizer } from "./optimizers.ts";
import type { Ranks } from "./ranks.ts";
import type { Schedule } from "./schedules.ts";
import type { Checkpoint, CheckpointOptions } from "./state.ts";
import type { Trainer } from "./trainerApi.ts";
import type { UpdateRules } from "./updateRules.ts";

/** What `fit` is given beside the model and the data; every option has a default. */
export interface FitOptions extends UpdateRules, Runtime {
  /** Passes over the training rows. Default: 100. */
  readonly epochs?: number;
  /** Steps in all; wins over `epochs`. Default: what `epochs` come to. */
  readonly steps?: number;
  /** Rows a step; at most as many as there are training rows, so a larger one is all of them. Default: 16. */
  readonly batch?: number;
  /**
   * Draws first weights, the order of rows, dropout, augmentation and the validation rows: a whole number below 2^32.
   * Default: 0.
   */
  readonly seed?: number;
  /** The fraction of training rows to hold back, at least 0 and below 1, or rows of their own. Default: none. */
  readonly validation?: number | Dataset;
  /**
   * How that fraction is drawn. Default: by groups where rows have them, by time where they are windows, else by
   * class.
   */
  readonly split?: SplitRule;
  /** The weights to end with: the last, or those of the epoch where `monitor` was best. Default: "last". */
  readonly keep?: "last" | "best";
  /**
   * What `keep` and `patience` watch, on the validation rows, else (loss and accuracy) the training rows. Default:
   * "loss".
   */
  readonly monitor?: Monitor;
  /**
   * Ends training after so many epochs in which `monitor` did not get better by more than `minDelta`. Default: never.
   */
  readonly patience?: number;
  /** How much better counts as better, at least 0. Default: 0. */
  readonly minDelta?: number;
  /** Random changes of each training batch, in this order, in prepared units. Default: none. */
  readonly augment?: readonly Augmentation[];
  /**
   * Weights to start from in place of the seed's, by name and shape; a head with another number of outputs starts from
   * the seed. Of a network, its preparation is kept too unless `normalize` or `prepare` is given, and the units of its
   * targets, where it has as many outputs, unless `targets` is; where the model has an output for each of its classes and
   * the rows have some of them (one is enough), its classes and its head are kept. Default: the seed's.
   */
  readonly init?: Network | Weights;
  /** Layers, by prefixes of their names, that start from the seed in spite of `init`. Default: none. */
  readonly reinit?: readonly string[];
  /**
   * What training lowers. Default by the data: cross-entropy of classes, binary cross-entropy of several labels a row,
   * else the squared error.
   */
  readonly loss?: Loss;
  /** How weights follow the gradient. Default: `optimizers.adam()`. */
  readonly optimizer?: AnyOptimizer;
  /** How the learning rate changes over the run. Default: `schedules.constant()`. */
  readonly schedule?: Schedule;
  /**
   * How values are brought to the model's units; what it needs is fitted on the training rows alone. Default:
   * "channel".
   */
  readonly normalize?: Normalization;
  /**
   * Of rows with target values, the units in which they are learned: standardised by the mean and deviation of the
   * training rows, output by output, or raw. Losses are in these units; outputs, predictions and all metrics are in the
   * targets' own. Default: "standardize"; "raw" with a loss of logits, and of a model that ends with a layer whose values
   * are bounded, such as a sigmoid.
   */
  readonly targets?: TargetUnits;
  /**
   * What else is done to raw rows. Default by the data: shorter rows are padded with zeros to the longest, missing
   * values filled linearly. The model is built for what comes of it (`preparedTask`).
   */
  readonly prepare?: PrepareOptions;
  /** Hands out the state of the run now and then, to go on from. Default: never. */
  readonly checkpoint?: CheckpointOptions;
  /**
   * Goes on from a state, to the same bits as a run that was never stopped: with the same model, data and options, or
   * it is refused by name. Only `steps` or `epochs` may be others, where the schedule does not follow from the length.
   * Default: the run begins.
   */
  readonly resume?: Checkpoint;
  /**
   * Shards of a batch: each is a sum by itself, of gradients and of batch-norm statistics, and the sums are added in one fixed
   * order, so that as many ranks as divide it give the same bits, as does one process. At most as many as a batch has rows.
   * Default: 1, the batch as a whole.
   */
  readonly shards?: number;
  /** Batch-norm statistics are those of all shards of a batch, not of each shard for itself. Default: false. */
  readonly syncBatchNorm?: boolean;
  /** Who else trains, each with some of the shards (`openRanks` of toeplitz/node). Default: this process alone. */
  readonly ranks?: Ranks;
  /** Ends training after the current step; the run then says `aborted`. Default: none. */
  readonly signal?: AbortSignal;
  /** Is called after each epoch. */
  readonly onEpoch?: (event: EpochEvent) => void;
  /** Looks at what an epoch (from 1) ends with; what it finds is kept in the epoch's event. It changes nothing. */
  readonly measure?: (epoch: number, state: EpochState) => BackSignals | undefined;
  /** Is called after each step. */
  readonly onStep?: (event: StepEvent) => void;
  /**
   * Is given what should be known of how the run goes, in a sentence: steps that hold a page up, a slow back end where no
   * other can run. Default: `console.warn`.
   */
  readonly onNote?: (note: string) => void;
  /** Added to the model's provenance, by name. Default: nothing. */
  readonly provenance?: Readonly<Record<string, string>>;
}

/** What an epoch ends with, to look at. */
export interface EpochState {
  /** Copies of the weights as they are trained (with `ema`, not their average). */
  readonly weights: () => Weights;
  /** What is done to raw rows first. */
  readonly preparation: Preparation;
  /** What targets are standardised by; absent where they are raw. */
  readonly targets?: TargetScales;
}

/** What `fit` gives: the trained network and how training went. */
export interface Run {
  /** The trained network, ready to predict, with the weights that `keep` asks for. */
  readonly model: Network;
  /** Epochs begun. */
  readonly epochs: number;
  /** Steps taken. */
  readonly steps: number;
  /** From the beginning of training to its end; what was resumed counts on. */
  readonly seconds: number;
  /** The median training step, in milliseconds. */
  readonly stepMs: number;
  /** What it ran on. */
  readonly backend: Trainer["backend"];
  /** How many threads a step took. */
  readonly threads: number;
  /** Trainable values. */
  readonly parameters: number;
  /** The kept weights on the training rows, in prediction mode. */
  readonly train: Score;
  /** The kept weights on the validation rows, in prediction mode; null where there are none. */
  readonly validation: Score | null;
  /** SHA-256 of the kept parameters in model order as little-endian float32, as hexadecimal digits. */
  readonly weightsSha256: string;
  /** What each epoch ended with. */
  readonly history: readonly EpochEvent[];
  /** Whether the signal ended it. */
  readonly aborted: boolean;
  /** Whether `patience` ended it. */
  readonly stoppedEarly: boolean;
}

export const fitDefaults = { epochs: 100, batch: 16, seed: 0 } as const;
