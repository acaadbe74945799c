/**
 * What needs Node: files, folders and tables, model files on a disk, and the native back end.
 *
 * @module toeplitz/node
 */
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { fileError, readBytes } from "./readers/node/bytes.ts";
import { readParts } from "./readers/node/readParts.ts";
import { writeWhole } from "./readers/node/writeWhole.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./formats/checkpointFile.ts";
import type { RecordingOptions, SourceOptions } from "./readers/node/readOptions.ts";
import type { TableOptions } from "./readers/tables/columns.ts";
import { load } from "./formats/load.ts";
import { encodeModel, type AnyModel, type ModelFields } from "./formats/modelFile.ts";
import type { Backend } from "./backends/backend.ts";
import { nativeBackend } from "./backends/x64/native.ts";
import { chooseBackend } from "./models/runtime.ts";
import type { BackendChoice } from "./backends/choose.ts";
import type { Checkpoint } from "./training/state.ts";
import type { Dataset } from "./data/dataset.ts";
import { matchChannels } from "./data/matchChannels.ts";
import { alignClasses } from "./data/classes.ts";
import { InputError } from "./data/errors.ts";
import { holdOut, type SplitRule } from "./data/split.ts";

/** How `readDataset` reads a file or folder: columns of tables, annotations, windows, and the test part. */
export interface ReadOptions extends SourceOptions {
  /**
   * The test part: a file of its own that is read alike, or a fraction of the rows above 0 and below 1. Default: none.
   */
  readonly test?: string | number;
  /** How that fraction is drawn. Default: by group where rows have groups, by time of windows, else by class. */
  readonly split?: SplitRule;
  /** Draws the rows that are held back: a whole number below 2^32. Default: 0. */
  readonly seed?: number;
}

/** `ReadOptions` with a test part: `readDataset` then gives two data sets. */
export interface ReadPartsOptions extends ReadOptions {
  /** The test part: a file of its own that is read alike, or a fraction of the rows above 0 and below 1. */
  readonly test: string | number;
}

/**
 * A data set from a file or folder, or two of one shape and the same classes with a test part asked for. Of a source with a
 * test part of its own (see `readParts`) the data set is its training part, and as `test` its test part. Of tables
 * (also a pattern such as `days/*.csv`) Parquet, JSON and queries want the package @duckdb/node-api, Arrow files
 * @uwdata/flechette. Throws InputError, naming the file and
 * the place, for what cannot be read.
 */
export function readDataset(
  path: string,
  options: ReadPartsOptions,
): Promise<{
  /** The rows to train on. */
  train: Dataset;
  /** The rows to test on, with the classes and channels of `train` in its order. */
  test: Dataset;
}>;
/** A data set from a file or folder, without a test part; of a source that has one of its own, its training part. */
export function readDataset(
  path: string,
  options?: ReadOptions & {
    /** Absent: all rows are in one data set. */
    readonly test?: undefined;
  },
): Promise<Dataset>;
export async function readDataset(
  path: string,
  { test, seed, split, ...how }: ReadOptions = {},
): Promise<Dataset | { train: Dataset; test: Dataset }> {
  const { train: data } = await readParts(path, how);
  if (test === undefined) return data;
  if (typeof test === "string") {
    const parts = await readParts(test, how);
    const own = matchChannels(data.channelNames, parts.test ?? parts.train, `the training set ${path}`);
    return { train: data, test: alignClasses(data, own.data) };
  }
  if (!(test > 0 && test < 1))
    throw new InputError(`test is ${test}; it is a file, or a fraction of the rows above 0 and below 1`);
  const { train, held } = holdOut(data, test, seed ?? 0, split);
  return { train, test: held };
}

/** The options of `loadFile`. */
export interface LoadFileOptions {
  /** What predictions run on. Default: "auto", the fastest that can run here. */
  readonly backend?: BackendChoice;
}

/**
 * A model from its file, ready for prediction.
 *
 * @throws InputError where there is none to read, or where it is no model file
 */
export async function loadFile(path: string, options: LoadFileOptions = {}): Promise<AnyModel> {
  return load(await readBytes(path), { file: path, ...options });
}

/**
 * Writes a model file, as `writeWhole` does, and the folders above it where there are none.
 *
 * @throws InputError where it cannot
 */
export async function save(model: ModelFields, path: string): Promise<void> {
  try {
    makeFolder(dirname(path));
  } catch (error) {
    throw fileError(error, path, "write");
  }
  await writeWhole(path, encodeModel(model));
}

/** Writes the state of a run (`fit`'s `checkpoint`) to a file, as `writeWhole` does; `notes` are kept beside it. */
export async function saveCheckpoint(
  checkpoint: Checkpoint,
  path: string,
  notes: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeWhole(path, encodeCheckpoint(checkpoint, notes));
}

/** The state of a run (for `fit`'s `resume`) from its file; throws InputError for a damaged one. */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const { members } = decodeCheckpoint(await readBytes(path), path);
  return { members };
}

/** Makes a folder and those above it. (Node's own `recursive` never returns where a file system refuses with ENOENT, as /proc does.) */
export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path);
}

export { fileError, nativeBackend, readBytes, readParts, writeWhole };
export type { RecordingOptions, SourceOptions, TableOptions };
export type { Parts as ReadParts } from "./readers/numpyData.ts";
export type { Positions } from "./data/durations.ts";
export { openRanks, type MpiRanks, type RanksOptions } from "./distributed/openRanks.ts";

/** The fastest back end that can run here: machine code, else wasm. The same bits on each. */
export async function fastestBackend(): Promise<Backend> {
  const native = await nativeBackend();
  return chooseBackend(typeof native === "string" ? "auto" : native);
}
