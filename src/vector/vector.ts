/**
 * Vector code: what a kernel is lowered to, once, and what back ends encode.
 *
 * A value is 16 lanes of 32 bits. Floats are IEEE binary32, rounded to nearest even; masks are all ones or all
 * zeros. Code is straight lines and loops with constant trip counts; each value is set once. A loop advances its
 * pointers after each turn and leaves them as it found them. Offsets are bytes, never negative.
 */
import { append } from "../numerics/extremes.ts";

export type Value = number;
export type Pointer = number;

/** Operations from values to a value, and how many they take. */
const operations = {
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  sqrt: 1,
  lt: 2,
  le: 2,
  eq: 2,
  select: 3,
  and: 2,
  or: 2,
  xor: 2,
  andnot: 2,
  iadd: 2,
  isub: 2,
  ieq: 2,
  igt: 2,
  toFloat: 1,
  /** a + b c, rounded once (args a, b, c): fused numerics alone. An engine without one refuses such code. */
  muladd: 3,
  /** b < a ? b : a (args a, b) */
  min: 2,
  /** a < b ? b : a (args a, b) */
  max: 2,
} as const;
export type Operation = keyof typeof operations;
const names = Object.keys(operations) as readonly Operation[];
/** A number for each operation. */
export const operationIndex = Object.fromEntries(names.map((op, i) => [op, i])) as Readonly<
  Record<Operation, number>
>;

export interface Carry {
  readonly init: Value;
  /** The value inside the body. */
  readonly param: Value;
  /** What the body makes of it for the next turn. */
  readonly next: Value;
  /** The value after the last turn. */
  readonly out: Value;
}

export type Instruction =
  | { readonly op: "load"; readonly out: Value; readonly pointer: Pointer; readonly offset: number }
  /** One float in every lane. */
  | { readonly op: "splat"; readonly out: Value; readonly pointer: Pointer; readonly offset: number }
  | { readonly op: "const"; readonly out: Value; readonly bits: number }
  /** All ones in the lanes below `count`, zeros in the others. */
  | { readonly op: "lanes"; readonly out: Value; readonly count: number }
  | { readonly op: Operation; readonly out: Value; readonly args: readonly Value[] }
  | {
      readonly op: "shl" | "shr" | "sar" | "rotl";
      readonly out: Value;
      readonly args: readonly Value[];
      readonly count: number;
    }
  /** The sum of the 16 lanes in every lane: i + 8, then i + 4, i + 2, i + 1. */
  | { readonly op: "tree"; readonly out: Value; readonly args: readonly Value[] }
  | { readonly op: "store"; readonly pointer: Pointer; readonly offset: number; readonly value: Value }
  /** Stores lane 0 alone: 4 bytes. */
  | { readonly op: "store1"; readonly pointer: Pointer; readonly offset: number; readonly value: Value }
  | Loop;

export interface Loop {
  readonly op: "loop";
  readonly count: number;
  readonly advance: readonly (readonly [Pointer, number])[];
  readonly carry: readonly Carry[];
  readonly body: readonly Instruction[];
}

/** A loop nest over `pointers` pointers; two kernels with the same code share one function. */
export interface Code {
  readonly pointers: number;
  readonly values: number;
  readonly body: readonly Instruction[];
}

/** Code and where its pointers start, in bytes of the arena. */
export interface Kernel {
  readonly name: string;
  readonly code: Code;
  readonly pointers: readonly number[];
}

/** For each code the first that equals it: kernels of equal code share a function. */
export function firstEqual(codes: Iterable<Code>): ReadonlyMap<Code, Code> {
  const byKey = new Map<string, Code[]>();
  const first = new Map<Code, Code>();
  for (const code of codes) {
    if (first.has(code)) continue;
    const key = codeKey(code);
    const alike = byKey.get(key) ?? [];
    const equal = alike.find((other) => JSON.stringify(other) === JSON.stringify(code));
    first.set(code, equal ?? code);
    if (!equal) byKey.set(key, [...alike, code]);
  }
  return first;
}

/** What equal codes share, and others hardly ever: two hashes of 32 bits over every field, and the sizes. */
function codeKey(code: Code): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  let count = 0;
  const mix = (n: number): void => {
    a = Math.imul(a ^ n, 0x01000193) ^ (a >>> 15);
    b = Math.imul(b ^ (n + 0x9e3779b9), 0x85ebca6b) ^ (b >>> 13);
  };
  const word = (op: string): void => {
    mix(op.length);
    for (let k = 0; k < op.length; k++) mix(op.charCodeAt(k));
  };
  const visit = (body: readonly Instruction[]): void => {
    mix(body.length);
    count += body.length;
    for (const i of body) {
      word(i.op);
      if ("out" in i) mix(i.out);
      if ("pointer" in i) {
        mix(i.pointer);
        mix(i.offset);
      }
      if ("value" in i) mix(i.value);
      if ("bits" in i) mix(i.bits);
      if ("count" in i) mix(i.count);
      if ("args" in i) for (const x of i.args) mix(x);
      if (i.op !== "loop") continue;
      mix(i.advance.length);
      for (const [p, bytes] of i.advance) {
        mix(p);
        mix(bytes);
      }
      mix(i.carry.length);
      for (const c of i.carry) for (const x of [c.init, c.param, c.next, c.out]) mix(x);
      visit(i.body);
    }
  };
  visit(code.body);
  return [a >>> 0, b >>> 0, count, code.values, code.pointers].join(" ");
}

/** Code as text, for snapshots and for reading. */
export function printCode(code: Code): string {
  const lines: string[] = [];
  const print = (body: readonly Instruction[], indent: string): void => {
    for (const i of body) append(lines, printInstruction(i, indent, print));
  };
  print(code.body, "");
  return lines.join("\n");

  function printInstruction(i: Instruction, indent: string, nested: typeof print): string[] {
    switch (i.op) {
      case "load":
      case "splat":
        return [`${indent}v${i.out} = ${i.op} p${i.pointer}+${i.offset}`];
      case "store":
      case "store1":
        return [`${indent}${i.op} p${i.pointer}+${i.offset}, v${i.value}`];
      case "const":
        return [`${indent}v${i.out} = const 0x${(i.bits >>> 0).toString(16)}`];
      case "lanes":
        return [`${indent}v${i.out} = lanes ${i.count}`];
      case "loop": {
        const advance = i.advance.map(([p, bytes]) => `p${p}+=${bytes}`).join(" ");
        const carry = i.carry.map((c) => `v${c.out}: v${c.param} = v${c.init} -> v${c.next}`).join(", ");
        lines.push(`${indent}loop ${i.count} {${advance}} [${carry}]`);
        nested(i.body, `${indent}  `);
        return [];
      }
      default:
        return [
          `${indent}v${i.out} = ${i.op} ${i.args.map((a) => `v${a}`).join(", ")}${"count" in i ? `, ${i.count}` : ""}`,
        ];
    }
  }
}
