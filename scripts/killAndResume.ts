/**
 * Runs that survive: kills training (`kill -9`) at random moments, resumes it, and compares the SHA-256 of the weights with
 * those of the run that was left alone. Then the same in a folder whose disk fills up midway.
 *
 *   npm run build && npx tsx scripts/killAndResume.ts [--seed N] [--moments N]      (default: 0 and 30)
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { seed: { type: "string", default: "0" }, moments: { type: "string", default: "30" } },
});
const moments = Number(values.moments);
const cli = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "toeplitz-kill-"));

/** Numbers from 0 to 1, the same for a seed (mulberry32). */
let state = Number(values.seed);
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

/** A model with dropout, whose random numbers follow the count of steps. */
const dropout = join(folder, "dropout.json");
writeFileSync(
  dropout,
  JSON.stringify({
    format: "toeplitz-model",
    version: 1,
    name: "dropout",
    input: { channels: 1, length: 40 },
    layers: [
      { kind: "conv1d", from: [0], options: { filters: 8, kernelSize: 5 } },
      { kind: "batchNorm", from: [1], options: {} },
      { kind: "relu", from: [2], options: {} },
      { kind: "dropout", from: [3], options: { rate: 0.2 } },
      { kind: "dense", from: [4], options: { units: 10 } },
    ],
  }),
);

/** Kinds of runs, so that every part of a state matters in some. */
const runs: Readonly<Record<string, readonly string[]>> = {
  "adam, cosine, keep best": "--steps 4000 --validation 0.2 --keep best".split(" "),
  "rmsProp, plateau, ema, patience":
    "--steps 4000 --optimizer rmsProp --schedule plateau --ema 0.99 --validation 0.2 --patience 90".split(
      " ",
    ),
  "sgd, oneCycle, augmentation, dropout": [
    "--model",
    dropout,
    ..."--steps 4000 --batch 30 --optimizer sgd --schedule oneCycle --augment jitter=0.05,mixup=0.2".split(
      " ",
    ),
  ],
};

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Kill {
  readonly ms: number;
  /** Counted from here. */
  readonly after: "start" | "first checkpoint";
}

/** Trains into a folder; at a moment it is killed, if it has not ended by then. */
function train(words: readonly string[], out: string, kill?: Kill): Promise<Ended> {
  const resume = existsSync(out) ? ["--resume"] : [];
  const all = ["train", "mnist1d", ...words, "--out", out, "--json", "--quiet", "--checkpoint-every", "0.1"];
  const child = spawn(process.execPath, [cli, ...all, ...resume]);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  let from = kill?.after === "start" ? performance.now() : Infinity;
  const timer = setInterval(() => {
    if (!kill) return;
    if (from === Infinity && existsSync(join(out, "checkpoint"))) from = performance.now();
    if (performance.now() - from >= kill.ms) child.kill("SIGKILL");
  }, 1);
  return new Promise((done) =>
    child.on("close", (code) => {
      clearInterval(timer);
      done({ code, stdout, stderr });
    }),
  );
}

const hashOf = ({ stdout, stderr }: Ended): string => {
  if (stdout === "") return `no result: ${stderr.trim()}`;
  return (JSON.parse(stdout) as { weightsSha256: string }).weightsSha256;
};
const epochsOf = (out: string): string =>
  readFileSync(join(out, "log.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { epoch: number }).epoch)
    .join();

let failed = false;
function verdict(what: string, good: number, of: number, more = ""): void {
  failed ||= good !== of;
  console.log(`${what.padEnd(56)} ${good} of ${of} equal${more}`);
}

interface Whole {
  readonly words: readonly string[];
  readonly hash: string;
  readonly epochs: string;
  /** Of the whole process, and of its training. */
  readonly ms: number;
  readonly trainingMs: number;
}
const wholes: [string, Whole][] = [];
for (const [name, words] of Object.entries(runs)) {
  const out = join(folder, "whole");
  const start = performance.now();
  const run = await train(words, out);
  const ms = performance.now() - start;
  const trainingMs = 1000 * (JSON.parse(run.stdout) as { seconds: number }).seconds;
  wholes.push([name, { words, hash: hashOf(run), epochs: epochsOf(out), ms, trainingMs }]);
  rmSync(out, { recursive: true });
}
const same = (w: Whole, ended: Ended, out: string): boolean => {
  const equal = ended.code === 0 && hashOf(ended) === w.hash && epochsOf(out) === w.epochs;
  if (!equal) console.log(`  differs: ${hashOf(ended)} for ${w.hash} in ${out}`);
  return equal;
};

// many runs, each killed once, at any moment of its training
for (const [i, [name, w]] of wholes.entries()) {
  const times = Math.floor((moments + i) / wholes.length);
  let good = 0;
  let midway = 0;
  for (let n = 0; n < times; n++) {
    const out = join(folder, `once-${i}-${n}`);
    const killed = await train(w.words, out, { ms: random() * w.trainingMs, after: "first checkpoint" });
    if (killed.code === null) midway++;
    if (same(w, await train(w.words, out), out)) good++;
  }
  verdict(`killed once: ${name}`, good, times, `, ${midway} of them killed before their end`);
}

// runs that are killed again and again until they end, at any moment of the process
{
  const [name, w] = wholes[0];
  let kills = 0;
  let ended = 0;
  let good = 0;
  while (kills < moments) {
    const out = join(folder, `often-${ended}`);
    for (;;) {
      const run = await train(
        w.words,
        out,
        kills < moments ? { ms: random() * 0.7 * w.ms, after: "start" } : undefined,
      );
      if (run.code === null) kills++;
      else {
        if (same(w, run, out)) good++;
        break;
      }
    }
    ended++;
  }
  verdict(`killed ${kills} times until they ended: ${name}`, good, ended);
}

// a disk that fills: the run warns, goes on, cannot save its model, and goes on later from the last checkpoint
await onSmallDisk(async (disk) => {
  const times = Math.ceil(moments / 3);
  let good = 0;
  let refused = 0;
  for (let n = 0; n < times; n++) {
    const [, w] = wholes[n % wholes.length];
    const out = join(disk, "run");
    const filler = join(disk, "filler");
    const filled = fillWhen(out, filler, Math.floor(random() * 4000));
    const kill: Kill = { ms: random() * w.trainingMs, after: "first checkpoint" };
    const ended = await train(w.words, out, n % 2 === 0 ? undefined : kill);
    await filled;
    if (ended.code === 2 && ended.stderr.includes("the disk is full")) refused++;
    else if (ended.code !== null && ended.code !== 0) console.log(`  exit ${ended.code}: ${ended.stderr}`);
    rmSync(filler, { force: true });
    if (same(w, await train(w.words, out), out)) good++;
    rmSync(out, { recursive: true });
  }
  verdict("on a disk that fills (half of them killed too)", good, times, `, ${refused} refused by name`);
});

rmSync(folder, { recursive: true, force: true });
process.exitCode = failed ? 1 : 0;

/** Fills the disk when the log of a run has so many bytes. */
function fillWhen(out: string, filler: string, bytes: number): Promise<void> {
  return new Promise((done) => {
    const start = performance.now();
    const timer = setInterval(() => {
      const size = statSync(join(out, "log.jsonl"), { throwIfNoEntry: false })?.size ?? -1;
      if (size < bytes && performance.now() - start < 20_000) return;
      clearInterval(timer);
      for (let chunk = 2 ** 16; chunk >= 1; chunk /= 2) while (append(filler, chunk));
      done();
    }, 5);
  });
}

/** Adds bytes to a file; false where the disk has no room for them. */
function append(file: string, bytes: number): boolean {
  try {
    writeFileSync(file, new Uint8Array(bytes), { flag: "a" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}

/** A file system of 1 MiB, in memory. */
async function onSmallDisk(use: (disk: string) => Promise<void>): Promise<void> {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "toeplitz", disk], { stdio: "pipe" });
  } catch (error) {
    const reason = String((error as { stderr?: Buffer }).stderr ?? error).trim();
    console.log(`on a disk that fills: skipped, since no tmpfs can be mounted here (${reason})`);
    return;
  }
  try {
    await use(disk);
  } finally {
    execFileSync("umount", [disk]);
  }
}
