/** `toeplitz train --model minirocket`: fitted in closed form, so there are no steps, epochs or learning rate. */
import { MINIROCKET } from "../../training/options/modelNames.ts";
import { baselinesOf, baselinesText } from "./baselineRun.ts";
import { listed } from "../../data/channelNames.ts";
import { InputError } from "../../data/errors.ts";
import { fitMiniRocket } from "../../training/minirocket.ts";
import { planRows, type PlannedRows } from "../../training/plan.ts";
import { miniRocketParameters, type MiniRocket } from "../../models/minirocket/minirocket.ts";
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
export async function trainMiniRocket(job: Job, io: Io): Promise<Outcome> {
  const { source, data, flags, line, split, part } = job;
  refuseSteps(flags);
  const { train: all, test, name } = data;
  if (all.answers.kind === "positions" || all.answers.kind === "multiLabel")
    throw new InputError(
      `${source}: rows have ${all.answers.kind === "positions" ? "a class at each position" : "several classes at once"}, and --model ${MINIROCKET} predicts one class a row; give another --model`,
    );
  const { seed, validation } = flags;
  const rule = { by: flags.split, gap: flags.gap };
  const rows = planRows(all, { validation, seed, split: rule, prepare: askedOf(flags, test) });
  const { train, held, prepare, task } = rows;
  const taking = { takes: takesOf(prepare, task), channelNames: all.channelNames };
  // in the order of the training set since it was read
  if (test) acceptRows(test, taking, `the training set ${source}`, io);
  const out = folderOf(flags, name, MINIROCKET, part);
  await requireFolders(out, part, flags.force === true);
  const folder = new RunFolder(out, (text) => say(io.stderr, text));
  folder.make(flags.force ? "any" : "new", part);
  if (!flags.quiet && (part?.first ?? true)) say(io.stderr, banner(job, rows, out));
  try {
    const start = performance.now();
    const model = fitMiniRocket(rows, {
      seed,
      provenance: {
        command: line,
        data: name,
        rows: String(train.rows),
        settings: JSON.stringify({ fit: { seed, validation, split: rule, prepare }, ...readingOf(flags) }),
        ...(split === undefined ? {} : { split }),
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

/** Refuses (InputError) options of models that take steps. */
function refuseSteps(flags: TrainFlags): void {
  const rows: Rows = trainRows;
  const given = flags as unknown as Readonly<Record<string, unknown>>;
  const others = namesWhere(rows, ({ models }) => !models.includes("minirocket"));
  // it runs on one thread, so one thread is nothing else than what it does
  const asked = others.filter(
    (name) =>
      given[name] !== undefined &&
      given[name] !== rows[name].fallback &&
      !(name === "threads" && given[name] === 1),
  );
  const plain = asked.find((name) => rows[name].fallback === undefined);
  if (plain !== undefined)
    throw new InputError(
      `${dashed(plain)} does not apply to --model ${MINIROCKET}, which is fitted in closed form; leave it out`,
    );
  if (asked.length > 0)
    throw new InputError(
      `--keep best, --backend, --numerics and --convolution do not apply to --model ${MINIROCKET}, which takes no steps; leave them out`,
    );
}

function banner({ data: { test }, flags }: Job, { train, prepare }: PlannedRows, out: string): string {
  const steps = prepareText(prepare);
  return [
    `toeplitz ${VERSION}: ${MINIROCKET} on ${train.name}`,
    `  data      ${rowsText(train)}, ${answersText(train)}; ` +
      (test ? `test ${plural(test.rows, "row")} of ${test.name}` : "no test rows"),
    ...(train.channelNames ? [`  channels  ${listed(train.channelNames)}`] : []),
    `  training  in closed form, validation ${flags.validation}, seed ${flags.seed}, 1 thread`,
    ...(steps ? [`  prepare   ${steps}`] : []),
    `  out       ${out}`,
  ].join("\n");
}

/** Schema 1 of `train --json`. */
function resultOf(
  model: MiniRocket,
  { train, held, prepare }: PlannedRows,
  { data: { test }, flags: { seed, numerics, convolution } }: Job,
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
    model: MINIROCKET,
    parameters: miniRocketParameters(model),
    epochs: 0,
    steps: 0,
    seconds,
    stepMs: 0,
    backend: "javascript",
    threads: 1,
    numerics,
    convolution,
    seed,
    ...figures,
    verdict: verdictOf(figures, train),
    weightsSha256: model.weightsSha256,
    out,
  };
}

function textOf(
  json: RunResult,
  alpha: string,
  { source, flags }: Job,
  folder: RunFolder,
  report: string | null,
): string {
  const { seconds, parameters, train, validation, test, baselines, weightsSha256 } = json;
  const rows = Object.entries({ train, validation, test }).flatMap(([part, score]) =>
    score ? [[part, ...figureTexts(score)]] : [],
  );
  return [
    `${MINIROCKET} on ${source}: fitted in ${duration(seconds)}, alpha ${alpha}, ${grouped(parameters)} parameters`,
    table([["", ...figureNames(train)], ...rows]),
    ...(baselines ? [baselinesText(baselines, isOfValues(train))] : []),
    `weights    sha256 ${weightsSha256}`,
    `model      ${folder.model}`,
    ...(report === null ? [] : [`report     ${report}`]),
    nextStep(folder.model, source, flags),
    ...verdictLines(json.verdict),
  ].join("\n");
}
