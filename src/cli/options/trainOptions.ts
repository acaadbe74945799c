/** The options of `train`, with the defaults that `--help` shows. */
import { largestOf } from "../../numerics/extremes.ts";
import { dataExamples } from "./dataOptions.ts";
import { trainRows } from "./trainRows.ts";
import { addRows } from "./option.ts";
import type { Command } from "commander";
import { lossesOfValues } from "../../training/losses.ts";
import { ownModelRecipe, recipes, type Recipe } from "../../training/recipes.ts";
import { table } from "../../inspect/table.ts";
import { aboutOthers, modelNames } from "../../training/options/modelNames.ts";
import { lengthOf } from "../../training/settings.ts";

/** Gives a command the arguments, options and help of `train`. */
export function trainOptions(command: Command): Command {
  command
    .description("train a model on series with a class each, or with values to predict")
    .argument(
      "<DATA>",
      "a file or folder of series (NAME_TRAIN.* and NAME_TEST.* in it are both parts), a table, or mnist1d: the built-in data with its own test part",
    );
  return addRows(command, trainRows).addHelpText("after", dataExamples).addHelpText("after", recipeHelp);
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
  const others = Object.entries(aboutOthers);
  const wide = largestOf(about.map(([name]) => name.length));
  return `
Defaults by the model:
${table(rows)}

Models:
${about.map(([name, text]) => `${name.padEnd(wide)}  ${text}`).join("\n")}
${others.map(([name, text]) => `${`  ${name}`.padEnd(wide)}  ${text}`).join("\n")}

Target values: where rows have values in place of a class (docs/data.md), the model has an output for each and learns them by
${lossesOfValues.slice(0, -1).join(", ")} or ${lossesOfValues.at(-1)}: standardised, each output by the mean and deviation of the training rows, or with
--targets raw as they are (so too where the model ends with a bounded layer, such as a sigmoid). The loss is in these units, and so is
the delta of huber, 1; all else is in the targets' own. In the place of accuracy stand RMSE, MAE and R2; in --json
"accuracy" is null and "rmse", "mae", "r2" follow it; baselines are RMSE, of the mean value and the nearest row's.

--model auto scores minirocket, multirocket-hydra, fcn, inception and resnet (docs/rocket.md) by 5-fold cross-validation on the training rows, in this order
while --budget lasts, and trains the best by its own recipe. What it chooses may depend on the machine; it stands under "choice" in --json and in the model file, whose
command line names the model.

Several runs: --seeds and --folds write each run to a folder of its own in --out (seed-0, fold-1, fold-1-seed-0), and print the
mean and the deviation (n - 1). With --json: {"schema", "runs", "mean", "deviation", "seconds", "out"}; each of "runs" is
the object of a single run with "name" and, of folds, "fold" before it.

A run ends with lines that begin with VERDICT where an answer without training is at least as good on the test (else validation) rows, and where
the model does not fit its training rows; in --json "verdict": [{"code":"commonest"|"nearest"|"misfit","text"}].

--calibrate fits a temperature on the validation rows when training is done (docs/calibration.md): probabilities and their cross-entropy follow it,
labels, outputs and weightsSha256 stay. --find-lr takes 100 steps at rates from 1e-6 to 1, prints the loss by rate and a suggestion, and leaves no file;
with --json: {"schema":1,"model","rates","losses","smoothed","suggestion","ended","learningRate"}.

The folder of a run (docs/runs.md) has model.safetensors, checkpoint (what --resume goes on from), result.json (what --json
prints), report.html (the run as one page), and log.jsonl, one JSON object an epoch: epoch (from 1), steps (in all so far), loss and accuracy (means over the epoch's rows, each
before its step), validation (loss and accuracy, of values RMSE, MAE and R2; or null), learningRate (of the epoch's last step), seconds (of
training so far). Of inceptiontime also member (from 1), in which epoch and steps count.

--resume: options that are given again must be what they were, but --test, --backend, --threads, --memory,
--checkpoint-every, --json and --quiet; --epochs or --steps may be more with the schedules constant, step, exponential and plateau without --warmup.
A folder without a run gets a new one.

--config FILE is an object of these options by name, with dashes or in camelCase; flags are true or false, lists may be JSON lists. Typed options win,
unknown names are refused, and the command line in the model file has them as if they were typed.

Exit codes: 0 done, 1 a fault of toeplitz, 2 bad usage or input, 3 training diverged (the loss, outputs or weights stopped being
numbers), 130 interrupted by Ctrl-C, SIGTERM or SIGHUP (checkpoint and model saved). A reader of stderr that goes away ends nothing; where the result cannot be
printed to stdout, that is 2, and the run's files are whole.

Examples:
  toeplitz train GunPoint_TRAIN.ts --test GunPoint_TEST.ts --seeds 5
  toeplitz train DATA --folds 5 --model minirocket
  toeplitz train DATA --test 0.2 --model auto --budget 600
  toeplitz train DATA --test 0.2 --validation 0.2 --keep best
  toeplitz train DATA --test 0.25 --split time --gap 24
  toeplitz train Covid3Month_TRAIN.ts --validation 0.2 --keep best --monitor rmse
  toeplitz train mnist1d --steps 6000 --out runs/one     after an interrupt or a power cut, go on with
  toeplitz train mnist1d --out runs/one --resume`;
}
