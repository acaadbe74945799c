/** `toeplitz compare`: runs side by side, from what they left in their folders. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { bestEpoch, type Epoch } from "../../training/history.ts";
import { scoredFrom, type Scored } from "../../models/scores/scored.ts";
import { spark } from "../../inspect/spark.ts";
import { fileError, loadFile, readBytes } from "../../node.ts";
import { InputError } from "../../data/errors.ts";
import { printableJson } from "../../data/printable.ts";
import { decimals, duration, grouped } from "../format.ts";
import { table } from "../../inspect/table.ts";
import { say, showsBlocks, type Io } from "../io.ts";
import { flatRecorded } from "../train/recorded.ts";
import { Misfit, parseJson, type Checked } from "../../data/schema.ts";
import { resultShape } from "../train/recordedShape.ts";
import { readLog } from "../train/reportFile.ts";
import { MODEL, RESULT } from "../train/runFolder.ts";
import { isOfValues, mainWords } from "../scores.ts";

const HELP = `
A RUN is a folder that train made. Figures are those that train printed; of an older run, or one that was cut off before
its end, those that its log has. The best epoch is the one of the least validation loss, or training loss where nothing
was held back; so is the course, drawn by the loss's logarithm.

Examples:
  toeplitz compare runs/GunPoint-fcn-0 runs/GunPoint-resnet-0
  toeplitz compare runs/* --json`;

const SPARK = 24;

/** Adds the verb. */
export function addCompare(program: Command, io: Io): void {
  program
    .command("compare")
    .description("runs side by side: figures, best epoch, course of the loss, settings that differ")
    .argument("<RUN...>", "folders of runs, as train makes them")
    .option("--json", "print one JSON object")
    .addHelpText("after", HELP)
    .action(async (folders: string[], flags: { json?: true }) => {
      const runs: ComparedRun[] = [];
      for (const folder of folders) runs.push(await readRun(folder));
      const differing = differingSettings(runs);
      if (flags.json) {
        const shown = runs.map(({ history: _history, ...run }) => run);
        return say(io.stdout, printableJson({ schema: 1, runs: shown, differing }));
      }
      say(io.stdout, comparison(runs, differing, showsBlocks(io) ? "blocks" : "plain"));
    });
}

interface ComparedRun {
  readonly run: string;
  readonly model: string;
  readonly data: string;
  readonly parameters: number | null;
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number | null;
  readonly backend: string | null;
  readonly train: Scored | null;
  readonly validation: Scored | null;
  readonly test: Scored | null;
  readonly best: ReturnType<typeof bestEpoch>;
  readonly weightsSha256: string | null;
  /** All settings by name, with the data's hash. */
  readonly settings: Readonly<Record<string, string>>;
  readonly history: readonly Epoch[];
}

/** What a run left: its model's provenance, its result and its log, each where it is there. */
async function readRun(folder: string): Promise<ComparedRun> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    (error: unknown) => {
      throw fileError(error, folder, "read");
    },
  );
  if (!isFolder)
    throw new InputError(`${folder}: it is a file; compare takes folders of runs; give its folder`);
  const history = await readLog(folder);
  const file = join(folder, MODEL);
  const made = (await exists(file)) ? await loadFile(file) : null;
  if (made === null && history.length === 0)
    throw new InputError(
      `${folder}: it holds no run (neither ${MODEL} nor a log); give a folder that train made`,
    );
  const result = await readResult(join(folder, RESULT));
  const { settings: text, data = "-", dataSha256 = "", weightsSha256 } = made?.provenance ?? {};
  const recorded = Object.fromEntries(flatRecorded(text, file));
  const last = history.at(-1);
  return {
    run: folder,
    model: result?.model ?? made?.model.name ?? "-",
    data,
    parameters: result?.parameters ?? null,
    epochs: result?.epochs ?? history.length,
    steps: result?.steps ?? last?.steps ?? 0,
    seconds: result?.seconds ?? last?.seconds ?? null,
    backend: result?.backend ?? null,
    train: scored(result?.train ?? (last ? { loss: last.loss, accuracy: last.accuracy ?? NaN } : null)),
    validation: scored(
      result?.validation ??
        (last?.validation ? { ...last.validation, accuracy: last.validation.accuracy ?? NaN } : null),
    ),
    test: scored(result?.test ?? null),
    best: bestEpoch(history),
    weightsSha256: weightsSha256 ?? null,
    settings: { model: made?.model.name ?? "-", data, dataSha256: dataSha256.slice(0, 12), ...recorded },
    history,
  };
}

const scored = (told: Scored | null): Scored | null => told && scoredFrom(told);

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** result.json, or null where there is none. */
async function readResult(file: string): Promise<Checked<typeof resultShape> | null> {
  if (!(await exists(file))) return null;
  try {
    return resultShape(parseJson(new TextDecoder().decode(await readBytes(file))));
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw new InputError(
      `${file}: it is not what train writes (${error.message}); take it away, and the log's figures are shown`,
    );
  }
}

/** Names of settings that are not the same in all runs. */
function differingSettings(runs: readonly ComparedRun[]): string[] {
  const names = [...new Set(runs.flatMap(({ settings }) => Object.keys(settings)))];
  return names.filter((name) => new Set(runs.map(({ settings }) => settings[name])).size > 1);
}

function comparison(
  runs: readonly ComparedRun[],
  differing: readonly string[],
  style: "blocks" | "plain",
): string {
  const score = (s: Scored | null): string => {
    if (s === null) return "-";
    return isOfValues(s) || Number.isFinite(s.accuracy) ? mainWords(s) : decimals(s.loss);
  };
  const figures = runs.map((r) => [
    r.run,
    r.model,
    score(r.test),
    r.test ? decimals(r.test.loss) : "-",
    score(r.validation),
    score(r.train),
    r.best ? String(r.best.epoch) : "-",
    String(r.epochs),
    r.seconds === null ? "-" : duration(r.seconds),
    r.parameters === null ? "-" : grouped(r.parameters),
    (r.weightsSha256 ?? "-").slice(0, 8),
  ]);
  const head = [
    "run",
    "model",
    "test",
    "test loss",
    "validation",
    "train",
    "best epoch",
    "epochs",
    "time",
    "parameters",
    "weights",
  ];
  const courses = runs.map((r) => {
    const by = r.best?.by ?? "training";
    const losses = r.history
      .filter((e) => (e.member ?? 1) === 1)
      .map((e) => (by === "validation" ? (e.validation?.loss ?? NaN) : e.loss))
      .filter(Number.isFinite);
    if (losses.length === 0) return [r.run, "-"];
    return [
      r.run,
      spark(losses.every((x) => x > 0) ? losses.map(Math.log) : losses, SPARK, style).padEnd(SPARK),
      by,
      `${decimals(losses[0])} to ${decimals(losses[losses.length - 1])}`,
    ];
  });
  const settings = differing.map((name) => [name, ...runs.map((r) => r.settings[name] ?? "-")]);
  return [
    table([head, ...figures]),
    "",
    table([["course of the loss"], ...courses]),
    "",
    ...(settings.length > 0
      ? [table([["settings that differ", ...runs.map((r) => r.run)], ...settings])]
      : ["no settings differ"]),
  ].join("\n");
}
