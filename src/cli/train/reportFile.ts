/** What a run leaves beside its model and log: `report.html` for people and `result.json`, which is what --json prints. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { printableJson } from "../../data/printable.ts";
import type { AnyModel } from "../../formats/modelFile.ts";
import { judge } from "../../inspect/report/judge.ts";
import { reasonsOf } from "../../inspect/report/reasons.ts";
import { reportPage, type ReportData } from "../../inspect/report/page.ts";
import type { Epoch } from "../../training/history.ts";
import type { Loss } from "../../models/scores/loss.ts";
import type { Scored } from "../../models/scores/scored.ts";
import { writeWhole } from "../../node.ts";
import { hasClasses } from "../../data/answers.ts";
import { listed } from "../../data/channelNames.ts";
import type { Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { Misfit, parseJson } from "../../data/schema.ts";
import { epochShape } from "./recordedShape.ts";
import type { Choice } from "../../training/autoModel.ts";
import type { RunBaselines } from "./baselineRun.ts";
import { backendOf } from "../options/backend.ts";
import { duration, grouped, milliseconds, plural, shellLine } from "../format.ts";
import { say, type Io } from "../io.ts";
import type { Tested } from "../scores.ts";
import { healthOf } from "./healthData.ts";
import { flatRecorded } from "./recorded.ts";
import type { Verdict } from "./verdict.ts";
import { LOG, REPORT, RESULT, type RunFolder } from "./runFolder.ts";

/** Schema 1 of `train --json`. */
export interface RunResult {
  readonly schema: 1;
  readonly model: string;
  readonly parameters: number;
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number;
  readonly stepMs: number;
  readonly backend: string;
  readonly threads: number;
  readonly numerics: string;
  /** How convolutions were computed; missing in runs from before there was a choice. */
  readonly convolution?: string;
  readonly seed: number;
  readonly train: Scored;
  readonly validation: Scored | null;
  /** Of classes with all figures and the confusion. */
  readonly test: Tested | null;
  readonly baselines: RunBaselines | null;
  /** What the figures say against the model; empty where they say nothing. */
  readonly verdict: readonly Verdict[];
  /** How the model was chosen; of --model auto. */
  readonly choice?: Choice;
  readonly weightsSha256: string;
  /** The folder. */
  readonly out: string;
}

export interface Left {
  readonly folder: RunFolder;
  readonly model: AnyModel;
  readonly result: RunResult;
  /** DATA and --test as they were given. */
  readonly source: string;
  readonly testSource?: string;
  /** What was learned by, for the back-signals. */
  readonly loss?: Loss;
  readonly rows: { readonly train: Dataset; readonly held: Dataset | null; readonly test: Dataset | null };
}

/** Writes both, and says where the report is. Where that fails the run is no worse for it: null, and stderr says why. */
export async function leaveReport(left: Left, io: Io): Promise<string | null> {
  const { folder, result } = left;
  try {
    await writeWhole(join(folder.path, RESULT), `${printableJson(result)}\n`);
    const page = reportPage(await reportData(left, await readLog(folder.path)));
    const file = join(folder.path, REPORT);
    await writeWhole(file, page);
    return file;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    say(io.stderr, `no report: ${error.message}`);
    return null;
  }
}

/** The epochs of a run's log, of no log none; a line that is cut off, as after a power cut, is left out. */
export async function readLog(folder: string): Promise<Epoch[]> {
  const text = await readFile(join(folder, LOG), "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    try {
      return [epochShape(parseJson(line))];
    } catch (error) {
      if (error instanceof Misfit) return [];
      throw error;
    }
  });
}

/** Training rows that are still worth another pass for the report's sake, where there are no others to judge by. */
const MOST_TRAINED = 20_000;

async function reportData(
  { folder, model, result, source, testSource, rows, loss }: Left,
  history: Epoch[],
): Promise<ReportData> {
  const { train } = rows;
  const [judged, part] = judgedOf(rows);
  const { command, settings, dataSha256, weightsSha256, data, toeplitz, ...others } = model.provenance;
  const isJudged = part !== "training" || train.rows <= MOST_TRAINED;
  const found = isJudged ? judge(model, judged, part) : null;
  const scored = { test: result.test, validation: null, training: null }[part];
  const steps =
    result.steps > 0 ? `${plural(result.epochs, "epoch")}, ${plural(result.steps, "step")}, ` : "";
  const took = `${duration(result.seconds)}${result.stepMs > 0 ? `, ${milliseconds(result.stepMs)} a step` : ""}`;
  const runtime = { backend: await backendOf("auto") };
  return {
    title: `${result.model} on ${data}`,
    about:
      `${grouped(result.parameters)} parameters, ${plural(train.rows, "row")} of ${train.channels} x ${train.length}` +
      `${hasClasses(train.answers.kind) ? ` in ${train.classes.length} classes` : ""}. ` +
      `${steps}${took} on ${result.backend}. toeplitz ${toeplitz}.`,
    baselines: result.baselines,
    scores: { test: result.test, validation: result.validation, training: result.train },
    history,
    judged: found,
    reasons: found && (await reasonsOf(model, judged, found, result.epochs * train.rows, runtime)),
    health: await healthOf({ model, rows: judged, judged: found, scored, loss }),
    filters: firstFilters(model),
    settings: [
      ["data", data],
      ["data sha256", dataSha256],
      ...(model.channelNames ? [["channels", listed(model.channelNames)] as const] : []),
      ["weights sha256", weightsSha256],
      ["toeplitz", toeplitz],
      ["node", `${process.version}, ${process.platform}-${process.arch}`],
      ["back end", result.backend],
      ...flatRecorded(settings, folder.model),
      ...Object.entries(others),
    ],
    reproduce: [
      `toeplitz ${command}`,
      shellLine([
        "toeplitz",
        "reproduce",
        folder.model,
        source,
        ...(testSource ? ["--test", testSource] : []),
      ]),
    ],
  };
}

/** The rows that a report judges by. */
function judgedOf({
  train,
  held,
  test,
}: Left["rows"]): readonly [Dataset, "test" | "validation" | "training"] {
  if (test) return [test, "test"];
  return held ? [held, "validation"] : [train, "training"];
}

/** Of an ensemble, those of its first network; one of the Rocket family has none that were learned. */
function firstFilters(model: AnyModel): ReportData["filters"] {
  switch (model.kind) {
    case "rocket":
      return null;
    case "ensemble":
      return firstFilters(model.members[0]);
    case "network": {
      const found = model.weights.find(({ name }) => /\.\w*filter$/i.test(name));
      const { channelNames } = model;
      return found
        ? {
            layer: found.name.split(".")[0],
            shape: found.shape,
            data: found.data,
            ...(channelNames?.length === found.shape[1] && { channelNames }),
          }
        : null;
    }
  }
}
