/**
 * The x86-64 back end: a program's kernels as AVX2 or AVX-512 code, one function an entry that calls them in order.
 * What touches the machine (executable memory, threads, calls) comes in as `Native`, so that this room stays free of
 * Node. A partition's other threads are native ones that sleep between runs; the caller does the first thread's share.
 */
import { isAlone, whole, type Partition, type Phase } from "../../vector/partition.ts";
import type { Program } from "../../vector/program.ts";
import { firstEqual, type Code } from "../../vector/vector.ts";
import { RefusedError, type Backend, type Executable } from "../backend.ts";
import { Assembler, RDI } from "./assembler.ts";
import { emitFrame } from "./frame.ts";
import { emitKernel } from "./kernel.ts";
import { splitLanes } from "./lanes.ts";
import { partsOf, type Machine } from "./machine.ts";
import { Pool } from "./pool.ts";
import { controlWords, emitMeeting, emitTask, emitWorker, type Meeting } from "./threads.ts";

/** What an executable holds of the machine; what the machine refuses is a RefusedError. */
export interface Held {
  /** Memory outside of the collector's that starts with these words: its address. */
  words(start: Int32Array): bigint;
  /** Code in memory: written, then made executable, never both at once. Gives functions without parameters by offset. */
  place(code: Uint8Array): (offset: number) => () => void;
  /** The function of the code that ends its threads. */
  endBy(offset: number): void;
  /** Starts threads at offsets of the code; the result waits for their end. */
  start(offsets: readonly number[]): () => void;
  /** Ends the threads and gives all of it back, once. The end of the JavaScript thread does the same. */
  free(): void;
}

/** What touches the machine. */
export interface Native {
  /** The address of a buffer's first byte. */
  address(buffer: ArrayBufferLike): bigint;
  /** What an executable is to hold on so many threads: nothing yet. */
  hold(threads: number): Held;
  /** Null where threads can wait for each other here, else the reason why not. */
  readonly oneThread: string | null;
}

/** Memory for the arena, zeros. */
export type MakeArena = (bytes: number) => Uint8Array;

const PAGE = 65536;
/** A vector's bytes: no load or store of one crosses a line of the cache. */
const LINE = 64;

/** WebAssembly's memory lies at the start of a page; where there is none, plain memory from a line's start on. */
function arenaOf(native: Native): MakeArena {
  return (bytes) => {
    const pages = Math.ceil(bytes / PAGE);
    try {
      return new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer);
    } catch {
      // no WebAssembly (--jitless), or no 10 GiB of addresses, which V8 takes for each of its memories (ulimit -v)
      return plainArena(bytes, native);
    }
  };
}

function plainArena(bytes: number, native: Native): Uint8Array {
  try {
    const buffer = new ArrayBuffer(bytes + LINE);
    const beyond = Number(native.address(buffer) % BigInt(LINE));
    return new Uint8Array(buffer, (LINE - beyond) % LINE, bytes);
  } catch (error) {
    throw new RefusedError(
      `${Math.ceil(bytes / 2 ** 20)} MiB of memory are refused (${error instanceof Error ? error.message : String(error)}): ` +
        "no memory is left, or a limit is reached (ulimit -v, a container's); use a smaller batch or model",
    );
  }
}

export function x64(native: Native, machine: Machine, makeArena: MakeArena = arenaOf(native)): Backend {
  return {
    name: "x64",
    schedule: machine.schedule,
    unavailable: () => null,
    oneThread: () => native.oneThread,
    fewMs: 0.1,
    load: async (program, partition) => {
      const alone = (): Executable => load(program, whole(program), native, machine, makeArena);
      if (!partition || partition.threads === 1 || native.oneThread !== null) return alone();
      try {
        return load(program, partition, native, machine, makeArena);
      } catch (error) {
        // no more threads: one does the work
        if (error instanceof RefusedError) return alone();
        throw error;
      }
    },
  };
}

function load(
  program: Program,
  partition: Partition,
  native: Native,
  machine: Machine,
  makeArena: MakeArena,
): Executable {
  const { buffer, byteOffset, byteLength } = makeArena(program.arenaBytes);
  const bits = new Int32Array(buffer, byteOffset, byteLength >> 2);
  for (const { offset, words } of program.constants) bits.set(words, offset / 4);
  const base = native.address(buffer) + BigInt(byteOffset);
  const { functions, release } = place(partition, machine, native, base);
  // whoever holds `run` holds the code and the arena: they go together, when nobody can call any more
  const held = { bits, functions };
  released.register(held, release, held);
  return {
    program,
    threads: partition.threads,
    floats: new Float32Array(buffer, byteOffset, byteLength >> 2),
    bits,
    run: (entry) => functionsOf(held).all[entry](),
    alone: partition.threads > 1 ? (entry) => functionsOf(held).alone[entry]() : null,
    dispose: () => {
      if (held.functions === null) return;
      held.functions = null;
      released.unregister(held);
      release();
    },
  };
}

function functionsOf({ functions }: { readonly functions: Functions | null }): Functions {
  if (functions === null) throw new Error("this executable was disposed of");
  return functions;
}

/** Code memory and threads go when the last user of the functions is gone. */
const released = new FinalizationRegistry<() => void>((release) => release());

/** Entries, on all threads and on the caller's alone. */
type Functions = Readonly<Record<"all" | "alone", Readonly<Record<string, () => void>>>>;

/** Code in memory and its threads, running. (A function of its own, so that `release` holds nothing of the caller's.) */
function place(
  partition: Partition,
  machine: Machine,
  native: Native,
  base: bigint,
): { functions: Functions | null; release: () => void } {
  const { threads } = partition;
  const held = native.hold(threads);
  try {
    const control = threads > 1 ? held.words(controlWords(threads)) : 0n;
    const emitted = emitProgram(partition, machine, base, control);
    const call = held.place(emitted.bytes);
    if (emitted.stop !== null) held.endBy(emitted.stop);
    held.start(emitted.workers);
    const functionsAt = (of: Emitted["entries"]): Functions["all"] =>
      Object.fromEntries(Object.entries(of).map(([name, at]) => [name, call(at)]));
    const functions = { all: functionsAt(emitted.entries), alone: functionsAt(emitted.alone) };
    return { functions, release: () => held.free() };
  } catch (error) {
    held.free();
    throw error;
  }
}

interface Emitted {
  readonly bytes: Uint8Array;
  /** Where each entry starts. */
  readonly entries: Readonly<Record<string, number>>;
  /** The same for the caller's thread alone. */
  readonly alone: Readonly<Record<string, number>>;
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
  const alone: Record<string, number> = {};
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
    alone[name] = meet
      ? emitFrame(a, () => phases.forEach((phase) => phase.forEach((_, t) => share([phase], t, null))))
      : entries[name];
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
  return { bytes, entries, alone, workers, stop };
}
