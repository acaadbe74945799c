/**
 * What the processor can do at most: loops of multiplications and additions on registers, 128, 256 and 512 bits wide,
 * as fused multiply-adds and as a multiplication and an addition each; and the same of 128 bits in WebAssembly, with
 * operands from the first-level cache, so that the engine cannot take them out of the loop. Each loop has enough
 * independent sums to hide the latency of an addition. The best of all rounds is the peak.
 */
import { largestOf } from "../numerics/extremes.ts";
import { code, simd, type } from "../backends/wasm/encode.ts";
import { Bytes } from "../numerics/bytes.ts";
import { Assembler, type Width } from "../backends/x64/assembler.ts";
import type { Held } from "../backends/x64/x64.ts";
import { nativeMachines } from "../backends/x64/native.ts";

export interface Peak {
  readonly code: "machine code" | "wasm";
  readonly bits: Width;
  readonly operation: "mul+add" | "fma";
  readonly threads: number;
  readonly gflops: number;
}

/** One loop: how many operations a call of it does, and the call. */
interface Loop extends Omit<Peak, "gflops"> {
  readonly flops: number;
  readonly run: () => void;
}

/** About 4 ms at 4 GHz: long beside the start of a thread. */
const TURNS = 2e6;
const POOL = 256;

export interface PeakMeter {
  /** Runs every loop once more. */
  round(): void;
  best(): Peak[];
  close(): void;
}

/** Loops for what can run here, on one thread and on `threads`. */
export async function peakMeter(threads: number): Promise<PeakMeter> {
  const found = await nativeMachines();
  const loops: Loop[] = [wasmLoop()];
  const frees: (() => void)[] = [];
  if (typeof found !== "string") {
    const { native, machines } = found;
    const widest = Math.max(0, largestOf(machines.map((m) => m.width)));
    const counts = threads > 1 && native.oneThread === null ? [1, threads] : [1];
    for (const bits of [128, 256, 512] as const)
      for (const operation of ["mul+add", "fma"] as const) {
        if (bits > widest) continue;
        const { bytes, flops } = emitLoop(bits, operation);
        const held = native.hold(threads);
        const call = held.place(bytes);
        frees.push(() => held.free());
        for (const n of counts)
          loops.push({
            code: "machine code",
            bits,
            operation,
            threads: n,
            flops: n * flops,
            run: onThreads(held, call(0), n),
          });
      }
  }
  const best = new Map<Loop, number>(loops.map((loop) => [loop, 0]));
  const round = (): void => {
    for (const loop of loops) {
      const start = performance.now();
      loop.run();
      const gflops = loop.flops / (performance.now() - start) / 1e6;
      best.set(loop, Math.max(gflops, best.get(loop) ?? 0));
    }
  };
  return {
    round,
    best: () =>
      [...best].map(([{ code: kind, bits, operation, threads: n }, gflops]) => ({
        code: kind,
        bits,
        operation,
        threads: n,
        gflops: Number(gflops.toPrecision(5)),
      })),
    close: () => frees.forEach((free) => free()),
  };
}

/** Calls the code here and on others at the same time; done when all are. */
function onThreads(held: Held, call: () => void, count: number): () => void {
  const others = Array.from({ length: count - 1 }, () => 0);
  return () => {
    const join = held.start(others);
    call();
    join();
  };
}

/** A function of registers alone: sums in 0 to 9 (or 11), the factors in 14 and 15, products in 10 to 13. */
function emitLoop(width: Width, operation: Loop["operation"]): { bytes: Uint8Array; flops: number } {
  const a = new Assembler();
  const sums = operation === "fma" ? 12 : 10;
  const [x, y] = [14, 15];
  for (const [reg, disp] of [
    [x, 0],
    [y, 4],
  ] as const)
    a.vector({ op: "broadcast", width, reg, rm: { base: "pool", disp }, bytes: 4 });
  for (let s = 0; s < sums; s++) a.vector({ op: "xor", width, reg: s, vvvv: s, rm: s });
  a.setCounter("eax", TURNS);
  const top = a.length;
  for (let s = 0; s < sums; s++) {
    if (operation === "fma") a.vector({ op: "fusedMultiplyAdd", width, reg: s, vvvv: x, rm: y });
    else {
      const product = 10 + (s % 4);
      a.vector({ op: "mul", width, reg: product, vvvv: x, rm: y });
      a.vector({ op: "add", width, reg: s, vvvv: s, rm: product });
    }
  }
  a.decrement("eax");
  a.jumpBackIfNotZero(top);
  a.vzeroupper();
  a.ret();
  const bytes = new Uint8Array(POOL + 8);
  bytes.set(a.finish(POOL));
  bytes.set(new Uint8Array(Float32Array.of(1.001, 0.001).buffer), POOL);
  return { bytes, flops: TURNS * sums * 2 * (width / 32) };
}

/** Turns of the inner loop, 32 bytes each, and of the outer one. */
const INNER = 256;
const OUTER = 2000;
const ROWS = 4;

/** Four factors times two vectors a turn, as a convolution has them. */
function wasmLoop(): Loop {
  // locals: two counters, four factors, two vectors, eight sums
  const [pointer, outer, factor, vector, sum] = [0, 1, 2, 2 + ROWS, 4 + ROWS];
  const get = (to: Bytes, local: number): Bytes => to.byte(code.localGet).u32(local);
  const set = (to: Bytes, local: number): Bytes => to.byte(code.localSet).u32(local);
  const constant = (to: Bytes, value: number): Bytes => to.byte(code.i32Const).s32(value);
  /** Runs a body until the local, lowered by `step` a turn, is 0. */
  const loop = (to: Bytes, local: number, from: number, step: number, body: () => void): void => {
    set(constant(to, from), local);
    to.byte(code.loop, type.none);
    body();
    constant(get(to, local), step).byte(code.i32Sub, code.localTee).u32(local).byte(code.brIf).u32(0);
    to.byte(code.end);
  };
  const body = (to: Bytes): void => {
    to.u32(2)
      .u32(2)
      .byte(type.i32)
      .u32(2 + 3 * ROWS)
      .byte(type.v128);
    for (let r = 0; r < ROWS; r++) {
      constant(to, 0)
        .simd(simd.loadSplat32)
        .u32(2)
        .u32(4 * r);
      set(to, factor + r);
    }
    loop(to, outer, OUTER, 1, () =>
      loop(to, pointer, 32 * INNER, 32, () => {
        for (const v of [0, 1]) {
          get(to, pointer)
            .simd(simd.load)
            .u32(4)
            .u32(16 * v);
          set(to, vector + v);
        }
        for (let s = 0; s < 2 * ROWS; s++) {
          get(to, sum + s);
          get(get(to, vector + (s & 1)), factor + (s >> 1))
            .simd(simd.mul)
            .simd(simd.add);
          set(to, sum + s);
        }
      }),
    );
    // stored, so that nothing is left out
    for (let s = 0; s < 2 * ROWS; s++) {
      constant(to, 0);
      get(to, sum + s)
        .simd(simd.store)
        .u32(4)
        .u32(16384 + 16 * s);
    }
    to.byte(code.end);
  };
  const bytes = new Bytes()
    .byte(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00)
    .section(1, (to) => to.byte(1, type.function, 0, 0))
    .section(2, (to) => to.u32(1).name("a").name("m").byte(2, 0).u32(1))
    .section(3, (to) => to.byte(1, 0))
    .section(7, (to) => to.u32(1).name("run").byte(0).u32(0))
    .section(10, (to) => to.u32(1).sized(body))
    .view();
  const memory = new WebAssembly.Memory({ initial: 1 });
  new Float32Array(memory.buffer).fill(1e-3);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { a: { m: memory } });
  const flops = OUTER * INNER * 2 * ROWS * 2 * 4;
  return { code: "wasm", bits: 128, operation: "mul+add", threads: 1, flops, run: exports.run as () => void };
}
