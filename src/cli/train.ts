/** `toeplitz train`: everything is read and checked before the first step; nothing is written before it. */
import type { Command } from "commander";
import type { ChainOptions } from "../layers/architectures/chain.ts";
import { parameterCount, resolve, type Model } from "../layers/model.ts";
import { backendOf } from "./backend.ts";
import { InputError } from "../training/errors.ts";
import { DivergedError } from "../training/diverged.ts";
import { holdOut } from "../training/split.ts";
import { VERSION } from "../training/version.ts";
import { checkMonitor } from "../training/monitor.ts";
import type { Network } from "../training/network.ts";
import { fitMembers, membersOf } from "./ensembleRun.ts";
import { plural } from "./format.ts";
import { loadStart, modelOf, requireStart } from "./initModel.ts";
import { EXIT, say, type Io } from "./io.ts";
import { chooseModel } from "./modelSource.ts";
import { progress } from "./progress.ts";
import { runProtocol, type Job, type Outcome } from "./protocol.ts";
import { rulesOf } from "./ruleOptions.ts";
import { defaultFolder, requireFolder, RunFolder } from "./runFolder.ts";
import { lengthOf, settingsOf, type Settings, type TrainFlags } from "./settings.ts";
import { BUILT_IN, type TrainingData } from "./sources.ts";
import { jsonResult, summary } from "./summary.ts";
import { MINIROCKET, trainMiniRocket } from "./trainMiniRocket.ts";
import { trainOptions } from "./trainOptions.ts";

/** Adds the verb. `line` is the command line as it was typed, for the model's provenance. */
export function addTrain(program: Command, io: Io, exit: (code: number) => void, line: string): void {
  trainOptions(program.command("train")).action(async (source: string, flags: TrainFlags) =>
    exit(
      await runProtocol({ source, flags, line }, io, flags.model === MINIROCKET ? trainMiniRocket : train),
    ),
  );
}

/** Trains a network or an ensemble, and saves it. */
async function train(job: Job, io: Io): Promise<Outcome> {
  const { source, data, flags, line } = job;
  const { model, title, members, settings, folder, init } = await prepareRun(job);
  const run = new RunFolder(folder);
  run.make();
  if (!flags.quiet) say(io.stderr, banner({ data, model, title, members, settings, folder, init }));
  const shown = progress(io, flags.quiet === true);
  const controller = new AbortController();
  const stopListening = io.onInterrupt(() => {
    controller.abort();
    shown.stop();
    say(io.stderr, "interrupted: ending after this step (once more ends at once)");
  }, shown.stop);
  try {
    const result = await fitMembers(model, members, data.train, {
      ...settings,
      ...(init ? { init, normalize: flags.normalize } : {}),
      signal: controller.signal,
      provenance: { ...provenanceOf(data, settings, line), ...(flags.init ? { init: flags.init } : {}) },
      onStep(event) {
        run.begin();
        if (!controller.signal.aborted) shown.onStep(event);
      },
      onEpoch(event) {
        run.log({ ...event });
        if (!controller.signal.aborted) shown.onEpoch(event);
      },
    });
    shown.stop();
    if (result.steps === 0) {
      say(io.stderr, "interrupted before the first step: nothing was saved");
      return { code: EXIT.interrupted };
    }
    await run.save(result.model);
    const test = data.test && result.model.evaluate(data.test);
    const shownResult = { run: result, test, folder, modelFile: run.model, settings, source, flags };
    if (result.aborted)
      say(io.stderr, `interrupted at step ${result.steps}: the model so far is in ${run.model}`);
    return {
      code: result.aborted ? EXIT.interrupted : EXIT.done,
      result: { json: jsonResult(shownResult), text: summary(shownResult) },
    };
  } catch (error) {
    if (error instanceof DivergedError && !flags.force)
      error.message += `; give --force too: ${folder} holds the log of this run`;
    throw error;
  } finally {
    shown.stop();
    stopListening();
    run.close();
  }
}

interface Prepared {
  readonly model: Model;
  readonly title: string;
  /** How many networks of it are trained as one. */
  readonly members: number;
  readonly settings: Settings;
  readonly folder: string;
  /** Whose weights to start from. */
  readonly init: Network | null;
}

/** Reads and checks everything else; throws InputError or ModelError, and writes nothing. */
async function prepareRun({ source, data, flags }: Job): Promise<Prepared> {
  if (flags.resume)
    throw new InputError(
      "--resume is not available in this version; --force starts the run over; --out takes another folder",
    );
  const backend = await backendOf(flags.backend);
  const chainOptions = { filters: flags.filters, activation: flags.activation } as ChainOptions;
  const name = flags.model ?? (source === BUILT_IN ? "mnist1d-cnn" : "fcn");
  const start = flags.init === undefined ? null : { network: await loadStart(flags.init), file: flags.init };
  const { model, recipe } =
    start && flags.model === undefined
      ? modelOf(start.network, start.file, data.train)
      : await chooseModel(name, data.train, chainOptions);
  const members = membersOf(name, flags);
  const title = members > 1 ? name : model.name;
  requireStart(model, start, flags);
  requireOneLabel(model, title, source);
  const wanted = settingsOf(recipe, flags, backend);
  if (wanted.loss.kind !== "crossEntropy")
    throw new InputError(
      `--loss ${wanted.loss.kind} wants rows with target values, but ${source} has classes; use --loss crossEntropy`,
    );
  const { validation, seed } = wanted;
  const { rows } = validation ? holdOut(data.train, validation, seed).train : data.train; // refuses a part without rows
  const settings = { ...wanted, batch: Math.min(wanted.batch, rows) };
  if (settings.monitor) checkMonitor(settings.monitor, data.train, settings.validation !== undefined);
  const folder = flags.out ?? defaultFolder(data.name, title, settings.seed);
  await requireFolder(folder, flags.force === true);
  return { model, title, members, settings, folder, init: start?.network ?? null };
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
}: Prepared & Pick<Job, "data">): string {
  const extra = Object.entries(rulesOf(s)).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const { channels, length, classes } = train;
  return [
    `toeplitz ${VERSION}: ${title} (${plural(members * parameterCount(model), "parameter")}) on ${train.name}`,
    `  data      ${plural(train.rows, "row")} of ${channels} x ${length}, ${classes.length} classes; ` +
      (test ? `test ${plural(test.rows, "row")} of ${test.name}` : "no test rows"),
    `  training  ${members > 1 ? `${members} networks of ` : ""}${lengthOf(s)}, batch ${s.batch}, ${s.optimizer.kind} ${s.optimizer.learningRate}, ` +
      `${s.schedule.kind}, ${s.loss.kind}, normalize ${s.normalize}`,
    `            validation ${s.validation ?? 0}, keep ${s.keep}, seed ${s.seed}, ` +
      `${s.backend.name}, strict, 1 thread`,
    ...(init ? [`  start     the weights of ${init.model.name}, trained before`] : []),
    ...(extra.length > 0 ? [`  rules     ${extra.join(", ")}`] : []),
    `  out       ${folder}`,
  ].join("\n");
}

/** What the model file tells of its making, beside what `fit` adds. */
function provenanceOf(data: TrainingData, s: Settings, line: string): Readonly<Record<string, string>> {
  return {
    command: line,
    data: data.name,
    rows: String(data.train.rows),
    length: lengthOf(s),
    batch: String(s.batch),
    optimizer: JSON.stringify(s.optimizer),
    schedule: JSON.stringify(s.schedule),
    loss: s.loss.kind,
    normalize: s.normalize,
    keep: s.keep,
    validation: String(s.validation ?? 0),
    ...Object.fromEntries(Object.entries(rulesOf(s)).map(([name, value]) => [name, JSON.stringify(value)])),
  };
}
