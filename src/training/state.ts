/**
 * What a training run is between two steps: everything from which it goes on to the same bits as a run that was never
 * stopped. Plain data; `formats/checkpointFile.ts` writes it.
 */
import type { Model } from "../layers/model.ts";
import type { Preparation } from "../models/preparation.ts";
import type { TargetScales } from "../models/targets.ts";
import type { NamedVector, Weights } from "../models/weights.ts";
import type { EpochEvent } from "./history.ts";
import type { PatienceState } from "./monitor.ts";
import type { PlateauState } from "./schedules.ts";

/** A run's state; of an ensemble, the states of its members so far, the last of them the one that is training. */
export interface Checkpoint {
  /** One a network, in order. */
  readonly members: readonly RunState[];
}

/** How often a run hands out its state, and to whom. */
export interface CheckpointOptions {
  /**
   * Seconds from one to the next, at least. Default: 30. An epoch's end is taken already after 1 second. Both wait for
   * 20 times as long as the last one took to save, so that a run spends at most a twentieth of its time so. 0: after
   * every step.
   */
  readonly everySeconds?: number;
  /** Gets the state after the first step, then as above, and when the run ends or is aborted. What it throws ends the run. */
  readonly save: (checkpoint: Checkpoint) => void | Promise<void>;
}

/** The state of one network's training between two steps. */
export interface RunState extends Identity {
  /** What is done to raw rows first, as fitted. */
  readonly preparation: Preparation;
  /** What targets are standardised by; absent where they are raw, and of classes. */
  readonly targets?: TargetScales;
  /** How far the run is. */
  readonly progress: Progress;
  /** What steps change, by its name in the arena: parameters, running statistics, the optimizer's vectors, the average. */
  readonly tensors: readonly NamedVector[];
  /** With `keep: "best"`, the weights of the best epoch so far. */
  readonly best: Weights | null;
}

/** What must be the same for a run to go on. */
export interface Identity {
  /** The version of this package. */
  readonly toeplitz: string;
  /** What is trained. */
  readonly model: Model;
  /** The channels that it was begun with, in their order: rows are put into it by name before their hash is compared. */
  readonly channelNames?: readonly string[];
  /** SHA-256 of the data, as hexadecimal digits. */
  readonly dataSha256: string;
  /** Every option that can reach a weight, as plain data; `steps` is the length of the whole run. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** How far a run is. Sums are of the epoch that is running. */
export interface Progress {
  /** Steps taken. */
  readonly steps: number;
  /** Epochs that are over, which is the running one's number from 0. */
  readonly epoch: number;
  /** Batches of the running epoch that are done. */
  readonly batches: number;
  /** The sum of their losses, each times its rows. */
  readonly lossSum: number;
  /** Rows of them whose class was right. */
  readonly right: number;
  /** Rows of them. */
  readonly rows: number;
  /** What each epoch ended with. */
  readonly history: readonly EpochEvent[];
  /** The best value of `monitor` so far; null before the first epoch's end. */
  readonly bestValue: number | null;
  /** Where a plateau schedule stands. */
  readonly plateau: PlateauState;
  /** How far `patience` is; null without it. */
  readonly patience: PatienceState | null;
  /** Whether `patience` has ended the run. */
  readonly stoppedEarly: boolean;
  /** The rate of the last step. */
  readonly learningRate: number;
  /** Seconds of training before this state. */
  readonly seconds: number;
  /** The median training step, in milliseconds. */
  readonly stepMs: number;
}
