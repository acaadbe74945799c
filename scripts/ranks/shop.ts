/** What the proofs of ranks are made with: a run worth proving, launchers, and processes that are found by their rank. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { layers as L, model } from "../../src/index.ts";

export const cli = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
export const folder = mkdtempSync(join(tmpdir(), "toeplitz-ranks-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Convolutions, batch norms, dropout and a skip: what differs between shards and batches, small. */
const net = model({ channels: 1, length: 40 }, (x) => {
  const a = L.relu(L.batchNorm(L.conv1d(x, { filters: 16, kernelSize: 5, padding: "same" })));
  const b = L.batchNorm(L.conv1d(a, { filters: 16, kernelSize: 3, padding: "same" }));
  const pooled = L.globalAveragePool(L.relu(L.add(b, a)));
  return L.dense(L.dropout(pooled, { rate: 0.2 }), { units: 10 });
});
export const modelFile = join(folder, "model.json");
writeFileSync(modelFile, JSON.stringify(net));

/** The words of a run with everything that reaches a weight. */
export const trainWords = (out: string, ...more: readonly string[]): readonly string[] => {
  const recipe = `train mnist1d --model ${modelFile} --batch 32 --shards 8 --validation 0.05 --keep best --lr 0.003`;
  const rules = "--ema 0.95 --augment jitter=0.05,mixup=0.2 --clip-norm 1";
  return [...`${recipe} ${rules} --json --out ${join(folder, out)}`.split(" "), ...more];
};

export const families = ["openmpi", "mpich"] as const;
export type Family = (typeof families)[number];

const programOf = (family: Family): string => `mpirun.${family}`;

/** Whether a family's launcher is here; says which are not. */
export const present = families.filter((family) => {
  const isHere = spawnSync(programOf(family), ["--version"]).status === 0;
  if (!isHere) console.log(`${family}: skipped, there is no ${programOf(family)} here`);
  return isHere;
});

export interface Launch {
  readonly family: Family;
  readonly size: number;
  /** Words of the launcher before those of the program. */
  readonly words?: readonly string[];
  /** What runs the launcher. */
  readonly within?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

const env = {
  ...process.env,
  OMPI_ALLOW_RUN_AS_ROOT: "1",
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
};

/** A process whose end can be waited for. */
export function start(words: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const began = performance.now();
  const child = spawn(words[0], words.slice(1), { cwd: folder, env: { ...env, ...more } });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Ended>((done) =>
    // what a launcher leaves behind on another machine may hold its pipes
    child.on("exit", (code) => {
      const seconds = (performance.now() - began) / 1000;
      setTimeout(() => done({ code, stdout, stderr, seconds }), 300);
    }),
  );
  return { ended, kill: () => child.kill("SIGKILL") };
}

/** One process. */
export const alone = (words: readonly string[]): Promise<Ended> =>
  start([process.execPath, cli, ...words]).ended;

/** Ranks. */
export function launch({ family, size, words = [], within = [], env: more }: Launch, run: readonly string[]) {
  const own = family === "openmpi" ? ["--oversubscribe", ...words] : words;
  return start(
    [...within, programOf(family), ...own, "-n", String(size), process.execPath, cli, ...run],
    more,
  );
}

export const hashOf = ({ stdout, stderr, code }: Ended): string => {
  const found = /"weightsSha256":"([0-9a-f]{64})"/.exec(stdout);
  return found ? found[1] : `exit ${code}: ${stderr.trim().split("\n").at(-1) ?? ""}`;
};

/** The processes of a run by its folder, by rank. */
export function processesOf(out: string): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      if (words[1] !== cli || !words.includes(join(folder, out))) continue;
      const rank = /(?:^|\0)(?:OMPI_COMM_WORLD_RANK|PMI_RANK)=(\d+)/.exec(
        readFileSync(`/proc/${name}/environ`, "utf8"),
      );
      if (rank) found.set(Number(rank[1]), Number(name));
    } catch {
      // it has ended meanwhile
    }
  }
  return found;
}

export const pause = (ms: number): Promise<void> => new Promise((resume) => setTimeout(resume, ms));

/** Says whether something holds, and remembers where it does not. */
export function check(what: string, holds: boolean, found = ""): void {
  console.log(`${holds ? "good" : "BAD "}  ${what}${found === "" ? "" : `  ${found}`}`);
  if (!holds) process.exitCode = 1;
}
