/**
 * The options of `train`: those of a recipe (training/options/recipeRows.ts) and those of where it runs. The parser, the
 * headings of `--help`, the flags' types, what `--resume` compares, what a model refuses and docs/options.md follow from it.
 */
import { MOST_THREADS } from "../../backends/choose.ts";
import { allModelNames } from "../../training/options/modelNames.ts";
import { oneOf, recipeRows } from "../../training/options/recipeRows.ts";
import { backendNames } from "./backend.ts";
import { dataRows } from "./dataOptions.ts";
import { anyModel, stepped, type Given, type Row, type Rows } from "./option.ts";
import { fileOrFraction, notNegative, positive, suggested, whole } from "./parsers.ts";

const training = { group: "training", reach: "weights", models: stepped } as const;
const protocol = { group: "protocol", reach: "weights", models: anyModel } as const;
const machine = { group: "machine", reach: "free", models: stepped } as const;
const output = { group: "output", reach: "free", models: anyModel } as const;

/** The model that is chosen by cross-validation; the command line's alone. */
export const AUTO = "auto";

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
  ...recipeRows,
  model: {
    ...recipeRows.model,
    about: `${recipeRows.model.about}; auto: the one that cross-validation prefers within --budget`,
    parse: suggested([...allModelNames, AUTO]),
  },
  budget: {
    ...output,
    group: "model",
    flags: "--budget <S>",
    about: "seconds that --model auto may take to choose (default: 300)",
    parse: positive("--budget", 300),
  },
  findLr: {
    ...training,
    reach: "free",
    flags: "--find-lr",
    about:
      "take 100 steps at rising rates, say what the loss makes of them and which rate follows; trains and saves nothing",
  } as Row<true>,
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
  backend: { ...machine, ...oneOf("--backend <NAME>", backendNames, ""), fallback: "auto" },
  threads: {
    ...machine,
    flags: "--threads <N>",
    about: "the same bits on each (default: as many as the work feeds, at most the processors)",
    parse: whole("--threads", 1, 2, MOST_THREADS),
  },
  ranks: {
    ...machine,
    flags: "--ranks <N>",
    about:
      "refuse to train on another number of processes than N (default: as many as mpirun started; 1: this one alone)",
    parse: whole("--ranks", 1, 2),
  },
  rankTimeout: {
    ...machine,
    flags: "--rank-timeout <S>",
    about: "seconds after which a rank that is silent is given up (default: 120)",
    parse: positive("--rank-timeout", 120),
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
