/**
 * Writes vector code. Pure values are numbered once a scope (equal operations on equal values are one value), so
 * generators may ask for the same constant or product wherever they need it; what nobody uses is dropped at the end.
 */
import { append } from "../numerics/extremes.ts";
import type { Ops } from "../numerics/ops.ts";
import { valuesRead, valuesSet } from "../vector/uses.ts";
import {
  operationIndex,
  type Carry,
  type Code,
  type Instruction,
  type Operation,
  type Pointer,
  type Value,
} from "../vector/vector.ts";

const bitsOf = (value: number): number => {
  floats[0] = value;
  return ints[0];
};
const floats = new Float32Array(1);
const ints = new Int32Array(floats.buffer);

export class CodeWriter implements Ops<Value> {
  #pointers = 0;
  #values = 0;
  #body: Instruction[] = [];
  #known: Map<string | number, Value>[] = [new Map()];
  /** Masks by their comparison, so that select can see a minimum or maximum. */
  readonly #compared = new Map<Value, readonly [Value, Value]>();

  pointer(): Pointer {
    return this.#pointers++;
  }

  load(pointer: Pointer, offset: number): Value {
    return this.#emit((out) => ({ op: "load", out, pointer, offset }));
  }
  splat(pointer: Pointer, offset: number): Value {
    return this.#emit((out) => ({ op: "splat", out, pointer, offset }));
  }
  store(pointer: Pointer, offset: number, value: Value): void {
    this.#body.push({ op: "store", pointer, offset, value });
  }
  store1(pointer: Pointer, offset: number, value: Value): void {
    this.#body.push({ op: "store1", pointer, offset, value });
  }

  /**
   * `count` turns of `body`, which gets the carried values and returns them for the next turn; the values after the
   * last turn come back. A single turn is written without a loop.
   */
  loop(
    count: number,
    advance: readonly (readonly [Pointer, number])[],
    init: readonly Value[],
    body: (carried: readonly Value[]) => readonly Value[],
  ): readonly Value[] {
    if (count <= 0) return init;
    if (count === 1) return body(init);
    const outer = this.#body;
    this.#body = [];
    this.#known.push(new Map());
    const params = init.map(() => this.#values++);
    const next = body(params);
    const carry: Carry[] = init.map((value, i) => ({
      init: value,
      param: params[i],
      next: next[i],
      out: this.#values++,
    }));
    const loop: Instruction = {
      op: "loop",
      count,
      advance: advance.filter(([, bytes]) => bytes !== 0),
      carry,
      body: this.#body,
    };
    this.#known.pop();
    this.#body = outer;
    this.#body.push(loop);
    return carry.map((c) => c.out);
  }

  /**
   * `count` bodies, `ways` of them side by side: their instructions take turns, so that the processor need not wait for
   * each chain of operations alone. Bodies are without loops, and none reads what another stores.
   */
  together(count: number, ways: number, body: (i: number) => void): void {
    const outer = this.#body;
    for (let first = 0; first < count; first += ways) {
      const bodies: Instruction[][] = [];
      for (let i = first; i < Math.min(count, first + ways); i++) {
        bodies.push((this.#body = []));
        body(i);
      }
      append(outer, takeTurns(bodies));
    }
    this.#body = outer;
  }

  /** The finished code, without the values that nothing uses. */
  finish(): Code {
    const body = sweep(this.#body, new Uint8Array(this.#values));
    return { pointers: this.#pointers, values: this.#values, body };
  }

  float(value: number): Value {
    return this.bits(bitsOf(value));
  }
  bits(value: number): Value {
    const bits = value | 0;
    return this.#pure(`const ${bits}`, (out) => ({ op: "const", out, bits }));
  }
  lanes(count: number): Value {
    return this.#pure(`lanes ${count}`, (out) => ({ op: "lanes", out, count }));
  }
  add(a: Value, b: Value): Value {
    return this.#op("add", a, b);
  }
  sub(a: Value, b: Value): Value {
    return this.#op("sub", a, b);
  }
  mul(a: Value, b: Value): Value {
    return this.#op("mul", a, b);
  }
  div(a: Value, b: Value): Value {
    return this.#op("div", a, b);
  }
  sqrt(a: Value): Value {
    return this.#op("sqrt", a);
  }
  lt(a: Value, b: Value): Value {
    const mask = this.#op("lt", a, b);
    this.#compared.set(mask, [a, b]);
    return mask;
  }
  le(a: Value, b: Value): Value {
    return this.#op("le", a, b);
  }
  eq(a: Value, b: Value): Value {
    return this.#op("eq", a, b);
  }
  /** mask ? a : b; `x < y ? x : y` and `x < y ? y : x` become the minimum and maximum of (b, a). */
  select(mask: Value, a: Value, b: Value): Value {
    const [x, y] = this.#compared.get(mask) ?? [];
    if (x === a && y === b) return this.#op("min", b, a);
    if (x === b && y === a) return this.#op("max", b, a);
    return this.#op("select", mask, a, b);
  }
  and(a: Value, b: Value): Value {
    return this.#op("and", a, b);
  }
  or(a: Value, b: Value): Value {
    return this.#op("or", a, b);
  }
  xor(a: Value, b: Value): Value {
    return this.#op("xor", a, b);
  }
  andnot(a: Value, b: Value): Value {
    return this.#op("andnot", a, b);
  }
  shl(a: Value, count: number): Value {
    return this.#shift("shl", a, count);
  }
  shr(a: Value, count: number): Value {
    return this.#shift("shr", a, count);
  }
  sar(a: Value, count: number): Value {
    return this.#shift("sar", a, count);
  }
  rotl(a: Value, count: number): Value {
    return this.#shift("rotl", a, count);
  }
  iadd(a: Value, b: Value): Value {
    return this.#op("iadd", a, b);
  }
  isub(a: Value, b: Value): Value {
    return this.#op("isub", a, b);
  }
  ieq(a: Value, b: Value): Value {
    return this.#op("ieq", a, b);
  }
  igt(a: Value, b: Value): Value {
    return this.#op("igt", a, b);
  }
  toFloat(a: Value): Value {
    return this.#op("toFloat", a);
  }
  tree(a: Value): Value {
    return this.#pure(`tree ${a}`, (out) => ({ op: "tree", out, args: [a] }));
  }

  #op(op: Operation, ...args: Value[]): Value {
    const [a, b = MOST_VALUES - 1, c] = args;
    const short = c === undefined && a < MOST_VALUES - 1 && b < MOST_VALUES;
    const key = short ? (operationIndex[op] * MOST_VALUES + a) * MOST_VALUES + b : `${op} ${args.join(" ")}`;
    return this.#pure(key, (out) => ({ op, out, args }));
  }
  #shift(op: "shl" | "shr" | "sar" | "rotl", a: Value, count: number): Value {
    return this.#pure(`${op} ${a} ${count}`, (out) => ({ op, out, args: [a], count }));
  }
  #pure(key: string | number, make: (out: Value) => Instruction): Value {
    for (const scope of this.#known) {
      const known = scope.get(key);
      if (known !== undefined) return known;
    }
    const out = this.#emit(make);
    this.#known[this.#known.length - 1].set(key, out);
    return out;
  }
  #emit(make: (out: Value) => Instruction): Value {
    const out = this.#values++;
    this.#body.push(make(out));
    return out;
  }
}

/** One instruction of each body in turn; one that reads a value which is still to come (bodies share some) waits. */
function takeTurns(bodies: readonly (readonly Instruction[])[]): Instruction[] {
  if (bodies.length === 1) return [...bodies[0]];
  const waiting = new Set<Value>();
  for (const i of bodies.flat()) {
    if (i.op === "loop") throw new Error("a loop takes no turns");
    valuesSet(i, (v) => waiting.add(v));
  }
  const isReady = (i: Instruction): boolean => {
    let ready = true;
    valuesRead(i, (v) => {
      if (waiting.has(v)) ready = false;
    });
    return ready;
  };
  const next = bodies.map(() => 0);
  const out: Instruction[] = [];
  const total = bodies.reduce((sum, b) => sum + b.length, 0);
  while (out.length < total)
    bodies.forEach((body, k) => {
      const i = body[next[k]] as Instruction | undefined;
      if (i === undefined || !isReady(i)) return;
      valuesSet(i, (v) => waiting.delete(v));
      out.push(i);
      next[k]++;
    });
  return out;
}

/** Values that fit into a key that is one number, with an operation and a second one. */
const MOST_VALUES = 2 ** 21;

/** Instructions that something uses, found backwards from the stores; `used` has a byte a value. */
function sweep(body: readonly Instruction[], used: Uint8Array): Instruction[] {
  const kept: Instruction[] = [];
  for (let k = body.length - 1; k >= 0; k--) {
    const i = body[k];
    if (i.op === "store" || i.op === "store1") {
      used[i.value] = 1;
      kept.push(i);
    } else if (i.op === "loop") {
      // what a loop carries may be read behind it, or by its own stores alone
      const isRead = (): boolean => i.carry.some((c) => used[c.out] === 1 || used[c.param] === 1);
      let inner = isRead() ? [] : sweep(i.body, used);
      const carry = isRead() ? i.carry : [];
      for (const c of carry) used[c.next] = 1;
      if (carry.length > 0) inner = sweep(i.body, used);
      for (const c of carry) used[c.init] = 1;
      if (inner.length > 0 || carry.length > 0) kept.push({ ...i, carry, body: inner });
    } else if (used[i.out] === 1) {
      if ("args" in i) for (const a of i.args) used[a] = 1;
      kept.push(i);
    }
  }
  return kept.toReversed();
}
