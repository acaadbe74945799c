/**
 * The options of `train`, the only list of them: the parser, the headings of `--help`, the flags' types, what `--resume`
 * compares, what a model refuses and docs/options.md follow from it.
 */
import { MOST_THREADS } from "../../backends/choose.ts";
import { splitWays } from "../../data/split.ts";
import { normalizations } from "../../models/preparation.ts";
import { convolutions } from "../../models/runtime.ts";
import { targetUnits } from "../../models/targets.ts";
import { losses } from "../../training/losses.ts";
import { optimizers } from "../../training/optimizers.ts";
import { schedules } from "../../training/schedules.ts";
import { INCEPTIONTIME, MINIROCKET, modelNames } from "./modelNames.ts";
import { backendNames } from "./backend.ts";
import { dataRows } from "./dataOptions.ts";
import { anyModel, stepped, type Given, type Row, type Rows } from "./option.ts";
import {
  fileOrFraction,
  fraction,
  notNegative,
  positive,
  suggested,
  whole,
  wholeList,
  word,
} from "./parsers.ts";
import { prepareRows } from "./prepareOptions.ts";
import { ruleRows } from "./ruleOptions.ts";

export const optimizerNames = Object.keys(optimizers) as (keyof typeof optimizers)[];
export const scheduleNames = Object.keys(schedules) as (keyof typeof schedules)[];
export const lossNames = Object.keys(losses) as (keyof typeof losses)[];

/** One of some words, which are shown before what is said about them. */
const oneOf = <const W extends string>(flags: string, words: readonly W[], about: string) => ({
  flags,
  about: `${words.join(", ")}${about}`,
  parse: word(flags.split(" ")[0], words),
});
const byModel = " (default: by the model)";

const model = { group: "model", reach: "model", models: ["network"] } as const;
const training = { group: "training", reach: "weights", models: stepped } as const;
const protocol = { group: "protocol", reach: "weights", models: anyModel } as const;
const machine = { group: "machine", reach: "free", models: stepped } as const;
const output = { group: "output", reach: "free", models: anyModel } as const;

export const trainRows = {
  test: {
    ...protocol,
    reach: "free",
    flags: "--test <DATA|F>",
    about:
      "rows to test on when training is done, or the fraction of DATA's rows to hold back for that; they select nothing",
    parse: fileOrFraction,
  },
  ...dataRows,
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
    about: `${modelNames.join(", ")}, inceptiontime, minirocket, or a model file (default: fcn; of mnist1d, mnist1d-cnn; of a class a position, unet1d)`,
    parse: suggested([...modelNames, INCEPTIONTIME, MINIROCKET]),
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
  lr: {
    ...training,
    flags: "--lr <X>",
    about: `learning rate${byModel}`,
    parse: positive("--lr", 0.001),
  },
  findLr: {
    ...training,
    reach: "free",
    flags: "--find-lr",
    about:
      "take 100 steps at rising rates, say what the loss makes of them and which rate follows; trains and saves nothing",
  } as Row<true>,
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
  calibrate: {
    ...protocol,
    models: stepped,
    flags: "--calibrate",
    about:
      "fit a temperature on the validation rows, by which probabilities mean what they say; labels and weights stay",
  } as Row<true>,
  seeds: {
    ...protocol,
    flags: "--seeds <N>",
    about: "train from N seeds, --seed and on; a table with mean and deviation",
    parse: whole("--seeds", 2, 5, 10_000),
  },
  folds: {
    ...protocol,
    flags: "--folds <K>",
    about: "train K times, each time testing on another K-th of DATA (with --seeds: each from N seeds)",
    parse: whole("--folds", 2, 5),
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
  backend: { ...machine, ...oneOf("--backend <NAME>", backendNames, ""), fallback: "auto" },
  numerics: {
    ...machine,
    reach: "weights",
    ...oneOf(
      "--numerics <KIND>",
      ["strict", "fused"],
      ": each operation rounded, or multiply-adds rounded once; each has its own bits, the same everywhere",
    ),
    fallback: "strict",
  },
  convolution: {
    ...machine,
    reach: "weights",
    ...oneOf(
      "--convolution <HOW>",
      convolutions,
      ": with fewer products where that saves work, or as it is written; each has its own bits, the same everywhere",
    ),
    fallback: "fast",
  },
  threads: {
    ...machine,
    flags: "--threads <N>",
    about: "the same bits on each (default: as many as the work feeds, at most the processors)",
    parse: whole("--threads", 1, 2, MOST_THREADS),
  },
  config: {
    ...output,
    flags: "--config <FILE>",
    about:
      'options in a JSON file, by name: {"model": "fcn", "weightDecay": 0.01}; those that are typed win over it',
  } as Row<string>,
  out: {
    ...output,
    flags: "--out <DIR>",
    about: "folder of the run's files (default: runs/<data>-<model>-<seed>)",
  } as Row<string>,
  resume: {
    ...output,
    models: stepped,
    flags: "--resume",
    about:
      "go on with the run in the folder, to the same bits as if it had never stopped; its options come from there",
  } as Row<true>,
  force: {
    ...output,
    flags: "--force",
    about: "start over in a folder that holds another run",
  } as Row<true>,
  checkpointEvery: {
    ...output,
    models: stepped,
    flags: "--checkpoint-every <S>",
    about: "seconds between checkpoints at least; 0: after every step (default: 30)",
    parse: notNegative("--checkpoint-every", 30),
  },
  json: { ...output, flags: "--json", about: "print the result as one JSON object" } as Row<true>,
  quiet: { ...output, flags: "--quiet", about: "no settings and no progress on stderr" } as Row<true>,
} as const satisfies Rows;

/** Options of `train` as they were given; absent where the recipe decides. */
export type TrainFlags = Given<typeof trainRows>;
