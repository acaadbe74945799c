/** `toeplitz train`: everything is read and checked before the first step; nothing is written before it. */
import type { Command } from "commander";
import { InputError } from "../../data/errors.ts";
import type { MpiRanks } from "../../distributed/openRanks.ts";
import type { Io } from "../io.ts";
import { trainOptions } from "../options/trainOptions.ts";
import { AUTO, type TrainFlags } from "../options/trainRows.ts";
import { onRanks } from "../ranks.ts";
import { findRate, requireAlone } from "../train/findRate.ts";
import { readTrainingData } from "../sources.ts";
import { pathOf } from "../train/prepareRun.ts";
import { runProtocol, type Job, type RunOne } from "../train/protocol.ts";
import { openRun, type Resumed } from "../train/resume.ts";
import { requireBudgetOfAuto, trainAuto } from "../train/trainAuto.ts";
import { trainRocket } from "../train/trainRocket.ts";
import { rocketNamed } from "../../training/options/modelNames.ts";
import { trainNetwork } from "../train/trainNetwork.ts";

/** Adds the verb. `line` is the command line as it was typed, for the model's provenance. */
export function addTrain(program: Command, io: Io, exit: (code: number) => void, line: string): void {
  trainOptions(program.command("train")).action(
    async (source: string, flags: TrainFlags, command: Command) => {
      const given = Object.keys(flags).filter((name) => command.getOptionValueSource(name) === "cli");
      exit(await onRanks(flags, io, (own, ranks) => train({ source, flags, given, line, ranks }, own)));
    },
  );
}

interface Asked extends Pick<Job, "source" | "flags" | "line"> {
  /** Options that were typed. */
  readonly given: readonly string[];
  readonly ranks: MpiRanks | null;
}

/** Trains as asked; the exit code. */
async function train({ given, ...asked }: Asked, io: Io): Promise<number> {
  const { source, flags, ranks } = asked;
  const alone = async (what: string, run: RunOne): Promise<number> => {
    if (ranks)
      throw new InputError(`${what} is the work of one process; leave mpirun out, or give --ranks 1`);
    return runProtocol({ ...asked, ranks }, io, run);
  };
  const rocket = rocketNamed(flags.model);
  requireBudgetOfAuto(flags);
  if (flags.model === AUTO) return alone(`--model ${AUTO}`, trainAuto);
  if (rocket) return alone(`--model ${rocket}`, (job, to) => trainRocket(rocket, job, to));
  if (flags.findLr) {
    requireAlone(flags);
    return alone("--find-lr", findRate);
  }
  const open = (folder: string, own: TrainFlags): Promise<Resumed | null> => openRun(folder, own, given);
  if (flags.resume && (flags.seeds ?? flags.folds) !== undefined) {
    const resumePart = async (job: Job): Promise<Resumed | null> => open(await pathOf(job), job.flags);
    return runProtocol({ ...inShards(asked), resumePart }, io, trainNetwork);
  }
  const folder = async (): Promise<string> =>
    flags.out ?? (await pathOf({ source, flags, data: await readTrainingData(source, flags) }));
  const resume = flags.resume ? await open(await folder(), flags) : null;
  if (!resume) return runProtocol({ ...inShards(asked), resume }, io, trainNetwork);
  return runProtocol({ ...asked, flags: resume.flags, line: resume.line, resume }, io, trainNetwork);
}

/** Where nobody says how many shards a batch has, each rank has one. */
function inShards<T extends Pick<Asked, "flags" | "ranks">>(asked: T): T {
  const shards = asked.flags.shards ?? asked.ranks?.size;
  return shards === undefined ? asked : { ...asked, flags: { ...asked.flags, shards } };
}
