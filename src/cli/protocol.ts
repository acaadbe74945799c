/**
 * What `train` does with DATA: reads it and makes runs of it. A run takes the data as it is given and says its result; only
 * this file prints results, so that several runs can be one.
 */
import { say, type Io } from "./io.ts";
import type { Resumed } from "./resume.ts";
import type { TrainFlags } from "./settings.ts";
import { readTrainingData, type TrainingData } from "./sources.ts";

/** What one run is given. */
export interface Job {
  /** DATA as it was given. */
  readonly source: string;
  readonly data: TrainingData;
  readonly flags: TrainFlags;
  /** The command line as it was typed, for the model's provenance. */
  readonly line: string;
  /** The run to go on with. */
  readonly resume?: Resumed | null;
}

/** What one run gives back; no result where not even one step was taken. */
export interface Outcome {
  readonly code: number;
  readonly result?: { readonly json: object; readonly text: string };
}

/** Trains, saves, and says on stderr how it goes. */
export type RunOne = (job: Job, io: Io) => Promise<Outcome>;

/** Reads the data, runs, prints the result; returns the exit code. */
export async function runProtocol(job: Omit<Job, "data">, io: Io, run: RunOne): Promise<number> {
  const { source, flags } = job;
  const data = await readTrainingData(source, flags.test);
  const { code, result } = await run({ ...job, data }, io);
  if (result) say(io.stdout, flags.json ? JSON.stringify(result.json) : result.text);
  return code;
}
