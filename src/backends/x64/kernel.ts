/**
 * One kernel as x86-64 code. It is called with rdi at a table of its pointers; pointers live in general registers, the
 * rarest on the stack. Two vector registers are kept for values that are on their way.
 */
import { largestOf } from "../../numerics/extremes.ts";
import type { Code, Instruction, Loop, Pointer, Value } from "../../vector/vector.ts";
import { allocate, type Allocation, type Location } from "./allocate.ts";
import {
  type Assembler,
  isMemory,
  R11,
  RAX,
  RSP,
  type Gpr,
  type Memory,
  type Source,
  type VectorOp,
  type Width,
} from "./assembler.ts";
import type { Machine } from "./machine.ts";
import type { Pool } from "./pool.ts";

/** rcx rdx rsi r8 r9 r10 rbx rbp r12 r13 r14 r15, and rdi last: it holds the table until all others are loaded. */
const POINTER_REGISTERS: readonly Gpr[] = [1, 2, 6, 8, 9, 10, 3, 5, 12, 13, 14, 15, 7];
const SCRATCH = 15;
const SCRATCH2 = 14;

/** Appends a kernel's code; returns where it starts. */
export function emitKernel(a: Assembler, pool: Pool, code: Code, machine: Machine): number {
  return new KernelEmitter(a, pool, code, machine).emit();
}

class KernelEmitter {
  readonly #a: Assembler;
  readonly #pool: Pool;
  readonly #code: Code;
  readonly #width: Width;
  readonly #allocation: Allocation;
  readonly #pointers: (Gpr | Memory)[];
  readonly #counterBase: number;
  readonly #frame: number;
  #depth = 0;

  constructor(a: Assembler, pool: Pool, code: Code, machine: Machine) {
    this.#a = a;
    this.#pool = pool;
    this.#code = code;
    this.#width = machine.width;
    this.#allocation = allocate(code, {
      registers: Array.from({ length: machine.registers }, (_, r) => r).filter(
        (r) => r !== SCRATCH && r !== SCRATCH2,
      ),
      foldSplats: machine.width === 512,
    });
    // the frame: vector slots, then counters of outer loops, pointers without a register, the old stack pointer
    const slotBytes = this.#allocation.slots * 64;
    this.#counterBase = slotBytes;
    const pointerBase = slotBytes + 8 * depthOf(code.body);
    const order = pointersByUse(code);
    this.#pointers = [];
    order.forEach((p, i) => {
      this.#pointers[p] = POINTER_REGISTERS[i] ?? {
        base: RSP,
        disp: pointerBase + 8 * (i - POINTER_REGISTERS.length),
      };
    });
    const spilled = Math.max(0, order.length - POINTER_REGISTERS.length);
    this.#frame = Math.ceil((pointerBase + 8 * spilled + 8) / 64) * 64;
  }

  emit(): number {
    const a = this.#a;
    const start = a.length;
    a.moveRegister(RAX, RSP);
    a.alignStack();
    a.addImmediate(RSP, -this.#frame);
    const saved = { base: RSP, disp: this.#frame - 8 };
    a.storePointer(saved, RAX);
    const table = (p: Pointer): Memory => ({ base: 7, disp: 8 * p });
    // rdi itself is loaded last
    const order = this.#pointers
      .map((_, p) => p)
      .sort((p, q) => Number(this.#pointers[p] === 7) - Number(this.#pointers[q] === 7));
    for (const p of order) {
      const place = this.#pointers[p];
      if (isMemory(place)) {
        a.loadPointer(R11, table(p));
        a.storePointer(place, R11);
      } else a.loadPointer(place, table(p));
    }
    this.#body(this.#code.body);
    a.loadPointer(RSP, saved);
    a.ret();
    return start;
  }

  #body(body: readonly Instruction[]): void {
    for (const i of body) {
      if (i.op === "loop") this.#loop(i);
      else if ("out" in i && this.#allocation.folded.has(i.out)) continue;
      else this.#instruction(i);
    }
  }

  #loop({ count, advance, carry, body }: Loop): void {
    const a = this.#a;
    this.#parallelMove(carry.map((c) => [c.init, c.param]));
    const innermost = !body.some((i) => i.op === "loop");
    const counter: "eax" | Memory = innermost
      ? "eax"
      : { base: RSP, disp: this.#counterBase + 8 * this.#depth };
    this.#depth++;
    a.setCounter(counter, count);
    const start = a.length;
    this.#body(body);
    this.#parallelMove(carry.map((c) => [c.next, c.param]));
    for (const [p, bytes] of advance) a.addImmediate(this.#pointers[p], bytes);
    a.decrement(counter);
    a.jumpBackIfNotZero(start);
    for (const [p, bytes] of advance) a.addImmediate(this.#pointers[p], -bytes * count);
    this.#depth--;
  }

  #instruction(i: Exclude<Instruction, Loop>): void {
    if (isComparison(i)) return this.#into(i.out, (to) => this.#compare(i.op, i.args, to));
    switch (i.op) {
      case "load":
      case "splat":
      case "const":
      case "lanes":
        return this.#into(i.out, (to) => this.#loadInto(to, i));
      case "store":
        return this.#vector("store", this.#register(i.value, SCRATCH), this.#memory(i.pointer, i.offset));
      case "store1":
        return this.#a.vector({
          op: "storeScalar",
          width: 128,
          reg: this.#register(i.value, SCRATCH),
          rm: this.#memory(i.pointer, i.offset),
          bytes: 4,
        });
      case "tree":
        return this.#into(i.out, (to) => this.#tree(i.args, to));
      case "select":
        return this.#into(i.out, (to) => this.#select(i.args, to));
      case "shl":
      case "shr":
      case "sar": {
        const field = { shl: 6, shr: 2, sar: 4 }[i.op];
        const from = this.#register(i.args[0], SCRATCH2);
        return this.#into(i.out, (to) =>
          this.#a.vector({ op: "shift", width: this.#width, reg: field, vvvv: to, rm: from, imm: i.count }),
        );
      }
      case "rotl":
        return this.#into(i.out, (to) => this.#rotate(this.#register(i.args[0], SCRATCH2), i.count, to));
      case "sqrt":
      case "toFloat":
        return this.#into(i.out, (to) =>
          this.#vector(i.op as VectorOp, to, this.#source(i.args[0], SCRATCH2)),
        );
      case "andnot": // a & ~b; the instruction negates its first operand
        return this.#binary("andnot", i.out, i.args[1], i.args[0], false);
      case "muladd":
        return this.#multiplyAdd(i.out, i.args);
      case "min": // b < a ? b : a; the instruction gives its second operand where neither is less
      case "max":
        return this.#binary(i.op, i.out, i.args[1], i.args[0], false);
      case "sub":
      case "div":
      case "isub":
        return this.#binary(i.op, i.out, i.args[0], i.args[1], false);
      case "add":
      case "mul":
      case "and":
      case "or":
      case "xor":
      case "iadd":
        return this.#binary(i.op, i.out, i.args[0], i.args[1], true);
    }
  }

  #binary(op: VectorOp, out: Value, first: Value, second: Value, commutes: boolean): void {
    const swap = commutes && !this.#inRegister(first) && this.#inRegister(second);
    const [x, y] = swap ? [second, first] : [first, second];
    const vvvv = this.#register(x, SCRATCH);
    const rm = this.#source(y, SCRATCH2);
    this.#into(out, (to) => this.#vector(op, to, rm, vvvv));
  }

  /** AVX2 has no rotation: two shifts. */
  #rotate(from: number, count: number, to: number): void {
    const a = this.#a;
    const width = this.#width;
    if (width === 512) return a.vector({ op: "shift", width, reg: 1, vvvv: to, rm: from, imm: count });
    a.vector({ op: "shift", width, reg: 6, vvvv: SCRATCH, rm: from, imm: count });
    a.vector({ op: "shift", width, reg: 2, vvvv: SCRATCH2, rm: from, imm: 32 - count });
    this.#vector("or", to, SCRATCH2, SCRATCH);
  }

  /** sum + x y. The instruction adds to its first register, which must not be one that it still reads. */
  #multiplyAdd(out: Value, [sum, first, second]: readonly Value[]): void {
    const swap = !this.#inRegister(first) && this.#inRegister(second);
    const [x, y] = swap ? [second, first] : [first, second];
    const place = this.#allocation.location(out);
    const own = place.kind === "register" ? place.index : SCRATCH;
    const registerOf = (v: Value): number => (this.#inRegister(v) ? this.#allocation.location(v).index : -1);
    const read = registerOf(x) === own || registerOf(y) === own;
    const to = read && registerOf(sum) !== own ? SCRATCH : own;
    this.#vector("move", to, this.#source(sum, -1));
    const vvvv = this.#register(x, SCRATCH2);
    this.#vector("fusedMultiplyAdd", to, this.#source(y, -1), vvvv);
    if (place.kind === "slot") this.#vector("store", to, this.#slot(place));
    else this.#vector("move", own, to);
  }

  /** All ones where the comparison holds. With AVX-512 it sets a mask register, which is then spread. */
  #compare(op: "lt" | "le" | "eq" | "ieq" | "igt", [x, y]: readonly Value[], to: number): void {
    const vvvv = this.#register(x, SCRATCH);
    const rm = this.#source(y, SCRATCH2);
    if (this.#width === 512) {
      this.#compareToMask(op, vvvv, rm);
      this.#a.vector({ op: "maskToVector", width: 512, reg: to, rm: 1 });
    } else if (op === "ieq" || op === "igt") this.#vector(op, to, rm, vvvv);
    else this.#a.vector({ op: "compare", width: this.#width, reg: to, vvvv, rm, imm: predicates[op] });
  }

  #compareToMask(op: "lt" | "le" | "eq" | "ieq" | "igt", vvvv: number, rm: Source): void {
    const imm = op === "ieq" || op === "igt" ? undefined : predicates[op];
    this.#a.vector({ op: op === "ieq" || op === "igt" ? op : "compare", width: 512, reg: 1, vvvv, rm, imm });
  }

  #select([mask, x, y]: readonly Value[], to: number): void {
    const comparison = this.#allocation.folded.get(mask);
    if (comparison && isComparison(comparison)) {
      const [p, q] = comparison.args;
      this.#compareToMask(comparison.op, this.#register(p, SCRATCH), this.#source(q, SCRATCH2));
      const otherwise = this.#register(y, SCRATCH);
      const rm = this.#source(x, SCRATCH2);
      this.#a.vector({ op: "blendMask", width: 512, reg: to, vvvv: otherwise, rm, mask: 1 });
      return;
    }
    if (this.#width === 512) {
      // scratch = mask ? x : y, bit by bit
      this.#vector("move", SCRATCH, this.#source(mask, SCRATCH));
      const vvvv = this.#register(x, SCRATCH2);
      this.#a.vector({ op: "ternary", width: 512, reg: SCRATCH, vvvv, rm: this.#source(y, -1), imm: 0xca });
      this.#vector("move", to, SCRATCH);
      return;
    }
    const m = this.#register(mask, SCRATCH);
    const otherwise = this.#register(y, SCRATCH2);
    const rm = this.#source(x, -1);
    this.#a.vector({ op: "blendVariable", width: this.#width, reg: to, vvvv: otherwise, rm, imm: m << 4 });
  }

  /** i + 8, i + 4, i + 2, i + 1, then every lane. */
  #tree(parts: readonly Value[], to: number): void {
    const a = this.#a;
    if (this.#width === 512) {
      this.#vector("move", SCRATCH, this.#source(parts[0], SCRATCH));
      // the register field is an extraction's source
      a.vector({ op: "extract256", width: 512, reg: SCRATCH, rm: SCRATCH2, imm: 1 });
      a.vector({ op: "add", width: 256, reg: SCRATCH, vvvv: SCRATCH, rm: SCRATCH2 });
    } else {
      const vvvv = this.#register(parts[0], SCRATCH);
      this.#vector("add", SCRATCH, this.#source(parts[1], SCRATCH2), vvvv);
    }
    a.vector({ op: "extract128", width: 256, reg: SCRATCH, rm: SCRATCH2, imm: 1 });
    a.vector({ op: "add", width: 128, reg: SCRATCH, vvvv: SCRATCH, rm: SCRATCH2 });
    a.vector({ op: "highToLow", width: 128, reg: SCRATCH2, vvvv: SCRATCH, rm: SCRATCH });
    a.vector({ op: "add", width: 128, reg: SCRATCH, vvvv: SCRATCH, rm: SCRATCH2 });
    a.vector({ op: "duplicateOdd", width: 128, reg: SCRATCH2, rm: SCRATCH });
    a.vector({ op: "add", width: 128, reg: SCRATCH, vvvv: SCRATCH, rm: SCRATCH2 });
    a.vector({ op: "broadcast", width: this.#width, reg: to, rm: SCRATCH });
  }

  // values

  #inRegister(v: Value): boolean {
    return !this.#allocation.folded.has(v) && this.#allocation.location(v).kind === "register";
  }

  /** Makes a value where it belongs; one that lives on the stack passes through scratch. */
  #into(out: Value, make: (register: number) => void): void {
    const place = this.#allocation.location(out);
    if (place.kind === "register") return make(place.index);
    make(SCRATCH);
    this.#vector("store", SCRATCH, this.#slot(place));
  }

  /** A register that holds the value, `scratch` where it has none of its own. */
  #register(v: Value, scratch: number): number {
    const source = this.#source(v, scratch);
    if (!isMemory(source)) return source;
    this.#vector("move", scratch, source);
    return scratch;
  }

  /** A register or a memory operand for the value; on AVX2 what is the same in all lanes passes through scratch. */
  #source(v: Value, scratch: number): Source {
    const folded = this.#allocation.folded.get(v);
    if (!folded) {
      const place = this.#allocation.location(v);
      return place.kind === "register" ? place.index : this.#slot(place);
    }
    switch (folded.op) {
      case "load":
        return this.#memory(folded.pointer, folded.offset);
      case "splat":
        return { ...this.#memory(folded.pointer, folded.offset), broadcast: true };
      case "lanes":
        return this.#pool.lanes(folded.count, this.#width / 32);
      case "const":
        if (this.#width === 512) return { ...this.#pool.word(folded.bits), broadcast: true };
        return this.#pool.vector(folded.bits, this.#width / 32);
      default:
        this.#compare((folded as Comparison).op, (folded as Comparison).args, scratch);
        return scratch;
    }
  }

  #loadInto(to: number, i: Instruction): void {
    if (i.op === "load") this.#vector("load", to, this.#memory(i.pointer, i.offset));
    else if (i.op === "splat") this.#broadcast(to, this.#memory(i.pointer, i.offset));
    else if (i.op === "lanes") this.#vector("load", to, this.#pool.lanes(i.count, this.#width / 32));
    else if (i.op === "const") {
      if (i.bits === 0) this.#a.vector({ op: "xor", width: this.#width, reg: to, vvvv: to, rm: to });
      else this.#broadcast(to, this.#pool.word(i.bits));
    } else throw new Error(`${i.op} is no load`);
  }

  #broadcast(to: number, from: Memory): void {
    this.#a.vector({ op: "broadcast", width: this.#width, reg: to, rm: from, bytes: 4 });
  }

  #vector(op: VectorOp, reg: number, rm: Source, vvvv?: number): void {
    if (op === "move" && isMemory(rm)) {
      if (rm.broadcast) this.#broadcast(reg, { base: rm.base, disp: rm.disp });
      else this.#a.vector({ op: "load", width: this.#width, reg, rm });
    } else if (op !== "move" || reg !== rm) this.#a.vector({ op, width: this.#width, reg, vvvv, rm });
  }

  #slot({ index }: Location): Memory {
    return { base: RSP, disp: index * 64 };
  }

  /** Addresses through a pointer on the stack use r11. */
  #memory(pointer: Pointer, offset: number): Memory {
    const place = this.#pointers[pointer];
    if (!isMemory(place)) return { base: place, disp: offset };
    this.#a.loadPointer(R11, place);
    return { base: R11, disp: offset };
  }

  /** All values to their places at once: chains end first, a cycle goes through scratch. */
  #parallelMove(pairs: readonly (readonly [Value, Value])[]): void {
    const key = (l: Location): string => `${l.kind}${l.index}`;
    const wanted = pairs.map(([from, to]) => {
      const folded = this.#allocation.folded.get(from);
      const source = folded ? null : this.#allocation.location(from);
      return { from, source, to: this.#allocation.location(to) };
    });
    let moves = wanted.filter((m) => !m.source || key(m.source) !== key(m.to));
    while (moves.length > 0) {
      const blocked = new Set(moves.flatMap((m) => (m.source ? [key(m.source)] : [])));
      const ready = moves.find((m) => !blocked.has(key(m.to)));
      if (ready) {
        this.#moveTo(ready.to, ready.from, ready.source);
        moves = moves.filter((m) => m !== ready);
        continue;
      }
      // a cycle: its first source waits in the second scratch register
      const [{ source }] = moves;
      if (!source) throw new Error("a constant cannot be part of a cycle");
      const held: Location = { kind: "register", index: SCRATCH2 };
      this.#moveTo(held, null, source);
      moves = moves.map((m) => (m.source && key(m.source) === key(source) ? { ...m, source: held } : m));
    }
  }

  #moveTo(to: Location, from: Value | null, source: Location | null): void {
    const target = to.kind === "register" ? to.index : SCRATCH;
    if (source) {
      const rm = source.kind === "register" ? source.index : this.#slot(source);
      if (to.kind === "slot" && source.kind === "register")
        return this.#vector("store", source.index, this.#slot(to));
      this.#vector("move", target, rm);
    } else if (from !== null) this.#loadInto(target, this.#allocation.folded.get(from) as Instruction);
    if (to.kind === "slot") this.#vector("store", target, this.#slot(to));
  }
}

/** Ordered, quiet on NaN. */
const predicates = { lt: 0x11, le: 0x12, eq: 0x00 } as const;

type Comparison = Extract<Instruction, { args: readonly Value[] }> & {
  op: "lt" | "le" | "eq" | "ieq" | "igt";
};
const isComparison = (i: Instruction): i is Comparison => ["lt", "le", "eq", "ieq", "igt"].includes(i.op);

function depthOf(body: readonly Instruction[]): number {
  return Math.max(0, largestOf(body.map((i) => (i.op === "loop" ? 1 + depthOf(i.body) : 0))));
}

/** Pointers by how often they are used, loops counted. */
function pointersByUse(code: Code): Pointer[] {
  const weight = Array.from({ length: code.pointers }, () => 0);
  const visit = (body: readonly Instruction[], times: number): void => {
    for (const i of body) {
      if ("pointer" in i) weight[i.pointer] += times;
      if (i.op !== "loop") continue;
      for (const [p] of i.advance) weight[p] += 8 * times;
      visit(i.body, times * 8);
    }
  };
  visit(code.body, 1);
  return weight.map((_, p) => p).sort((p, q) => weight[q] - weight[p]);
}
