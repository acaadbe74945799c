/** What limits a run on this machine, as `toeplitz doctor` says it: what the system tells of, and what is tried. */
import { readFileSync } from "node:fs";
import { mkdtemp, rmdir } from "node:fs/promises";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileError } from "../node.ts";

/** Below these a run may meet a limit of the kind; the names are those of /proc/self/limits. */
const bounds: readonly (readonly [name: string, below: number, text: (limit: string) => string])[] = [
  ["Max address space", 64 * 2 ** 30, (n) => `addresses: ${gib(n)} (ulimit -v)`],
  ["Max data size", 64 * 2 ** 30, (n) => `data: ${gib(n)} (ulimit -d)`],
  ["Max resident set", 64 * 2 ** 30, (n) => `resident memory: ${gib(n)} (ulimit -m)`],
  ["Max cpu time", Infinity, (n) => `processor time: ${n} s, after which the system ends a run (ulimit -t)`],
  ["Max file size", 2 ** 33, (n) => `a file's size: ${gib(n)} (ulimit -f)`],
  ["Max processes", 1024, (n) => `processes and threads of this user: ${n} (ulimit -u)`],
  ["Max open files", 1024, (n) => `open files: ${n} (ulimit -n)`],
  ["Max stack size", 2 ** 20, (n) => `the stack: ${n} bytes (ulimit -s); Node takes that there are 984 kB`],
];

const gib = (bytes: string | number): string => `${(Number(bytes) / 2 ** 30).toFixed(1)} GiB`;

/** A line each; none: nothing was found that a run may meet. */
export async function findLimits(): Promise<string[]> {
  return [
    ...ofProcess(),
    ...ofContainer(),
    ...(availableParallelism() === 1 ? ["one core: programs run on one thread"] : []),
    ...ofNode(),
    ...(await ofTemporaryFolder()),
  ];
}

function ofProcess(): string[] {
  const text = read("/proc/self/limits");
  if (text === null)
    return process.platform === "linux"
      ? ["/proc cannot be read: the limits of this process are not known"]
      : [];
  return bounds.flatMap(([name, below, say]) => {
    const soft = new RegExp(`^${name} +(\\d+) `, "m").exec(text)?.[1];
    return soft !== undefined && Number(soft) < below ? [say(soft)] : [];
  });
}

/** Version 2 of control groups, as containers and systemd set them. */
function ofContainer(): string[] {
  const bytes = process.constrainedMemory?.() ?? 0;
  const pids = read("/sys/fs/cgroup/pids.max")?.trim();
  return [
    ...(bytes > 0 && bytes < totalmem() ? [`memory: ${gib(bytes)} (the container's)`] : []),
    ...(Number(pids) < 1024 ? [`processes and threads: ${pids} (the container's)`] : []),
  ];
}

function ofNode(): string[] {
  const { permission } = process as { permission?: { has(scope: string): boolean } };
  const words = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? "").split(/\s+/)];
  const small = words.filter((word) => /^--(stack|max-old-space|max-heap)[-_]/.test(word));
  const scopes = ["fs.read", "fs.write", "worker", "child", "addon"].filter(
    (s) => permission?.has(s) === false,
  );
  return [
    ...(typeof WebAssembly === "undefined" ? ["no WebAssembly (--jitless)"] : []),
    ...small.map((word) => `Node's option ${word}`),
    ...(permission
      ? [`Node's permission model${scopes.length > 0 ? `: not everywhere ${scopes.join(", ")}` : ""}`]
      : []),
  ];
}

async function ofTemporaryFolder(): Promise<string[]> {
  const folder = tmpdir();
  try {
    await rmdir(await mkdtemp(join(folder, "toeplitz-")));
    return [];
  } catch (error) {
    const said = fileError(error, folder, "write");
    const why = said instanceof Error ? said.message.replace(/; check the path$/, "") : String(error);
    return [`temporary files: ${why}: Parquet, JSON, queries and rows beyond --memory want them (TMPDIR)`];
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
