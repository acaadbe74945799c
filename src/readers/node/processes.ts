/**
 * Which process something belongs to (a lock, a temporary file), and whether that process is gone. A number alone does not
 * say it: numbers are used again, other hosts have their own, and so has every container.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { sha256 } from "../../numerics/sha256.ts";

/** A process, as far as the system tells. */
export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** The space in which the number counts (Linux: a container has its own); null where the system has none. */
  readonly space: string | null;
  /** What sets the process apart from a later one of the same number, where the system says it (Linux); else null. */
  readonly birth: string | null;
}

export const thisProcess = (): Owner => ({
  pid: process.pid,
  host: hostname(),
  space: spaceOf(),
  birth: birthOf(process.pid)?.birth ?? null,
});

/** Whether a process has ended; null where nobody here can know: it is of another host, or of another container. */
export function isGone(owner: Owner): boolean | null {
  const space = spaceOf();
  if (owner.host !== hostname()) return null;
  if (owner.space !== null && space !== null && owner.space !== space) return null;
  const now = birthOf(owner.pid);
  if (now?.ended) return true;
  if (owner.birth !== null && now !== null) return now.birth !== owner.birth;
  // without a birth, the number of this process is another's by now: this one asks because it has nothing there
  return owner.pid === process.pid || !isAlive(owner.pid);
}

const short = (text: string): string => sha256(new TextEncoder().encode(text)).slice(0, 8);
const placeOf = (host: string, space: string | null): string => short(`${host} ${space ?? ""}`);

/** This process in a few characters, for names: number, place, birth. */
export function ownerTag(): string {
  const { pid, host, space, birth } = thisProcess();
  return `${pid}-${placeOf(host, space)}-${birth === null ? "0" : short(birth)}`;
}

/** What `ownerTag` gives, in a name. */
export const TAG = /(\d+)-([0-9a-f]{8})-(0|[0-9a-f]{8})/;

/** Whether a name is tagged by a process of this place that is gone. */
export function isAbandoned(name: string): boolean {
  const [, number, place, birth] = TAG.exec(name) ?? [];
  if (number === undefined || place !== placeOf(hostname(), spaceOf())) return false;
  const now = birthOf(Number(number));
  if (now?.ended) return true;
  if (birth !== "0" && now !== null) return short(now.birth) !== birth;
  return !isAlive(Number(number));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH"); // EPERM: somebody else's
  }
}

/**
 * The boot and the tick of it in which a process began, and whether it has ended but for its parent's notice (a zombie); null
 * where the system does not say, or has no such process.
 */
function birthOf(pid: number): { readonly birth: string; readonly ended: boolean } | null {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // the second field is a name in brackets, which may hold blanks; the third is the state, the 22nd the start
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    const [state, start] = [fields.at(0), fields.at(19)];
    return start === undefined ? null : { birth: `${boot} ${start}`, ended: state === "Z" || state === "X" };
  } catch {
    return null;
  }
}

function spaceOf(): string | null {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return null;
  }
}
