/**
 * What `train` does with DATA: reads it, splits it and makes runs of it, one or (with --seeds, --folds) several. A run takes
 * the data as it is given and says its result; only this file prints results. Nothing of a test part reaches the training
 * of its run: a run is given it as rows to test on when training is done.
 */
import { printable, printableJson } from "../../data/printable.ts";
import { requireTrainable } from "../../data/classes.ts";
import { dirname } from "node:path";
import { rowsOf, type Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { positionsOf } from "../../data/durations.ts";
import { foldRows, ruleOf, splitRows, type Parts } from "../../data/split.ts";
import { dataNotes, sayNotes } from "../dataNotes.ts";
import { duration, plural } from "../format.ts";
import { EXIT, say, type Io } from "../io.ts";
import type { MpiRanks } from "../../distributed/openRanks.ts";
import type { Resumed } from "./resume.ts";
import type { Part } from "./runFolder.ts";
import { takeLock, type Lock } from "./runLock.ts";
import type { TrainFlags } from "../options/trainRows.ts";
import { mainWords } from "../scores.ts";
import { severalJson, severalText, type NamedRun } from "./severalRuns.ts";
import { noteTo, readTrainingData, type TrainingData } from "../sources.ts";
import type { Choice } from "../../training/autoModel.ts";
import type { RunResult } from "./reportFile.ts";

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
  /** How DATA's rows came into parts, as JSON for the provenance; absent where nothing was drawn. */
  readonly split?: string;
  /** Which of several runs it is. */
  readonly part?: Part;
  /** Who else trains; null: nobody. */
  readonly ranks: MpiRanks | null;
  /** How its model was chosen, of --model auto. */
  readonly choice?: Choice;
}

/** Whether another rank shows, writes and prints. */
export const isFollowing = ({ ranks }: Pick<Job, "ranks">): boolean => ranks !== null && ranks.rank > 0;

/** What one run gives back; no result where not even one step was taken, and of ranks that another says it for. */
export interface Outcome {
  readonly code: number;
  readonly result?: { readonly json: RunResult; readonly text: string };
}

export interface Several {
  /** Of several runs that go on: the state of one of them; null where it has not begun. */
  readonly resumePart?: (job: Job) => Promise<Resumed | null>;
}

/** Trains, saves, and says on stderr how it goes. */
export type RunOne = (job: Job, io: Io) => Promise<Outcome>;

/** Reads the data, runs, prints the result; returns the exit code. */
export async function runProtocol(
  given: Pick<Job, "source" | "flags" | "line" | "resume" | "ranks"> & Several,
  io: Io,
  run: RunOne,
): Promise<number> {
  const { source } = given;
  checkFlags(given.flags);
  if (given.resume && (given.flags.seeds ?? given.flags.folds) !== undefined)
    throw new InputError(
      `${given.flags.out}: its run is one of several; go on with all of them, by their command line and --resume`,
    );
  const read = await readTrainingData(source, given.flags, noteTo(io));
  const flags = inPositions(given.flags, read.train);
  const fraction = typeof flags.test === "number" ? flags.test : null;
  if (!flags.quiet) sayNotes([read.train, read.test], io);
  // of parts, a class that is in none of them would be said otherwise
  if ((fraction !== null || flags.folds !== undefined) && flags.init === undefined)
    requireTrainable(read.train);
  const rule = { by: flags.split, gap: flags.gap };
  const facts = (more: object): string =>
    JSON.stringify({ ...ruleOf(read.train, rule), seed: flags.seed, ...more });
  const job: Job =
    fraction === null
      ? { ...given, flags, data: read }
      : {
          ...given,
          flags,
          data: inParts(read, splitRows(read.train, fraction, flags.seed, rule)),
          split: facts({ test: fraction }),
        };
  if (!flags.quiet) for (const note of dataNotes(job.data, flags)) say(io.stderr, `note: ${printable(note)}`);

  const planned = jobsOf(job, (folds, fold) => facts({ folds, fold }));
  if (planned.length > 1) return runSeveral(planned, { ...given, flags }, io, run);
  const { code, result } = await run(job, io);
  if (result) say(io.stdout, flags.json ? printableJson(result.json) : result.text);
  return code;
}

/** The same with times of rows as positions. */
export const inPositions = <F extends Pick<TrainFlags, "length">>(flags: F, { rate, name }: Dataset): F =>
  flags.length === undefined
    ? flags
    : { ...flags, length: positionsOf(flags.length, rate, "--length", name) };

/** Refuses options that exclude or want each other. */
function checkFlags({ test, validation, folds, seeds = 1, seed, split, gap }: TrainFlags): void {
  if (folds !== undefined && test !== undefined)
    throw new InputError("--folds tests on the rows of DATA, a fold at a time; leave --test out");
  if (seed + seeds > 2 ** 32)
    throw new InputError(
      `--seeds ${seeds} from --seed ${seed} on goes beyond 4294967295; give a smaller --seed`,
    );
  if ((split ?? gap) !== undefined && folds === undefined && typeof test !== "number" && !validation)
    throw new InputError(
      `--${split === undefined ? "gap" : "split"} says how rows are drawn by --test F, --folds or --validation; give one of them`,
    );
}

function inParts({ train, name }: TrainingData, parts: Parts): TrainingData {
  return { train: rowsOf(train, parts.train), test: rowsOf(train, parts.test), name };
}

/** One run of those that were asked for; its rows are taken out of DATA when it is its turn. */
interface Planned {
  readonly name: string;
  readonly fold?: number;
  readonly job: () => Omit<Job, "part">;
}

/** Every run: fold after fold, and seed after seed in each. Folds are drawn by --seed alone, so seeds share them. */
function jobsOf(job: Job, foldFacts: (folds: number, fold: number) => string): Planned[] {
  const { flags, data } = job;
  const seeds = Array.from({ length: flags.seeds ?? 1 }, (_, i) => flags.seed + i);
  const ofSeeds = (name: (seed: number) => string, of: () => Omit<Job, "part">, fold?: number): Planned[] =>
    seeds.map((seed) => ({ name: name(seed), fold, job: () => ({ ...of(), flags: { ...flags, seed } }) }));
  if (flags.folds === undefined)
    return ofSeeds(
      (seed) => `seed-${seed}`,
      () => job,
    );
  const { folds } = flags;
  const several = seeds.length > 1;
  return foldRows(data.train, folds, flags.seed, { by: flags.split, gap: flags.gap }).flatMap((parts, i) =>
    ofSeeds(
      (seed) => `fold-${i + 1}${several ? `-seed-${seed}` : ""}`,
      () => ({ ...job, data: inParts(data, parts), split: foldFacts(folds, i + 1) }),
      i + 1,
    ),
  );
}

/** One after another; a line each on stderr, and at the end all of them with mean and deviation. */
async function runSeveral(
  planned: readonly Planned[],
  given: Pick<Job, "source" | "flags" | "ranks"> & Several,
  io: Io,
  run: RunOne,
): Promise<number> {
  const { source, flags } = given;
  if (!flags.quiet)
    say(
      io.stderr,
      `${plural(planned.length, "run")}: ${planned[0].name} to ${planned[planned.length - 1].name}`,
    );
  let lock: Lock | null = null;
  const hold = (whole: string): void => void (lock ??= takeLock(whole));
  let interrupted = false;
  const stopListening = io.onInterrupt(
    () => void (interrupted = true),
    () => lock?.release(),
  );
  try {
    const { done, code } = await runEach(planned, given, { hold, isInterrupted: () => interrupted }, io, run);
    if (done.length > 0) {
      const out = dirname(done[0].out);
      say(io.stdout, flags.json ? printableJson(severalJson(done, out)) : severalText(done, source, out));
    }
    return code;
  } finally {
    stopListening();
    (lock as Lock | null)?.release();
  }
}

/** The runs until one does not end as it should, or an interrupt comes. */
async function runEach(
  planned: readonly Planned[],
  given: Pick<Job, "flags" | "ranks"> & Several,
  { hold, isInterrupted }: { readonly hold: Part["hold"]; readonly isInterrupted: () => boolean },
  io: Io,
  run: RunOne,
): Promise<{ readonly done: readonly NamedRun[]; readonly code: number }> {
  const { flags, resumePart } = given;
  const names = planned.map(({ name }) => name);
  const set = flags.folds === undefined ? "seeds" : `${flags.folds}-folds`;
  const done: NamedRun[] = [];
  const ended = (where: string): void =>
    say(io.stderr, `ended ${where}: ${done.length} of ${plural(names.length, "run")} done`);
  for (const [i, { name, fold, job }] of planned.entries()) {
    const { ranks } = given;
    // the first may still test and report, and an interrupt may have reached one alone
    if (ranks ? await ranks.meet(isInterrupted()) : isInterrupted()) {
      ended(`before ${name}`);
      return { done, code: EXIT.interrupted };
    }
    const own: Job = { ...job(), part: { set, folders: names.slice(i), first: i === 0, hold } };
    const resume = resumePart && (await resumePart(own));
    const outcome = await run(resume ? { ...own, flags: resume.flags, line: resume.line, resume } : own, io);
    if (outcome.code === EXIT.done && isFollowing(own)) continue;
    if (outcome.code !== EXIT.done || !outcome.result) {
      ended(`in ${name}`);
      return { done, code: outcome.code };
    }
    const { json } = outcome.result;
    done.push({ name, ...(fold === undefined ? {} : { fold }), ...json });
    if (!flags.quiet) say(io.stderr, `run ${i + 1} of ${names.length}  ${name}  ${lineOf(json)}`);
  }
  return { done, code: EXIT.done };
}

function lineOf({ train, validation, test, seconds }: RunResult): string {
  const parts = Object.entries({ train, validation, test });
  const scores = parts.map(([part, score]) => (score ? `${part} ${mainWords(score)}  ` : ""));
  return `${scores.join("")}${duration(seconds)}`;
}
