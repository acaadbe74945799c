/** What `fit` is told, and the run that comes of it. */
import type { Runtime } from "../models/runtime.ts";
import type { Dataset } from "../data/dataset.ts";
import type { SplitRule } from "../data/split.ts";
import type { Network } from "../models/network.ts";
import type { Normalization, Preparation, PrepareOptions } from "../models/preparation.ts";
import type { Loss } from "../models/scores/loss.ts";
import type { Weights } from "../models/weights.ts";
import type { Augmentation } from "./augment.ts";
import type { BackSignals, EpochEvent, Score, StepEvent } from "./history.ts";
import type { Monitor } from "./monitor.ts";
import type { AnyOptimizer } from "./optimizers.ts";
import type { Schedule } from "./schedules.ts";
import type { Checkpoint, CheckpointOptions } from "./state.ts";
import type { Trainer } from "./trainer.ts";
import type { UpdateRules } from "./updateRules.ts";

export interface FitOptions extends UpdateRules, Runtime {
  /** Passes over the training rows. */
  readonly epochs?: number;
  /** Steps in all; wins over `epochs`. */
  readonly steps?: number;
  /** Rows a step; at most as many as there are training rows, so a larger one is all of them. */
  readonly batch?: number;
  readonly seed?: number;
  /** The fraction of training rows to hold back, or rows of their own. */
  readonly validation?: number | Dataset;
  /** How that fraction is drawn. */
  readonly split?: SplitRule;
  /** The weights to end with: the last, or those of the epoch where `monitor` was best. */
  readonly keep?: "last" | "best";
  /** What `keep` and `patience` watch, on the validation rows, else (loss and accuracy) the training rows; "loss". */
  readonly monitor?: Monitor;
  /** Ends training after so many epochs in which `monitor` did not get better by more than `minDelta` (0). */
  readonly patience?: number;
  readonly minDelta?: number;
  /** Random changes of each training batch, in this order, in prepared units. */
  readonly augment?: readonly Augmentation[];
  /**
   * Weights to start from in place of the seed's; `transfer` says which may differ. Of a network, its preparation is
   * kept too unless `normalize` or `prepare` is given.
   */
  readonly init?: Network | Weights;
  /** Layers, by prefixes of their names, that start from the seed in spite of `init`. */
  readonly reinit?: readonly string[];
  /** By the data: cross-entropy of classes, binary cross-entropy of several labels a row, else the squared error. */
  readonly loss?: Loss;
  readonly optimizer?: AnyOptimizer;
  readonly schedule?: Schedule;
  readonly normalize?: Normalization;
  /** What else is done to raw rows; left out, the data decide (`resolvePrepare`). The model is built for what comes of it. */
  readonly prepare?: PrepareOptions;
  /** Hands out the state of the run now and then, to go on from. */
  readonly checkpoint?: CheckpointOptions;
  /**
   * Goes on from a state, to the same bits as a run that was never stopped: with the same model, data and options, or it
   * is refused by name. Only `steps` or `epochs` may be others, where the schedule does not follow from the length.
   */
  readonly resume?: Checkpoint;
  /** Ends training after the current step; the run then says `aborted`. */
  readonly signal?: AbortSignal;
  readonly onEpoch?: (event: EpochEvent) => void;
  /** Looks at what an epoch (from 1) ends with; what it finds is kept in the epoch's event. It changes nothing. */
  readonly measure?: (epoch: number, state: EpochState) => BackSignals | undefined;
  readonly onStep?: (event: StepEvent) => void;
  /** Added to the model's provenance. */
  readonly provenance?: Readonly<Record<string, string>>;
}

/** What an epoch ends with, to look at. */
export interface EpochState {
  /** Copies of the weights as they are trained (with `ema`, not their average). */
  readonly weights: () => Weights;
  readonly preparation: Preparation;
}

export interface Run {
  readonly model: Network;
  /** Epochs begun and steps taken. */
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number;
  /** The median training step. */
  readonly stepMs: number;
  readonly backend: Trainer["backend"];
  readonly threads: number;
  readonly parameters: number;
  /** The kept weights on the training rows, in prediction mode. */
  readonly train: Score;
  readonly validation: Score | null;
  readonly weightsSha256: string;
  readonly history: readonly EpochEvent[];
  readonly aborted: boolean;
  /** Whether `patience` ended it. */
  readonly stoppedEarly: boolean;
}

export const fitDefaults = { epochs: 100, batch: 16, seed: 0 } as const;
