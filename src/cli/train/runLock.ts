/**
 * `run.lock`: one process at a time trains in a run's folder. It names who holds it. One whose process is gone on this host
 * (a power cut, a kill) is taken over; of another host nobody here can know, so it is refused with what to do.
 *
 * A lock appears whole (written beside, then linked under its name), and one that is taken over is moved away first, so of
 * two processes that find the same stale one only one gets it.
 */
import { linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { InputError } from "../../data/errors.ts";
import { isGone, thisProcess, type Owner } from "../../readers/node/processes.ts";
import { temporaryPath } from "../../readers/node/writeWhole.ts";

export const LOCK = "run.lock";

/** Who holds a lock. */
interface Holder extends Owner {
  /** When it began to train, ISO 8601. */
  readonly since: string;
}

/** A lock that this process has taken. */
export interface Lock {
  /** Whether it is there still: nobody has put the folder or the lock away, or another in its place. */
  readonly isHeld: () => boolean;
  readonly release: () => void;
}

/** Takes the lock of a folder. Throws InputError, naming the holder, where another process has it. */
export function takeLock(folder: string): Lock {
  const path = join(folder, LOCK);
  const own: Holder = { ...thisProcess(), since: new Date().toISOString() };
  const text = `${JSON.stringify(own)}\n`;
  if (!create(path, text)) {
    removeStale(folder);
    if (!create(path, text)) {
      requireUnlocked(folder);
      throw new InputError(
        `${folder}: another process has just begun to train in it; give --out another folder`,
      );
    }
  }
  const isHeld = (): boolean => textOf(path) === text;
  return {
    isHeld,
    release: () => {
      // one that somebody has put in its place stays
      if (isHeld()) rmSync(path, { force: true });
    },
  };
}

/** Refuses (InputError) a folder in which another process trains; writes nothing. */
export function requireUnlocked(folder: string): void {
  const text = textOf(join(folder, LOCK));
  if (text !== null && !isStale(text)) throw new InputError(refusal(text, folder));
}

/** Whether a process trains in a folder, as far as anybody here can know; writes nothing. */
export function isLocked(folder: string): boolean {
  const text = textOf(join(folder, LOCK));
  return text !== null && !isStale(text);
}

/** False where the lock is there already. */
function create(path: string, text: string): boolean {
  const whole = temporaryPath(dirname(path));
  try {
    writeFileSync(whole, text, { flag: "wx" });
    linkSync(whole, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(codeOf(error))) throw error;
  } finally {
    rmSync(whole, { force: true });
  }
  // a file system without links (FAT, some shares)
  try {
    writeFileSync(path, text, { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Moves a stale lock away. Throws InputError for one that is not. */
function removeStale(folder: string): void {
  const path = join(folder, LOCK);
  const seen = textOf(path);
  if (seen === null) return;
  requireUnlocked(folder);
  const aside = temporaryPath(folder);
  try {
    renameSync(path, aside);
    // between the look and the move another process may have taken the stale one over: its own goes back
    if (textOf(aside) !== seen) linkSync(aside, path);
  } catch (error) {
    if (!["ENOENT", "EEXIST"].includes(codeOf(error))) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function isStale(text: string): boolean {
  const holder = holderOf(text);
  return holder !== null && isGone(holder) === true;
}

function refusal(text: string, folder: string): string {
  const path = join(folder, LOCK);
  const holder = holderOf(text);
  if (holder === null)
    return `${path}: it cannot be read, so who trains in the folder is not known; if no process does, delete it; else give --out another folder`;
  const { pid, host, since } = holder;
  return isGone(holder) !== null
    ? `${folder}: process ${pid} trains in it since ${since}; wait until it ends, or give --out another folder`
    : `${folder}: process ${pid} of ${host === hostname() ? "another container" : `host ${host}`} trains in it since ${since}; wait until it ends, give --out another folder, ` +
        `or, where that process is gone, delete ${path}`;
}

function holderOf(text: string): Holder | null {
  try {
    const { pid, host, since, birth, space } = JSON.parse(text) as Record<string, unknown>;
    const known =
      Number.isSafeInteger(pid) && Number(pid) > 0 && typeof host === "string" && typeof since === "string";
    const textOr = (x: unknown): string | null => (typeof x === "string" ? x : null);
    return known ? { pid: Number(pid), host, since, birth: textOr(birth), space: textOr(space) } : null;
  } catch {
    return null;
  }
}

/** The most that a lock says, in bytes. */
const MOST = 4096;

/** What stands in a lock; null where there is none, and nothing of what no process writes there: a folder, a pipe, a link. */
function textOf(path: string): string | null {
  try {
    const found = lstatSync(path);
    return found.isFile() && found.size <= MOST ? readFileSync(path, "utf8") : "";
  } catch (error) {
    return codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR" ? null : "";
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "";
