/** `toeplitz train --model minirocket`: fitted in closed form, so there are no steps, epochs or learning rate. */
import { baselinesOf, baselinesText } from "./baselineRun.ts";
import { hasClasses } from "../../data/answers.ts";
import { InputError } from "../../data/errors.ts";
import type { Score } from "../../training/history.ts";
import { miniRocket } from "../../training/minirocket.ts";
import { miniRocketParameters } from "../../models/minirocket/minirocket.ts";
import { fitPreparation, preparedTask } from "../../models/preparation.ts";
import { holdOut } from "../../data/split.ts";
import { takesOf } from "../../models/takes.ts";
import { VERSION } from "../../models/version.ts";
import { dashed, decimals, duration, grouped, percent, plural, rowsText } from "../format.ts";
import { table } from "../../inspect/table.ts";
import { EXIT, say, type Io } from "../io.ts";
import { readingOf } from "./recorded.ts";
import { leaveReport } from "./reportFile.ts";
import { folderOf, requireFolders, RunFolder } from "./runFolder.ts";
import { prepareText, stepsFor } from "../options/prepareOptions.ts";
import type { Job, Outcome } from "./protocol.ts";
import { acceptRows } from "../sources.ts";
import { nextStep, testFile } from "./summary.ts";

export const MINIROCKET = "minirocket";

/** Options that say how steps are taken. */
const STEP_FLAGS = ["epochs", "steps", "batch", "lr", "optimizer", "schedule", "loss", "normalize"] as const;
const MODEL_FLAGS = [
  "filters",
  "activation",
  "init",
  "freeze",
  "reinit",
  "resume",
  "checkpointEvery",
  "threads",
] as const;
const RULE_FLAGS = [
  "weightDecay",
  "clipNorm",
  "ema",
  "labelSmoothing",
  "warmup",
  "monitor",
  "patience",
  "augment",
] as const;

/** Fits and saves it. */
export async function trainMiniRocket(
  { source, data, flags, line, split, part }: Job,
  io: Io,
): Promise<Outcome> {
  for (const flag of [...STEP_FLAGS, ...MODEL_FLAGS, ...RULE_FLAGS])
    if (flags[flag] !== undefined)
      throw new InputError(
        `${dashed(flag)} does not apply to --model ${MINIROCKET}, which is fitted in closed form; leave it out`,
      );
  if (flags.keep === "best" || flags.backend !== "auto" || flags.numerics !== "strict")
    throw new InputError(
      `--keep best, --backend and --numerics do not apply to --model ${MINIROCKET}, which takes no steps; leave them out`,
    );
  const { train: all, test: testRows, name } = data;
  if (!hasClasses(all.answers.kind))
    throw new InputError(
      `${source}: rows have target values, and --model ${MINIROCKET} tells classes; give another --model, such as fcn`,
    );
  const rule = { by: flags.split, gap: flags.gap };
  const { train, held } = flags.validation
    ? holdOut(all, flags.validation, flags.seed, rule)
    : { train: all, held: null };
  const prepare = stepsFor(data, flags);
  if (testRows)
    acceptRows(testRows, takesOf(prepare, preparedTask(all, prepare)), `the training set ${source}`, io);
  const steps = prepareText(prepare);
  const out = folderOf(flags, name, MINIROCKET, part);
  await requireFolders(out, part, flags.force === true);
  const folder = new RunFolder(out, (text) => say(io.stderr, text));
  folder.make();
  if (!flags.quiet && (part?.first ?? true))
    say(
      io.stderr,
      [
        `toeplitz ${VERSION}: ${MINIROCKET} on ${train.name}`,
        `  data      ${rowsText(train)}, ${train.classes.length} classes; ` +
          (testRows ? `test ${plural(testRows.rows, "row")} of ${testRows.name}` : "no test rows"),
        `  training  in closed form, validation ${flags.validation}, seed ${flags.seed}, 1 thread`,
        ...(steps ? [`  prepare   ${steps}`] : []),
        `  out       ${out}`,
      ].join("\n"),
    );
  try {
    const start = performance.now();
    const model = miniRocket(train, {
      seed: flags.seed,
      prepare,
      provenance: {
        command: line,
        data: name,
        rows: String(train.rows),
        settings: JSON.stringify({
          fit: { seed: flags.seed, validation: flags.validation, split: rule, prepare },
          ...readingOf(flags),
        }),
        ...(split === undefined ? {} : { split }),
      },
    });
    const seconds = (performance.now() - start) / 1000;
    folder.begin();
    await folder.save(model);
    const parts = {
      train: brief(model.evaluate(train)),
      validation: held && brief(model.evaluate(held)),
      test: testRows && brief(model.evaluate(testRows)),
    };
    const { weightsSha256 } = model;
    const parameters = miniRocketParameters(model);
    const { seed, numerics } = flags;
    const baselines = baselinesOf(train, { test: testRows, held }, fitPreparation("channel", train, prepare));
    const head = {
      schema: 1 as const,
      model: MINIROCKET,
      parameters,
      epochs: 0,
      steps: 0,
      seconds,
      stepMs: 0,
    };
    const machine = { backend: "javascript", threads: 1, numerics, seed };
    const rows = Object.entries(parts).map(([part, score]) =>
      score ? [part, decimals(score.loss), percent(score.accuracy)] : [],
    );
    const json = { ...head, ...machine, ...parts, baselines, weightsSha256, out };
    const left = { train, held, test: testRows };
    const report = await leaveReport(
      { folder, model, result: json, source, testSource: testFile(flags), rows: left },
      io,
    );
    const text = [
      `${MINIROCKET} on ${source}: fitted in ${duration(seconds)}, alpha ${model.provenance.alpha}, ` +
        `${grouped(parameters)} parameters`,
      table([["", "loss", "accuracy"], ...rows.filter((row) => row.length > 0)]),
      ...(baselines ? [baselinesText(baselines)] : []),
      `weights    sha256 ${weightsSha256}`,
      `model      ${folder.model}`,
      ...(report === null ? [] : [`report     ${report}`]),
      nextStep(folder.model, source, flags),
    ].join("\n");
    return { code: EXIT.done, result: { json, text } };
  } finally {
    folder.close();
  }
}

const brief = ({ loss, accuracy }: Score): Score => ({ loss, accuracy });
