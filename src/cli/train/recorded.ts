/**
 * What a model file records of its training, in its provenance under `settings`: all that `fit` was given, as JSON, so
 * that `reproduce` needs the file and the data alone.
 */
import { rowsOf } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import type { FitOptions } from "../../training/run.ts";
import { drawnOf } from "../../training/schemas.ts";
import { Misfit, parseJson, type Check } from "../../data/schema.ts";
import { closedFormShape, readingShape, recordedShape } from "./recordedShape.ts";
import { foldRows, splitRows, type Parts, type SplitRule } from "../../data/split.ts";
import { dataOptionsOf, type DataFlags } from "../options/dataOptions.ts";
import { prepareOf } from "../../training/options/prepareOptions.ts";
import { requireTypedQuery } from "../options/typedQuery.ts";
import type { Settings } from "./settings.ts";
import type { TrainFlags } from "../options/trainRows.ts";
import type { TrainingData } from "../sources.ts";

/** What `fit` is given, as far as it reaches a weight. */
export type RecordedFit = Omit<Settings, "backend" | "normalize"> & Pick<FitOptions, "normalize" | "reinit">;

export interface Recorded {
  readonly fit: RecordedFit;
  /** How many networks were trained as one. */
  readonly members: number;
  /** Whose weights it started from. */
  readonly init?: { readonly file: string; readonly weightsSha256: string };
  /** How DATA was read, where options said. */
  readonly data?: DataFlags;
  /** Whether a temperature was fitted on the validation rows, unless it was interrupted. */
  readonly calibrate?: boolean;
  /** Steps taken, where the run was interrupted. */
  readonly interruptedAt?: number;
}

/** What a run is given, as plain data; of a start from a saved model, `normalize` and `prepare` only where asked for. */
export function fitOf({ backend: _backend, ...settings }: Settings, flags: TrainFlags): RecordedFit {
  if (flags.init === undefined) return settings;
  return { ...settings, normalize: flags.normalize, prepare: prepareOf(flags) ?? undefined };
}

/** Reads what `train` recorded; `settings` is the provenance's text. Throws InputError, and trusts nothing in it. */
export function readRecorded(settings: string | undefined, file: string): Recorded {
  return readSettings(settings, recordedShape, file);
}

/** Text of the provenance by a schema; throws InputError. */
function readSettings<T>(settings: string | undefined, shape: Check<T>, file: string): T {
  if (settings === undefined) return older(file);
  try {
    return shape(parseJson(settings));
  } catch (error) {
    if (error instanceof Misfit) return unreadable(file, error);
    throw error;
  }
}

/** How DATA was read, without what changes no row; for `settings`. */
export function readingOf(flags: DataFlags): { data?: DataFlags } {
  const { memory: _memory, ...data } = dataOptionsOf(flags);
  const given = Object.entries(data).filter(([, value]) => value !== undefined);
  return given.length > 0 ? { data: Object.fromEntries(given) } : {};
}

/**
 * How `reproduce` reads DATA: as the run did, but for what is given anew. A query is code of whoever made the file, so it
 * is never taken from there.
 */
export function readingAgain(settings: string | undefined, flags: DataFlags, file: string): DataFlags {
  const { sql, ...rest } = readSettings(settings, readingShape, file).data ?? {};
  requireTypedQuery(sql, flags.sql, `${file}: its run`);
  const given = Object.entries(dataOptionsOf(flags)).filter(([, value]) => value !== undefined);
  return { ...rest, ...Object.fromEntries(given) };
}

/** The parts that a run had, drawn again; all of the data where nothing was drawn. */
export function drawnParts(data: TrainingData, split: string | undefined, file: string): TrainingData {
  if (split === undefined) return data;
  const { train, name } = data;
  // as `train` records it under `split` where --test or --folds drew them; folds count from 1
  const { seed, test, folds, fold = 0, by, gap } = readSettings(split, drawnOf, file);
  let parts: Parts | undefined;
  if (test !== undefined) parts = splitRows(train, test, seed, { by, gap });
  else if (folds !== undefined) parts = foldRows(train, folds, seed, { by, gap })[fold - 1];
  if (parts === undefined) return unreadable(file, new Misfit("split", "names no part"));
  return { train: rowsOf(train, parts.train), test: data.test ?? rowsOf(train, parts.test), name };
}

function older(file: string): never {
  throw new InputError(
    `${file}: it holds no settings of its training: an older toeplitz made it, or code did; train it again`,
  );
}

function unreadable(file: string, { message }: Misfit): never {
  throw new InputError(
    `${file}: the settings of its training cannot be read (${message}); it is no model that this toeplitz saved`,
  );
}

/** Of one of the Rocket family: what was held back, and the seed. */
export function readClosedForm(
  settings: string | undefined,
  file: string,
): { readonly seed: number; readonly validation: number; readonly split: SplitRule } {
  const { fit } = readSettings(settings, closedFormShape, file);
  return { split: {}, ...fit };
}

/** Settings as lines of names and values: {"optimizer":{"kind":"adam"}} is ["optimizer.kind", "adam"]. */
export function flatSettings(value: unknown, name = ""): [name: string, value: string][] {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return value === undefined ? [] : [[name, typeof value === "string" ? value : JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flatSettings(inner, name ? `${name}.${key}` : key));
}

/** Recorded settings as such lines, whatever wrote them; throws InputError where they are no JSON. */
export function flatRecorded(settings: string | undefined, file: string): [name: string, value: string][] {
  return settings === undefined ? [] : flatSettings(readSettings(settings, (value) => value, file));
}
