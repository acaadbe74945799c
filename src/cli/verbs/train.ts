/** `toeplitz train`: everything is read and checked before the first step; nothing is written before it. */
import type { Command } from "commander";
import type { Io } from "../io.ts";
import { trainOptions } from "../options/trainOptions.ts";
import { AUTO, type TrainFlags } from "../options/trainRows.ts";
import { findRate, requireAlone } from "../train/findRate.ts";
import { readTrainingData } from "../sources.ts";
import { pathOf } from "../train/prepareRun.ts";
import { runProtocol, type Job } from "../train/protocol.ts";
import { openRun, type Resumed } from "../train/resume.ts";
import { requireBudgetOfAuto, trainAuto } from "../train/trainAuto.ts";
import { trainRocket } from "../train/trainRocket.ts";
import { rocketNamed } from "../../training/options/modelNames.ts";
import { trainNetwork } from "../train/trainNetwork.ts";

/** Adds the verb. `line` is the command line as it was typed, for the model's provenance. */
export function addTrain(program: Command, io: Io, exit: (code: number) => void, line: string): void {
  trainOptions(program.command("train")).action(
    async (source: string, flags: TrainFlags, command: Command) => {
      const rocket = rocketNamed(flags.model);
      requireBudgetOfAuto(flags);
      if (flags.model === AUTO) return exit(await runProtocol({ source, flags, line }, io, trainAuto));
      if (rocket)
        return exit(
          await runProtocol({ source, flags, line }, io, (job, to) => trainRocket(rocket, job, to)),
        );
      if (flags.findLr) {
        requireAlone(flags);
        return exit(await runProtocol({ source, flags, line }, io, findRate));
      }
      const given = Object.keys(flags).filter((name) => command.getOptionValueSource(name) === "cli");
      const open = (folder: string, own: TrainFlags): Promise<Resumed | null> => openRun(folder, own, given);
      if (flags.resume && (flags.seeds ?? flags.folds) !== undefined) {
        const resumePart = async (job: Job): Promise<Resumed | null> => open(await pathOf(job), job.flags);
        return exit(await runProtocol({ source, flags, line, resumePart }, io, trainNetwork));
      }
      const folder = async (): Promise<string> =>
        flags.out ?? (await pathOf({ source, flags, data: await readTrainingData(source, flags) }));
      const resume = flags.resume ? await open(await folder(), flags) : null;
      exit(
        await runProtocol(
          { source, flags: resume?.flags ?? flags, line: resume?.line ?? line, resume },
          io,
          trainNetwork,
        ),
      );
    },
  );
}
