/** The result of a run: one JSON object for scripts, a short table for people. */
import type { Score } from "../../training/history.ts";
import type { Evaluation } from "../../models/network.ts";
import type { Choice } from "../../training/autoModel.ts";
import type { AnyRun } from "./ensembleRun.ts";
import { baselinesText, type RunBaselines } from "./baselineRun.ts";
import { dataWords } from "../options/dataOptions.ts";
import { printable } from "../../data/printable.ts";
import { decimals, duration, grouped, milliseconds, plural, shellWord } from "../format.ts";
import { table } from "../../inspect/table.ts";
import type { RunResult } from "./reportFile.ts";
import { classFiguresLine, figureNames, figureTexts, isOfValues, scoredOf, testedOf } from "../scores.ts";
import type { Settings } from "./settings.ts";
import type { TrainFlags } from "../options/trainRows.ts";
import { BUILT_IN } from "../../training/options/modelNames.ts";
import { verdictLines, type Verdict } from "./verdict.ts";

export interface Result {
  readonly run: AnyRun;
  readonly test: Evaluation | null;
  readonly baselines: RunBaselines | null;
  readonly verdict: readonly Verdict[];
  readonly folder: string;
  readonly modelFile: string;
  readonly settings: Settings;
  /** DATA as it was given. */
  readonly source: string;
  readonly flags: TrainFlags;
  readonly choice?: Choice;
}

/** Schema 1 of `train --json`. */
export function jsonResult({
  run,
  test,
  baselines,
  verdict,
  folder,
  settings,
  flags,
  choice,
}: Result): RunResult {
  return {
    schema: 1,
    model: run.model.model.name,
    parameters: run.parameters,
    epochs: run.epochs,
    steps: run.steps,
    seconds: run.seconds,
    stepMs: run.stepMs,
    backend: run.backend,
    threads: run.threads,
    numerics: flags.numerics,
    convolution: flags.convolution,
    seed: settings.seed,
    train: scoredOf(run.train),
    validation: run.validation,
    test: test && testedOf(run.model.classes, test),
    baselines,
    verdict,
    ...(choice && { choice }),
    weightsSha256: run.weightsSha256,
    out: folder,
  };
}

/** `report` is where the report is; null where it could not be written. */
export function summary(
  { run, test, baselines, verdict, modelFile, source, flags }: Result,
  report: string | null,
): string {
  const name = run.model.model.name;
  const rows = [["", ...figureNames(run.train)]];
  const row = (label: string, score: Score | null): void => {
    if (score) rows.push([label, ...figureTexts(score)]);
  };
  row("train", run.train);
  row("validation", run.validation);
  row("test", test);
  const published =
    source === BUILT_IN && name === "mnist1d-cnn" && flags.test === undefined
      ? ["published  test accuracy 94 % (the paper's table), 92.3 % (the published run)"]
      : [];
  const further = test && classFiguresLine(test);
  const calibrated = run.model.temperature;
  return [
    `${printable(name)} on ${printable(source)}: ${plural(run.steps, "step")} (${plural(run.epochs, "epoch")}) in ${duration(run.seconds)}, ` +
      `${milliseconds(run.stepMs)} a step, ${run.backend}, ${plural(run.threads, "thread")}, ${grouped(run.parameters)} parameters`,
    table(rows),
    ...(further === null ? [] : [`test       ${further}`]),
    ...(calibrated === undefined
      ? []
      : [`calibrated temperature ${decimals(calibrated)}, fitted on the validation rows`]),
    ...(baselines ? [baselinesText(baselines, isOfValues(run.train))] : []),
    ...published,
    `weights    sha256 ${run.weightsSha256}`,
    `model      ${modelFile}`,
    ...(report === null ? [] : [`report     ${report}`]),
    nextStep(modelFile, source, flags),
    ...verdictLines(verdict),
  ].join("\n");
}

/** --test where it is a file. */
export const testFile = ({ test }: TrainFlags): string | undefined =>
  typeof test === "string" ? test : undefined;

/** What to do with the model: to evaluate it on DATA would count training rows where the test rows were drawn from it. */
export function nextStep(modelFile: string, source: string, flags: TrainFlags): string {
  const { test } = flags;
  const [verb, data] = typeof test === "number" ? ["predict", source] : ["evaluate", test ?? source];
  // a prediction wants no values after the windows: the last window's are what nobody knows yet
  const how =
    verb === "predict" && flags.horizon !== undefined
      ? { ...flags, horizon: undefined, target: undefined }
      : flags;
  return `next       toeplitz ${verb} ${shellWord(modelFile)} ${dataWords(data, how)}`;
}
