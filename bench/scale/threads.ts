/**
 * What 1 to 64 threads gain, by count: every phase of a partition is as long as the work of its busiest thread, or as the
 * bytes of all threads take, and a barrier follows. A model: nothing here runs.
 */
import { isAlone, type Phase } from "../../src/vector/partition.ts";
import { shifted, touchedBy, union, type Ranges } from "../../src/vector/ranges.ts";
import { largestOf } from "../../src/numerics/extremes.ts";
import type { Kernel } from "../../src/vector/vector.ts";
import { workOfKernels } from "./counting.ts";

export const threadCounts = [1, 2, 4, 8, 16, 32, 64] as const;

/** A phase, counted: work in vector instructions, of the busiest thread and of all. */
export interface PhaseCount {
  readonly busiest: number;
  readonly work: number;
  /** Threads that have any. */
  readonly active: number;
  /** Bytes that the threads read and write, those that several read counted for each. */
  readonly bytes: number;
  /** Those of the thread that has most. */
  readonly mostBytes: number;
  /** Those of all threads together, each counted once. */
  readonly distinctBytes: number;
  /** Whether the threads meet after it. */
  readonly barrier: boolean;
}

export function countPhases(phases: readonly Phase[]): readonly PhaseCount[] {
  const barrier = !isAlone(phases);
  return phases.map((lists) => {
    const works = lists.map(workOfKernels);
    const bytes = lists.map(bytesOf);
    return {
      busiest: Math.max(0, largestOf(works)),
      work: total(works),
      active: works.filter((work) => work > 0).length,
      bytes: total(bytes),
      mostBytes: Math.max(0, largestOf(bytes)),
      distinctBytes: Math.min(total(bytes), bytesOf(lists.flat())),
      barrier,
    };
  });
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Bytes that kernels touch, each once for reading and once for writing; on the wide side, as ranges are. */
function bytesOf(kernels: readonly Kernel[]): number {
  const touched = kernels.map(({ code, pointers }) => {
    const { reads, writes } = touchedBy(code.body);
    const placed = (kind: typeof reads): Ranges =>
      [...kind].flatMap(([p, ranges]) => shifted(ranges, pointers[p]));
    return { reads: placed(reads), writes: placed(writes) };
  });
  const size = (ranges: Ranges): number =>
    total(union(ranges).map(({ from, to, count }) => count * (to - from)));
  return size(touched.flatMap(({ reads }) => reads)) + size(touched.flatMap(({ writes }) => writes));
}

/** What a machine does, for the model. */
export interface Machine {
  /** Vector instructions a millisecond, of one thread. */
  readonly workAMs: number;
  /** Milliseconds of a barrier of two threads. */
  readonly barrierMs: number;
  /** Bytes a millisecond from memory, for all threads together. */
  readonly bytesAMs: number;
  /** Bytes a millisecond that one thread takes from the caches of others. */
  readonly threadBytesAMs: number;
}

/** How a barrier's time grows: one counter, which each thread changes in turn, or a tree of counters. */
export const barriers = {
  counter: (threads: number) => threads / 2,
  tree: (threads: number) => Math.log2(threads),
} as const;

/** What a step loses to each cause, in milliseconds: together, what it takes longer than an nth of one thread's time. */
export interface Lost {
  /** JavaScript around the program: rows read, outputs taken. */
  readonly script: number;
  /** Phases of one thread. */
  readonly serial: number;
  /** Threads that wait for the busiest, and what several compute alike. */
  readonly uneven: number;
  readonly barriers: number;
  /** Phases whose bytes take longer than their work. */
  readonly memory: number;
}

export interface Scaled {
  readonly threads: number;
  readonly ms: number;
  readonly lost: Lost;
  readonly phases: number;
  /** The work of the busiest thread of each phase, over the mean of all threads; 1 is even. */
  readonly unevenness: number;
  /** Bytes that a thread reads and writes, the mean. */
  readonly bytesAThread: number;
}

/**
 * A step of these phases: `scriptMs` of JavaScript on one thread, `work` in vector instructions on one thread.
 */
export function scaled(
  phases: readonly PhaseCount[],
  { threads, scriptMs, work }: { readonly threads: number; readonly scriptMs: number; readonly work: number },
  { workAMs, barrierMs, bytesAMs, threadBytesAMs }: Machine,
  growth: keyof typeof barriers = "counter",
): Scaled {
  const workMs = (some: readonly PhaseCount[]): number => total(some.map(({ busiest }) => busiest)) / workAMs;
  const serialPhases = threads === 1 ? [] : phases.filter(({ active }) => active <= 1);
  const serialWork = total(serialPhases.map((phase) => phase.work));
  const serial = workMs(serialPhases) - serialWork / workAMs / threads;
  const busyMs = workMs(phases);
  const lost: Lost = {
    script: scriptMs * (1 - 1 / threads),
    serial,
    uneven: busyMs - work / workAMs / threads - serial,
    barriers:
      threads === 1
        ? 0
        : phases.filter(({ barrier }) => barrier).length * barrierMs * barriers[growth](threads),
    // one thread's rate was measured with its memory
    memory:
      threads === 1
        ? 0
        : total(
            phases.map(({ mostBytes, distinctBytes, busiest }) =>
              Math.max(
                0,
                mostBytes / threadBytesAMs - busiest / workAMs,
                distinctBytes / bytesAMs - busiest / workAMs,
              ),
            ),
          ),
  };
  return {
    threads,
    ms: scriptMs + busyMs + lost.barriers + lost.memory,
    lost,
    phases: phases.length,
    unevenness: (total(phases.map(({ busiest }) => busiest)) * threads) / total(phases.map((p) => p.work)),
    bytesAThread: total(phases.map(({ bytes }) => bytes)) / threads,
  };
}

/** The cause that takes most. */
export const limitOf = ({ lost }: Scaled): keyof Lost =>
  (Object.keys(lost) as (keyof Lost)[]).reduce((most, cause) => (lost[cause] > lost[most] ? cause : most));
