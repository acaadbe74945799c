/** From a recipe and the options that were given to what a run really uses. */
import type { RecipeFlags } from "./options/recipeRows.ts";
import type { Numerics } from "../vector/program.ts";
import type { Convolution } from "../models/runtime.ts";
import type { Dataset } from "../data/dataset.ts";
import type { FitOptions } from "./run.ts";
import { optimizers } from "./optimizers.ts";
import type { Recipe } from "./recipes.ts";
import { lossFor } from "./options/lossOption.ts";
import { rulesOf, scheduleOf, withDecay } from "./options/ruleOptions.ts";

/** What `fit` is given of a recipe and its options: everything but where it runs. */
export type RecipeSettings = Required<
  Pick<FitOptions, "batch" | "seed" | "keep" | "loss" | "optimizer" | "schedule" | "normalize">
> &
  ReturnType<typeof rulesOf> &
  Pick<FitOptions, "epochs" | "steps" | "split" | "prepare" | "targets" | "shards" | "syncBatchNorm"> & {
    readonly validation?: number;
    readonly numerics: Numerics;
    readonly convolution: Convolution;
  };

/** Everything that `fit` is given for a run on `data`. Steps win over epochs; an optimizer other than the recipe's has its own rate. */
export function settingsOf(recipe: Recipe, flags: RecipeFlags, data: Dataset): RecipeSettings {
  const name = flags.optimizer ?? recipe.optimizer;
  const learningRate = flags.lr ?? (name === recipe.optimizer ? recipe.learningRate : undefined);
  const given = flags.steps !== undefined || flags.epochs !== undefined;
  const length = given ? { steps: flags.steps, epochs: flags.epochs } : recipe.length;
  return {
    ...length,
    batch: flags.batch ?? recipe.batch,
    shards: (flags.shards ?? 1) > 1 ? flags.shards : undefined,
    syncBatchNorm: flags.syncBatchNorm,
    optimizer: withDecay(optimizers[name](learningRate === undefined ? {} : { learningRate }), flags),
    schedule: scheduleOf(flags.schedule ?? recipe.schedule, flags),
    loss: lossFor(data, recipe, flags),
    normalize: flags.normalize ?? recipe.normalize,
    targets: flags.targets,
    keep: flags.keep,
    validation: flags.validation || undefined,
    seed: flags.seed,
    split: { by: flags.split, gap: flags.gap },
    numerics: flags.numerics,
    convolution: flags.convolution,
    ...rulesOf(flags),
  };
}

/** How long, in words. */
export const lengthOf = ({ epochs, steps }: { epochs?: number; steps?: number }): string =>
  steps !== undefined
    ? `${steps} step${steps === 1 ? "" : "s"}`
    : `${epochs} epoch${epochs === 1 ? "" : "s"}`;
