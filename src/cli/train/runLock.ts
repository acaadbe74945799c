/**
 * `run.lock`: one process at a time trains in a run's folder. It names who holds it. One whose process is gone on this host
 * (a power cut, a kill) is taken over; of another host nobody here can know, so it is refused with what to do.
 *
 * A lock appears whole (written beside, then linked under its name), and one that is taken over is moved away first, so of
 * two processes that find the same stale one only one gets it.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { InputError } from "../../data/errors.ts";

export const LOCK = "run.lock";

/** Who holds a lock. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When it began to train, ISO 8601. */
  readonly since: string;
  /** What tells the process from a later one of the same number, where the system says it (Linux); else null. */
  readonly birth: string | null;
}

/** Takes the lock of a folder; gives how to release it. Throws InputError, naming the holder, where another process has it. */
export function takeLock(folder: string): () => void {
  const path = join(folder, LOCK);
  const own: Holder = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    birth: birthOf(process.pid),
  };
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
  return () => {
    // one that somebody has put in its place stays
    if (textOf(path) === text) rmSync(path, { force: true });
  };
}

/** Refuses (InputError) a folder in which another process trains; writes nothing. */
export function requireUnlocked(folder: string): void {
  const text = textOf(join(folder, LOCK));
  if (text !== null && !isStale(text)) throw new InputError(refusal(text, folder));
}

/** False where the lock is there already. */
function create(path: string, text: string): boolean {
  const whole = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(whole, text);
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
  const aside = `${path}.${process.pid}.stale.tmp`;
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
  if (holder === null || holder.host !== hostname()) return false;
  const birth = birthOf(holder.pid);
  if (holder.birth !== null && birth !== null) return birth !== holder.birth;
  return holder.pid === process.pid || !isAlive(holder.pid);
}

function refusal(text: string, folder: string): string {
  const path = join(folder, LOCK);
  const holder = holderOf(text);
  if (holder === null)
    return `${path}: it cannot be read, so who trains in the folder is not known; if no process does, delete it; else give --out another folder`;
  const { pid, host, since } = holder;
  return host === hostname()
    ? `${folder}: process ${pid} trains in it since ${since}; wait until it ends, or give --out another folder`
    : `${folder}: process ${pid} of host ${host} trains in it since ${since}; wait until it ends, give --out another folder, ` +
        `or, where that process is gone, delete ${path}`;
}

function holderOf(text: string): Holder | null {
  try {
    const { pid, host, since, birth = null } = JSON.parse(text) as Partial<Holder>;
    const known =
      Number.isInteger(pid) && Number(pid) > 0 && typeof host === "string" && typeof since === "string";
    return known ? { pid: Number(pid), host, since, birth } : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== "ESRCH"; // EPERM: it is there, and somebody else's
  }
}

/** The boot and the tick of it in which a process began; null where the system does not say, or has no such process. */
function birthOf(pid: number): string | null {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // the second field is a name in brackets, which may hold blanks; the 22nd is the start
    const [start] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ").slice(19) ?? [];
    return start ? `${boot} ${start}` : null;
  } catch {
    return null;
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return null;
    throw error;
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "";
