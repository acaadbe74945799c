/**
 * A program as a WebAssembly module: a function a distinct kernel (pointers are its parameters, so equal kernels share
 * one) and a thin exported step an entry and thread. No function loops over steps: engines replace hot functions between
 * calls, not during one.
 */
import { isAlone, type Partition, type Phase } from "../../vector/partition.ts";
import { firstEqual, type Code } from "../../vector/vector.ts";
import { atomic, code as op, HEADER, SECTION, simd, type } from "./encode.ts";
import { Bytes } from "../../numerics/bytes.ts";
import { emitFunction } from "./kernel.ts";

const [OWN_MEMORY, SHARED_MEMORY] = [1, 3];
/** What is imported or exported: a memory. */
const MEMORY = 2;

/** Looks at a word before sleeping: tens of microseconds. */
export const LOOKS = 20_000;
/** Words that threads meet by, in bytes from `control`, on lines of their own. Waiting for a run: */
export const GENERATION = 0;
export const TASK = 4;
/** Waiting at a barrier: how often it was passed, who sleeps there, who has yet to come. */
const SEQUENCE = 128;
const SLEEPERS = 132;
export const MISSING = 192;
export const CONTROL_BYTES = 256;

/** What a thread runs of an entry. */
export const exportName = (entry: string, thread: number): string =>
  thread === 0 ? entry : `${entry} ${thread}`;

/** Words that stand in a module's own memory from the start. */
export interface Data {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * The module's bytes; with several threads, `control` is where the words that they meet by lie in its memory. The memory is
 * imported, or, with `data`, the module's own, exported, and holds these bytes.
 */
export function encodeModule(
  partition: Partition,
  pages: number,
  control: number,
  data?: readonly Data[],
): Uint8Array<ArrayBuffer> {
  const { threads } = partition;
  const codes = Object.values(partition.entries)
    .flat(3)
    .map(({ code }) => code);
  const distinct: Code[] = [];
  const indexOf = new Map<Code, number>();
  for (const [code, first] of firstEqual(codes))
    indexOf.set(code, indexOf.get(first) ?? distinct.push(code) - 1);
  const steps = Object.entries(partition.entries).flatMap(([entry, phases]) =>
    Array.from({ length: isAlone(phases) ? 1 : threads }, (_, thread) => ({ entry, phases, thread })),
  );
  const barriers = threads > 1 ? [distinct.length] : [];
  const arities = [...new Set([0, ...distinct.map((code) => code.pointers)])];
  const noParameters = [...barriers, ...steps].map(() => 0);
  const typesOf = [...distinct.map((code) => arities.indexOf(code.pointers)), ...noParameters];
  const step = (to: Bytes, phases: readonly Phase[], thread: number): void => {
    to.byte(0);
    for (const phase of phases) {
      for (const { code, pointers } of phase[thread]) {
        for (const p of pointers) to.byte(op.i32Const).s32(p);
        to.byte(op.call).u32(indexOf.get(code) ?? 0);
      }
      if (!isAlone(phases)) to.byte(op.call).u32(barriers[0]);
    }
    to.byte(op.end);
  };
  const limits = (to: Bytes): void =>
    void to
      .byte(threads > 1 ? SHARED_MEMORY : OWN_MEMORY)
      .u32(pages)
      .u32(pages);
  const module = new Bytes().byte(...HEADER).section(SECTION.types, (to) =>
    to.list(arities, (_, n) => {
      to.byte(type.function).u32(n);
      for (let i = 0; i < n; i++) to.byte(type.i32);
      to.byte(0);
    }),
  );
  if (!data)
    module.section(SECTION.imports, (to) => limits(to.u32(1).name("arena").name("memory").byte(MEMORY)));
  module.section(SECTION.functions, (to) => to.list(typesOf, (_, t) => to.u32(t)));
  if (data) module.section(SECTION.memories, (to) => limits(to.u32(1)));
  module
    .section(SECTION.exports, (to) => {
      to.u32(steps.length + (data ? 1 : 0));
      if (data) to.name("memory").byte(MEMORY, 0);
      steps.forEach(({ entry, thread }, i) =>
        to
          .name(exportName(entry, thread))
          .byte(0)
          .u32(distinct.length + barriers.length + i),
      );
    })
    .section(SECTION.code, (to) => {
      to.u32(typesOf.length);
      for (const code of distinct) to.sized((body) => body.all(emitFunction(code).view()));
      if (barriers.length > 0) to.sized((body) => barrier(body, control, threads));
      for (const { phases, thread } of steps) to.sized((body) => step(body, phases, thread));
    });
  if (data)
    module.section(SECTION.data, (to) =>
      to.list(data, (_, { offset, bytes }) =>
        to.byte(0, op.i32Const).s32(offset).byte(op.end).u32(bytes.length).all(bytes),
      ),
    );
  return module.view();
}

/** Every thread comes here before any goes on: the last one counts the sequence up, the others look for that, then sleep. */
function barrier(to: Bytes, control: number, threads: number): void {
  const [seen, looks] = [0, 1];
  const at = (word: number): Bytes => to.byte(op.i32Const).s32(control + word);
  const read = (word: number): Bytes => at(word).atomic(atomic.load);
  const count = (word: number, way: "add" | "sub"): Bytes =>
    at(word).byte(op.i32Const).s32(1).atomic(atomic[way]);

  to.u32(1).u32(2).byte(type.i32);
  read(SEQUENCE).byte(op.localSet).u32(seen);
  count(MISSING, "sub").byte(op.i32Const).s32(1).byte(op.i32Eq, op.if, type.none);
  at(MISSING).byte(op.i32Const).s32(threads).atomic(atomic.store);
  count(SEQUENCE, "add").byte(op.drop);
  read(SLEEPERS).byte(op.if, type.none);
  at(SEQUENCE).byte(op.i32Const).s32(-1).atomic(atomic.notify).byte(op.drop, op.end, op.return, op.end);

  const changed = (): void => void read(SEQUENCE).byte(op.localGet).u32(seen).byte(op.i32Ne);
  to.byte(op.i32Const).s32(LOOKS).byte(op.localSet).u32(looks);
  to.byte(op.loop, type.none);
  changed();
  to.byte(op.if, type.none, op.return, op.end);
  to.byte(op.localGet).u32(looks).byte(op.i32Const).s32(1).byte(op.i32Sub, op.localTee).u32(looks);
  to.byte(op.brIf, 0, op.end);

  count(SLEEPERS, "add").byte(op.drop, op.loop, type.none);
  at(SEQUENCE).byte(op.localGet).u32(seen).byte(op.i64Const).s32(-1).atomic(atomic.wait).byte(op.drop);
  read(SEQUENCE).byte(op.localGet).u32(seen).byte(op.i32Eq, op.brIf, 0, op.end);
  count(SLEEPERS, "sub").byte(op.drop, op.end);
}

/** A module of one function that makes a v128 of 128-bit SIMD. */
export const simdProbe = (): Uint8Array<ArrayBuffer> =>
  probe((to) => to.simd(simd.const).all(new Uint8Array(16)));

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
