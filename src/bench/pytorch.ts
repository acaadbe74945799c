/**
 * PyTorch, in a child process that speaks JSON lines: first it says {"version"} or {"absent"}, then it answers
 * "prepare" and each measure with {"seconds"}, or {"refused"}. Eager mode, Adam, no compilation.
 */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import {
  measures,
  watch,
  type Contender,
  type Measure,
  type Prepared,
  type Refusal,
  type Runner,
  type Start,
} from "./contender.ts";
import { layersOf } from "../formats/walk.ts";
import { pytorchWorker } from "./pytorchWorker.ts";
import { batchOf, type Workload } from "./workloads.ts";

interface Answer {
  readonly version?: string;
  /** When torch was imported, in milliseconds since 1970. */
  readonly imported?: number;
  readonly absent?: string;
  readonly refused?: string;
  readonly seconds?: number;
}

/** A worker with its answers, one a request. */
class Worker {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #stderr = "";

  constructor(python: string) {
    this.#child = spawn(python, ["-c", pytorchWorker]);
    this.#child.on("error", (error) => (this.#stderr += error.message));
    this.#child.stdin.on("error", () => {}); // A worker that died answers nothing; next() says why.
    this.#child.stderr.on("data", (text: Buffer) => (this.#stderr += text.toString()));
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async next(): Promise<Answer> {
    const line = await this.#answers.next();
    if (line.done) throw new Error(this.#stderr.trim().split("\n").at(-1) || "it ended without an answer");
    return JSON.parse(line.value) as Answer;
  }

  ask(message: object): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
    return this.next();
  }

  close(): void {
    this.#child.stdin.end();
  }
}

/** The path's Python, then the system's: the first that can import torch is taken. */
const PYTHONS = ["python3", "/usr/bin/python3"];

interface Running {
  readonly worker: Worker;
  readonly version: string;
  readonly importMs: number;
}

async function launch(): Promise<Running | Refusal> {
  const reasons: string[] = [];
  for (const python of PYTHONS) {
    const begun = performance.timeOrigin + performance.now();
    const worker = new Worker(python);
    try {
      const { version, imported = Number.NaN, absent } = await worker.next();
      if (version) return { worker, version, importMs: imported - begun };
      reasons.push(`${python}: ${absent ?? "no version"}`);
    } catch (error) {
      reasons.push(`${python}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { refused: reasons.join("; ") };
}

/** Asks for what takes time; throws Error where the worker cannot. */
async function seconds(worker: Worker, message: object): Promise<number> {
  const { seconds: taken, refused } = await worker.ask(message);
  if (taken === undefined) throw new Error(refused ?? "no answer");
  return taken;
}

/** The message that builds a workload. */
function building(workload: Workload, threads: number): object {
  const { series, answers, rows } = batchOf(workload);
  const { channels, length } = workload.model.input;
  const shape = [rows, channels, length];
  return {
    kind: "prepare",
    layers: layersOf(workload.model),
    threads,
    shape,
    x: [...series],
    y: [...answers.labels],
  };
}

async function start(workload: Workload, threads: number): Promise<Start | Refusal> {
  const running = await launch();
  if ("refused" in running) return running;
  const { worker, importMs } = running;
  try {
    const buildMs = 1000 * (await seconds(worker, building(workload, threads)));
    const stepsMs = await watch(async () => 1000 * (await seconds(worker, { kind: "step", count: 1 })));
    return { importMs, firstMs: buildMs + stepsMs[0], stepsMs };
  } finally {
    worker.close();
  }
}

export function pytorch(threads: number): Contender {
  let running: Running | undefined;
  return {
    name: "PyTorch",
    threads,
    async available() {
      const launched = await launch();
      if ("refused" in launched) return launched;
      running = launched;
      return { version: launched.version };
    },
    async prepare(workload): Promise<Prepared> {
      if (!running) throw new Error("PyTorch: prepare before available");
      const { worker } = running;
      await seconds(worker, building(workload, threads));
      const runner =
        (kind: Measure): Runner =>
        (count) =>
          seconds(worker, { kind, count });
      const runners = Object.fromEntries(measures.map((m) => [m, runner(m)])) as Prepared["measures"];
      return { measures: runners, dispose: () => undefined };
    },
    start: (workload) => start(workload, threads),
    close() {
      running?.worker.close();
      running = undefined;
    },
  };
}
