/** The options of `train`, with the defaults that `--help` shows. */
import { Option, type Command } from "commander";
import { backendNames } from "./backend.ts";
import { MOST_THREADS } from "../../backends/choose.ts";
import { normalizations } from "../../models/preparation.ts";
import { splitWays } from "../../data/split.ts";
import { ownModelRecipe, recipes, type Recipe } from "../../training/recipes.ts";
import { addDataOptions } from "./dataOptions.ts";
import { table } from "../../inspect/table.ts";
import { modelNames } from "../train/modelSource.ts";
import { fileOrFraction, fraction, notNegative, positive, whole, wholeList, word } from "./parsers.ts";
import { addPrepareOptions } from "./prepareOptions.ts";
import { addRuleOptions } from "./ruleOptions.ts";
import { lengthOf } from "../train/settings.ts";
import { lossNames, optimizerNames, scheduleNames } from "./trainFlags.ts";

interface Extra {
  readonly parse?: (text: string) => unknown;
  readonly fallback?: unknown;
}

/** Gives a command the arguments, options and help of `train`. */
export function trainOptions(command: Command): Command {
  const add = (flags: string, about: string, { parse, fallback }: Extra = {}): void => {
    const option = new Option(flags, about);
    if (parse) option.argParser(parse);
    if (fallback !== undefined) option.default(fallback);
    command.addOption(option);
  };
  const oneOf = (flags: string, words: readonly string[], about: string, fallback?: string): void =>
    add(flags, `${words.join(", ")}${about}`, { parse: word(flags.split(" ")[0], words), fallback });
  const byModel = " (default: by the model)";

  command
    .description("train a model on series with a class each, or with values to foretell")
    .argument(
      "<DATA>",
      "a file or folder of series, a table, or mnist1d: the built-in data with its own test part",
    );
  add(
    "--test <DATA|F>",
    "rows to test on when training is done, or the fraction of DATA's to hold back for it; they select nothing",
    {
      parse: fileOrFraction,
    },
  );
  addDataOptions(command);
  add("--validation <F>", "the fraction of training rows to hold back", {
    parse: fraction("--validation", 0.2),
    fallback: 0,
  });
  oneOf(
    "--keep <WHICH>",
    ["last", "best"],
    ": the weights to end with (best validation loss, else training; --monitor: another metric)",
    "last",
  );
  add(
    "--model <NAME|FILE.json>",
    `${modelNames.join(", ")}, inceptiontime, minirocket, or a model file (default: fcn; of mnist1d, mnist1d-cnn)`,
  );
  add("--filters <SIZES>", "chain: the size of each filter (default: 9,9,9,9,9)", {
    parse: wholeList("--filters", "9,9,9"),
  });
  add("--activation <NAME>", "chain: its activation (default: tanh)");
  add("--epochs <N>", `passes over the training rows${byModel}`, { parse: whole("--epochs", 1, 300) });
  add("--steps <N>", "steps in all; wins over --epochs", { parse: whole("--steps", 1, 6000) });
  add("--batch <N>", `rows a step${byModel}`, { parse: whole("--batch", 1, 16) });
  add("--lr <X>", `learning rate${byModel}`, { parse: positive("--lr", 0.001) });
  oneOf("--optimizer <NAME>", optimizerNames, byModel);
  oneOf("--schedule <NAME>", scheduleNames, byModel);
  oneOf("--loss <NAME>", lossNames, " (default: crossEntropy; of target values meanSquaredError)");
  oneOf("--normalize <HOW>", normalizations, byModel);
  addPrepareOptions(add);
  addRuleOptions(add);
  add("--seed <N>", "one seed gives one result, bit for bit", {
    parse: whole("--seed", 0, 0, 2 ** 32 - 1),
    fallback: 0,
  });
  add("--seeds <N>", "train from N seeds, --seed and on; a table with mean and deviation", {
    parse: whole("--seeds", 2, 5, 10_000),
  });
  add(
    "--folds <K>",
    "train K times, each time testing on another K-th of DATA (with --seeds: each from N seeds)",
    {
      parse: whole("--folds", 2, 5),
    },
  );
  oneOf(
    "--split <HOW>",
    splitWays,
    ": how --test F, --folds and --validation draw rows (default: group where rows have groups, time for windows, else class)",
  );
  add("--gap <N>", "with --split time: rows between both parts that are in neither", {
    parse: whole("--gap", 0, 10),
  });
  oneOf("--backend <NAME>", backendNames, "", "auto");
  oneOf(
    "--numerics <KIND>",
    ["strict", "fused"],
    ": the same bits everywhere, or fused multiply-adds, whose bits repeat on one kind of machine only",
    "strict",
  );
  add("--threads <N>", "the same bits on each (default: as many as the work feeds, at most the processors)", {
    parse: whole("--threads", 1, 2, MOST_THREADS),
  });
  add("--out <DIR>", "folder of the run's files (default: runs/<data>-<model>-<seed>)");
  add(
    "--resume",
    "go on with the run in the folder, to the same bits as if it had never stopped; its options come from there",
  );
  add("--force", "start over in a folder that holds another run");
  add("--checkpoint-every <S>", "seconds between checkpoints at least; 0: after every step (default: 30)", {
    parse: notNegative("--checkpoint-every", 30),
  });
  add("--json", "print the result as one JSON object");
  add("--quiet", "no settings and no progress on stderr");
  return command.addHelpText("after", recipeHelp);
}

/** The table of recipes as help shows it. */
function recipeHelp(): string {
  const row = (name: string, r: Recipe): string[] => [
    `  ${name}`,
    lengthOf(r.length),
    String(r.batch),
    `${r.optimizer} ${r.learningRate}`,
    r.schedule,
    r.loss,
    r.normalize,
  ];
  const rows = [
    ["  model", "length", "batch", "optimizer", "schedule", "loss", "normalize"],
    ...modelNames.map((name) => row(name, recipes[name].recipe)),
    row("FILE.json", ownModelRecipe),
  ];
  const about = modelNames.map((name) => [`  ${name}`, recipes[name].about]);
  const wide = Math.max(...about.map(([name]) => name.length));
  return `
Defaults by the model:
${table(rows)}

Models:
${about.map(([name, text]) => `${name.padEnd(wide)}  ${text}`).join("\n")}
${"  inceptiontime".padEnd(wide)}  the mean of five inception networks with seeds 5 S to 5 S + 4, each trained as inception is (Fawaz et al. 2020)
${"  minirocket".padEnd(wide)}  9,996 fixed features and a ridge classifier, in closed form: none of the above applies (Dempster et al. 2021)

Target values: where rows have values in place of a class (docs/data.md), the model has an output for each and learns them raw, in
their own units, by meanSquaredError, meanAbsoluteError or huber. In the place of accuracy stand RMSE, MAE and R2; in --json
"accuracy" is null and "rmse", "mae", "r2" follow it; baselines are RMSE, of the mean value and the nearest row's.

Several runs: --seeds and --folds write each run to a folder of its own in --out (seed-0, fold-1, fold-1-seed-0), and tell the
mean and the deviation (n - 1). With --json: {"schema", "runs", "mean", "deviation", "seconds", "out"}; each of "runs" is
the object of a single run with "name" and, of folds, "fold" before it.

The folder of a run (docs/runs.md) has model.safetensors, checkpoint (what --resume goes on from), result.json (what --json
prints), report.html (the run as one page), and log.jsonl, one JSON object an epoch: epoch (from 1), steps (in all so far), loss and accuracy (means over the epoch's steps, each
before its update), validation (loss and accuracy, of values RMSE, MAE and R2; or null), learningRate (of the epoch's last step), seconds (of
training so far). Of inceptiontime also member (from 1), in which epoch and steps count.

--resume: options that are given again must be what they were, but --test, --backend, --threads, --memory,
--checkpoint-every, --json and --quiet; --epochs or --steps may be more with the schedules constant, step, exponential and plateau without --warmup.
A folder without a run gets a new one.

Exit codes: 0 done, 1 a fault of toeplitz, 2 bad usage or input, 3 training diverged, 130 interrupted by Ctrl-C or
SIGTERM (checkpoint and model saved).

Examples:
  toeplitz train GunPoint_TRAIN.ts --test GunPoint_TEST.ts --seeds 5
  toeplitz train DATA --folds 5 --model minirocket
  toeplitz train DATA --test 0.2 --validation 0.2 --keep best
  toeplitz train DATA --test 0.25 --split time --gap 24
  toeplitz train Covid3Month_TRAIN.ts --validation 0.2 --keep best --monitor rmse
  toeplitz train mnist1d --steps 6000 --out runs/one     after an interrupt or a power cut, go on with
  toeplitz train mnist1d --out runs/one --resume`;
}
