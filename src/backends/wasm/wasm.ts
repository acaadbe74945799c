/**
 * The WebAssembly back end: one module a program, a function a distinct kernel (pointers are its parameters, so equal
 * kernels share one) and a thin exported step an entry. No function loops over steps: engines replace hot functions
 * between calls, not during one.
 */
import type { Program } from "../../compiler/program.ts";
import { codeKey, type Code, type Kernel } from "../../compiler/vector.ts";
import { registers16 } from "../../compiler/schedule.ts";
import type { Backend, Executable } from "../backend.ts";
import { Bytes, code as op, simd, type } from "./encode.ts";
import { emitFunction } from "./kernel.ts";

const PAGE = 65536;
/** \0asm, version 1. */
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00] as const;
const SECTION = { types: 1, imports: 2, functions: 3, exports: 7, code: 10 } as const;

export const wasm: Backend = {
  name: "wasm",
  schedule: registers16,
  unavailable: () =>
    typeof WebAssembly === "undefined"
      ? "this JavaScript engine has no WebAssembly"
      : WebAssembly.validate(probe((to) => to.simd(simd.const).all(new Uint8Array(16))))
        ? null
        : "this WebAssembly engine has no 128-bit SIMD",
  oneThread: () => "its threads are still to come",
  load,
};

async function load(program: Program): Promise<Executable> {
  const pages = Math.ceil(program.arenaBytes / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { instance } = await WebAssembly.instantiate(encodeModule(program), { arena: { memory } });
  const steps = instance.exports as Readonly<Record<string, () => void>>;
  const bits = new Int32Array(memory.buffer);
  for (const { offset, words } of program.constants) bits.set(words, offset / 4);
  return {
    program,
    threads: 1,
    floats: new Float32Array(memory.buffer),
    bits,
    run: (entry) => steps[entry](),
    dispose: () => undefined,
  };
}

/** The module's bytes. */
export function encodeModule(program: Program): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(program.entries);
  const functions = new Map<string, { index: number; code: Code }>();
  const indexOf = new Map<Code, number>();
  for (const { code } of entries.flatMap(([, kernels]) => kernels)) {
    const key = codeKey(code);
    const known = functions.get(key) ?? { index: functions.size, code };
    functions.set(key, known);
    indexOf.set(code, known.index);
  }
  const distinct = [...functions.values()].map(({ code }) => code);
  const arities = [...new Set([0, ...distinct.map((code) => code.pointers)])];
  const typesOf = [...distinct.map((code) => arities.indexOf(code.pointers)), ...entries.map(() => 0)];
  const pages = Math.ceil(program.arenaBytes / PAGE);
  const relaxed = WebAssembly.validate(probe(relaxedCode));
  const step = (to: Bytes, kernels: readonly Kernel[]): void => {
    to.byte(0);
    for (const { code, pointers } of kernels) {
      for (const p of pointers) to.byte(op.i32Const).s32(p);
      to.byte(op.call).u32(indexOf.get(code) ?? 0);
    }
    to.byte(op.end);
  };
  return new Bytes()
    .byte(...HEADER)
    .section(SECTION.types, (to) =>
      to.list(arities, (_, n) => {
        to.byte(type.function).u32(n);
        for (let i = 0; i < n; i++) to.byte(type.i32);
        to.byte(0);
      }),
    )
    .section(SECTION.imports, (to) => to.u32(1).name("arena").name("memory").byte(2, 1).u32(pages).u32(pages))
    .section(SECTION.functions, (to) => to.list(typesOf, (_, t) => to.u32(t)))
    .section(SECTION.exports, (to) =>
      to.list([...entries.keys()], (_, i) =>
        to
          .name(entries[i][0])
          .byte(0)
          .u32(distinct.length + i),
      ),
    )
    .section(SECTION.code, (to) => {
      to.u32(distinct.length + entries.length);
      for (const code of distinct) to.sized((body) => body.all(emitFunction(code, relaxed).view()));
      for (const [, kernels] of entries) to.sized((body) => step(body, kernels));
    })
    .view();
}

function relaxedCode(to: Bytes): void {
  for (let i = 0; i < 3; i++) to.simd(simd.const).all(new Uint8Array(16));
  to.simd(simd.relaxedMultiplyAdd);
}

/** A module of one function that makes a v128. */
function probe(write: (to: Bytes) => void): Uint8Array<ArrayBuffer> {
  return new Bytes()
    .byte(...HEADER)
    .section(SECTION.types, (to) => to.byte(1, type.function, 0, 1, type.v128))
    .section(SECTION.functions, (to) => to.byte(1, 0))
    .section(SECTION.code, (to) =>
      to.byte(1).sized((body) => {
        write(body.byte(0));
        body.byte(op.end);
      }),
    )
    .view();
}
