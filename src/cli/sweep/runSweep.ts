/** Runs a sweep as prepared, and leaves its files. */
import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { printableJson } from "../../data/printable.ts";
import { InputError } from "../../data/errors.ts";
import { sweepPage } from "../../inspect/report/sweepPage.ts";
import { fileError, makeFolder, writeWhole } from "../../node.ts";
import { importances } from "../../training/sweep/importance.ts";
import { search, type Finished, type Searched } from "../../training/sweep/sweep.ts";
import { runJob, type Executor } from "../../training/sweep/trial.ts";
import type { SweepFlags } from "../options/sweepRows.ts";
import { plural, shellLine } from "../format.ts";
import { EXIT, say, type Io } from "../io.ts";
import { BEST, MARKS, REPORT, requireFolders, SWEEP } from "../train/runFolder.ts";
import { takeLock } from "../train/runLock.ts";
import { Journal } from "./journal.ts";
import { siteOf, stateFile } from "./order.ts";
import type { PreparedSweep } from "./prepareSweep.ts";
import { rankExecutor } from "./onRanks.ts";
import { processes } from "./processes.ts";
import { jobLine, sweepJson, sweepText, type Ended } from "./said.ts";

/** A sweep under way. */
interface Session {
  readonly prepared: PreparedSweep;
  readonly flags: SweepFlags;
  readonly io: Io;
  /** The command line that goes on with it. */
  readonly onward: string;
  readonly release: () => void;
}

/** Searches, leaves the files, prints the result; returns the exit code. */
export async function runSweep(
  prepared: PreparedSweep,
  flags: SweepFlags,
  words: readonly string[],
  io: Io,
): Promise<number> {
  const { folder } = prepared;
  await requireFolders(folder, undefined, flags.force === true || flags.resume === true);
  const lock = writing(folder, () => {
    makeFolder(folder);
    return takeLock(folder);
  });
  const typed = words.filter((word) => word !== "--force" && word !== "--resume");
  const onward = shellLine(["toeplitz", ...typed, "--resume"]);
  const release = (): void => lock.release();
  try {
    const journal = writing(folder, () => open(prepared, flags));
    if (!flags.quiet) say(io.stderr, banner(prepared, journal.jobs));
    const session = { prepared, flags, io, onward, release };
    return await leave(session, await searchWith(session, journal));
  } finally {
    release();
  }
}

/** Says of what fails in a folder that it cannot be written. */
function writing<T>(folder: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw fileError(error, folder, "write");
  }
}

/** The log of the folder: gone on with, or begun. */
function open({ folder, identity, order }: PreparedSweep, { resume }: SweepFlags): Journal {
  const there = readdirSync(folder).filter((name) => MARKS.includes(name));
  if (resume) {
    if (there.length > 0 && !there.includes(SWEEP))
      throw new InputError(
        `${folder}: it holds a run (${there[0]}), not a sweep; give --force to start over in it or --out another folder`,
      );
    const journal = Journal.resume(folder, identity);
    makeFolder(order.states);
    if (journal) return journal;
  }
  for (const name of there) rmSync(join(folder, name), { force: true });
  removeStates(order.states);
  makeFolder(order.states);
  return Journal.begin(folder, identity);
}

async function searchWith(
  { prepared, flags, io, onward, release }: Session,
  journal: Journal,
): Promise<Searched> {
  const { order, how, space, workers, data, ranks } = prepared;
  const stop = new AbortController();
  const inThis = async (): Promise<Executor> => {
    const site = await siteOf(order, data, stop.signal);
    return { workers: 1, run: (job) => runJob(job, site) };
  };
  const shared = ranks && rankExecutor(ranks, await siteOf(order, data, stop.signal));
  const several = workers > 1 && !ranks ? processes(workers, order) : null;
  const stopListening = io.onInterrupt(
    () => {
      stop.abort();
      several?.end();
      say(io.stderr, `interrupted: what was running is given up; go on with: ${onward}`);
      if (!ranks) return;
      // the others run trials, and are ended with this one
      release();
      process.exit(EXIT.interrupted);
    },
    () => {
      several?.end();
      release();
    },
  );
  try {
    const searched = await search(space, how, shared ?? several ?? (await inThis()), {
      signal: stop.signal,
      known: (job) => journal.known(job),
      onFinished: (done) => {
        journal.add(done);
        if (!flags.quiet) say(io.stderr, jobLine(done, how));
        removeStatesBefore(prepared, done);
      },
    });
    await shared?.end();
    return searched;
  } finally {
    stopListening();
    several?.end();
  }
}

/** What a finished job went on from is not wanted any more. */
function removeStatesBefore({ order: { states, scoring } }: PreparedSweep, { trial, rung }: Finished): void {
  const name = `${trial}-${rung - 1}`;
  const parts =
    scoring.kind === "folds" ? Array.from({ length: scoring.folds }, (_, i) => `-fold-${i + 1}`) : [""];
  for (const part of parts) rmSync(stateFile(states, `${name}${part}`), { force: true });
}

/** What a state is called; other files in the folder are somebody's. */
const STATE = /^\d+-\d+(-fold-\d+)?\.checkpoint$/;

/** Takes the states of trials away, and their folder where nothing else is in it. */
function removeStates(folder: string): void {
  if (!existsSync(folder)) return;
  const names = readdirSync(folder);
  for (const name of names) if (STATE.test(name)) rmSync(join(folder, name), { force: true });
  if (names.every((name) => STATE.test(name))) rmdirSync(folder);
}

/** Writes the recipe and the report, and says the result. */
async function leave({ prepared, flags, io }: Session, searched: Searched): Promise<number> {
  const { folder, space, how, title, name, order, config } = prepared;
  const { best, aborted, ranked } = searched;
  if (aborted) return EXIT.interrupted;
  const file = join(folder, BEST);
  if (best) await writeWhole(file, `${JSON.stringify({ ...config, ...best.values }, null, 2)}\n`);
  removeStates(order.states);
  const ended: Ended = {
    data: name,
    model: title,
    space,
    how,
    searched,
    importances: importances(space, searched, how.monitor),
    scoring: scoringText(prepared),
    folder,
    bestFile: best && file,
    report: null,
    next: shellLine(["toeplitz", "train", order.source, "--config", file]),
  };
  const report = await leaveReport(ended, prepared, io);
  say(io.stdout, flags.json ? printableJson(sweepJson(ended)) : sweepText({ ...ended, report }));
  if (best) return EXIT.done;
  const [first] = ranked;
  const why = first?.outcome.kind === "failed" ? `: ${first.outcome.why}` : "";
  say(
    io.stderr,
    `no trial came to its end, so there is no recipe${why}; give a space with lower rates, or other choices`,
  );
  return EXIT.diverged;
}

const scoringText = ({ order: { scoring } }: Pick<PreparedSweep, "order">): string =>
  scoring.kind === "folds" ? plural(scoring.folds, "fold") : `${scoring.fraction} of the rows, held back`;

async function leaveReport(ended: Ended, { order, data }: PreparedSweep, io: Io): Promise<string | null> {
  const { space, how, searched, importances: parts, model, data: name, scoring } = ended;
  const file = join(ended.folder, REPORT);
  try {
    const page = sweepPage({
      title: `Sweep of ${model} on ${name}`,
      about: `${plural(searched.ranked.length, "trial")} on ${plural(data.rows, "row")}, scored by ${how.monitor} on ${scoring}.`,
      space,
      how,
      searched,
      importances: parts,
      settings: [
        ["data", order.source],
        ["data sha256", order.dataSha256],
        ...Object.entries(how).map(([key, value]) => [key, String(value)] as const),
        ["space", JSON.stringify(space)],
      ],
    });
    await writeWhole(file, page);
    return file;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    say(io.stderr, `no report: ${error.message}`);
    return null;
  }
}

function banner(
  { title, name, data, how, space, workers, folder, order }: PreparedSweep,
  done: number,
): string {
  const { trials, sampler, rungs, eta, generation, seed } = how;
  const parts = order.fractions.map((part) => String(Number(part.toPrecision(3))));
  return [
    `toeplitz sweep: ${title} on ${name}, ${plural(data.rows, "row")}`,
    `  space     ${Object.keys(space).join(", ")}`,
    `  search    ${plural(trials, "trial")} by ${sampler}, ${generation} at a time, ${plural(rungs, "rung")} (${parts.join(", ")} of the length, 1 of ${eta} goes on), seed ${seed}`,
    `  scored    ${how.monitor} on ${scoringText({ order })}`,
    `  out       ${folder}, ${plural(workers, "worker")}`,
    ...(done > 0 ? [`  resume    ${plural(done, "rung")} finished before`] : []),
  ].join("\n");
}
