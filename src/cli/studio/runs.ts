/**
 * The runs below a folder, read alone. A name is never made into a path: it is looked for among those that the folder has now, and
 * what is a symbolic link, or is reached through one, is not there. What is read of a file is bounded.
 */
import { constants, type Dirent } from "node:fs";
import { lstat, open, readdir, realpath, type FileHandle } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { InputError } from "../../data/errors.ts";
import { Misfit, parseJson } from "../../data/schema.ts";
import type { Epoch } from "../../training/history.ts";
import type { RunEntry, RunList, RunLog, RunStateName } from "../../training/runsApi.ts";
import { flatSettings } from "../train/recorded.ts";
import { epochShape, resultShape } from "../train/recordedShape.ts";
import { CHECKPOINT, LOG, MARKS, MODEL, RESULT } from "../train/runFolder.ts";
import { isLocked } from "../train/runLock.ts";

/** The most folders that are looked into, and runs that are told. */
const MOST_FOLDERS = 20_000;
const MOST_RUNS = 500;
/** Bytes: of a result, of a file's header, of the end of a log, of one answer of a log, of a model. */
const MOST_RESULT = 2 ** 20;
const MOST_HEADER = 2 ** 23;
const TAIL = 2 ** 16;
const MOST_LOG = 2 ** 20;
export const MOST_MODEL = 2 ** 31 - 1;

/** Where runs are looked for: a folder of them, or one run. */
export interface RunsFolder {
  /** As it was given. */
  readonly said: string;
  readonly root: string;
  /** The one folder of `root` that is meant; null: all of them. */
  readonly only: string | null;
}

interface Found {
  readonly name: string;
  readonly path: string;
  readonly modified: number;
}

/** A folder that holds runs, or is one. */
export async function runsFolder(said: string): Promise<RunsFolder> {
  const path = await realpath(said).catch(() => null);
  if (path === null || !(await holdsRun(path))) return { said, root: said, only: null };
  return { said, root: dirname(path), only: basename(path) };
}

/** What there is, the newest first. */
export async function listRuns(folder: RunsFolder): Promise<RunList> {
  const found = (await findRuns(folder)).toSorted((a, b) => b.modified - a.modified);
  const runs: RunEntry[] = [];
  for (const run of found.slice(0, MOST_RUNS)) runs.push(await entryOf(run));
  return { schema: 1, folder: folder.said, runs, leftOut: Math.max(0, found.length - MOST_RUNS) };
}

/** The path of a run by its name; null where there is none. */
export async function runPath(folder: RunsFolder, name: string): Promise<string | null> {
  return (await findRuns(folder)).find((run) => run.name === name)?.path ?? null;
}

/** Runs of the folder, and of its folders: those of several seeds or folds. */
async function findRuns({ root: given, only }: RunsFolder): Promise<Found[]> {
  const root = await realpath(given).catch(() => null);
  if (root === null) return [];
  const found: Found[] = [];
  let looked = 0;
  const lookInto = async (folder: string, prefix: string, deeper: "deeper" | "here"): Promise<void> => {
    for (const { name } of await foldersOf(folder)) {
      if (prefix === "" && only !== null && name !== only) continue;
      if (++looked > MOST_FOLDERS) return;
      const path = join(folder, name);
      if (await holdsRun(path))
        found.push({ name: `${prefix}${name}`, path, modified: (await lstat(path)).mtimeMs });
      if (deeper === "deeper") await lookInto(path, `${name}/`, "here");
    }
  };
  await lookInto(root, "", "deeper");
  return found;
}

const foldersOf = async (path: string): Promise<Dirent[]> =>
  (await readdir(path, { withFileTypes: true }).catch(() => [])).filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith("."),
  );

const holdsRun = async (path: string): Promise<boolean> =>
  (await readdir(path, { withFileTypes: true }).catch(() => [])).some(
    (entry) => entry.isFile() && MARKS.includes(entry.name),
  );

async function entryOf({ name, path }: Found): Promise<RunEntry> {
  const state = await stateOf(path);
  const made = await metadataOf(path, MODEL);
  const going = made === null ? await metadataOf(path, CHECKPOINT) : null;
  return {
    name,
    state,
    ...(made ? ofModel(made) : ofCheckpoint(going)),
    last: await lastLine(path),
    result: state === "ended" ? await resultOf(path) : null,
    hasModel: made !== null,
  };
}

async function stateOf(path: string): Promise<RunStateName> {
  if (isLocked(path)) return "running";
  const ended = await lstat(join(path, RESULT)).catch(() => null);
  return ended?.isFile() ? "ended" : "interrupted";
}

type Told = Pick<RunEntry, "model" | "settings">;
const isObject = (x: unknown): x is Readonly<Record<string, unknown>> => typeof x === "object" && x !== null;
const field = (x: unknown, name: string): unknown =>
  isObject(x) && Object.hasOwn(x, name) ? x[name] : undefined;
const textOr = (x: unknown): string | null => (typeof x === "string" ? x : null);

/** JSON within JSON; undefined where it is none. */
function json(text: unknown): unknown {
  try {
    return typeof text === "string" ? parseJson(text) : undefined;
  } catch (error) {
    if (error instanceof Misfit) return undefined;
    throw error;
  }
}

function ofModel(metadata: unknown): Told {
  const provenance = json(field(metadata, "provenance"));
  const settings = json(field(provenance, "settings"));
  const said = { data: field(provenance, "data"), ...(isObject(settings) ? settings : {}) };
  return { model: textOr(field(json(field(metadata, "model")), "name")), settings: flat(said) };
}

function ofCheckpoint(metadata: unknown): Told {
  const run = json(field(json(field(metadata, "notes")), "run"));
  return { model: textOr(field(run, "title")), settings: flat({ fit: field(run, "settings") }) };
}

const flat = (value: unknown): Told["settings"] => Object.fromEntries(flatSettings(value).slice(0, 500));

/** The metadata of a safetensors file, from its header alone; null where there is none. */
function metadataOf(folder: string, file: string): Promise<unknown> {
  return reading(folder, file, async (handle, size) => {
    const head = await bytesOf(handle, 0, Math.min(8, size));
    if (head.length < 8) return null;
    const length = head.readBigUInt64LE();
    if (length > BigInt(Math.min(MOST_HEADER, size - 8))) return null;
    const header = await bytesOf(handle, 8, Number(length));
    return field(json(header.toString("utf8")), "__metadata__") ?? null;
  });
}

const resultOf = (folder: string): Promise<RunEntry["result"]> =>
  reading(folder, RESULT, async (handle, size) => {
    if (size > MOST_RESULT) return null;
    const told = json((await bytesOf(handle, 0, size)).toString("utf8"));
    try {
      const { parameters, seconds, validation, test } = resultShape(told);
      return { parameters, seconds, validation: briefly(validation), test: briefly(test) };
    } catch (error) {
      if (error instanceof Misfit) return null;
      throw error;
    }
  });

const briefly = (
  score: { readonly loss: number; readonly accuracy?: number | null } | null,
): { readonly loss: number; readonly accuracy: number | null } | null =>
  score && { loss: score.loss, accuracy: score.accuracy ?? null };

const lastLine = (folder: string): Promise<Epoch | null> =>
  reading(folder, LOG, async (handle, size) => {
    const bytes = await bytesOf(handle, Math.max(0, size - TAIL), Math.min(TAIL, size));
    return epochsOf(bytes).at(-1) ?? null;
  });

/** A log from a byte on, up to the last whole line that an answer has room for. */
export async function readLogFrom(path: string, from: number): Promise<RunLog> {
  const state = await stateOf(path);
  const none: RunLog = { schema: 1, from: 0, lines: [], next: 0, more: false, state };
  const read = await reading(path, LOG, async (handle, size): Promise<RunLog> => {
    // a log that is shorter now, or has no line's end there, is another one
    const goesOn = from <= size && (from === 0 || (await bytesOf(handle, from - 1, 1))[0] === NEWLINE);
    const start = goesOn ? from : 0;
    const bytes = await bytesOf(handle, start, Math.min(MOST_LOG, size - start));
    const whole = bytes.lastIndexOf(NEWLINE) + 1;
    // a line longer than an answer is none of ours: it is passed over
    const taken = whole > 0 || bytes.length < MOST_LOG ? whole : bytes.length;
    const next = start + taken;
    const lines = epochsOf(bytes.subarray(0, taken));
    return { schema: 1, from: start, lines, next, more: bytes.length === MOST_LOG && next < size, state };
  });
  return read ?? none;
}

const NEWLINE = 10;

/** Lines that are epochs; others (one that is cut off, one of something else) are left out, as reports do. */
const epochsOf = (bytes: Buffer): Epoch[] =>
  bytes
    .toString("utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return line === "" ? [] : [epochShape(parseJson(line))];
      } catch (error) {
        if (error instanceof Misfit) return [];
        throw error;
      }
    });

/** Opens a file of a run, no link, within the run's real folder; null where it is not there. */
export async function openIn(
  folder: string,
  file: string,
): Promise<{ readonly handle: FileHandle; readonly size: number } | null> {
  const path = join(folder, file);
  try {
    if ((await realpath(folder)) !== folder) return null;
    const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (found.isFile() && (await realpath(path)) === path) return { handle, size: found.size };
    await handle.close();
    return null;
  } catch (error) {
    if (error instanceof Error && "code" in error) return null;
    throw error;
  }
}

async function reading<T>(
  folder: string,
  file: string,
  read: (handle: FileHandle, size: number) => Promise<T>,
): Promise<T | null> {
  const opened = await openIn(folder, file);
  if (!opened) return null;
  try {
    return await read(opened.handle, opened.size);
  } finally {
    await opened.handle.close();
  }
}

async function bytesOf(handle: FileHandle, from: number, count: number): Promise<Buffer> {
  const bytes = Buffer.alloc(count);
  let filled = 0;
  while (filled < count) {
    const { bytesRead } = await handle.read(bytes, filled, count - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** Refuses (InputError) a folder that was named and is none. */
export async function requireFolder(said: string): Promise<void> {
  const found = await lstat(said.endsWith(sep) ? said : `${said}${sep}`).catch(() => null);
  if (!found?.isDirectory())
    throw new InputError(`${said}: there is no such folder; give one that holds runs, as train makes them`);
}
