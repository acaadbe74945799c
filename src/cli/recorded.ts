/**
 * What a model file records of its training, in its provenance under `settings`: all that `fit` was told, as JSON, so
 * that `reproduce` needs the file and the data alone.
 */
import { InputError } from "../training/errors.ts";
import type { FitOptions } from "../training/fit.ts";
import { losses } from "../training/losses.ts";
import { optimizers } from "../training/optimizers.ts";
import { schedules } from "../training/schedules.ts";
import type { TrainFlags, Settings } from "./settings.ts";

/** What `fit` is told, as far as it reaches a weight. */
export type RecordedFit = Omit<Settings, "backend" | "normalize"> & Pick<FitOptions, "normalize" | "reinit">;

export interface Recorded {
  readonly fit: RecordedFit;
  /** How many networks were trained as one. */
  readonly members: number;
  /** Whose weights it started from. */
  readonly init?: { readonly file: string; readonly weightsSha256: string };
  /** Steps taken, where the run was interrupted. */
  readonly interruptedAt?: number;
}

/** What a run is told, as plain data; of a start from a saved model, `normalize` only where it was asked for. */
export function fitOf({ backend: _backend, ...settings }: Settings, flags: TrainFlags): RecordedFit {
  return { ...settings, normalize: flags.init === undefined ? settings.normalize : flags.normalize };
}

/** Reads what `train` recorded; `settings` is the provenance's text. Throws InputError, and trusts nothing in it. */
export function readRecorded(settings: string | undefined, file: string): Recorded {
  if (settings === undefined)
    throw new InputError(
      `${file}: it holds no settings of its training: an older toeplitz made it, or code did; train it again`,
    );
  let found: Recorded;
  try {
    found = JSON.parse(settings) as Recorded;
    const { fit, members } = found;
    const known =
      Object.hasOwn(optimizers, fit.optimizer.kind) &&
      Object.hasOwn(schedules, fit.schedule.kind) &&
      Object.hasOwn(losses, fit.loss.kind) &&
      (fit.epochs ?? fit.steps) !== undefined &&
      Number.isInteger(members) &&
      members >= 1;
    if (known) return found;
  } catch {
    // said below
  }
  throw new InputError(
    `${file}: the settings of its training cannot be read; it is no model that this toeplitz saved`,
  );
}

/** Settings as lines of names and values: {"optimizer":{"kind":"adam"}} is ["optimizer.kind", "adam"]. */
export function flatSettings(value: unknown, name = ""): [name: string, value: string][] {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return value === undefined ? [] : [[name, typeof value === "string" ? value : JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flatSettings(inner, name ? `${name}.${key}` : key));
}
