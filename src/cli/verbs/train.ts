/** `toeplitz train`: everything is read and checked before the first step; nothing is written before it. */
import type { Command } from "commander";
import { parameterCount, resolve, type Model } from "../../layers/model.ts";
import { backendOf } from "../options/backend.ts";
import { baselinesOf } from "../train/baselineRun.ts";
import { processors } from "../../backends/choose.ts";
import type { Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { DivergedError } from "../../training/diverged.ts";
import { checkOutputs } from "../../training/fitChecks.ts";
import { prepareSteps } from "../../models/preparation.ts";
import { holdOut } from "../../data/split.ts";
import { takesOf } from "../../models/takes.ts";
import { VERSION } from "../../models/version.ts";
import { checkMonitor } from "../../training/monitor.ts";
import { flowMeter, isMeasured } from "../../inspect/gradientFlow.ts";
import { hashNetwork } from "../../models/ensemble.ts";
import { chosenModel, type ChosenModel } from "../train/chosenModel.ts";
import { fitMembers, type AnyRun } from "../train/ensembleRun.ts";
import { answersText, grouped, plural, rowsText } from "../format.ts";
import { EXIT, say, type Io } from "../io.ts";
import { prepareOf, prepareText, stepsFor } from "../options/prepareOptions.ts";
import { progress } from "../progress.ts";
import { runProtocol, type Job, type Outcome } from "../train/protocol.ts";
import { fitOf, readingOf, type Recorded } from "../train/recorded.ts";
import { leaveReport } from "../train/reportFile.ts";
import { notesText, openRun, requireSettings, type Resumed } from "../train/resume.ts";
import { rulesOf } from "../options/ruleOptions.ts";
import { folderOf, requireFolders, RunFolder, stepsOf } from "../train/runFolder.ts";
import { lengthOf, settingsOf, type Settings } from "../train/settings.ts";
import type { TrainFlags } from "../options/trainFlags.ts";
import { acceptRows, readTrainingData, type TrainingData } from "../sources.ts";
import { jsonResult, summary, testFile } from "../train/summary.ts";
import { MINIROCKET, trainMiniRocket } from "../train/trainMiniRocket.ts";
import { trainOptions } from "../options/trainOptions.ts";

/** Adds the verb. `line` is the command line as it was typed, for the model's provenance. */
export function addTrain(program: Command, io: Io, exit: (code: number) => void, line: string): void {
  trainOptions(program.command("train")).action(
    async (source: string, flags: TrainFlags, command: Command) => {
      if (flags.model === MINIROCKET)
        return exit(await runProtocol({ source, flags, line }, io, trainMiniRocket));
      const given = Object.keys(flags).filter((name) => command.getOptionValueSource(name) === "cli");
      const open = (folder: string, own: TrainFlags): Promise<Resumed | null> => openRun(folder, own, given);
      if (flags.resume && (flags.seeds ?? flags.folds) !== undefined) {
        const resumePart = async (job: Job): Promise<Resumed | null> => open(await pathOf(job), job.flags);
        return exit(await runProtocol({ source, flags, line, resumePart }, io, train));
      }
      const read = (): Promise<TrainingData> => readTrainingData(source, flags);
      const resume = flags.resume
        ? await open(flags.out ?? (await pathOf({ source, flags, data: await read() })), flags)
        : null;
      exit(
        await runProtocol(
          { source, flags: resume?.flags ?? flags, line: resume?.line ?? line, resume },
          io,
          train,
        ),
      );
    },
  );
}

/** The folder of a run before it is prepared. */
const pathOf = async (job: Pick<Job, "source" | "data" | "flags" | "part">): Promise<string> =>
  folderOf(job.flags, job.data.name, (await chosenModel(job)).title, job.part);

/** Trains a network or an ensemble, and saves it. */
async function train(job: Job, io: Io): Promise<Outcome> {
  const { source, data, flags, line, resume, part } = job;
  const prepared = await prepareRun(job, io);
  const { model, members, settings, folder, init, learned, held } = prepared;
  const warn = (text: string): void => {
    shown.stop();
    say(io.stderr, text);
  };
  const run = new RunFolder(folder, warn, resume && { ...resume, count: members });
  run.make();
  const { title, recipe } = prepared;
  const begunFrom =
    init && flags.init ? { file: flags.init, weightsSha256: hashNetwork(init) } : resume?.notes.init;
  const notes = notesText({ line, flags, title, count: members, recipe, settings, init: begunFrom });
  const before = run.savedSteps;
  const onward = `toeplitz ${line.replace(/ --(force|resume)(?= |$)/g, "")} --resume`;
  if (!flags.quiet && (part?.first ?? true)) say(io.stderr, banner({ data, flags, resume, ...prepared }));
  const shown = progress(io, flags.quiet === true);
  const controller = new AbortController();
  const stopListening = io.onInterrupt(() => {
    controller.abort();
    shown.stop();
    say(io.stderr, "interrupted: ending after this step (once more ends at once)");
  }, shown.stop);
  const recorded: Recorded = {
    fit: fitOf(settings, flags),
    members,
    ...readingOf(flags),
    ...(begunFrom ? { init: begunFrom } : {}),
  };
  try {
    const meter = await flowMeter(model, data.train, settings.loss, settings.backend);
    const result = await fitMembers(model, members, data.train, {
      ...recorded.fit,
      ...(init ? { init } : { reinit: undefined }),
      ...(resume ? { resume: resume.checkpoint } : {}),
      checkpoint: {
        everySeconds: flags.checkpointEvery,
        save: (checkpoint) => run.saveCheckpoint(checkpoint, notes),
      },
      backend: settings.backend,
      measure: (epoch, { weights, preparation }) =>
        isMeasured(epoch) ? meter?.measure(weights(), preparation) : undefined,
      signal: controller.signal,
      provenance: provenanceOf(job, recorded),
      onStep(event) {
        run.begin();
        if (!controller.signal.aborted) shown.onStep(event);
      },
      onEpoch(event) {
        run.log(event);
        if (!controller.signal.aborted) shown.onEpoch(event);
      },
    });
    shown.stop();
    if (result.steps === 0) {
      say(io.stderr, "interrupted before the first step: nothing was saved");
      return { code: EXIT.interrupted };
    }
    if (result.steps === before && !result.aborted && !flags.quiet)
      say(io.stderr, `the run in ${folder} had ended at step ${before}: this is its result`);
    const trained = result.aborted ? interruptedAt(result, job, recorded) : result.model;
    await run.save(trained);
    const test = data.test && trained.evaluate(data.test, settings.loss);
    const { preparation } = trained.kind === "ensemble" ? trained.members[0] : trained;
    const baselines = baselinesOf(learned, { test: data.test, held }, preparation);
    const shownResult = {
      run: result,
      test,
      baselines,
      folder,
      modelFile: run.model,
      settings,
      source,
      flags,
    };
    const json = jsonResult(shownResult);
    const rows = { train: data.train, held, test: data.test };
    const report = await leaveReport(
      { folder: run, model: trained, result: json, source, testSource: testFile(flags), rows },
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
  } catch (error) {
    const saved = run.savedSteps > 0 ? ` and its checkpoint of step ${run.savedSteps}` : "";
    if (error instanceof DivergedError)
      error.message += `; ${flags.force ? "" : "give --force too: "}${folder} holds the log of this run${saved}`;
    else if (error instanceof InputError && run.savedSteps > before)
      error.message += `; ${folder} holds the checkpoint of step ${run.savedSteps}: go on from it with ${onward}`;
    throw error;
  } finally {
    shown.stop();
    stopListening();
    run.close();
  }
}

interface Prepared extends ChosenModel {
  readonly settings: Settings;
  readonly folder: string;
  /** The rows that weights learn from, and those held back for validation. */
  readonly learned: Dataset;
  readonly held: Dataset | null;
}

/** Reads and checks everything else; throws InputError or ModelError, and writes nothing. */
async function prepareRun(job: Job, io: Io): Promise<Prepared> {
  const { source, data, flags, part, resume = null } = job;
  const backend = await backendOf(flags.backend);
  const chosen = resume?.model ? begun(job, resume, resume.model) : await chosenModel(job);
  const { model, title, prepare } = chosen;
  if (data.train.answers.kind === "values") checkOutputs(model, data.train);
  else requireOneLabel(model, title, source);
  if (data.test) acceptRows(data.test, takesOf(prepare, model.input), `the training set ${source}`, io);
  const wanted = settingsOf(chosen.recipe, flags, data.train, backend);
  const { validation, seed, split } = wanted;
  const { train: learned, held } = validation
    ? holdOut(data.train, validation, seed, split) // refuses a part without rows
    : { train: data.train, held: null };
  const settings = { ...wanted, prepare, batch: Math.min(wanted.batch, learned.rows) };
  if (settings.monitor) checkMonitor(settings.monitor, data.train, settings.validation !== undefined);
  // of a run that goes on, --out is its own folder
  const folder = folderOf(flags, data.name, title, resume ? undefined : part);
  if (resume) requireSettings(settings, resume, folder, data.train);
  await requireFolders(folder, part, flags.force === true || flags.resume === true);
  return { ...chosen, settings, folder, learned, held };
}

/** The model of a run that goes on, as it was chosen; its start is behind it. */
function begun({ data, flags }: Job, { notes, checkpoint }: Resumed, model: Model): ChosenModel {
  const { title, count: members, recipe } = notes;
  const prepare = prepareOf(flags) ? stepsFor(data, flags) : prepareSteps(checkpoint.members[0].preparation);
  return { model, title, members, recipe, prepare, init: null };
}

/** Refuses (InputError) a model that tells a class of each position: files have one label a row. */
function requireOneLabel(model: Model, title: string, source: string): void {
  const layers = resolve(model);
  const { length } = layers[layers.length - 1].output;
  if (length > 1)
    throw new InputError(
      `the model ${title} tells a class of each of ${length} positions, but rows of ${source} have one label each; ` +
        "give another --model, or train it from code (fit on fromArrays with labels a position)",
    );
}

/** The effective settings, for the start of a run. */
function banner({
  data: { train, test },
  model,
  title,
  members,
  settings: s,
  folder,
  init,
  flags,
  resume,
}: Omit<Prepared, "learned" | "held"> & Pick<Job, "data" | "flags" | "resume">): string {
  const extra = Object.entries(rulesOf(s)).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const steps = prepareText(s.prepare ?? {});
  return [
    `toeplitz ${VERSION}: ${title} (${plural(members * parameterCount(model), "parameter")}) on ${train.name}`,
    `  data      ${rowsText(train)}, ${answersText(train)}; ` +
      (test ? `test ${plural(test.rows, "row")} of ${test.name}` : "no test rows"),
    `  training  ${members > 1 ? `${members} networks of ` : ""}${lengthOf(s)}, batch ${s.batch}, ${s.optimizer.kind} ${s.optimizer.learningRate}, ` +
      `${s.schedule.kind}, ${s.loss.kind}, normalize ${s.normalize}`,
    `            validation ${s.validation ?? 0}, keep ${s.keep}, seed ${s.seed}, ` +
      `${s.backend.name}, ${s.numerics}, ${threadsText(s)}`,
    ...(steps ? [`  prepare   ${steps}`] : []),
    ...(init ? [`  start     the weights of ${init.model.name}, trained before`] : []),
    ...(extra.length > 0 ? [`  rules     ${extra.join(", ")}`] : []),
    `  out       ${folder}`,
    ...(resume ? [`  resume    from step ${grouped(stepsOf(resume.checkpoint))}`] : []),
    ...(flags.resume && !resume ? ["  resume    no checkpoint is there: the run starts"] : []),
  ].join("\n");
}

/** How many threads there will be: the work of a step, known when it is compiled, decides. */
function threadsText({ threads, backend }: Settings): string {
  const most = backend.oneThread() === null ? (threads ?? processors()) : 1;
  return `${threads === undefined && most > 1 ? "up to " : ""}${plural(most, "thread")}`;
}

/** What the model file tells of its making, beside what `fit` adds. */
const provenanceOf = ({ data, line, split }: Job, recorded: Recorded): Record<string, string> => ({
  command: line,
  data: data.name,
  rows: String(data.train.rows),
  ...(split === undefined ? {} : { split }),
  settings: JSON.stringify(recorded),
});

/** The model of an interrupted run, which says how far it came. */
function interruptedAt(run: AnyRun, job: Job, recorded: Recorded): AnyRun["model"] {
  const provenance = provenanceOf(job, { ...recorded, interruptedAt: run.steps });
  return { ...run.model, provenance: { ...run.model.provenance, ...provenance } };
}
