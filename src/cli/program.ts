/** The command line as a function of its words: parses, runs the verb, returns the exit code. */
import { Command } from "commander";
import { VERSION } from "../models/version.ts";
import { InputError } from "../data/errors.ts";
import { report } from "./errors.ts";
import { EXIT, type Io } from "./io.ts";
import { addBench } from "./verbs/bench.ts";
import { addCompletion } from "./verbs/completion.ts";
import { addCompare } from "./verbs/compare.ts";
import { addDoctor } from "./verbs/doctor.ts";
import { addEvaluate } from "./verbs/evaluate.ts";
import { addExplain } from "./verbs/explain.ts";
import { addExport } from "./verbs/export.ts";
import { addImport } from "./verbs/import.ts";
import { addInspect } from "./verbs/inspect.ts";
import { shellLine } from "./format.ts";
import { refuseOptionsAsValues } from "./options/parsers.ts";
import { isFollower, RankFailure, silent } from "./ranks.ts";
import { withConfig } from "./options/configFile.ts";
import { unknownWord } from "../data/suggest.ts";
import { addPredict } from "./verbs/predict.ts";
import { addReproduce } from "./verbs/reproduce.ts";
import { addStudio } from "./verbs/studio.ts";
import { addSweep } from "./verbs/sweep.ts";
import { addTrain } from "./verbs/train.ts";

const HELP = `
Results go to stdout, progress and notes to stderr, in colour only on a terminal and without NO_COLOR. Each verb has
examples in its own help.

Examples:
  toeplitz train GunPoint_TRAIN.ts --test GunPoint_TEST.ts      a model, its log and a report in runs/GunPoint-fcn-0
  toeplitz predict runs/GunPoint-fcn-0/model.safetensors new.ts --out new.csv
  toeplitz doctor                                               what this machine can run`;

/** The command line with all its verbs; a verb says its exit code by `exit`. */
export function programOf(words: readonly string[], io: Io, exit: (code: number) => void): Command {
  const program = new Command("toeplitz");
  program
    .description("train, understand and ship 1-D convolutional networks")
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // errors are said once, by report
      writeErr: () => undefined,
      outputError: () => undefined,
    })
    .configureHelp({ helpWidth: 100 })
    .addHelpText("after", HELP);
  for (const add of [addTrain, addEvaluate, addPredict, addExplain]) add(program, io, exit, shellLine(words));
  for (const add of [
    addInspect,
    addExport,
    addImport,
    addCompare,
    addReproduce,
    addSweep,
    addStudio,
    addDoctor,
    addBench,
    addCompletion,
  ])
    add(program, io, exit);
  for (const command of program.commands) refuseOptionsAsValues(command);
  return program;
}

/** Runs `toeplitz ...words` and returns its exit code; never throws. */
export async function runProgram(typed: readonly string[], io: Io): Promise<number> {
  let words: readonly string[];
  try {
    words = await withConfig(typed);
  } catch (error) {
    return report(error, io, "toeplitz train --help");
  }
  let code: number = EXIT.done;
  const program = programOf(words, io, (given) => void (code = given));
  try {
    if (words.length === 0) program.error(`no command; it is one of ${verbs(program)}`);
    requireCommand(words, program);
    await program.parseAsync([...words], { from: "user" });
    return code;
  } catch (error) {
    const verb = program.commands.find((c) => c.name() === words[0]);
    const help = `toeplitz ${verb ? `${verb.name()} ` : ""}--help`;
    if (error instanceof RankFailure) return error.report((cause, shown) => report(cause, shown, help), io);
    return report(error, isFollower(words, io) ? silent(io) : io, help);
  }
}

const names = (program: Command): string[] => program.commands.map((c) => c.name());
const verbs = (program: Command): string => names(program).join(", ");

/** Refuses (InputError) `help` of a command that is none: commander shows help of all then. */
function requireCommand([first, asked]: readonly string[], program: Command): void {
  if (first !== "help" || asked === undefined || asked.startsWith("-")) return;
  if (asked !== "help" && !names(program).includes(asked))
    throw new InputError(unknownWord("command", asked, names(program)));
}
