/**
 * `toeplitz train --model minirocket` and `multirocket-hydra`: their fit is their own, so no option of training applies, and
 * there is no checkpoint to go on from.
 */
import { baselinesOf, baselinesText } from "./baselineRun.ts";
import { listed } from "../../data/channelNames.ts";
import { InputError } from "../../data/errors.ts";
import { fitRocket, solverFor, type RocketSolver } from "../../training/rocket.ts";
import type { StreamedLook } from "../../training/streamedHead.ts";
import { sizeOf, type RocketName } from "../../models/rocket/transforms.ts";
import { planRows, type PlannedRows } from "../../training/plan.ts";
import { rocketParameters, type Rocket } from "../../models/rocket/rocket.ts";
import { fitPreparation } from "../../models/preparation.ts";
import { takesOf } from "../../models/takes.ts";
import { VERSION } from "../../models/version.ts";
import { answersText, dashed, duration, grouped, plural, rowsText } from "../format.ts";
import { table } from "../../inspect/table.ts";
import { EXIT, say, type Io } from "../io.ts";
import { readingOf } from "./recorded.ts";
import { figureNames, figureTexts, isOfValues, scoredOf, testedOf } from "../scores.ts";
import { namesWhere, type Rows } from "../options/option.ts";
import { trainRows, type TrainFlags } from "../options/trainRows.ts";
import { leaveReport, type RunResult } from "./reportFile.ts";
import { folderOf, requireFolders, RunFolder } from "./runFolder.ts";
import { askedOf, prepareText } from "../../training/options/prepareOptions.ts";
import type { Job, Outcome } from "./protocol.ts";
import { acceptRows } from "../sources.ts";
import { nextStep, testFile } from "./summary.ts";
import { verdictLines, verdictOf } from "./verdict.ts";

/** Fits and saves it. */
export async function trainRocket(name: RocketName, job: Job, io: Io): Promise<Outcome> {
  const { source, data, flags, line, split, part, choice } = job;
  refuseSteps(name, flags);
  const { train: all, test } = data;
  if (all.answers.kind === "positions" || all.answers.kind === "multiLabel")
    throw new InputError(
      `${source}: rows have ${all.answers.kind === "positions" ? "a class at each position" : "several classes at once"}, and --model ${name} predicts one class a row; give another --model`,
    );
  const { seed, validation } = flags;
  const rule = { by: flags.split, gap: flags.gap };
  const rows = planRows(all, { validation, seed, split: rule, prepare: askedOf(flags, test) });
  const { train, held, prepare, task } = rows;
  const taking = { takes: takesOf(prepare, task), channelNames: all.channelNames };
  // in the order of the training set since it was read
  if (test) acceptRows(test, taking, `the training set ${source}`, io);
  const solver = solverFor(train.rows, sizeOf(name, task.length));
  const out = folderOf(flags, data.name, name, part);
  await requireFolders(out, part, flags.force === true);
  const folder = new RunFolder(out, (text) => say(io.stderr, text));
  folder.make(flags.force ? "any" : "new", part);
  if (!flags.quiet && (part?.first ?? true)) say(io.stderr, banner(name, job, { rows, solver, out }));
  try {
    const start = performance.now();
    const model = fitRocket(name, rows, {
      seed,
      ...(flags.quiet ? {} : { onLook: lookTeller(io) }),
      provenance: {
        command: line,
        data: data.name,
        rows: String(train.rows),
        settings: JSON.stringify({ fit: { seed, validation, split: rule, prepare }, ...readingOf(flags) }),
        ...(split === undefined ? {} : { split }),
        ...(choice && { choice: JSON.stringify(choice) }),
      },
    });
    const seconds = (performance.now() - start) / 1000;
    folder.begin();
    await folder.save(model);
    const json = resultOf(model, rows, job, { seconds, out: folder.path });
    const report = await leaveReport(
      { folder, model, result: json, source, testSource: testFile(flags), rows: { train, held, test } },
      io,
    );
    return {
      code: EXIT.done,
      result: { json, text: textOf(json, model.provenance.alpha, job, folder, report) },
    };
  } finally {
    folder.close();
  }
}

/** Says now and then how a fit over many rows goes. */
function lookTeller(io: Io): (look: StreamedLook) => void {
  let told = performance.now();
  return ({ epoch, step, loss, learningRate }) => {
    if (performance.now() - told < TELL_MS) return;
    told = performance.now();
    say(
      io.stderr,
      `epoch ${epoch}, step ${step}: loss of rows held back ${loss.toFixed(4)}, rate ${learningRate.toExponential(1)}`,
    );
  };
}

const TELL_MS = 10_000;

/** Refuses (InputError) options of models that take steps. */
export function refuseSteps(name: string, flags: TrainFlags): void {
  const rows: Rows = trainRows;
  const given = flags as unknown as Readonly<Record<string, unknown>>;
  const others = namesWhere(rows, ({ models }) => !models.includes("rocket"));
  // it runs on one thread, so one thread is nothing else than what it does
  const asked = others.filter(
    (other) =>
      given[other] !== undefined &&
      given[other] !== rows[other].fallback &&
      !(other === "threads" && given[other] === 1),
  );
  const plain = asked.find((other) => rows[other].fallback === undefined);
  if (plain !== undefined)
    throw new InputError(
      `${dashed(plain)} does not apply to --model ${name}, which has a fit of its own; leave it out`,
    );
  if (asked.length > 0)
    throw new InputError(
      `--keep best, --backend, --numerics and --convolution do not apply to --model ${name}, which has a fit of its own; leave them out`,
    );
}

const solverTexts: Readonly<Record<RocketSolver, string>> = {
  closedForm: "ridge regression in closed form",
  streamed:
    "regression by Adam on batches of 256 rows, since they are too many for the closed form; interrupted, it begins anew",
};

function banner(
  name: RocketName,
  { data: { test }, flags }: Job,
  { rows, solver, out }: { readonly rows: PlannedRows; readonly solver: RocketSolver; readonly out: string },
): string {
  const { train, prepare } = rows;
  const steps = prepareText(prepare);
  return [
    `toeplitz ${VERSION}: ${name} on ${train.name}`,
    `  data      ${rowsText(train)}, ${answersText(train)}; ` +
      (test ? `test ${plural(test.rows, "row")} of ${test.name}` : "no test rows"),
    ...(train.channelNames ? [`  channels  ${listed(train.channelNames)}`] : []),
    `  training  ${solverTexts[solver]}`,
    `            validation ${flags.validation}, seed ${flags.seed}, 1 thread`,
    ...(steps ? [`  prepare   ${steps}`] : []),
    `  out       ${out}`,
  ].join("\n");
}

/** Schema 1 of `train --json`. */
function resultOf(
  model: Rocket,
  { train, held, prepare }: PlannedRows,
  { data: { test }, flags: { seed, numerics, convolution }, choice }: Job,
  { seconds, out }: { readonly seconds: number; readonly out: string },
): RunResult {
  const figures = {
    train: scoredOf(model.evaluate(train)),
    validation: held && scoredOf(model.evaluate(held)),
    test: test && testedOf(model.classes, model.evaluate(test)),
    baselines: baselinesOf(train, { test, held }, fitPreparation("channel", train, prepare)),
  };
  return {
    schema: 1,
    model: model.model.name,
    parameters: rocketParameters(model),
    epochs: Number(model.provenance.epochs ?? 0),
    steps: Number(model.provenance.steps ?? 0),
    seconds,
    stepMs: 0,
    backend: "javascript",
    threads: 1,
    numerics,
    convolution,
    seed,
    ...figures,
    verdict: verdictOf(figures, train),
    ...(choice && { choice }),
    weightsSha256: model.weightsSha256,
    out,
  };
}

function textOf(
  json: RunResult,
  alpha: string | undefined,
  { source, flags }: Job,
  folder: RunFolder,
  report: string | null,
): string {
  const { seconds, parameters, train, validation, test, baselines, weightsSha256 } = json;
  const rows = Object.entries({ train, validation, test }).flatMap(([part, score]) =>
    score ? [[part, ...figureTexts(score)]] : [],
  );
  return [
    `${json.model} on ${source}: fitted in ${duration(seconds)}, ` +
      `${alpha === undefined ? plural(json.steps, "step") : `alpha ${alpha}`}, ${grouped(parameters)} parameters`,
    table([["", ...figureNames(train)], ...rows]),
    ...(baselines ? [baselinesText(baselines, isOfValues(train))] : []),
    `weights    sha256 ${weightsSha256}`,
    `model      ${folder.model}`,
    ...(report === null ? [] : [`report     ${report}`]),
    nextStep(folder.model, source, flags),
    ...verdictLines(json.verdict),
  ].join("\n");
}
