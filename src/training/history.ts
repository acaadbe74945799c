/** What a run says as it goes: its steps, its epochs, their scores; and the same as log.jsonl has it. */
import type { Monitor } from "./monitor.ts";

/**
 * Loss and accuracy, and the metric that is watched if it is another; the loss without smoothing and weights. Of values
 * the accuracy is NaN, and RMSE, MAE and R2 are there.
 */
export type Score = {
  /** The mean over rows, without smoothing and weights; of values in the units in which they are learned. */
  readonly loss: number;
  /** The part of rows (positions, labels) that is right; NaN of values. */
  readonly accuracy: number;
} & {
  readonly [M in Monitor]?: number;
};

/** What `onStep` gets after each step. */
export interface StepEvent {
  /** The step that was taken, from 1. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  /** The mean of the batch, before the step. */
  readonly loss: number;
  /** The rate of the step. */
  readonly learningRate: number;
  /** Rows of the batch. */
  readonly rows: number;
}

/** What `onEpoch` gets after each epoch, and the run's `history` keeps. */
export interface EpochEvent {
  /** Which epoch is over, from 1. */
  readonly epoch: number;
  /** Steps taken so far. */
  readonly steps: number;
  /** The mean over the epoch's rows, each before the step that it is part of. */
  readonly loss: number;
  /** The same of the accuracy; NaN of values. */
  readonly accuracy: number;
  /** Scores of the validation rows; null where there are none. */
  readonly validation: Score | null;
  /** The rate of the epoch's last step. */
  readonly learningRate: number;
  /** Since training began, to the millisecond; what is resumed counts on. */
  readonly seconds: number;
  /** What `measure` found. */
  readonly backSignals?: BackSignals;
}

/** |v_l| by layer name, in the order of the layers (inspect/gradientFlow.ts). */
export type BackSignals = Readonly<Record<string, number>>;

/** A line of log.jsonl, as far as reports read it. */
export interface Epoch {
  /** From 1. */
  readonly epoch: number;
  /** Taken in all when it ended. */
  readonly steps: number;
  /** Of its batches, as they were trained on. */
  readonly loss: number;
  /** The part of its rows that was right; of values null. */
  readonly accuracy: number | null;
  /** On the rows held back; null without. */
  readonly validation: {
    /** As `evaluate` has it. */
    readonly loss: number;
    /** The part of rows that is right; of values null. */
    readonly accuracy: number | null;
    /** Of values. */
    readonly rmse?: number;
  } | null;
  /** Of its last step. */
  readonly learningRate?: number;
  /** Since training began. */
  readonly seconds?: number;
  /** |v_l| of the layers with filters, where it was measured. */
  readonly backSignals?: Readonly<Record<string, number>>;
  /** Of an ensemble, from 1. */
  readonly member?: number;
}

/** The epoch of the least validation loss, or training loss where nothing was held back; the first of equal ones. */
export function bestEpoch(
  history: readonly Epoch[],
): { epoch: number; by: "validation" | "training"; loss: number } | null {
  const by = history.some((e) => e.validation) ? "validation" : "training";
  let best: { epoch: number; by: typeof by; loss: number } | null = null;
  for (const e of history) {
    const loss = by === "validation" ? (e.validation?.loss ?? NaN) : e.loss;
    if (loss < (best?.loss ?? Infinity)) best = { epoch: e.epoch, by, loss };
  }
  return best;
}
