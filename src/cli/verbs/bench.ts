/** `toeplitz bench`: training steps, inferences and first steps on this machine, beside its peaks and what else is installed. */
import type { Command } from "commander";
import { printableJson } from "../../data/printable.ts";
import { InputError } from "../../data/errors.ts";
import { contendersOf } from "../../bench/contenders.ts";
import { planOf } from "../../bench/measure.ts";
import { runBench } from "../../bench/performance.ts";
import { report } from "../../bench/tables.ts";
import { workloads, type Workload } from "../../bench/workloads.ts";
import { say, type Io } from "../io.ts";
import { positive, whole } from "../options/parsers.ts";
import { unknownWord } from "../../data/suggest.ts";

const quick = ["chain", "mnist1d-cnn", "fcn"];
const names = workloads.map(({ name }) => name);

interface Flags {
  readonly budget: number;
  readonly rounds: number;
  readonly alone?: true;
  readonly json?: true;
}

/** Adds the verb. */
export function addBench(program: Command, io: Io): void {
  program
    .command("bench")
    .description(
      "how fast this machine trains and predicts: every back end, and PyTorch and onnxruntime-node where they are",
    )
    .argument("[NAME...]", `workloads: ${names.join(", ")} (default: ${quick.join(", ")})`)
    .option(
      "--budget <SECONDS>",
      "what a contender spends on one measure of a workload",
      positive("--budget", 0.2),
      0.15,
    )
    .option(
      "--rounds <N>",
      "rounds in which contenders take turns; medians are shown",
      whole("--rounds", 1, 5),
      5,
    )
    .option("--alone", "leave PyTorch and onnxruntime-node out")
    .option("--json", "print one JSON object, every round in it")
    .addHelpText(
      "after",
      `
Measures: a training step on the batch, inference of the batch, inference of one row; from a fresh
process to its first step; GFLOP/s as a share of what the processor can do at most.

Examples:
  toeplitz bench                        about 20 seconds
  toeplitz bench tcn m5 --budget 2      longer rounds, steadier figures
  toeplitz bench fcn --json > fcn.json`,
    )
    .action(async (chosen: string[], flags: Flags) => {
      const performance = await runBench({
        workloads: (chosen.length > 0 ? chosen : quick).map(workloadOf),
        contenders: contendersOf(
          flags.alone ? "alone" : "with peers",
          ({ backend, numerics, threads }) => backend === "x64" || (numerics === "strict" && threads === 1),
        ),
        plan: planOf(flags.budget, flags.rounds),
        starts: ({ name, threads }) => (name === "toeplitz x64 strict" && threads === 1 ? 1 : 0),
        say: (text) => say(io.stderr, text),
      });
      say(io.stdout, flags.json ? printableJson(performance) : report(performance, "text"));
    });
}

function workloadOf(name: string): Workload {
  const found = workloads.find((w) => w.name === name);
  if (found) return found;
  throw new InputError(unknownWord("workload", name, names));
}
