/** `toeplitz train --calibrate`: a temperature for the trained model, from the rows that were held back. */
import { hasClasses } from "../../data/answers.ts";
import type { Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { calibrate, reliabilityOf } from "../../models/calibrate.ts";
import type { Score } from "../../training/history.ts";
import { brief } from "../../training/scoring.ts";
import { decimals, plural } from "../format.ts";
import { say, type Io } from "../io.ts";
import type { TrainFlags } from "../options/trainRows.ts";
import type { AnyRun } from "./ensembleRun.ts";
import type { Settings } from "./settings.ts";

/** Refuses (InputError) rows that give no temperature, before a step is taken. */
export function requireCalibratable(
  { calibrate: asked, validation }: TrainFlags,
  { answers, name }: Dataset,
): void {
  if (!asked) return;
  if (!validation)
    throw new InputError(
      "--calibrate fits a temperature on rows that are held back; give --validation F, such as --validation 0.2",
    );
  if (!hasClasses(answers.kind) || answers.kind === "multiLabel")
    throw new InputError(
      `--calibrate is for one class a row or position, and rows of ${name} have ${answers.kind === "multiLabel" ? "several labels each" : "target values"}; leave it out`,
    );
}

/** Fewer rows than that can make a temperature worse than none (docs/calibration.md). */
const FEW = 100;

/**
 * A run with its model at its temperature, and the figures that are of it; as it is where none is asked for, or the run was
 * interrupted.
 */
export async function calibrated<R extends AnyRun>(
  run: R,
  { train, held }: { readonly train: Dataset; readonly held: Dataset | null },
  { flags, settings, io }: { flags: TrainFlags; settings: Settings; io: Io },
): Promise<R> {
  const { model } = run;
  if (!flags.calibrate || held === null) return run;
  if (run.aborted) {
    say(io.stderr, "note: the model of an interrupted run is not calibrated; --resume ends it, and does");
    return run;
  }
  const { backend, numerics, convolution, threads, loss, monitor = "loss" } = settings;
  const found = await calibrate(model, held, { backend, numerics, convolution, threads });
  if (held.rows < FEW)
    say(
      io.stderr,
      `note: ${plural(held.rows, "validation row")} say little of a temperature; from ${FEW} on it is to be relied on`,
    );
  const [before, after] = [model, found].map((m) => decimals(reliabilityOf(m, held).ece));
  if (!flags.quiet)
    say(
      io.stderr,
      `temperature ${decimals(found.temperature ?? NaN)} from ${plural(held.rows, "validation row")}: calibration error (ECE) there ${before} before, ${after} after`,
    );
  const scored = (rows: Dataset): Score => brief(found.evaluate(rows, loss), monitor);
  return { ...run, model: found, train: scored(train), validation: scored(held) };
}
