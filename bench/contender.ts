/**
 * What takes part in the benchmark. A contender builds a workload once and is then asked, in turn with the others, for
 * the seconds of so many training steps or inferences. It times itself, so that a child process's pipe is not counted.
 */
import type { Workload } from "./workloads.ts";

/** A training step on the batch; inference of one sample; inference of the batch. */
export const measures = ["step", "one", "batch"] as const;
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
  /** The training loss of the last step: that it falls shows that the work is real. */
  loss(): Promise<number>;
  /** What differs in a measure from the workload as written (an optimizer, a layer left out), or "". */
  note(measure: Measure): string;
  dispose(): Promise<void>;
}

export interface Options {
  /** Threads that a contender may use; one that cannot have so many says so in its note. */
  readonly threads: number;
  /** Seconds that one contender may spend on one measure. */
  readonly budgetSeconds: number;
}

export interface Contender {
  readonly name: string;
  /** The version of what is measured; asked after `available`. */
  version(): string;
  /** null when it can run here, otherwise the reason why not. */
  available(): Promise<string | null>;
  prepare(workload: Workload, options: Options): Promise<Prepared | Refusal>;
  /** Ends what `available` started, such as a process. */
  close(): Promise<void>;
}

export const isRefusal = (value: object): value is Refusal => "refused" in value;

/** A runner of a function of this process. */
export const timed =
  (work: () => Promise<void> | void): Runner =>
  async (count) => {
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      const pending = work();
      if (pending) await pending;
    }
    return (performance.now() - start) / 1000;
  };
