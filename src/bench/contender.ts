/**
 * What takes part in the benchmark. A contender builds a workload once and is then asked, in turn with the others, for
 * the seconds of so many training steps or inferences. It times itself, so that a child process's pipe is not counted.
 */
import type { Workload } from "./workloads.ts";

/** A training step on the batch; inference of the batch; inference of one sample. */
export const measures = ["step", "batch", "one"] as const;
export type Measure = (typeof measures)[number];

/** Runs the work so many times and resolves to the seconds that this took, results complete. */
export type Runner = (count: number) => Promise<number>;

/** Why a contender does not do something. */
export interface Refusal {
  readonly refused: string;
}

/** A workload, built. */
export interface Prepared {
  readonly measures: Readonly<Record<Measure, Runner | Refusal>>;
  /** What differs in a measure from the workload as written (an optimizer, a layer left out), or "". */
  readonly note?: (measure: Measure) => string;
  dispose(): Promise<void> | void;
}

/** What a fresh process spends until it trains, in milliseconds; making the inputs is not counted. */
export interface Start {
  /** From the process's start until everything is imported. */
  readonly importMs: number;
  /** From there until the first step is done: building, compiling, the step. */
  readonly firstMs: number;
  /** Each step, the first one too. */
  readonly stepsMs: readonly number[];
}

export interface Contender {
  readonly name: string;
  /** Threads that it may use. */
  readonly threads: number;
  /** The peak to hold it against: of the machine's widest vectors or of 128 bits, and of which operations. */
  readonly matching?: { readonly bits: 128 | "widest"; readonly operation: "mul+add" | "fma" };
  /** Its version where it can run here, otherwise the reason why not. */
  available(): Promise<{ readonly version: string } | Refusal>;
  prepare(workload: Workload, budgetSeconds: number): Promise<Prepared | Refusal>;
  /** Trains in a process of its own, from its start; absent where that is not measured. */
  start?(workload: Workload): Promise<Start | Refusal>;
  /** Ends what `available` started, such as a process. */
  close?(): void;
}

/** Steps from the first one on: at least 8, then until a second is over or there are 60. */
export async function watch(stepMs: () => number | Promise<number>): Promise<number[]> {
  const steps: number[] = [];
  for (let spent = 0; steps.length < 8 || (steps.length < 60 && spent < 1000);) {
    const ms = await stepMs();
    steps.push(Number(ms.toPrecision(5)));
    spent += ms;
  }
  return steps;
}

export const isRefusal = (value: object): value is Refusal => "refused" in value;

/** A runner of a function of this process. */
export const timed =
  (work: () => Promise<unknown> | void): Runner =>
  async (count) => {
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      const pending = work();
      if (pending) await pending;
    }
    return (performance.now() - start) / 1000;
  };
