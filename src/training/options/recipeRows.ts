/**
 * The options that decide a run's bits, beside how its data are read: the model, its recipe, the preparation, what is held
 * back. The only list of them: the command line makes its options of it, and a page its fields.
 */
import { splitWays } from "../../data/split.ts";
import { normalizations } from "../../models/preparation.ts";
import { convolutions } from "../../models/runtime.ts";
import { targetUnits } from "../../models/targets.ts";
import { losses } from "../losses.ts";
import { optimizers } from "../optimizers.ts";
import { schedules } from "../schedules.ts";
import { MOST_SHARDS } from "../shards.ts";
import { allModelNames } from "./modelNames.ts";
import { anyModel, stepped, type Given, type Row, type Rows } from "./option.ts";
import { fraction, positive, suggested, whole, wholeList, word } from "./parsers.ts";
import { prepareRows } from "./prepareOptions.ts";
import { ruleRows } from "./ruleOptions.ts";

const optimizerNames = Object.keys(optimizers) as (keyof typeof optimizers)[];
const scheduleNames = Object.keys(schedules) as (keyof typeof schedules)[];
const lossNames = Object.keys(losses) as (keyof typeof losses)[];

/** One of some words, which are shown before what is said about them. */
export const oneOf = <const W extends string>(flags: string, words: readonly W[], about: string) => ({
  flags,
  about: `${words.join(", ")}${about}`,
  parse: word(flags.split(" ")[0], words),
});
const byModel = " (default: by the model)";

const model = { group: "model", reach: "model", models: ["network"] } as const;
const training = { group: "training", reach: "weights", models: stepped } as const;
const protocol = { group: "protocol", reach: "weights", models: anyModel } as const;
const machine = { group: "machine", reach: "weights", models: stepped } as const;

/**
 * The options by name: what a form of them is made of, no part of the reference.
 *
 * @internal
 */
export const recipeRows = {
  validation: {
    ...protocol,
    flags: "--validation <F>",
    about: "the fraction of training rows to hold back",
    parse: fraction("--validation", 0.2),
    fallback: 0,
  },
  keep: {
    ...training,
    ...oneOf(
      "--keep <WHICH>",
      ["last", "best"],
      ": the weights to end with (best validation loss, else training; --monitor: another metric)",
    ),
    fallback: "last",
  },
  model: {
    ...model,
    models: anyModel,
    flags: "--model <NAME|FILE.json>",
    about: `${allModelNames.join(", ")}, or a model file (default: fcn; of mnist1d, mnist1d-cnn; of a class a position, unet1d)`,
    parse: suggested(allModelNames),
  },
  filters: {
    ...model,
    flags: "--filters <SIZES>",
    about: "chain: the size of each filter (default: 9,9,9,9,9)",
    parse: wholeList("--filters", "9,9,9"),
  },
  activation: {
    ...model,
    flags: "--activation <NAME>",
    about: "chain: its activation (default: tanh)",
  } as Row<string>,
  ignorePadding: {
    ...model,
    models: stepped,
    flags: "--ignore-padding",
    about: "global pools leave out what shorter rows are padded with (default: it counts)",
  } as Row<true>,
  epochs: {
    ...training,
    reach: "length",
    flags: "--epochs <N>",
    about: `passes over the training rows${byModel}`,
    parse: whole("--epochs", 1, 300),
  },
  steps: {
    ...training,
    reach: "length",
    flags: "--steps <N>",
    about: "steps in all; wins over --epochs",
    parse: whole("--steps", 1, 6000),
  },
  batch: {
    ...training,
    flags: "--batch <N>",
    about: `rows a step${byModel}`,
    parse: whole("--batch", 1, 16),
  },
  shards: {
    ...training,
    flags: "--shards <S>",
    about:
      "each batch is summed in S parts, in one fixed order, which any number of ranks that divides S shares with the same bits (default: 1; under mpirun the number of ranks)",
    parse: whole("--shards", 1, 8, MOST_SHARDS),
  },
  syncBatchNorm: {
    ...training,
    flags: "--sync-batch-norm",
    about: "batch norm's statistics are those of all shards of a batch (default: of each shard for itself)",
  } as Row<true>,
  lr: {
    ...training,
    flags: "--lr <X>",
    about: `learning rate${byModel}`,
    parse: positive("--lr", 0.001),
  },
  optimizer: { ...training, ...oneOf("--optimizer <NAME>", optimizerNames, byModel) },
  schedule: { ...training, ...oneOf("--schedule <NAME>", scheduleNames, byModel) },
  loss: {
    ...training,
    ...oneOf("--loss <NAME>", lossNames, " (default: crossEntropy; of target values meanSquaredError)"),
  },
  normalize: {
    ...training,
    group: "preparation",
    ...oneOf("--normalize <HOW>", normalizations, byModel),
  },
  targets: {
    ...training,
    group: "preparation",
    ...oneOf(
      "--targets <HOW>",
      targetUnits,
      ": how target values are learned; what is said of rows is in their own units (default: standardize; of a model that ends with a bounded layer raw)",
    ),
  },
  ...prepareRows,
  ...ruleRows,
  seed: {
    ...training,
    models: anyModel,
    flags: "--seed <N>",
    about: "one seed gives one result, bit for bit",
    parse: whole("--seed", 0, 0, 2 ** 32 - 1),
    fallback: 0,
  },
  split: {
    ...protocol,
    ...oneOf(
      "--split <HOW>",
      splitWays,
      ": how --test F, --folds and --validation draw rows (default: group where rows have groups, time for windows, else class)",
    ),
  },
  gap: {
    ...protocol,
    flags: "--gap <N>",
    about: "with --split time: rows between both parts that are in neither",
    parse: whole("--gap", 0, 10),
  },
  numerics: {
    ...machine,
    ...oneOf(
      "--numerics <KIND>",
      ["strict", "fused"],
      ": each operation rounded, or multiply-adds rounded once; each has its own bits, the same everywhere",
    ),
    fallback: "strict",
  },
  convolution: {
    ...machine,
    ...oneOf(
      "--convolution <HOW>",
      convolutions,
      ": with fewer products where that saves work, or as it is written; each has its own bits, the same everywhere",
    ),
    fallback: "fast",
  },
} as const satisfies Rows;

/** These options as they were given; absent where the recipe decides. */
export type RecipeFlags = Given<typeof recipeRows>;
