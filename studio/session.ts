/**
 * What the views share: signals, each with one meaning. Data sets and models are in the worker, under the names by which it
 * is asked about them; here is what is shown of them.
 */
import { signal } from "@preact/signals";
import type { DataSummary } from "./engine/data.ts";
import type { ModelSummary } from "./engine/models.ts";

export const VIEWS = ["data", "train", "look", "live", "ship"] as const;
export type ViewName = (typeof VIEWS)[number];

/** The view that is shown; the address's hash is its source. */
export const view = signal<ViewName>("data");
/** What the last thing asked for was refused with; shown above every view. */
export const fault = signal<string | null>(null);

/** The rows to train on, and those to test on. */
export const trainData = signal<DataSummary | null>(null);
export const testData = signal<DataSummary | null>(null);
/** How the rows were divided by hand: training holds its part back in the same way. */
export interface PartsChoice {
  /** The share that is tested on; 0 where the data have a part of their own, or none. */
  readonly test: number;
  readonly validation: number;
  readonly seed: number;
  readonly by: string;
  readonly gap: string;
}
export const parts = signal<PartsChoice | null>(null);
/** The models there are, by training or from files, the newest last; and the one that is looked at. */
export const models = signal<readonly ModelSummary[]>([]);
export const chosenModel = signal<ModelSummary | null>(null);
/** The row that is looked into: of the test rows where there are any, else of the training rows. */
export const chosenRow = signal(0);

/** Runs something asked of the worker, and shows a refusal above the views instead of throwing it. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  fault.value = null;
  try {
    return await work();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    fault.value = error instanceof Error ? error.message : String(error);
    return undefined;
  }
}
