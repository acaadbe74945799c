/**
 * What a run is, to be found again: the model, the data, and every option that can reach a weight. Which options those
 * are stands in one table over all of them, so that none is forgotten: without its row the table does not compile.
 */
import { dataHash } from "../data/dataHash.ts";
import type { Model } from "../layers/model.ts";
import { VERSION } from "../models/version.ts";
import { hashParameters, type Weights } from "../models/weights.ts";
import type { FitOptions } from "./run.ts";
import type { Identity } from "./state.ts";

/** Options that reach the weights, that say where a run runs, and that say what is seen or kept of it. */
export type Reach = "weights" | "place" | "display";

/** In the order in which a checkpoint has them. */
export const reachOf = {
  loss: "weights",
  optimizer: "weights",
  schedule: "weights",
  batch: "weights",
  seed: "weights",
  keep: "weights",
  monitor: "weights",
  epochs: "weights", // as steps
  steps: "weights",
  shards: "weights",
  syncBatchNorm: "weights",
  ranks: "place",
  prepare: "weights",
  numerics: "weights",
  convolution: "weights",
  backend: "place",
  threads: "place",
  normalize: "weights",
  targets: "weights",
  augment: "weights",
  patience: "weights",
  minDelta: "weights",
  clipNorm: "weights",
  clipValue: "weights",
  decay: "weights",
  ema: "weights",
  freeze: "weights",
  validation: "weights",
  split: "weights",
  init: "weights", // as start
  reinit: "weights", // within start
  checkpoint: "display",
  resume: "display",
  signal: "display",
  onEpoch: "display",
  onStep: "display",
  onNote: "display",
  measure: "display",
  provenance: "display",
} as const satisfies { readonly [K in keyof Required<FitOptions>]: Reach };
/** Options that reach the weights. */
export type WeightOption = {
  [K in keyof typeof reachOf]: (typeof reachOf)[K] extends "weights" ? K : never;
}[keyof typeof reachOf];

/** What a run with these options is. */
export function identityOf(model: Model, dataSha256: string, options: FitOptions): Identity {
  const { validation = 0, numerics = "strict", convolution = "fast", init, reinit } = options;
  const given = {
    ...options,
    numerics,
    convolution,
    shards: (options.shards ?? 1) > 1 ? options.shards : undefined,
    syncBatchNorm: options.syncBatchNorm && (options.shards ?? 1) > 1 ? true : undefined,
    validation: typeof validation === "number" ? validation : dataHash(validation),
    epochs: undefined,
    init: undefined,
    reinit: undefined,
  };
  const names = Object.keys(reachOf) as (keyof FitOptions)[];
  const settings = {
    ...Object.fromEntries(
      names.filter((name) => reachOf[name] === "weights").map((name) => [name, given[name]]),
    ),
    start: init && startOf("weights" in init ? init.weights : init, reinit),
  };
  return { toeplitz: VERSION, model, dataSha256, settings: plain(settings) as Identity["settings"] };
}

const startOf = (weights: Weights, reinit: FitOptions["reinit"]): object => ({
  sha256: hashParameters(weights, weights.length),
  reinit,
});

/** Data as JSON has it: without what is undefined. */
export const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
