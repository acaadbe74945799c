/** How a program is run: on the back end and the threads asked for, or the fastest that can run here. */
import type { Numerics, Program } from "../vector/program.ts";
import { partition, threadsFor, type Partition } from "../vector/partition.ts";
import { RefusedError, UnableError, type Backend, type Executable } from "../backends/backend.ts";
import {
  backendChoices,
  backends,
  MOST_THREADS,
  processors,
  type BackendChoice,
} from "../backends/choose.ts";
import { faster } from "../backends/faster.ts";
import { InputError } from "../data/errors.ts";

/** How convolutions are computed: with the fewer products of blocks where that saves work, or never. */
export const convolutions = ["fast", "direct"] as const;
export type Convolution = (typeof convolutions)[number];

/** Where and how a program runs. */
export interface Runtime {
  /** What it runs on. Default: "auto", the fastest that can run here; results have the same bits on each. */
  readonly backend?: BackendChoice;
  /**
   * `strict`: each operation is rounded. `fused`: an addition takes a product that it alone reads unrounded (FMA), which is
   * faster on some processors. Each has the same bits everywhere; an engine that cannot fuse refuses. Default: "strict".
   */
  readonly numerics?: Numerics;
  /**
   * `fast`: convolutions take the fewer products of Toom-Cook blocks where their size says that it saves work. `direct`:
   * none does. Each has the same bits everywhere, the two differ in the last bits. Default: "fast".
   */
  readonly convolution?: Convolution;
  /**
   * How many threads a run takes, 1 to 64, with the same bits on each number. Default: as many as the work feeds, at
   * most the processors.
   */
  readonly threads?: number;
}

export function chooseBackend(choice: BackendChoice = "auto"): Backend {
  requireDenormals();
  if (typeof choice !== "string") return choice;
  const found = backends.find((b) => (choice === "auto" ? b.unavailable() === null : b.name === choice));
  if (!found)
    throw new InputError(
      `backend ${JSON.stringify(choice)} is unknown; it is one of ${backendChoices.join(", ")}`,
    );
  const reason = found.unavailable();
  if (reason !== null)
    throw new InputError(`backend ${found.name} cannot run here: ${reason}; use backend reference`);
  return found;
}

/**
 * Refuses a process that flushes denormal numbers: a native library can switch that on at any time, for good, after
 * which JavaScript and wasm round otherwise.
 */
export function requireDenormals(): void {
  if (Math.fround(denormal[0]) === 0)
    throw new InputError(
      "this process flushes denormal numbers to zero, which changes results; a native library switched that on: run without it",
    );
}

/** A program that wants more memory than there can be, or than this machine gives. */
export class MemoryError extends InputError {}

/** The arena's limit: 2 GiB, which every engine can give. */
const MAX_ARENA = 2 ** 31;

/**
 * Loads a program on the backend asked for, on `threads` threads or, where that is faster, as many as its work feeds and `most`
 * allows; throws InputError where
 * it needs more memory than there can be, the machine refuses it (memory, pages for code), or the back end cannot compute it.
 */
export async function loadProgram(
  program: Program,
  choice?: BackendChoice,
  threads?: number,
  most?: number,
): Promise<Executable> {
  if (!(program.arenaBytes <= MAX_ARENA))
    throw new MemoryError(
      `a batch of ${program.batch} needs ${Math.ceil(program.arenaBytes / 2 ** 20)} MiB; the most is 2048: use a smaller batch or model`,
    );
  const backend = chooseBackend(choice);
  try {
    const executable = await backend.load(program, shares(program, backend, threads, most));
    return threads === undefined ? faster(executable) : executable;
  } catch (error) {
    if (error instanceof UnableError) throw new InputError(error.message);
    throw error instanceof RefusedError ? new MemoryError(error.message) : error;
  }
}

/** The most threads that a program gets. */
export function mostThreads({ backend, threads }: Runtime): number {
  if (chooseBackend(backend).oneThread() !== null) return 1;
  return threads ?? Math.min(processors(), MOST_THREADS);
}

/** The program shared out among threads; undefined where it stays on one. */
function shares(
  program: Program,
  backend: Backend,
  asked?: number,
  most = mostThreads({ backend }),
): Partition | undefined {
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 1 && asked <= MOST_THREADS))
    throw new InputError(`threads is ${asked}; it is a whole number from 1 to ${MOST_THREADS}`);
  if (backend.oneThread() !== null) return undefined;
  const threads = asked ?? Math.min(threadsFor(program, backend.fewMs), most);
  return threads > 1 ? partition(program, threads) : undefined;
}

/** Read back through memory, so that no compiler folds the probe away. */
const denormal = Float64Array.of(1e-40);
