/** `toeplitz sweep`: the search for a recipe. Everything is read and checked here; nothing is written before. */
import type { Command } from "commander";
import { printableJson } from "../../data/printable.ts";
import type { Space } from "../../training/sweep/space.ts";
import { EXIT, say, type Io } from "../io.ts";
import { requireEqual } from "../../training/agree.ts";
import { onRanks } from "../ranks.ts";
import { followSweep } from "../sweep/onRanks.ts";
import { siteOf } from "../sweep/order.ts";
import { addRows } from "../options/option.ts";
import { dataExamples } from "../options/dataOptions.ts";
import { sweepRows, type SweepFlags } from "../options/sweepRows.ts";
import { prepareSweep, typedIn } from "../sweep/prepareSweep.ts";
import { runSweep } from "../sweep/runSweep.ts";

const HELP = `
A sweep trains N models that differ in the parameters of a space, and finds the one that does best on rows that none of them
learns from. Each trial is the run that train makes of its options. A trial goes on in rungs: it is judged at 1/9, 1/3 and the
whole of its length, and of three the best one goes on. Test rows are not looked at. One --seed gives one sequence of trials and one
winner on any number of workers, and after any interrupt: --resume.

A space is parameters by name, each an option of training (those of this help) or model:
  {"lr": {"kind": "logUniform", "low": 0.0001, "high": 0.1},
   "batch": {"kind": "choice", "values": [8, 16, 32]},
   "model": {"kind": "choice", "values": ["fcn", "chain"]},
   "filters": {"kind": "choice", "values": ["9,9,9", "17,9"], "when": {"model": ["chain"]}},
   "ema": {"kind": "choice", "values": [null, 0.99]}}
kind: uniform, logUniform, integer, logInteger (with low and high, both included), choice (with values; null: not given). Options
that are typed hold for every trial.

The folder has sweep.jsonl (a line a finished rung, what --resume goes on from), best.json (the best recipe: a file for
train --config) and report.html (trials as lines over the parameters, and how much each mattered).
With --json: {"schema":1,"data","model","space","trials","sampler","eta","rungs","generation","seed","monitor","best","ranked","jobs",
"steps","seconds","importances","config","out"}; best and each of ranked is {"trial","rung","values","score","figures","weightsSha256",
"steps","seconds"}, with score null and "why" of one that failed.

Under mpirun every rank runs trials, to the same winner: mpirun -n 8 toeplitz sweep DATA ... ; all have to see the folder.

Exit codes: 0 done, 1 a fault of toeplitz, 2 bad usage or input, 3 no trial came to its end, 130 interrupted.

Examples:
  toeplitz sweep GunPoint_TRAIN.ts --model fcn
  toeplitz sweep DATA --space space.json --folds 3 --monitor accuracy --workers 2
  toeplitz sweep DATA --print-space > space.json
  toeplitz train DATA --config runs/DATA-fcn-sweep-0/best.json --validation 0     by the best recipe, on all rows`;

/** A rank is silent while its trial trains: a day is too long. */
const TRIAL_SECONDS = 86_400;

/** Adds the verb. */
export function addSweep(program: Command, io: Io, exit: (code: number) => void): void {
  const command = program
    .command("sweep")
    .description("search for the recipe that does best on rows held back")
    .argument("<DATA>", "what train takes; its test part, where it has one, is not looked at");
  addRows(command, sweepRows)
    .addHelpText("after", dataExamples)
    .addHelpText("after", HELP)
    .action(async (source: string, flags: SweepFlags) => {
      const words = (program as Command & { readonly rawArgs: readonly string[] }).rawArgs;
      exit(
        await onRanks({ rankTimeout: TRIAL_SECONDS }, io, async (own, ranks) => {
          const prepared = await prepareSweep(source, flags, { typed: typedIn(words), ranks }, own);
          if (flags.printSpace) {
            say(own.stdout, spaceText(prepared.space));
            return EXIT.done;
          }
          if (ranks) await requireEqual(ranks, JSON.stringify(prepared.identity), "rows or options");
          if (!ranks || ranks.rank === 0) return runSweep(prepared, flags, words, own);
          await followSweep(ranks, await siteOf(prepared.order, prepared.data));
          return EXIT.done;
        }),
      );
    });
}

/** A parameter a line. */
function spaceText(space: Space): string {
  const lines = Object.entries(space).map(
    ([name, parameter]) => `  ${JSON.stringify(name)}: ${printableJson(parameter)}`,
  );
  return `{\n${lines.join(",\n")}\n}`;
}
