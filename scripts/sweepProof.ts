/**
 * Sweeps are the same whoever runs them: on 1, 2 and 3 workers, and after they were killed at random moments, also with other
 * numbers of workers from one to the next. Logs (without the clock), recipes and rankings are compared with those of one that was left alone; the
 * log never loses a line, and no process is left behind. The best recipe then trains to the trial's bits.
 *
 *   npm run proof:sweep -- [--kills N] [--seed N]      (default: 10 and 0)
 */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { uniform } from "../src/numerics/threefry.ts";

const { values } = parseArgs({
  options: { kills: { type: "string", default: "10" }, seed: { type: "string", default: "0" } },
});
const kills = Number(values.kills);
const folder = mkdtempSync(join(tmpdir(), "toeplitz-sweep-"));
const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
/** Two spaces: one by held-back rows, one by folds, with a choice of models and trials that diverge. */
const sweeps = {
  held: ["--model", "mnist1d-cnn", "--steps", "90", "--trials", "20", "--seed", "5"],
  folds: [
    "--steps",
    "45",
    "--folds",
    "2",
    "--trials",
    "12",
    "--space",
    fileURLToPath(new URL("sweepSpace.json", import.meta.url)),
  ],
} as const;

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** Runs a sweep, and strikes it after so many milliseconds. */
function toeplitz(words: readonly string[], strikeMs?: number): Promise<Ended> {
  const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", main, ...words], {
    stdio: ["ignore", "ignore", "pipe"],
    // by which its workers are known
    env: { ...process.env, TOEPLITZ_PROOF: folder },
  });
  let stderr = "";
  child.stderr?.on("data", (text: Buffer) => void (stderr += text.toString()));
  const timer = strikeMs === undefined ? null : setTimeout(() => child.kill("SIGKILL"), strikeMs);
  return new Promise((resolve) =>
    child.once("close", (code) => {
      if (timer) clearTimeout(timer);
      resolve({ code, stderr });
    }),
  );
}

const read = (out: string, name: string): string =>
  existsSync(join(out, name)) ? readFileSync(join(out, name), "utf8") : "";
const lines = (out: string): string[] => read(out, "sweep.jsonl").split("\n").slice(0, -1);
/** What a sweep is, without the clock. */
const shown = (out: string): string =>
  [
    ...lines(out)
      .map((line) => line.replace(/"seconds":[0-9.]+/, ""))
      .toSorted(),
    read(out, "best.json"),
  ].join("\n");

let failed = 0;
function verdict(what: string, good: boolean, more = ""): void {
  if (!good) failed++;
  console.log(`${good ? "ok  " : "FAIL"}  ${what}${more}`);
}

const words = (kind: keyof typeof sweeps, out: string, workers: number, ...more: string[]): string[] => [
  "sweep",
  "mnist1d",
  ...sweeps[kind],
  "--workers",
  String(workers),
  "--out",
  out,
  "--quiet",
  ...more,
];

for (const kind of Object.keys(sweeps) as (keyof typeof sweeps)[]) {
  const whole = join(folder, `${kind}-1`);
  const began = performance.now();
  const first = await toeplitz(words(kind, whole, 1));
  const ms = performance.now() - began;
  verdict(
    `${kind}: left alone, 1 worker`,
    first.code === 0,
    `, ${lines(whole).length - 1} rungs in ${(ms / 1000).toFixed(0)} s ${first.stderr}`,
  );
  for (const workers of [2, 3]) {
    const out = join(folder, `${kind}-${workers}`);
    await toeplitz(words(kind, out, workers));
    verdict(`${kind}: the same on ${workers} workers`, shown(out) === shown(whole));
  }
  let [hit, sweep] = [0, 0];
  while (hit < kills) {
    const out = join(folder, `${kind}-killed-${sweep++}`);
    for (let struck = 0; ;) {
      const draw = (index: number): number => uniform(Number(values.seed), sweep, struck, index);
      const workers = 1 + Math.floor(3 * draw(0));
      const before = lines(out);
      const again = existsSync(join(out, "sweep.jsonl")) ? ["--resume"] : ["--force"];
      const strikeMs = hit < kills && struck < 4 ? (0.15 + 0.6 * draw(1)) * ms : undefined;
      const { code, stderr } = await toeplitz(words(kind, out, workers, ...again), strikeMs);
      const after = lines(out);
      if (!before.every((line, i) => after[i] === line))
        verdict(`${kind}: a line of the log was lost`, false);
      if (code === null) {
        hit++;
        struck++;
        continue;
      }
      const left = readdirSync(out).filter(
        (name) => !["best.json", "report.html", "sweep.jsonl"].includes(name),
      );
      const isGood = code === 0 && shown(out) === shown(whole) && left.length === 0;
      verdict(
        `${kind}: the same after ${struck} kills`,
        isGood,
        isGood ? "" : `: exit ${code}, left ${left.join()} ${stderr}`,
      );
      break;
    }
  }
  console.log(`      ${hit} kills in all`);
  if (kind === "held") {
    const run = join(folder, "run");
    await toeplitz(["train", "mnist1d", "--config", join(whole, "best.json"), "--out", run, "--quiet"]);
    const trained = (JSON.parse(read(run, "result.json")) as { weightsSha256: string }).weightsSha256;
    verdict(
      "its best recipe trains to the trial's bits",
      lines(whole).some((line) => line.includes(trained) && line.includes('"rung":2')),
    );
  }
}
/** Processes that a sweep has started, as Linux has them. */
const workers = (): string[] =>
  existsSync("/proc/self/environ")
    ? readdirSync("/proc").filter((id) => {
        try {
          return (
            /^\d+$/.test(id) &&
            readFileSync(`/proc/${id}/environ`, "utf8").includes(`TOEPLITZ_PROOF=${folder}`)
          );
        } catch {
          return false;
        }
      })
    : [];
// one whose channel has closed ends at its next turn
await new Promise((resume) => setTimeout(resume, 2000));
verdict("no process is left", workers().length === 0, `: ${workers().length}`);
rmSync(folder, { recursive: true, force: true });
process.exitCode = failed > 0 ? 1 : 0;
