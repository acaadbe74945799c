/**
 * One kernel as a WebAssembly function of its pointers.
 *
 * A value of 16 lanes is four 128-bit quarters, or one where all lanes are equal. Lanes are independent except in
 * `tree`, so a stretch of code without one runs a quarter at a time: its tile of accumulators then fits the 16
 * registers that engines have (all quarters side by side reached a third of the speed: the registers spilled).
 */
import { largestOf } from "../../numerics/extremes.ts";
import type { Carry, Code, Instruction, Loop, Pointer, Value } from "../../vector/vector.ts";
import { UnableError } from "../backend.ts";
import { code as op, simd, type } from "./encode.ts";
import { fusesMultiplyAdd } from "./fusing.ts";
import { Bytes } from "../../numerics/bytes.ts";
import { isLanewise, uniformValues, valuesRead, valuesSet } from "../../vector/uses.ts";

const QUARTERS = [0, 1, 2, 3] as const;
type Quarter = (typeof QUARTERS)[number];
const QUARTER_BYTES = 16;

/**
 * The body of the function, locals included, as the code section holds it.
 *
 * @throws UnableError for code with a multiply-add where the engine's rounds twice, or it has none
 */
export function emitFunction(code: Code): Bytes {
  return new Emitter(code).function();
}

class Emitter {
  readonly #code: Code;
  readonly #out = new Bytes();
  readonly #uniform: ReadonlySet<Value>;
  readonly #reads = new Map<Value, number>();
  readonly #locals = new Map<Value, readonly number[]>();
  readonly #counters: number;
  #vectors = 0;
  #depth = 0;

  constructor(code: Code) {
    this.#code = code;
    this.#uniform = uniformValues(code.body);
    this.#counters = depthOf(code.body);
    for (const i of code.body) valuesRead(i, (v) => this.#reads.set(v, (this.#reads.get(v) ?? 0) + 1));
  }

  function(): Bytes {
    this.#constants(this.#code.body, new Map());
    this.#body(this.#code.body);
    const locals = [
      [this.#counters, type.i32],
      [this.#vectors, type.v128],
    ] as const;
    return new Bytes()
      .list(locals, (to, [count, kind]) => to.u32(count).byte(kind))
      .all(this.#out.view())
      .byte(op.end);
  }

  /** All constants are set at the start, each bit pattern once. */
  #constants(body: readonly Instruction[], known: Map<string, readonly number[]>): void {
    for (const i of body) {
      if (i.op === "loop") this.#constants(i.body, known);
      if (i.op !== "const" && i.op !== "lanes") continue;
      const words = (q: Quarter): number[] =>
        [0, 1, 2, 3].map((l) => (i.op === "const" ? i.bits : q * 4 + l < i.count ? -1 : 0));
      const quarters = i.op === "const" ? [0 as const] : QUARTERS;
      const key = `${i.op} ${i.op === "const" ? i.bits : i.count}`;
      let locals = known.get(key);
      if (!locals) {
        locals = quarters.map((q) => {
          const local = this.#local();
          this.#out.simd(simd.const).all(new Uint8Array(Int32Array.from(words(q)).buffer));
          this.#setLocal(local);
          return local;
        });
        known.set(key, locals);
      }
      this.#locals.set(i.out, locals);
    }
  }

  /** Runs of lanewise instructions as stretches, the rest one by one. */
  #body(body: readonly Instruction[]): void {
    let stretch: Instruction[] = [];
    const flush = (): void => {
      if (stretch.length > 0) this.#stretch(stretch);
      stretch = [];
    };
    for (const i of body) {
      if (isLanewise(i)) stretch.push(i);
      else {
        flush();
        if (i.op === "loop") this.#loop(i, QUARTERS, () => this.#body(i.body));
        else if (i.op === "tree") this.#tree(i.args[0], i.out);
      }
    }
    flush();
  }

  #stretch(body: readonly Instruction[]): void {
    this.#allocate(body);
    for (const q of QUARTERS) {
      this.#lanes(q === 0 ? body : body.filter((i) => !this.#onceOnly(i)), q);
    }
  }

  /** Stores of one lane, uniform values outside loops and loops of such alone need no second quarter. */
  #onceOnly(i: Instruction): boolean {
    if (i.op === "loop") return i.carry.every((c) => this.#uniform.has(c.param));
    return i.op === "store1" || (i.op !== "store" && this.#uniform.has(i.out));
  }

  /** Values that a stretch sets and nobody else reads share one local among the quarters. */
  #allocate(body: readonly Instruction[]): void {
    const inside = new Map<Value, number>();
    for (const i of body) valuesRead(i, (v) => inside.set(v, (inside.get(v) ?? 0) + 1));
    for (const i of body) {
      valuesSet(i, (v) => {
        if (this.#locals.has(v) || this.#uniform.has(v) || this.#reads.get(v) !== inside.get(v)) return;
        const local = this.#local();
        this.#locals.set(v, [local, local, local, local]);
      });
    }
  }

  #lanes(body: readonly Instruction[], q: Quarter): void {
    for (const i of body) {
      if (i.op === "loop") this.#loop(i, [q], () => this.#lanes(i.body, q));
      else if (i.op === "store1") this.#store1(i.pointer, i.offset, i.value);
      else if (i.op === "store") this.#store(i.pointer, i.offset, i.value, q);
      else if (i.op !== "const" && i.op !== "lanes") this.#set(i, this.#uniform.has(i.out) ? 0 : q);
    }
  }

  /** One quarter of a value. */
  #set(i: Exclude<Instruction, Loop | { op: "store" | "store1" | "const" | "lanes" }>, q: Quarter): void {
    switch (i.op) {
      case "load":
        this.#getLocal(i.pointer)
          .simd(simd.load)
          .byte(4)
          .u32(i.offset + q * QUARTER_BYTES);
        break;
      case "splat":
        this.#getLocal(i.pointer).simd(simd.loadSplat32).byte(2).u32(i.offset);
        break;
      case "select": {
        const [mask, a, b] = i.args;
        for (const v of [a, b, mask]) this.#get(v, q);
        this.#out.simd(simd.select);
        break;
      }
      case "muladd": {
        if (!fusesMultiplyAdd())
          throw new UnableError(
            "this WebAssembly engine has no multiply-add that rounds once, which numerics fused takes; use numerics strict, or backend reference",
          );
        const [sum, x, y] = i.args;
        for (const v of [x, y, sum]) this.#get(v, q);
        this.#out.simd(simd.relaxedMultiplyAdd);
        break;
      }
      case "rotl": // of two shifts: there is no rotation
        this.#get(i.args[0], q);
        this.#out.byte(op.i32Const).s32(i.count).simd(simd.shl);
        this.#get(i.args[0], q);
        this.#out
          .byte(op.i32Const)
          .s32(32 - i.count)
          .simd(simd.shr)
          .simd(simd.or);
        break;
      case "tree":
        throw new Error("a tree is no lanewise instruction");
      default:
        for (const a of i.args) this.#get(a, q);
        if ("count" in i) this.#out.byte(op.i32Const).s32(i.count);
        this.#out.simd(simd[i.op]);
    }
    this.#setLocal(this.#of(i.out, q));
  }

  #store(pointer: Pointer, offset: number, value: Value, q: Quarter): void {
    this.#getLocal(pointer);
    this.#get(value, q);
    this.#out
      .simd(simd.store)
      .byte(4)
      .u32(offset + q * QUARTER_BYTES);
  }

  #store1(pointer: Pointer, offset: number, value: Value): void {
    this.#getLocal(pointer);
    this.#get(value, 0);
    this.#out.simd(simd.storeLane32).byte(2).u32(offset).byte(0);
  }

  /** i + 8 and i + 4 are additions of quarters; i + 2 and i + 1 shuffle within one. */
  #tree(value: Value, to: Value): void {
    const sum = this.#of(to, 0);
    const add = (): void => void this.#out.simd(simd.add);
    /** The sum so far, twice, then shuffled. */
    const shuffled = (...lanes: readonly number[]): void => {
      this.#setLocal(sum);
      for (let i = 0; i < 3; i++) this.#getLocal(sum);
      this.#out.simd(simd.shuffle).byte(...lanes.flatMap((l) => [0, 1, 2, 3].map((byte) => l * 4 + byte)));
    };
    for (const [low, high] of [
      [0, 2],
      [1, 3],
    ] as const) {
      this.#get(value, low);
      this.#get(value, high);
      add();
    }
    add();
    shuffled(2, 3, 2, 3);
    add();
    shuffled(1, 1, 1, 1);
    add();
    this.#setLocal(sum);
    for (let i = 0; i < 2; i++) this.#getLocal(sum);
    this.#out.simd(simd.shuffle).byte(...[0, 0, 0, 0].flatMap(() => [0, 1, 2, 3]));
    this.#setLocal(sum);
  }

  #loop({ count, advance, carry }: Loop, quarters: readonly Quarter[], body: () => void): void {
    const counter = this.#code.pointers + this.#depth++;
    const moves = (of: (c: Carry) => [Value, Value]): void => {
      const pairs = carry.flatMap((c) => {
        const [from, to] = of(c);
        return (this.#uniform.has(c.param) ? [0 as const] : quarters).map((q) => [from, to, q] as const);
      });
      for (const [from, , q] of pairs) this.#get(from, q);
      for (const [, to, q] of pairs.toReversed()) this.#setLocal(this.#of(to, q));
    };
    moves((c) => [c.init, c.param]);
    this.#out.byte(op.i32Const).s32(count);
    this.#setLocal(counter);
    this.#out.byte(op.loop, type.none);
    body();
    moves((c) => [c.next, c.param]);
    for (const [p, bytes] of advance) this.#move(p, bytes);
    this.#getLocal(counter).byte(op.i32Const).s32(1).byte(op.i32Sub, op.localTee).u32(counter);
    this.#out.byte(op.brIf, 0, op.end);
    for (const [p, bytes] of advance) this.#move(p, -bytes * count);
    moves((c) => [c.param, c.out]);
    this.#depth--;
  }

  #move(pointer: Pointer, bytes: number): void {
    this.#getLocal(pointer).byte(op.i32Const).s32(bytes).byte(op.i32Add);
    this.#setLocal(pointer);
  }

  #get(value: Value, q: Quarter): void {
    this.#getLocal(this.#of(value, q));
  }

  #getLocal(local: number): Bytes {
    return this.#out.byte(op.localGet).u32(local);
  }

  #setLocal(local: number): void {
    this.#out.byte(op.localSet).u32(local);
  }

  /** The local of a quarter of a value. */
  #of(value: Value, q: Quarter): number {
    let locals = this.#locals.get(value);
    if (!locals) {
      locals = this.#uniform.has(value) ? [this.#local()] : QUARTERS.map(() => this.#local());
      this.#locals.set(value, locals);
    }
    return locals.length === 1 ? locals[0] : locals[q];
  }

  #local(): number {
    return this.#code.pointers + this.#counters + this.#vectors++;
  }
}

function depthOf(body: readonly Instruction[]): number {
  return Math.max(0, largestOf(body.map((i) => (i.op === "loop" ? 1 + depthOf(i.body) : 0))));
}
