/** `toeplitz reproduce`: trains again what a model file records, and says whether the weights are the same bits. */
import type { Command } from "commander";
import { printableJson } from "../../data/printable.ts";
import type { AnyModel } from "../../formats/modelFile.ts";
import { loadFile } from "../../node.ts";
import { hasClasses } from "../../data/answers.ts";
import { alignClasses } from "../../data/classes.ts";
import { dataHash } from "../../data/dataHash.ts";
import type { Dataset } from "../../data/dataset.ts";
import { calibrate } from "../../models/calibrate.ts";
import { hashNetwork } from "../../models/ensemble.ts";
import { InputError } from "../../data/errors.ts";
import { fitRocket } from "../../training/rocket.ts";
import type { Rocket } from "../../models/rocket/rocket.ts";
import type { Model } from "../../layers/model.ts";
import type { Evaluation, Network } from "../../models/network.ts";
import { planEnsemble } from "../../training/fitEnsemble.ts";
import { planRows, planRun } from "../../training/plan.ts";
import { prepareSteps } from "../../models/preparation.ts";
import { VERSION } from "../../models/version.ts";
import { sayNotes } from "../dataNotes.ts";
import { backendNames, backendOf, type BackendName } from "../options/backend.ts";
import { runPlan } from "../train/ensembleRun.ts";
import { addDataOptions, type DataFlags } from "../options/dataOptions.ts";
import { duration, plural } from "../format.ts";
import { loadStart } from "../train/initModel.ts";
import { EXIT, say, type Io } from "../io.ts";
import { modelPath } from "../modelFile.ts";
import { word } from "../options/parsers.ts";
import { progress } from "../progress.ts";
import { drawnParts, readClosedForm, readingAgain, readRecorded, type Recorded } from "../train/recorded.ts";
import { figuresLine, scoredOf } from "../scores.ts";
import { acceptRows, inOrder, noteTo, readTrainingData } from "../sources.ts";

interface Flags extends DataFlags {
  readonly test?: string;
  readonly init?: string;
  readonly backend: BackendName;
  readonly json?: true;
  readonly quiet?: true;
}

const HELP = `
The model file holds every setting of its training, the hash of its data and the hash of its weights. DATA has to be the
data that it was trained on; how it was read is recorded too, only a query (--sql) has to be given again. Nothing is
written.

Exit codes: 0 met: the weights are the same bits; 1 not met; 2 bad usage or input, such as other data; 130 interrupted.

Examples:
  toeplitz reproduce runs/GunPoint-fcn-0/model.safetensors GunPoint_TRAIN.ts
  toeplitz reproduce model.safetensors GunPoint_TRAIN.ts --test GunPoint_TEST.ts --backend wasm`;

/** Adds the verb. */
export function addReproduce(program: Command, io: Io, exit: (code: number) => void): void {
  addDataOptions(program.command("reproduce"))
    .description("train a model file's run again, and say whether its weights come out bit for bit")
    .argument("<MODEL>", "a model file that train saved (model.safetensors), or the folder of its run")
    .argument("<DATA>", "the data that it was trained on: a path, or mnist1d")
    .option("--test <DATA>", "rows to test the new weights on")
    .option("--init <MODEL>", "the model that the run started from (default: where it was)")
    .option("--backend <NAME>", backendNames.join(", "), word("--backend", backendNames), "auto")
    .option("--json", "print one JSON object")
    .option("--quiet", "no progress on stderr")
    .addHelpText("after", HELP)
    .action(async (file: string, source: string, flags: Flags) =>
      exit(await reproduce(await modelPath(file), source, flags, io)),
    );
}

/** The rows with the classes of the model, as a run has them that went on from one of more classes. */
function withClassesOf(
  { classes, model: { name } }: Pick<Network, "classes"> & { model: { name: string } },
  rows: Dataset,
): Dataset {
  const known = hasClasses(rows.answers.kind) && rows.classes.every((c) => classes.includes(c));
  return known ? alignClasses({ name, classes }, rows) : rows;
}

/** What training again gave. */
interface Again {
  readonly model: { readonly evaluate: (data: Dataset) => Evaluation; readonly temperature?: number };
  readonly weightsSha256: string;
  readonly steps: number;
  readonly seconds: number;
  readonly backend: string;
}

async function reproduce(file: string, source: string, flags: Flags, io: Io): Promise<number> {
  const made = await loadFile(file);
  const expected = weightsOf(made);
  const { provenance } = made;
  if (provenance.weightsSha256 !== expected)
    throw new InputError(
      `${file}: its weights hash to ${expected}, but it says ${provenance.weightsSha256 ?? "nothing of them"}; ` +
        "it is not as train saved it",
    );
  const reading = readingAgain(provenance.settings, flags, file);
  const data = await readTrainingData(source, { ...reading, test: flags.test }, noteTo(io));
  if (!flags.quiet) sayNotes([data.train, data.test], io);
  const parts = drawnParts(data, provenance.split, file);
  const whose = `the model ${file}`;
  const ordered = inOrder(parts.train, { ...made, channels: made.takes.channels }, whose, noteTo(io));
  const train = withClassesOf(made, ordered);
  const test = parts.test && acceptRows(parts.test, made, whose, io);
  const again = await trainAgain(file, made, train, { source, flags, io });
  if (again === null) {
    say(io.stderr, "interrupted: nothing can be said");
    return EXIT.interrupted;
  }
  // of a temperature that code fitted, a file does not say on which rows
  const own = again.model.temperature === undefined ? undefined : made.temperature;
  if (made.temperature !== undefined && own === undefined)
    say(io.stderr, `note: ${file}: its temperature is of rows that it does not name, and is left out`);
  const met = again.weightsSha256 === expected && again.model.temperature === own;
  const scored = test && again.model.evaluate(test);
  if (!met && provenance.toeplitz !== VERSION)
    say(io.stderr, `the file was made by toeplitz ${provenance.toeplitz}, and this is ${VERSION}`);
  const { weightsSha256, steps, seconds, backend } = again;
  const { temperature } = again.model;
  if (flags.json) {
    const figures = {
      steps,
      seconds,
      backend,
      test: scored && scoredOf(scored),
    };
    say(
      io.stdout,
      printableJson({
        schema: 1,
        met,
        weightsSha256,
        expected,
        dataSha256: provenance.dataSha256,
        ...(temperature === undefined ? {} : { temperature, expectedTemperature: own ?? null }),
        ...figures,
      }),
    );
  } else {
    const how = `${steps > 0 ? `${plural(steps, "step")} in ` : ""}${duration(seconds)} on ${backend}`;
    const lines = met
      ? [`met: ${how}`, `weights    sha256 ${expected}`]
      : [`not met: ${how}`, `weights    sha256 ${weightsSha256}`, `in file    sha256 ${expected}`];
    if (temperature !== undefined)
      lines.push(
        temperature === own
          ? `temperature ${temperature}`
          : `temperature ${temperature}, in file ${own ?? "none"}`,
      );
    if (scored) lines.push(`test       ${figuresLine(scored)}`);
    say(io.stdout, lines.join("\n"));
  }
  return met ? EXIT.done : EXIT.fault;
}

/** The hash of the weights as they stand in the file. */
function weightsOf(model: AnyModel): string {
  switch (model.kind) {
    case "network":
      return hashNetwork(model);
    case "ensemble":
    case "rocket":
      return model.weightsSha256;
  }
}

interface Asked {
  readonly source: string;
  readonly flags: Flags;
  readonly io: Io;
}

/** Null where it was interrupted. */
async function trainAgain(file: string, made: AnyModel, train: Dataset, asked: Asked): Promise<Again | null> {
  switch (made.kind) {
    case "rocket":
      return refit(file, made, train, asked.source);
    case "network":
      return retrain(file, made, made.model, train, asked);
    case "ensemble":
      return retrain(file, made, made.members[0].model, train, asked);
  }
}

function requireData(file: string, expected: string | undefined, found: string, source: string): void {
  if (found === expected) return;
  throw new InputError(
    `${source}: the data's hash is ${found}, but ${file} was trained on data of hash ${expected ?? "unknown"}; give that data`,
  );
}

/** Of the Rocket family the seed, the fraction held back and the preparation say everything. */
function refit(
  file: string,
  { model: { name }, provenance, preparation }: Rocket,
  all: Dataset,
  source: string,
): Again {
  const { seed, validation, split } = readClosedForm(provenance.settings, file);
  const rows = planRows(all, { validation, seed, split, prepare: prepareSteps(preparation) });
  requireData(file, provenance.dataSha256, dataHash(rows.train), source);
  const start = performance.now();
  const model = fitRocket(name, rows, { seed });
  const seconds = (performance.now() - start) / 1000;
  return {
    model,
    weightsSha256: model.weightsSha256,
    steps: Number(model.provenance.steps ?? 0),
    seconds,
    backend: "javascript",
  };
}

/** Trains a network or an ensemble of `model` again; null where it was interrupted. */
async function retrain(
  file: string,
  made: Pick<AnyModel, "provenance">,
  model: Model,
  train: Dataset,
  { source, flags, io }: Asked,
): Promise<Again | null> {
  const recorded = readRecorded(made.provenance.settings, file);
  const { fit, members, interruptedAt } = recorded;
  if (interruptedAt !== undefined && members > 1)
    throw new InputError(`${file}: it is an ensemble whose training was interrupted; train it again`);
  requireData(file, made.provenance.dataSha256, dataHash(train), source);
  const init = await startOf(file, recorded, flags.init);
  const shown = progress(io, flags.quiet === true);
  const controller = new AbortController();
  let stopped = false;
  const stopListening = io.onInterrupt(() => {
    stopped = true;
    controller.abort();
  }, shown.stop);
  try {
    const backend = await backendOf(flags.backend);
    // a file without units, and without a network whose units are kept, is older: it learned its targets raw
    const units = fit.targets ?? (train.answers.kind === "values" && !init ? "raw" : undefined);
    const told = { ...fit, targets: units, ...(init ? { init } : {}), backend };
    const rows = planRows(train, told);
    const plan = members > 1 ? planEnsemble(model, rows, { ...told, members }) : planRun(model, rows, told);
    const run = await runPlan(plan, {
      backend,
      threads: fit.threads,
      signal: controller.signal,
      onStep(event) {
        // the file's run was interrupted there
        if (event.step === interruptedAt) controller.abort();
        shown.onStep(event);
      },
      onEpoch: (event) => shown.onEpoch(event),
    });
    if (stopped) return null;
    const calibrated =
      recorded.calibrate && !run.aborted && rows.held
        ? await calibrate(run.model, rows.held, told)
        : run.model;
    const { temperature } = calibrated;
    // the loss of values as train prints it
    return { ...run, model: { temperature, evaluate: (rows) => calibrated.evaluate(rows, fit.loss) } };
  } finally {
    shown.stop();
    stopListening();
  }
}

/** The network whose weights the run started from, checked; null where it started from the seed. */
async function startOf(file: string, { init }: Recorded, given: string | undefined): Promise<Network | null> {
  if (init === undefined) {
    if (given !== undefined)
      throw new InputError(`--init ${given}: the run of ${file} started from its seed; leave --init out`);
    return null;
  }
  const path = given ?? init.file;
  const start = await loadStart(path);
  const found = hashNetwork(start);
  if (found === init.weightsSha256) return start;
  throw new InputError(
    `--init ${path}: its weights hash to ${found}, but the run of ${file} started from ${init.weightsSha256}; give that model`,
  );
}
