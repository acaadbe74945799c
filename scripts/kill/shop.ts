/** What the proof of `kill` is made with: a folder of its own, drawn numbers, and the command line as a process. */
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
export const folder = mkdtempSync(join(tmpdir(), "toeplitz-kill-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

export interface Ended {
  /** Null of a process that a signal ended. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** When it ended, in milliseconds. */
  readonly at: number;
}

/** When a process is sent what. */
export interface Strike {
  readonly signal: NodeJS.Signals;
  /** Counted from its start. */
  readonly ms: number;
}

export interface How {
  /** The folder of the run, beside which its temporary files are. */
  readonly run: string;
  readonly strike?: Strike;
  /** Is called with the process: what else is done to it, or to its files. */
  readonly with?: (pid: number) => void;
  /** Where its output goes: a pipe that is read, the full device, or a pipe whose reader is gone. */
  readonly stdout?: "read" | "full" | "gone";
  readonly stderr?: "read" | "full" | "gone";
}

/** Runs `toeplitz ...words` to its end. */
export function toeplitz(words: readonly string[], how: How): Promise<Ended> {
  const temporary = `${how.run}-tmp`;
  mkdirSync(temporary, { recursive: true });
  const { strike, stdout: out = "read", stderr: err = "read" } = how;
  const redirected = `${out === "full" ? " >/dev/full" : ""}${err === "full" ? " 2>/dev/full" : ""}`;
  // bash replaces itself, so that the process is the one that is struck
  const child = spawn("bash", ["-c", `exec "$@"${redirected}`, "bash", process.execPath, cli, ...words], {
    cwd: folder,
    env: { ...process.env, TMPDIR: temporary },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  if (out === "gone") child.stdout.destroy();
  if (err === "gone") child.stderr.destroy();
  if (child.pid !== undefined) how.with?.(child.pid);
  const timer = strike && setTimeout(() => child.kill(strike.signal), strike.ms);
  return new Promise((done) =>
    child.on("close", (code) => {
      clearTimeout(timer);
      done({ code, stdout, stderr, at: performance.now() });
    }),
  );
}

/** The names below a folder. */
export const below = (where: string): string[] =>
  existsSync(where) ? readdirSync(where, { recursive: true }).map(String).sort() : [];

/** What no process may leave: locks and temporary files in a run's folder, anything among the temporary files. */
export const leftovers = (out: string): string[] => [
  ...below(out).filter((name) => /(^|\/)run\.lock$|\.tmp$/.test(name)),
  ...below(`${out}-tmp`),
];

/** The epochs of a log, as text. */
export const epochsOf = (out: string): string =>
  existsSync(join(out, "log.jsonl"))
    ? readFileSync(join(out, "log.jsonl"), "utf8")
        .trim()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => {
          const { member = 1, epoch } = JSON.parse(line) as { member?: number; epoch: number };
          return `${member}:${epoch}`;
        })
        .join()
    : "";

/** Where the runs of a result are: of one run its folder, of several theirs. */
export function hashesOf({ stdout, stderr }: Pick<Ended, "stdout" | "stderr">): string {
  if (stdout === "") return `no result: ${stderr.trim().slice(0, 300)}`;
  const told = JSON.parse(stdout) as { weightsSha256?: string; runs?: { weightsSha256: string }[] };
  return told.weightsSha256 ?? (told.runs ?? []).map(({ weightsSha256 }) => weightsSha256).join();
}

/** The logs of a run, or of several. */
export const logsOf = (out: string): string =>
  below(out)
    .filter((name) => name.endsWith("log.jsonl"))
    .map((name) => `${name} ${epochsOf(join(out, name, ".."))}`)
    .join("; ");

let failed = false;
/** Prints a line of the proof; it fails where not all are good. */
export function verdict(what: string, good: number, of: number, more = ""): void {
  failed ||= good !== of;
  process.exitCode = failed ? 1 : 0;
  console.log(`${what.padEnd(58)} ${good} of ${of}${more}`);
}

/** Runs tasks, two at a time, in their order. */
export async function inPairs(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const waiting = [...tasks];
  const work = async (): Promise<void> => {
    for (let task = waiting.shift(); task; task = waiting.shift()) await task();
  };
  await Promise.all([work(), work()]);
}

/** A file of rows of two classes, as text that DuckDB reads or as a .ts file. */
export function putRows(name: string, rows = 60, length = 24): string {
  const path = join(folder, name);
  const value = (i: number, t: number): number => Number(Math.sin((i % 2 ? 0.3 : 0.5) * t + i).toFixed(5));
  const of = (i: number): number[] => Array.from({ length }, (_, t) => value(i, t));
  const lines = Array.from({ length: rows }, (_, i) =>
    name.endsWith(".jsonl")
      ? JSON.stringify({ label: "ab"[i % 2], ...Object.fromEntries(of(i).map((x, t) => [`t${t}`, x])) })
      : `${of(i).join()}:${"ab"[i % 2]}`,
  );
  const head = name.endsWith(".jsonl") ? [] : ["@classLabel true a b", "@data"];
  writeFileSync(path, `${[...head, ...lines].join("\n")}\n`);
  return path;
}
