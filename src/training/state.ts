/**
 * What a training run is between two steps: everything from which it goes on to the same bits as a run that was never
 * stopped. Plain data; `formats/checkpointFile.ts` writes it.
 */
import type { Model } from "../layers/model.ts";
import type { Preparation } from "../models/preparation.ts";
import type { NamedVector, Weights } from "../models/weights.ts";
import type { EpochEvent } from "./history.ts";
import type { PatienceState } from "./monitor.ts";
import type { PlateauState } from "./schedules.ts";

/** A run's state; of an ensemble, the states of its members so far, the last of them the one that is training. */
export interface Checkpoint {
  readonly members: readonly RunState[];
}

/** How often a run hands out its state, and to whom. */
export interface CheckpointOptions {
  /**
   * Seconds from one to the next, at least; 30. An epoch's end is taken already after 1 second. Both wait for 20 times
   * as long as the last one took to save, so that a run spends at most a twentieth of its time so. 0: after every step.
   */
  readonly everySeconds?: number;
  /** Gets the state after the first step, then as above, and when the run ends or is aborted. What it throws ends the run. */
  readonly save: (checkpoint: Checkpoint) => void | Promise<void>;
}

export interface RunState extends Identity {
  readonly preparation: Preparation;
  readonly progress: Progress;
  /** What steps change, by its name in the arena: parameters, running statistics, the optimizer's vectors, the average. */
  readonly tensors: readonly NamedVector[];
  /** With `keep: "best"`, the weights of the best epoch so far. */
  readonly best: Weights | null;
}

/** What must be the same for a run to go on. */
export interface Identity {
  readonly toeplitz: string;
  readonly model: Model;
  readonly dataSha256: string;
  /** Every option that can reach a weight, as plain data; `steps` is the length of the whole run. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** How far a run is. Sums are of the epoch that is running. */
export interface Progress {
  readonly steps: number;
  /** Epochs that are over; the running one's number, from 0. */
  readonly epoch: number;
  /** Batches of the running epoch that are done, and the sums over them. */
  readonly batches: number;
  readonly lossSum: number;
  readonly right: number;
  readonly rows: number;
  readonly history: readonly EpochEvent[];
  readonly bestValue: number | null;
  readonly plateau: PlateauState;
  readonly patience: PatienceState | null;
  readonly stoppedEarly: boolean;
  /** Of the last step. */
  readonly learningRate: number;
  /** Of training, before this state. */
  readonly seconds: number;
  readonly stepMs: number;
}
