/**
 * Files that appear whole: a new one is written beside, under a name that nobody can guess or prepare, and then takes the
 * place of the old one. What a killed process left beside is taken away by the next one that writes there.
 */
import { randomBytes } from "node:crypto";
import { constants, readdirSync, rmSync } from "node:fs";
import { open, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InputError } from "../../data/errors.ts";
import { fileError } from "./bytes.ts";
import { isAbandoned, ownerTag, TAG } from "./processes.ts";

/** A temporary file's name: whose it is, and what nobody can guess. */
const TEMPORARY = new RegExp(`^\\.toeplitz-${TAG.source}-[0-9a-f]{16}\\.tmp$`);

/** A path in a folder under which nothing is; it is created exclusively (`wx`), which follows no link. */
export const temporaryPath = (folder: string): string =>
  join(folder, `.toeplitz-${ownerTag()}-${randomBytes(8).toString("hex")}.tmp`);

/**
 * Takes away the temporary files of processes that are gone, or of `all`, from a folder that one process has for itself.
 * What cannot be taken away stays.
 */
export function removeLeftovers(folder: string, whose: "gone" | "all" = "gone"): void {
  try {
    for (const name of readdirSync(folder))
      if (TEMPORARY.test(name) && (whose === "all" || isAbandoned(name)))
        rmSync(join(folder, name), { force: true });
  } catch {
    // a folder that may not be listed, or a file of somebody else
  }
}

/**
 * Writes a file: a new one first, then its name, so that no half-written one ever stands there, and the old one stays
 * where the new one cannot be written. Both are on the disk before this returns. What cannot be replaced (/dev/stdout and other
 * devices) is written to.
 *
 * @throws InputError where it cannot
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const folder = dirname(path);
  let temporary: string | null = null;
  try {
    if (await isStream(path)) return await writeInto(path, content);
    removeLeftovers(folder);
    temporary = temporaryPath(folder);
    // Node's permission model forbids the flush, whatever it allows
    const flush = (process as { permission?: unknown }).permission === undefined;
    await writeFile(temporary, content, { flush, flag: "wx" });
    await rename(temporary, path);
    await flushFolder(folder);
  } catch (error) {
    // where it cannot be taken away either, the first refusal is the one to tell
    if (temporary !== null) await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(error, path, "write");
  }
}

/** Where the system's devices and the open files of processes are. */
const OF_SYSTEM = /^\/(dev|proc)\//;

/** Whether a path is of what takes bytes and is no file to be replaced. Throws InputError for what would never take them. */
async function isStream(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found === null) return false;
  const real = await realpath(path).catch(() => path);
  if (OF_SYSTEM.test(path) || OF_SYSTEM.test(real)) return !found.isDirectory() && !OF_MEMORY.test(real);
  if (found.isFile() || found.isDirectory()) return false;
  const what = found.isFIFO() ? "a named pipe" : found.isSocket() ? "a socket" : "a device";
  throw new InputError(`${path}: it is ${what}, no file; give another path, or write to standard output`);
}

/** A folder of files below /dev. */
const OF_MEMORY = /^\/dev\/(shm|mqueue)\//;

async function writeInto(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_APPEND);
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}

/** Has the system write the names in a folder to the disk, where it lets a folder be opened (Windows does not). */
async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => null);
  try {
    await folder?.sync();
  } catch (error) {
    // some file systems know no such thing
    if (!(
      error instanceof Error &&
      "code" in error &&
      ["EINVAL", "EPERM", "ENOTSUP", "ERR_ACCESS_DENIED"].includes(String(error.code))
    ))
      throw error;
  } finally {
    await folder?.close();
  }
}
