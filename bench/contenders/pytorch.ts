/**
 * PyTorch, in a child process that speaks JSON lines: first it says {"version"} or {"absent"}, then it answers
 * "prepare", "step" and "infer" with {"seconds"} and "loss" with {"loss"}. Eager mode, Adam, no compilation.
 */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Contender, Prepared, Runner } from "../contender.ts";
import { batchOf, place } from "../workloads.ts";

interface Answer {
  readonly version?: string;
  readonly absent?: string;
  readonly seconds?: number;
  readonly loss?: number;
}

/** A worker with its answers, one a request. */
class Worker {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #stderr = "";

  constructor(python: string) {
    const script = fileURLToPath(new URL("../pytorch_worker.py", import.meta.url));
    this.#child = spawn(python, [script]);
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

async function start(python: string): Promise<{ worker: Worker; version: string } | string> {
  const worker = new Worker(python);
  try {
    const { version, absent } = await worker.next();
    if (version) return { worker, version };
    return `${python}: ${absent ?? "no version"}`;
  } catch (error) {
    return `${python}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The first of two Pythons that can import torch: the path's, then the system's. */
function contender(): Contender {
  let running: { worker: Worker; version: string } | undefined;
  return {
    name: "PyTorch",
    version: () => running?.version ?? "absent",
    async available() {
      const reasons: string[] = [];
      for (const python of ["python3", "/usr/bin/python3"]) {
        const started = await start(python);
        if (typeof started !== "string") {
          running = started;
          return null;
        }
        reasons.push(started);
      }
      return reasons.join("; ");
    },
    async prepare(workload, { threads }): Promise<Prepared> {
      if (!running) throw new Error("PyTorch: prepare before available");
      const { worker } = running;
      const { x, y } = batchOf(workload);
      const placed = place(workload);
      await worker.ask({ kind: "prepare", workload, placed, threads, x: [...x], y: [...y] });
      const runner =
        (message: object): Runner =>
        async (count) =>
          (await worker.ask({ ...message, count })).seconds ?? Number.NaN;
      return {
        measures: {
          step: runner({ kind: "step" }),
          one: runner({ kind: "infer", samples: "one" }),
          batch: runner({ kind: "infer", samples: "batch" }),
        },
        loss: async () => (await worker.ask({ kind: "loss" })).loss ?? Number.NaN,
        note: () => "",
        dispose: async () => {},
      };
    },
    async close() {
      running?.worker.close();
      running = undefined;
    },
  };
}

export const pytorch = contender();
