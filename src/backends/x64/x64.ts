/**
 * The x86-64 back end: a program's kernels as AVX2 or AVX-512 code, one function an entry that calls them in order.
 * What touches the machine (executable memory, calls) comes in as `Native`, so that this room stays free of Node.
 *
 * An entry saves MXCSR and sets 0x1F80 (round to nearest, denormals kept, no exceptions), since a library in the
 * process may have changed it.
 */
import type { Program } from "../../compiler/program.ts";
import type { Code, Kernel } from "../../compiler/vector.ts";
import type { Backend, Executable } from "../backend.ts";
import { Assembler, RSP } from "./assembler.ts";
import { emitKernel } from "./kernel.ts";
import { splitLanes } from "./lanes.ts";
import { partsOf, type Machine } from "./machine.ts";
import { Pool } from "./pool.ts";

/** Executable memory: code is written, then made executable, never both at once. */
export interface Native {
  /** The address of a buffer's first byte. */
  address(buffer: ArrayBuffer): bigint;
  /** Places code and returns functions without parameters, by their offset in it. */
  place(code: Uint8Array): { call: (offset: number) => () => void; free: () => void };
}

export interface Emitted {
  readonly bytes: Uint8Array;
  /** Where each entry starts. */
  readonly entries: Readonly<Record<string, number>>;
}

const PAGE = 65536;
const MXCSR = 0x1f80;
/** rbx rbp r12 r13 r14 r15: a function returns them as it found them. */
const SAVED = [3, 5, 12, 13, 14, 15] as const;

export function x64(native: Native, machine: Machine): Backend {
  return {
    name: "x64",
    schedule: machine.schedule,
    unavailable: () => null,
    load: (program) => Promise.resolve(load(program, native, machine)),
  };
}

function load(program: Program, native: Native, machine: Machine): Executable {
  const pages = Math.ceil(program.arenaBytes / PAGE);
  const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const bits = new Int32Array(buffer);
  for (const { offset, words } of program.constants) bits.set(words, offset / 4);
  const emitted = emitProgram(program, machine, native.address(buffer));
  const placed = native.place(emitted.bytes);
  // whoever holds `run` holds the code and the arena: they go together, when nobody can call any more
  const held = {
    bits,
    functions: Object.fromEntries(
      Object.entries(emitted.entries).map(([name, at]) => [name, placed.call(at)]),
    ),
  };
  released.register(held, placed.free);
  return { program, floats: new Float32Array(buffer), bits, run: (entry) => held.functions[entry]() };
}

/** Code memory goes when the last user of its functions is gone. */
const released = new FinalizationRegistry<() => void>((free) => free());

/** A program's code for an arena at `base`. */
function emitProgram(program: Program, machine: Machine, base: bigint): Emitted {
  const a = new Assembler();
  const pool = new Pool();
  const starts = new Map<string, number>();
  const startOf = new Map<Code, number>();
  for (const { code } of Object.values(program.entries).flat()) {
    const key = JSON.stringify(code);
    const known = starts.get(key);
    const start = known ?? emitKernel(a, pool, splitLanes(code, partsOf(machine)), machine);
    starts.set(key, start);
    startOf.set(code, start);
  }
  const entries: Record<string, number> = {};
  for (const [name, kernels] of Object.entries(program.entries)) {
    entries[name] = a.length;
    emitEntry(a, pool, kernels, (code) => startOf.get(code) ?? 0, base);
  }
  const poolAt = Math.ceil(a.length / 64) * 64;
  const words = pool.bytes();
  const bytes = new Uint8Array(poolAt + words.length);
  bytes.set(a.finish(poolAt));
  bytes.set(words, poolAt);
  return { bytes, entries };
}

function emitEntry(
  a: Assembler,
  pool: Pool,
  kernels: readonly Kernel[],
  startOf: (code: Code) => number,
  base: bigint,
): void {
  for (const r of SAVED) a.push(r);
  a.addImmediate(RSP, -8);
  const [old, ours] = [
    { base: RSP, disp: 0 },
    { base: RSP, disp: 4 },
  ];
  a.controlWord("store", old);
  a.setCounter(ours, MXCSR);
  a.controlWord("load", ours);
  for (const { code, pointers } of kernels) {
    a.address(7, pool.addresses(pointers.map((p) => base + BigInt(p))));
    a.call(startOf(code));
  }
  a.vzeroupper();
  a.controlWord("load", old);
  a.addImmediate(RSP, 8);
  for (const r of SAVED.toReversed()) a.pop(r);
  a.ret();
}
