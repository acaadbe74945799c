/** A sweep as plain data, from which any process on the machine runs its trials to the same bits. */
import { join } from "node:path";
import type { Dataset } from "../../data/dataset.ts";
import { dataHash } from "../../data/dataHash.ts";
import { InputError } from "../../data/errors.ts";
import type { RecipeFlags } from "../../training/options/recipeRows.ts";
import type { RecipeRunGiven } from "../../training/recipeRun.ts";
import { recipeTrials } from "../../training/sweep/recipeSpace.ts";
import type { States, Scoring, TrialSite } from "../../training/sweep/trial.ts";
import type { Monitor } from "../../training/monitor.ts";
import { loadCheckpoint, saveCheckpoint } from "../../node.ts";
import { backendOf, type BackendName } from "../options/backend.ts";
import type { DataFlags } from "../options/dataOptions.ts";
import { readTrainingData } from "../sources.ts";

export interface Order {
  /** DATA, and how it is read. */
  readonly source: string;
  readonly reading: DataFlags;
  readonly dataSha256: string;
  /** The options that all trials have. */
  readonly base: RecipeFlags;
  readonly own?: RecipeRunGiven["own"];
  readonly scoring: Scoring;
  readonly monitor: Monitor;
  readonly fractions: readonly number[];
  readonly backend: BackendName;
  readonly threads?: number;
  /** Where states of trials are kept. */
  readonly states: string;
}

/** The rows of an order, in a process that has not read them. Throws InputError where they are others by now. */
export async function rowsOfOrder({ source, reading, dataSha256 }: Order): Promise<Dataset> {
  const { train } = await readTrainingData(source, reading);
  if (dataHash(train) === dataSha256) return train;
  throw new InputError(`${source}: its rows have changed while the sweep ran; start it over with --force`);
}

/** All that a process needs to run jobs of an order. */
export async function siteOf(order: Order, data: Dataset, signal?: AbortSignal): Promise<TrialSite> {
  const { base, own, scoring, monitor, fractions, threads } = order;
  return {
    data,
    resolve: recipeTrials(base, own),
    scoring,
    monitor,
    seed: base.seed,
    split: { by: base.split, gap: base.gap },
    fractions,
    place: { backend: await backendOf(order.backend), threads },
    states: statesIn(order.states),
    signal,
  };
}

/** The file of a state. */
export const stateFile = (folder: string, name: string): string => join(folder, `${name}.checkpoint`);

/** States as files; one that is missing or damaged is none. */
const statesIn = (folder: string): States => ({
  load: async (name) => {
    try {
      return await loadCheckpoint(stateFile(folder, name));
    } catch (error) {
      if (error instanceof InputError) return null;
      throw error;
    }
  },
  save: (name, state) => saveCheckpoint(state, stateFile(folder, name)),
});
