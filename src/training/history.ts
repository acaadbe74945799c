/** What a run says as it goes: its steps, its epochs, their scores; and the same as log.jsonl has it. */
import type { Monitor } from "./monitor.ts";

/**
 * Loss and accuracy, and the metric that is watched if it is another; the loss without smoothing and weights. Of values
 * the accuracy is NaN, and RMSE, MAE and R2 are there.
 */
export type Score = { readonly loss: number; readonly accuracy: number } & {
  readonly [M in Monitor]?: number;
};

export interface StepEvent {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly rows: number;
}

export interface EpochEvent {
  /** From 1. */
  readonly epoch: number;
  readonly steps: number;
  /** Means over the epoch's steps, each before its update. */
  readonly loss: number;
  readonly accuracy: number;
  readonly validation: Score | null;
  /** Of the epoch's last step. */
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
  readonly epoch: number;
  readonly steps: number;
  readonly loss: number;
  readonly accuracy: number | null;
  readonly validation: { readonly loss: number; readonly accuracy: number | null } | null;
  readonly learningRate?: number;
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
