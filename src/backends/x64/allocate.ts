/**
 * Registers for the values of a kernel: linear scan over live intervals (Poletto and Sarkar 1999). A value that is read
 * in a loop and made before it lives to the loop's end. Where registers run out, the value that is read least, loops
 * counted, lives on the stack.
 */
import type { Code, Instruction, Loop, Value } from "../../vector/vector.ts";

export type Location = { readonly kind: "register" | "slot"; readonly index: number };

export interface Allocation {
  readonly location: (v: Value) => Location;
  /** Values without a place: read from memory, or compared, where they are used. */
  readonly folded: ReadonlyMap<Value, Instruction>;
  readonly slots: number;
}

interface Interval {
  readonly value: Value;
  readonly from: number;
  to: number;
  weight: number;
  /** The value whose register suits best, if it is free by then. */
  readonly hints: readonly Value[];
  /** After a loop: the place of the carried value. */
  readonly same: Value | null;
}

const comparisons: ReadonlySet<Instruction["op"]> = new Set(["lt", "le", "eq", "ieq", "igt"]);

export interface AllocateOptions {
  /** Registers that may be given out. */
  readonly registers: readonly number[];
  /** A float in memory can be an operand of any instruction, and masks have registers of their own (AVX-512). */
  readonly foldSplats: boolean;
}

/** Operands read at an instruction: a folded comparison's stand for it. */
function eachOperand(
  i: Instruction,
  folded: ReadonlyMap<Value, Instruction> | null,
  each: (v: Value) => void,
): void {
  const one = (v: Value): void => {
    const inner = folded?.get(v);
    if (!inner) each(v);
    else if ("args" in inner) inner.args.forEach(each);
  };
  if (i.op === "store" || i.op === "store1") one(i.value);
  else if ("args" in i) for (const v of i.args) one(v);
}

export function allocate(code: Code, options: AllocateOptions): Allocation {
  const folded = foldable(code, options);
  const intervals = intervalsOf(code, folded);
  const places = new Map<Value, Location>();
  let active: Interval[] = [];
  const free = new Set(options.registers);
  let slots = 0;
  const toSlot = ({ value, same }: Interval): void => {
    const slot: Location = { kind: "slot", index: slots++ };
    places.set(value, slot);
    // a loop leaves its result where it carried it, so both go
    if (same !== null) places.set(same, slot);
  };
  const registerOf = (v: Value): number | null => {
    const place = places.get(v);
    return place?.kind === "register" ? place.index : null;
  };
  for (const now of intervals) {
    active = active.filter((x) => {
      if (x.to > now.from) return true;
      const r = registerOf(x.value);
      if (r !== null) free.add(r);
      return false;
    });
    const fixed = now.same === null ? null : (places.get(now.same) ?? null);
    if (fixed) {
      places.set(now.value, fixed);
      if (fixed.kind === "register") {
        free.delete(fixed.index);
        active.push(now);
      }
      continue;
    }
    const hint = now.hints.map(registerOf).find((r) => r !== null && free.has(r));
    const [first] = free;
    const register = hint ?? first;
    if (register !== undefined) {
      free.delete(register);
      places.set(now.value, { kind: "register", index: register });
      active.push(now);
      continue;
    }
    const least = active.reduce((a, b) => (b.weight < a.weight ? b : a));
    if (least.weight >= now.weight) {
      toSlot(now);
      continue;
    }
    const taken = registerOf(least.value) as number;
    toSlot(least);
    active = active.filter((x) => x !== least);
    places.set(now.value, { kind: "register", index: taken });
    active.push(now);
  }
  return {
    location: (v) => {
      const place = places.get(v);
      if (!place) throw new Error(`value ${v} has no place`);
      return place;
    },
    folded,
    slots,
  };
}

/** Constants, loads and broadcasts used once before any store or loop, and comparisons used once by a select. */
function foldable(code: Code, { foldSplats }: AllocateOptions): Map<Value, Instruction> {
  const uses = new Map<Value, number>();
  const count = (v: Value): void => void uses.set(v, (uses.get(v) ?? 0) + 1);
  const visit = (body: readonly Instruction[]): void => {
    for (const i of body) {
      eachOperand(i, null, count);
      if (i.op !== "loop") continue;
      for (const c of i.carry) [c.init, c.next].forEach(count);
      visit(i.body);
    }
  };
  visit(code.body);
  const folded = new Map<Value, Instruction>();
  const scan = (body: readonly Instruction[]): void => {
    let waiting = new Map<Value, Instruction>();
    let compared = new Map<Value, Instruction>();
    for (const i of body) {
      if (i.op === "loop") {
        scan(i.body);
        waiting = new Map();
        continue;
      }
      eachOperand(i, null, (v) => {
        const source = waiting.get(v);
        if (source) folded.set(v, source);
        if (i.op === "select" && v === i.args[0] && i.args.filter((a) => a === v).length === 1) {
          const comparison = compared.get(v);
          // its operands are then read here, and must not be folded themselves
          if (
            comparison &&
            "args" in comparison &&
            comparison.args.every((a) => !folded.has(a) || isConstant(folded, a))
          )
            folded.set(v, comparison);
        }
      });
      if (i.op === "store" || i.op === "store1") waiting = new Map();
      else if (i.op === "const" || i.op === "lanes") folded.set(i.out, i);
      else if (uses.get(i.out) === 1) {
        if (i.op === "load" || (i.op === "splat" && foldSplats)) waiting.set(i.out, i);
        if (comparisons.has(i.op) && foldSplats) compared.set(i.out, i);
      }
    }
    compared = new Map();
  };
  scan(code.body);
  return folded;
}

const isConstant = (folded: ReadonlyMap<Value, Instruction>, v: Value): boolean => {
  const i = folded.get(v);
  return i?.op === "const" || i?.op === "lanes";
};

/** Live intervals in the order of their starts; positions are even for reads and odd for what is made there. */
function intervalsOf(code: Code, folded: ReadonlyMap<Value, Instruction>): Interval[] {
  const intervals = new Map<Value, Interval>();
  let at = 0;
  interface Open {
    readonly start: number;
    readonly waiting: Value[];
  }
  const open: Open[] = [];
  const define = (value: Value, hints: readonly Value[], same: Value | null = null): void => {
    const known = intervals.get(value);
    if (known) {
      known.to = Math.max(known.to, at + 1);
      return;
    }
    intervals.set(value, { value, from: at + 1, to: at + 1, weight: 0, hints, same });
  };
  const use = (value: Value): void => {
    const interval = intervals.get(value);
    if (folded.has(value)) {
      const inner = folded.get(value);
      if (inner && "args" in inner) inner.args.forEach(use);
      return;
    }
    if (!interval) throw new Error(`value ${value} is read before it is made`);
    interval.to = Math.max(interval.to, at);
    interval.weight += 8 ** open.length;
    // made before a loop that reads it: it lives until that loop ends
    const outermost = open.find((l) => l.start > interval.from);
    outermost?.waiting.push(value);
  };
  const walk = (body: readonly Instruction[]): void => {
    for (const i of body) {
      at += 2;
      if (i.op === "loop") walkLoop(i);
      else {
        if ("out" in i && folded.has(i.out)) continue;
        eachOperand(i, folded, use);
        if (!("out" in i)) continue;
        const hints: Value[] = [];
        if ("args" in i) eachOperand(i, folded, (v) => hints.push(v));
        define(i.out, hints);
      }
    }
  };
  const walkLoop = ({ carry, body }: Loop): void => {
    for (const c of carry) use(c.init);
    for (const c of carry) define(c.param, [c.init]);
    open.push({ start: at + 0.5, waiting: [] });
    at += 2;
    walk(body);
    at += 2;
    for (const c of carry) use(c.next);
    const { waiting } = open.pop() as Open;
    for (const v of waiting) {
      const interval = intervals.get(v) as Interval;
      interval.to = Math.max(interval.to, at);
    }
    for (const c of carry) define(c.out, [], c.param);
  };
  walk(code.body);
  return [...intervals.values()].sort((a, b) => a.from - b.from);
}
