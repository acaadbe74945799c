/** From a recipe and the options that were given to what a run really uses. */
import type { Backend } from "../backends/backend.ts";
import type { Numerics } from "../compiler/fused.ts";
import type { BackendName } from "./backend.ts";
import type { Dataset } from "../training/dataset.ts";
import type { FitOptions } from "../training/fit.ts";
import { losses } from "../training/losses.ts";
import { optimizers } from "../training/optimizers.ts";
import type { Normalization } from "../training/preparation.ts";
import type { Recipe } from "../training/recipes.ts";
import { schedules } from "../training/schedules.ts";
import type { PrepareFlags } from "./prepareOptions.ts";
import type { SplitBy } from "../training/split.ts";
import type { DataFlags } from "./dataOptions.ts";
import { lossFor } from "./lossOption.ts";
import { rulesOf, scheduleOf, withDecay, type RuleFlags } from "./ruleOptions.ts";

export const optimizerNames = Object.keys(optimizers) as (keyof typeof optimizers)[];
export const scheduleNames = Object.keys(schedules) as (keyof typeof schedules)[];
export const lossNames = Object.keys(losses) as (keyof typeof losses)[];

/** Options of `train` as they were given; absent where the recipe decides. */
export interface TrainFlags extends RuleFlags, DataFlags, PrepareFlags {
  /** A file, or the fraction of DATA's rows to hold back. */
  readonly test?: string | number;
  readonly validation: number;
  readonly keep: "last" | "best";
  readonly model?: string;
  readonly filters?: readonly number[];
  readonly activation?: string;
  readonly epochs?: number;
  readonly steps?: number;
  readonly batch?: number;
  readonly lr?: number;
  readonly optimizer?: (typeof optimizerNames)[number];
  readonly schedule?: (typeof scheduleNames)[number];
  readonly loss?: (typeof lossNames)[number];
  readonly normalize?: Normalization;
  readonly seed: number;
  readonly seeds?: number;
  readonly folds?: number;
  readonly split?: SplitBy;
  readonly gap?: number;
  readonly backend: BackendName;
  readonly numerics: Numerics;
  readonly threads?: number;
  readonly out?: string;
  readonly force?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly resume?: true;
  /** Seconds; absent: the default of `fit`. */
  readonly checkpointEvery?: number;
}

export type Settings = Required<
  Pick<FitOptions, "batch" | "seed" | "keep" | "loss" | "optimizer" | "schedule" | "normalize">
> &
  ReturnType<typeof rulesOf> &
  Pick<FitOptions, "epochs" | "steps" | "split" | "threads" | "prepare"> & {
    readonly validation?: number;
    readonly backend: Backend;
    readonly numerics: Numerics;
  };

/** Everything that `fit` is told of a run on `data`. Steps win over epochs; an optimizer other than the recipe's has its own rate. */
export function settingsOf(recipe: Recipe, flags: TrainFlags, data: Dataset, backend: Backend): Settings {
  const name = flags.optimizer ?? recipe.optimizer;
  const learningRate = flags.lr ?? (name === recipe.optimizer ? recipe.learningRate : undefined);
  const given = flags.steps !== undefined || flags.epochs !== undefined;
  const length = given ? { steps: flags.steps, epochs: flags.epochs } : recipe.length;
  return {
    ...length,
    batch: flags.batch ?? recipe.batch,
    optimizer: withDecay(optimizers[name](learningRate === undefined ? {} : { learningRate }), flags),
    schedule: scheduleOf(flags.schedule ?? recipe.schedule, flags),
    loss: lossFor(data, recipe, flags),
    normalize: flags.normalize ?? recipe.normalize,
    keep: flags.keep,
    validation: flags.validation || undefined,
    seed: flags.seed,
    split: { by: flags.split, gap: flags.gap },
    backend,
    numerics: flags.numerics,
    threads: flags.threads,
    ...rulesOf(flags),
  };
}

/** How long, in words. */
export const lengthOf = ({ epochs, steps }: { epochs?: number; steps?: number }): string =>
  steps !== undefined
    ? `${steps} step${steps === 1 ? "" : "s"}`
    : `${epochs} epoch${epochs === 1 ? "" : "s"}`;
