/** What needs Node: files. */
import { createReadStream, mkdirSync, statSync } from "node:fs";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parseDataset } from "./data/read.ts";
import { encodeModel, load, type AnyModel, type ModelFields } from "./formats/modelFile.ts";
import type { Backend } from "./backends/backend.ts";
import { nativeBackend } from "./native.ts";
import { chooseBackend, type BackendChoice } from "./training/backends.ts";
import type { Dataset } from "./training/dataset.ts";
import { alignClasses } from "./training/classes.ts";
import { InputError } from "./training/errors.ts";
import { holdOut } from "./training/split.ts";

export interface ReadOptions {
  /** The test part: a file of its own, or a fraction of the rows held back of every class alike. */
  readonly test: string | number;
  /** Draws the rows that are held back; 0. */
  readonly seed?: number;
}

/**
 * A data set from a file, or two of one shape and the same classes with a test part asked for. Throws InputError, naming
 * the file and the place, for what cannot be read.
 */
export function readDataset(path: string): Promise<Dataset>;
export function readDataset(path: string, options: ReadOptions): Promise<{ train: Dataset; test: Dataset }>;
export async function readDataset(
  path: string,
  options?: ReadOptions,
): Promise<Dataset | { train: Dataset; test: Dataset }> {
  const data = parseDataset(await readBytes(path), path);
  if (!options) return data;
  if (typeof options.test === "string") {
    const test = parseDataset(await readBytes(options.test), options.test);
    return { train: data, test: alignClasses(data, test) };
  }
  if (!(options.test > 0 && options.test < 1))
    throw new InputError(
      `test is ${options.test}; it is a file, or a fraction of the rows above 0 and below 1`,
    );
  const { train, held } = holdOut(data, options.test, options.seed ?? 0);
  return { train, test: held };
}

/** A model from its file. */
export async function loadFile(path: string, options: { backend?: BackendChoice } = {}): Promise<AnyModel> {
  return load(await readBytes(path), { file: path, ...options });
}

/** Writes a model file, and the folders above it where there are none. */
export async function save(model: ModelFields, path: string): Promise<void> {
  try {
    makeFolder(dirname(path));
  } catch (error) {
    throw fileError(error, path, "write");
  }
  await writeWhole(path, encodeModel(model));
}

/** Writes a file: a new one first, then its name, so that no half-written one ever stands there. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, content, { flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(error, path, "write");
  }
}

/** Makes a folder and those above it. (Node's own `recursive` never returns where a file system refuses with ENOENT, as /proc does.) */
export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  mkdirSync(path);
}

/** The bytes of a file; throws InputError where there is none to read. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    if ((await stat(path)).isFile()) return await readFile(path);
    return await drain(path);
  } catch (error) {
    throw fileError(error, path, "read");
  }
}

/** More than any data set or model file that is read: what never ends (a device, a pipe) is given up then. */
const MOST_STREAMED = 2 ** 30;

/** What a pipe or a device gives. */
async function drain(path: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_STREAMED) throw new InputError(`${path}: it does not end within 1 GiB; give a file`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EISDIR: "it is a folder, not a file",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  ENOSPC: "the disk is full (free some space)",
  ENAMETOOLONG: "its name is too long",
  ELOOP: "its symbolic links lead round in a circle",
  ERR_FS_FILE_TOO_LARGE: "it is larger than 2 GiB",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of its path is a file, not a folder",
};

/** A file system's refusal as one line. */
export function fileError(error: unknown, path: string, what: "read" | "write"): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return code
    ? new InputError(
        `${path || "an empty path"}: cannot ${what} it: ${reasons[code] ?? code}; check the path`,
      )
    : error;
}

export { nativeBackend };

/** The fastest back end that can run here: machine code, else wasm. The same bits on each. */
export async function fastestBackend(): Promise<Backend> {
  const native = await nativeBackend();
  return chooseBackend(typeof native === "string" ? "auto" : native);
}
