/** toeplitz itself: whole steps and inferences through the public API, reading of raw rows included. */
import { execFile } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { nativeBackend } from "../backends/x64/native.ts";
import { chooseBackend, type Runtime } from "../models/runtime.ts";
import { network } from "../models/network.ts";
import { optimizers } from "../training/optimizers.ts";
import { trainer } from "../training/trainer.ts";
import type { Trainer } from "../training/trainerApi.ts";
import { VERSION } from "../models/version.ts";
import { timed, type Contender, type Prepared, type Refusal, type Start } from "./contender.ts";
import { batchOf, oneOf, type Workload } from "./workloads.ts";

export interface Kind {
  readonly backend: "x64" | "wasm";
  readonly numerics: "strict" | "fused";
  readonly threads: number;
}

export const cores = cpus().length;

/** Where and how a kind runs, or why it cannot. On several threads each program takes as many as its work feeds. */
export async function runtimeOf({ backend: name, numerics, threads }: Kind): Promise<Runtime | Refusal> {
  const backend = name === "wasm" ? chooseBackend("wasm") : await nativeBackend();
  if (typeof backend === "string") return { refused: backend };
  const oneThread = backend.oneThread();
  if (threads > 1 && oneThread !== null) return { refused: `on one thread: ${oneThread}` };
  return { backend, numerics, threads: threads > 1 ? undefined : 1 };
}

/** A workload, compiled to be trained. */
export const trainerOf = ({ model, batch }: Workload, runtime: Runtime): Promise<Trainer> =>
  trainer(model, { optimizer: optimizers.adam(), batch, seed: 0, ...runtime });

/** Builds and compiles a workload for training, and for inference with the same weights. */
async function prepare(workload: Workload, kind: Kind): Promise<Prepared | Refusal> {
  const runtime = await runtimeOf(kind);
  if ("refused" in runtime) return runtime;
  const { model, classes } = workload;
  const batch = batchOf(workload);
  const one = oneOf(batch);
  const t = await trainerOf(workload, runtime);
  const net = await network(
    { model, classes, preparation: { kind: "none" }, weights: t.weights(), provenance: {} },
    runtime,
  );
  return {
    measures: {
      step: timed(() => void t.step(batch)),
      batch: timed(() => void net.outputs(batch)),
      one: timed(() => void net.outputs(one)),
    },
    dispose: () => t.dispose(),
  };
}

/** Runs `start.ts`, or what was built of it, in a process of its own. */
async function start(workload: Workload, kind: Kind, script: URL): Promise<Start | Refusal> {
  const typescript = script.pathname.endsWith(".ts") ? ["--import", "tsx"] : [];
  const words = [...typescript, fileURLToPath(script), workload.name, JSON.stringify(kind)];
  const begun = performance.timeOrigin + performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, words);
  const { imported, ...figures } = JSON.parse(stdout) as Started;
  return { importMs: imported - begun, ...figures };
}

/** What `start.ts` prints: when it was imported, in milliseconds since 1970, and the rest of a Start. */
export interface Started extends Omit<Start, "importMs"> {
  readonly imported: number;
}

/** The script beside this file, of its kind. */
const ownScript = new URL(import.meta.url.endsWith(".ts") ? "start.ts" : "start.js", import.meta.url);

export const toeplitz = (kind: Kind, script = ownScript): Contender => ({
  name: `toeplitz ${kind.backend} ${kind.numerics}`,
  threads: kind.threads,
  matching: {
    bits: kind.backend === "x64" ? "widest" : 128,
    operation: kind.numerics === "strict" ? "mul+add" : "fma",
  },
  available: async () => {
    const runtime = await runtimeOf(kind);
    return "refused" in runtime ? runtime : { version: VERSION };
  },
  prepare: (workload) => prepare(workload, kind),
  start: (workload) => start(workload, kind, script),
});
