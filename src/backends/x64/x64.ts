/**
 * The x86-64 back end: a program's kernels as AVX2 or AVX-512 code, one function an entry that calls them in order.
 * What touches the machine (executable memory, threads, calls) comes in as `Native`, so that this room stays free of
 * Node. A partition's other threads are native ones that sleep between runs; the caller does the first thread's share.
 */
import { isAlone, whole, type Partition, type Phase } from "../../vector/partition.ts";
import type { Program } from "../../vector/program.ts";
import { firstEqual, type Code } from "../../vector/vector.ts";
import type { Backend, Executable } from "../backend.ts";
import { Assembler, RDI } from "./assembler.ts";
import { emitFrame } from "./frame.ts";
import { emitKernel } from "./kernel.ts";
import { splitLanes } from "./lanes.ts";
import { partsOf, type Machine } from "./machine.ts";
import { Pool } from "./pool.ts";
import { controlWords, emitMeeting, emitTask, emitWorker, type Meeting } from "./threads.ts";

/** Code in memory. */
export interface Placed {
  /** A function without parameters, by its offset. */
  call(offset: number): () => void;
  /** Starts a thread at an offset; the result waits for its end. */
  start(offset: number): () => void;
  free(): void;
}

/** Executable memory: code is written, then made executable, never both at once. */
export interface Native {
  /** The address of a buffer's first byte. */
  address(buffer: ArrayBuffer): bigint;
  place(code: Uint8Array): Placed;
  /** Memory outside of the collector's that starts with these words. */
  words(start: Int32Array): { readonly address: bigint; free(): void };
  /** Null where threads can wait for each other here, else the reason why not. */
  readonly oneThread: string | null;
}

/** Memory for the arena, zeros. */
export type MakeArena = (bytes: number) => ArrayBuffer;

const PAGE = 65536;
const wasmMemory: MakeArena = (bytes) => {
  const pages = Math.ceil(bytes / PAGE);
  return new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer;
};

export function x64(native: Native, machine: Machine, makeArena: MakeArena = wasmMemory): Backend {
  return {
    name: "x64",
    schedule: machine.schedule,
    unavailable: () => null,
    oneThread: () => native.oneThread,
    load: (program, partition) =>
      Promise.resolve(
        load(program, (native.oneThread === null && partition) || whole(program), native, machine, makeArena),
      ),
  };
}

function load(
  program: Program,
  partition: Partition,
  native: Native,
  machine: Machine,
  makeArena: MakeArena,
): Executable {
  const buffer = makeArena(program.arenaBytes);
  const bits = new Int32Array(buffer);
  for (const { offset, words } of program.constants) bits.set(words, offset / 4);
  const { functions, release } = place(partition, machine, native, native.address(buffer));
  // whoever holds `run` holds the code and the arena: they go together, when nobody can call any more
  const held = { bits, functions };
  released.register(held, release, held);
  return {
    program,
    threads: partition.threads,
    floats: new Float32Array(buffer),
    bits,
    run: (entry) => {
      if (held.functions === null) throw new Error("this executable was disposed of");
      held.functions[entry]();
    },
    dispose: () => {
      if (held.functions === null) return;
      held.functions = null;
      released.unregister(held);
      release();
    },
  };
}

/** Code memory and threads go when the last user of the functions is gone. */
const released = new FinalizationRegistry<() => void>((release) => release());

type Functions = Readonly<Record<string, () => void>>;

/** Code in memory and its threads, running. (A function of its own, so that `release` holds nothing of the caller's.) */
function place(
  partition: Partition,
  machine: Machine,
  native: Native,
  base: bigint,
): { functions: Functions | null; release: () => void } {
  const { threads } = partition;
  const control = threads > 1 ? native.words(controlWords(threads)) : null;
  const emitted = emitProgram(partition, machine, base, control?.address ?? 0n);
  const placed = native.place(emitted.bytes);
  const functions = Object.fromEntries(
    Object.entries(emitted.entries).map(([name, at]) => [name, placed.call(at)]),
  );
  const joins = emitted.workers.map((at) => placed.start(at));
  const stop = emitted.stop === null ? null : placed.call(emitted.stop);
  const release = (): void => {
    stop?.();
    for (const join of joins) join();
    placed.free();
    control?.free();
  };
  return { functions, release };
}

interface Emitted {
  readonly bytes: Uint8Array;
  /** Where each entry starts. */
  readonly entries: Readonly<Record<string, number>>;
  /** What the other threads run, and what ends them. */
  readonly workers: readonly number[];
  readonly stop: number | null;
}

/** A partition's code for an arena at `base` and, with several threads, words to meet by at `control`. */
function emitProgram(partition: Partition, machine: Machine, base: bigint, control: bigint): Emitted {
  const a = new Assembler();
  const pool = new Pool();
  const { threads } = partition;
  const others = Array.from({ length: threads - 1 }, (_, i) => i + 1);
  const startOf = new Map<Code, number>();
  const codes = Object.values(partition.entries)
    .flat(3)
    .map(({ code }) => code);
  for (const [code, first] of firstEqual(codes))
    startOf.set(code, startOf.get(first) ?? emitKernel(a, pool, splitLanes(code, partsOf(machine)), machine));
  const meeting = threads > 1 ? emitMeeting(a, control, threads) : null;
  const share = (phases: readonly Phase[], thread: number, meet: Meeting | null): void => {
    for (const phase of phases) {
      for (const { code, pointers } of phase[thread]) {
        a.address(RDI, pool.addresses(pointers.map((p) => base + BigInt(p))));
        a.call(startOf.get(code) ?? 0);
      }
      if (meet) a.call(meet.barrier);
    }
  };
  const entries: Record<string, number> = {};
  for (const [name, phases] of Object.entries(partition.entries)) {
    const meet = isAlone(phases) ? null : meeting;
    const tasks: number[] = [];
    for (const t of meet ? others : []) {
      tasks.push(a.length);
      share(phases, t, meet);
      a.ret();
    }
    entries[name] = emitFrame(a, () => {
      if (meet) {
        tasks.forEach((task, i) => emitTask(a, meet, i + 1, task));
        a.call(meet.begin);
      }
      share(phases, 0, meet);
    });
  }
  const workers = meeting ? others.map((t) => emitWorker(a, meeting, t)) : [];
  const stop =
    meeting &&
    emitFrame(a, () => {
      for (const t of others) emitTask(a, meeting, t, null);
      a.call(meeting.begin);
    });
  const poolAt = Math.ceil(a.length / 64) * 64;
  const words = pool.bytes();
  const bytes = new Uint8Array(poolAt + words.length);
  bytes.set(a.finish(poolAt));
  bytes.set(words, poolAt);
  return { bytes, entries, workers, stop };
}
