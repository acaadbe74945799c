/** What a back end is: it turns a Program into something that runs. It sees kernels, never layers. */
import type { Partition } from "../vector/partition.ts";
import type { Program } from "../vector/program.ts";
import type { Schedule } from "../vector/schedule.ts";

/** A program that is ready to run on one back end. */
export interface Executable {
  /** What it runs. */
  readonly program: Program;
  /** How many threads a run uses. */
  readonly threads: number;
  /** The arena as floats; one lasting view. */
  readonly floats: Float32Array;
  /** The same memory as 32-bit whole numbers. */
  readonly bits: Int32Array;
  /** Runs the kernels of an entry, in order; it comes back when all threads are done. */
  run(entry: string): void;
  /** Runs an entry on the caller's thread alone, with the same bits; null where `run` does that. */
  readonly alone: ((entry: string) => void) | null;
  /** Ends its threads and frees its code, once; nothing can be run any more. What nobody uses goes by itself. */
  dispose(): void;
}

/**
 * What runs programs: the reference interpreter, WebAssembly SIMD or machine code for x86-64. Every one gives the same
 * bits.
 */
export interface Backend {
  /** What messages and results call it. */
  readonly name: string;
  /** The tile shapes that suit it. */
  readonly schedule: Schedule;
  /** Null where it can run here, else the reason why it cannot. */
  unavailable(): string | null;
  /** Null where it can use several threads here, else the reason why it cannot. */
  oneThread(): string | null;
  /** Milliseconds of work that are worth one of a few threads; of many threads one is worth a millisecond. */
  readonly fewMs: number;
  /** `partition`: the program shared out among threads; without it, or where it cannot be had, one thread runs it. */
  load(program: Program, partition?: Partition): Promise<Executable>;
}

/**
 * What the machine refuses, by a limit or a policy: memory, threads, pages for code. Its message is one line that says what
 * and which limit, and how to go on; nothing is wrong with the program.
 */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/** What a back end cannot compute on this machine, whatever memory and threads there are. One line that says how to go on. */
export class UnableError extends Error {
  override readonly name = "UnableError";
}
