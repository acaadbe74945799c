/**
 * The WebAssembly back end: one module a program, a function a distinct kernel (pointers are its parameters, so equal
 * kernels share one) and a thin exported step an entry. No function loops over steps: engines replace hot functions
 * between calls, not during one.
 */
import type { Program } from "../../compiler/program.ts";
import type { Backend, Executable } from "../backend.ts";
import { code as op, name, s32, section, type, u32, vector } from "./encode.ts";
import { emitFunction } from "./kernel.ts";

const PAGE = 65536;
/** \0asm, version 1. */
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00] as const;

export const wasm: Backend = {
  name: "wasm",
  unavailable: () =>
    typeof WebAssembly === "undefined"
      ? "this JavaScript engine has no WebAssembly"
      : WebAssembly.validate(simdProbe)
        ? null
        : "this WebAssembly engine has no 128-bit SIMD",
  load,
};

async function load(program: Program): Promise<Executable> {
  const pages = Math.ceil(program.arenaBytes / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { instance } = await WebAssembly.instantiate(encodeModule(program), { arena: { memory } });
  const steps = instance.exports as Readonly<Record<string, () => void>>;
  return {
    program,
    floats: new Float32Array(memory.buffer),
    bits: new Int32Array(memory.buffer),
    run: (entry) => steps[entry](),
  };
}

/** The module's bytes. */
export function encodeModule(program: Program): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(program.entries);
  const functions = new Map<string, { index: number; pointers: number; body: number[] }>();
  const indexOf = new Map<object, number>();
  for (const { code } of entries.flatMap(([, kernels]) => kernels)) {
    const key = JSON.stringify(code);
    const known = functions.get(key) ?? {
      index: functions.size,
      pointers: code.pointers,
      body: emitFunction(code),
    };
    functions.set(key, known);
    indexOf.set(code, known.index);
  }
  const distinct = [...functions.values()];
  const arities = [...new Set([0, ...distinct.map((f) => f.pointers)])];
  const signature = (pointers: number): number[] => [
    type.function,
    ...vector(Array.from({ length: pointers }, () => [type.i32])),
    0,
  ];
  const steps = entries.map(([, kernels]) => {
    const calls = kernels.flatMap(({ code, pointers }) => [
      ...pointers.flatMap((p) => [op.i32Const, ...s32(p)]),
      op.call,
      ...u32(indexOf.get(code) ?? 0),
    ]);
    return [0, ...calls, op.end];
  });
  const bodies = [...distinct.map((f) => f.body), ...steps];
  const typesOf = [...distinct.map((f) => arities.indexOf(f.pointers)), ...steps.map(() => 0)];
  const pages = Math.ceil(program.arenaBytes / PAGE);
  return Uint8Array.from([
    ...HEADER,
    ...section(1, vector(arities.map(signature))),
    ...section(2, vector([[...name("arena"), ...name("memory"), 0x02, 0x01, ...u32(pages), ...u32(pages)]])),
    ...section(3, vector(typesOf.map((t) => u32(t)))),
    ...section(7, vector(entries.map(([entry], i) => [...name(entry), 0x00, ...u32(distinct.length + i)]))),
    ...section(10, vector(bodies.map((body) => [...u32(body.length), ...body]))),
  ]);
}

/** A module of one function that makes a v128. */
const simdProbe = Uint8Array.from([
  ...HEADER,
  ...section(1, vector([[type.function, 0, 1, type.v128]])),
  ...section(3, vector([[0]])),
  ...section(10, vector([[20, 0, 0xfd, 12, ...Array<number>(16).fill(0), op.end]])),
]);
