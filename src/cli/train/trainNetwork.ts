/** Trains a network or an ensemble as planned, and leaves its files. Nothing is written before the first step. */
import { InputError } from "../../data/errors.ts";
import { flowMeter, isMeasured } from "../../inspect/gradientFlow.ts";
import { hashNetwork } from "../../models/ensemble.ts";
import type { Plan } from "../../training/plan.ts";
import { DivergedError } from "../../training/diverged.ts";
import { EXIT, say, type Io } from "../io.ts";
import { progress } from "../progress.ts";
import { calibrated, requireCalibratable } from "./calibrateRun.ts";
import { banner } from "./banner.ts";
import { baselinesOf } from "./baselineRun.ts";
import { isEnsemble, runPlan, type AnyRun } from "./ensembleRun.ts";
import { requireAgreed } from "../../training/agree.ts";
import { untilGivenUp } from "../ranks.ts";
import type { MpiRanks } from "../../distributed/openRanks.ts";
import { RankError } from "../../training/ranks.ts";
import { lossOf, prepareRun, type Prepared } from "./prepareRun.ts";
import { isFollowing, type Job, type Outcome } from "./protocol.ts";
import { fitOf, readingOf, type Recorded } from "./recorded.ts";
import { leaveReport } from "./reportFile.ts";
import { notesText } from "./resume.ts";
import { RunFolder } from "./runFolder.ts";
import { jsonResult, summary, testFile } from "./summary.ts";
import { verdictOf } from "./verdict.ts";

/** A run under way: what it was prepared as, where it writes, and how it is shown. */
interface Session {
  readonly job: Job;
  readonly io: Io;
  readonly prepared: Prepared;
  readonly run: RunFolder;
  readonly recorded: Recorded;
  /** Steps of the checkpoint that it goes on from. */
  readonly before: number;
  /** The command line that goes on with it. */
  readonly onward: string;
  readonly shown: ReturnType<typeof progress>;
  /** What an interrupt is answered with. */
  interrupted: () => string;
}

export async function trainNetwork(job: Job, io: Io): Promise<Outcome> {
  requireCalibratable(job.flags, job.data.train);
  const prepared = await prepareRun(job, io);
  if (job.ranks) await requireAgreed(firstOf(prepared.plan), job.ranks);
  if (job.ranks && isFollowing(job)) return follow(prepared, job.ranks, io);
  const session = open({ ...job, data: prepared.data }, prepared, io);
  const { shown, run } = session;
  const controller = new AbortController();
  let hasEnded = false;
  const stopListening = io.onInterrupt(
    () => {
      controller.abort();
      shown.stop();
      // ranks end together, or one says why not: a line of its own either way
      if (!job.ranks || hasEnded) say(io.stderr, session.interrupted());
    },
    () => {
      shown.stop();
      run.close();
    },
  );
  try {
    const result = await runSession(session, controller.signal);
    shown.stop();
    hasEnded = true;
    session.interrupted = () => "interrupted: the run has ended, and is being saved (once more ends at once)";
    if (result.steps === 0) {
      say(io.stderr, "interrupted before the first step: nothing was saved");
      return { code: EXIT.interrupted };
    }
    return await leave(session, result);
  } catch (error) {
    throw withWhatIsThere(error, session);
  } finally {
    shown.stop();
    stopListening();
    run.close();
  }
}

const firstOf = (plan: Prepared["plan"]): Plan => (isEnsemble(plan) ? plan.members[0] : plan);

/** Trains with rank 0, which does all the rest. */
async function follow({ plan, settings }: Prepared, ranks: MpiRanks, io: Io): Promise<Outcome> {
  const controller = new AbortController();
  const stopListening = io.onInterrupt(() => controller.abort());
  try {
    const { backend, threads } = settings;
    const { signal } = controller;
    const { aborted } = await untilGivenUp(runPlan(plan, { backend, threads, ranks, signal }), signal);
    return { code: aborted ? EXIT.interrupted : EXIT.done };
  } finally {
    stopListening();
  }
}

/** Makes the folder and says what will be done. */
function open(job: Job, prepared: Prepared, io: Io): Session {
  const { flags, line, resume, part } = job;
  const { members, settings, folder, init } = prepared;
  const shown = progress(io, flags.quiet === true);
  const warn = (text: string): void => {
    shown.stop();
    say(io.stderr, text);
  };
  const run = new RunFolder(folder, warn, resume && { ...resume, count: members });
  run.make(flags.force || flags.resume ? "any" : "new", part);
  const begunFrom =
    init && flags.init ? { file: flags.init, weightsSha256: hashNetwork(init) } : resume?.notes.init;
  if (!flags.quiet && (part?.first ?? true)) say(io.stderr, banner(prepared, job));
  return {
    job,
    io,
    prepared,
    run,
    recorded: {
      fit: fitOf(settings, flags),
      members,
      ...readingOf(flags),
      ...(begunFrom ? { init: begunFrom } : {}),
      ...(flags.calibrate && { calibrate: true }),
    },
    before: run.savedSteps,
    onward: `toeplitz ${line.replace(/ --(force|resume)(?= |$)/g, "")} --resume`,
    shown,
    interrupted: () => "interrupted: ending after this step (once more ends at once)",
  };
}

async function runSession(session: Session, signal: AbortSignal): Promise<AnyRun> {
  const { job, prepared, run, recorded, shown } = session;
  const { plan, settings, title, members: count, recipe } = prepared;
  const { data, flags, line } = job;
  const notes = notesText({
    line,
    flags,
    title,
    count,
    recipe,
    settings,
    init: recorded.init,
    classes: prepared.classes,
  });
  const meter = await flowMeter(plan.model, data.train, lossOf(prepared), settings.backend);
  const running = runPlan(plan, {
    backend: settings.backend,
    threads: settings.threads,
    ...(job.ranks && { ranks: job.ranks }),
    checkpoint: {
      everySeconds: flags.checkpointEvery,
      save: (checkpoint) => run.saveCheckpoint(checkpoint, notes),
    },
    measure: (epoch, { weights, preparation, targets }) =>
      isMeasured(epoch) ? meter?.measure(weights(), preparation, targets) : undefined,
    signal,
    onNote: (note) => say(session.io.stderr, `note: ${note}`),
    provenance: provenanceOf(job, recorded),
    onStep(event) {
      run.begin();
      if (!signal.aborted) shown.onStep(event);
    },
    onEpoch(event) {
      run.log(event);
      if (!signal.aborted) shown.onEpoch(event);
    },
  });
  return job.ranks ? untilGivenUp(running, signal) : running;
}

/** Saves the model, tests it, writes the report, and says the result. */
async function leave(session: Session, ended: AnyRun): Promise<Outcome> {
  const { job, io, prepared, run, recorded, before, onward } = session;
  const { source, data, flags } = job;
  const { plan, settings } = prepared;
  if (ended.steps === before && !ended.aborted && !flags.quiet)
    say(io.stderr, `the run in ${run.path} had ended at step ${before}: this is its result`);
  const result = await calibrated(ended, plan, { flags, settings, io });
  const trained = result.aborted ? interruptedAt(result, job, recorded) : result.model;
  await run.save(trained);
  const test = data.test && trained.evaluate(data.test, settings.loss);
  const { preparation } = trained.kind === "ensemble" ? trained.members[0] : trained;
  const { train, held } = plan;
  const baselines = baselinesOf(train, { test: data.test, held }, preparation);
  const { train: learned, validation } = result;
  const verdict = verdictOf({ train: learned, validation, test, baselines }, train);
  const shownResult = {
    run: { ...result, model: trained },
    test,
    baselines,
    verdict,
    folder: run.path,
    modelFile: run.model,
    settings,
    source,
    flags,
    choice: job.choice,
  };
  const json = jsonResult(shownResult);
  const rows = { train: data.train, held, test: data.test };
  const report = await leaveReport(
    {
      folder: run,
      model: trained,
      result: json,
      source,
      testSource: testFile(flags),
      loss: lossOf(prepared),
      rows,
    },
    io,
  );
  if (result.aborted)
    say(
      io.stderr,
      `interrupted at step ${result.steps}: the model so far is in ${run.model}; ` +
        (run.savedSteps > 0
          ? `go on from step ${run.savedSteps} with: ${onward}`
          : "no checkpoint could be written"),
    );
  return {
    code: result.aborted ? EXIT.interrupted : EXIT.done,
    result: { json, text: summary(shownResult, report) },
  };
}

/** An error that says what the run has left. */
function withWhatIsThere(error: unknown, { run, before, job, onward }: Session): unknown {
  const { path: folder } = run;
  const saved = run.savedSteps > 0 ? ` and its checkpoint of step ${run.savedSteps}` : "";
  if (error instanceof DivergedError)
    error.message += `; ${job.flags.force ? "" : "give --force too: "}${folder} holds the log of this run${saved}`;
  else if ((error instanceof InputError || error instanceof RankError) && run.savedSteps > before)
    error.message += `; ${folder} holds the checkpoint of step ${run.savedSteps}: go on from it with ${onward}`;
  return error;
}

/** What the model file says of its making, beside what `fit` adds. */
const provenanceOf = ({ data, line, split, choice }: Job, recorded: Recorded): Record<string, string> => ({
  command: line,
  data: data.name,
  rows: String(data.train.rows),
  ...(split === undefined ? {} : { split }),
  settings: JSON.stringify(recorded),
  ...(choice && { choice: JSON.stringify(choice) }),
});

/** The model of an interrupted run, which says how far it came. */
function interruptedAt(run: AnyRun, job: Job, recorded: Recorded): AnyRun["model"] {
  const provenance = provenanceOf(job, { ...recorded, interruptedAt: run.steps });
  return { ...run.model, provenance: { ...run.model.provenance, ...provenance } };
}
