/**
 * Vector code as C for one row: of the 16 rows that lie side by side in sample lanes only the first is there, so each value
 * is a scalar, each vector of memory a float. `m` is the memory of signals, `w` the weights; pointers are indices into one of them,
 * whole numbers, since C's own pointers may not leave what they point into.
 */
import type { Code, Instruction, Loop, Pointer, Value } from "../../vector/vector.ts";
import { floatLiteral } from "./literals.ts";

/** What a pointer of code points into: signals, weights, or the mask of rows, which is all ones. */
export type Kind = "m" | "w" | "rows";

/** How a value is held: as a float, as 32 bits, or as a condition (0 or 1) that stands for all zeros or all ones. */
type Form = "float" | "bits" | "condition";

const FLOAT_BYTES = 4;
const VECTOR_BYTES = 64;
/** Bytes of the arena that become one float. */
export const bytesAFloat = (kind: Kind): number => (kind === "m" ? VECTOR_BYTES : FLOAT_BYTES);

/** How code uses each of its pointers; throws Error where one is used both ways. */
export function pointerKinds(code: Code): readonly ("m" | "w" | "none")[] {
  const kinds: ("m" | "w" | "none")[] = Array.from({ length: code.pointers }, () => "none");
  const note = (pointer: Pointer, kind: "m" | "w"): void => {
    if (kinds[pointer] !== "none" && kinds[pointer] !== kind)
      throw new Error("fault: a pointer to vectors and to single floats");
    kinds[pointer] = kind;
  };
  const visit = (body: readonly Instruction[]): void => {
    for (const i of body) {
      if (i.op === "loop") visit(i.body);
      else if (i.op === "load" || i.op === "store") note(i.pointer, "m");
      else if (i.op === "splat") note(i.pointer, "w");
    }
  };
  visit(code.body);
  return kinds;
}

/** A function `name(m, pointers)` of the code. */
export function kernelText(name: string, code: Code, kinds: readonly (Kind | "none")[]): string {
  return new Writer(code, kinds).function(name);
}

class Writer {
  readonly #code: Code;
  readonly #kinds: readonly (Kind | "none")[];
  /** The text and form of each value. */
  readonly #values = new Map<Value, readonly [text: string, form: Form]>();
  readonly #constants = new Map<Value, number>();
  readonly #lines: string[] = [];
  /** The variable that has each pointer, in the loop where the text is. */
  #pointers: Map<Pointer, string> = new Map();
  readonly #turns = new Set<string>();
  #depth = 1;

  constructor(code: Code, kinds: readonly (Kind | "none")[]) {
    this.#code = code;
    this.#kinds = kinds;
  }

  function(name: string): string {
    this.#body(this.#code.body);
    const used = this.#kinds.flatMap((kind, p) =>
      kind === "m" || kind === "w" ? [`, ptrdiff_t p${p}`] : [],
    );
    const turns = this.#turns.size > 0 ? [`  ptrdiff_t ${[...this.#turns].join(", ")};`] : [];
    return [`APART static void ${name}(float *m${used.join("")}) {`, ...turns, ...this.#lines, "}"].join(
      "\n",
    );
  }

  #line(text: string): void {
    this.#lines.push(`${"  ".repeat(this.#depth)}${text}`);
  }

  #body(body: readonly Instruction[]): void {
    for (const i of body) this.#instruction(i);
  }

  #instruction(i: Instruction): void {
    switch (i.op) {
      case "load":
      case "splat":
        if (this.#kinds[i.pointer] === "rows") return void this.#constants.set(i.out, -1);
        return this.#set(i.out, "float", this.#at(i.pointer, i.offset));
      case "const":
        return void this.#constants.set(i.out, i.bits);
      case "lanes":
        return void this.#constants.set(i.out, i.count > 0 ? -1 : 0);
      case "store":
        return this.#line(`${this.#at(i.pointer, i.offset)} = ${this.#float(i.value)};`);
      case "loop":
        return this.#loop(i);
      case "shl":
      case "shr":
        return this.#set(
          i.out,
          "bits",
          `${this.#bits(i.args[0])} ${i.op === "shl" ? "<<" : ">>"} ${i.count}`,
        );
      case "sar":
        return this.#set(i.out, "bits", `shift_signed(${this.#bits(i.args[0])}, ${i.count})`);
      case "rotl": {
        const x = this.#bits(i.args[0]);
        return this.#set(i.out, "bits", `${x} << ${i.count} | ${x} >> ${32 - i.count}`);
      }
      case "store1":
      case "tree":
      case "muladd":
        throw new Error(`fault: ${i.op} in strict code for one row in sample lanes`);
      default:
        return this.#operation(i.op, i.out, i.args);
    }
  }

  #operation(op: string, out: Value, args: readonly Value[]): void {
    const [a, b, c] = args;
    const float = (text: string): void => this.#set(out, "float", text);
    const bits = (text: string): void => this.#set(out, "bits", text);
    const condition = (text: string): void => this.#set(out, "condition", text);
    const arithmetic: Readonly<Record<string, string>> = { add: "+", sub: "-", mul: "*", div: "/" };
    const comparison: Readonly<Record<string, string>> = { lt: "<", le: "<=", eq: "==" };
    const wholes: Readonly<Record<string, string>> = { iadd: "+", isub: "-" };
    if (op in arithmetic) return float(`${this.#float(a)} ${arithmetic[op]} ${this.#float(b)}`);
    if (op in comparison) return condition(`${this.#float(a)} ${comparison[op]} ${this.#float(b)}`);
    if (op in wholes) return bits(`${this.#bits(a)} ${wholes[op]} ${this.#bits(b)}`);
    switch (op) {
      case "sqrt":
        return float(`sqrtf(${this.#float(a)})`);
      case "min":
        return float(`${this.#float(b)} < ${this.#float(a)} ? ${this.#float(b)} : ${this.#float(a)}`);
      case "max":
        return float(`${this.#float(a)} < ${this.#float(b)} ? ${this.#float(b)} : ${this.#float(a)}`);
      case "ieq":
        return condition(`${this.#bits(a)} == ${this.#bits(b)}`);
      case "igt":
        return condition(`(${this.#bits(a)} ^ 0x80000000u) > (${this.#bits(b)} ^ 0x80000000u)`);
      case "toFloat":
        return float(`(float)(int32_t)${this.#bits(a)}`);
      case "select":
        return this.#select(out, a, b, c);
      case "and":
      case "or":
      case "xor":
      case "andnot":
        return this.#logic(op, out, a, b);
      default:
        throw new Error(`fault: no C for ${op}`);
    }
  }

  #select(out: Value, mask: Value, a: Value, b: Value): void {
    const known = this.#constants.get(mask);
    if (known === -1 || known === 0) return this.#alias(out, known === -1 ? a : b);
    if (this.#form(mask) !== "condition") {
      const m = this.#bits(mask);
      return this.#set(out, "bits", `(${m} & ${this.#bits(a)}) | (~${m} & ${this.#bits(b)})`);
    }
    const floats = this.#form(a) === "float" || this.#form(b) === "float";
    const read = (v: Value): string => (floats ? this.#float(v) : this.#bits(v));
    this.#set(out, floats ? "float" : "bits", `${this.#text(mask)} ? ${read(a)} : ${read(b)}`);
  }

  #logic(op: "and" | "or" | "xor" | "andnot", out: Value, a: Value, b: Value): void {
    const both = this.#form(a) === "condition" && this.#form(b) === "condition";
    if (op === "and") {
      for (const [x, other] of [
        [a, b],
        [b, a],
      ]) {
        if (this.#constants.get(x) === -1) return this.#alias(out, other);
        if (!both && this.#form(x) === "condition" && this.#form(other) === "float")
          return this.#set(out, "float", `${this.#text(x)} ? ${this.#float(other)} : 0.0f`);
      }
    }
    const sign = { and: "&", or: "|", xor: "^", andnot: "& ~" }[op];
    if (both)
      return this.#set(
        out,
        "condition",
        `${this.#text(a)} ${op === "andnot" ? "& !" : `${sign} `}${this.#text(b)}`,
      );
    this.#set(out, "bits", `${this.#bits(a)} ${sign}${op === "andnot" ? "" : " "}${this.#bits(b)}`);
  }

  #loop({ count, advance, carry, body }: Loop): void {
    for (const c of carry) {
      // what starts as a constant is carried as a float: moves change no bit
      const form = this.#form(c.init) === "bits" ? "bits" : "float";
      const read = form === "bits" ? this.#bits(c.init) : this.#float(c.init);
      this.#line(`${form === "bits" ? "uint32_t" : "float"} v${c.param} = ${read};`);
      this.#values.set(c.param, [`v${c.param}`, form]);
    }
    const turn = `i${this.#depth}`;
    if (carry.length > 0) this.#line("ROLLED");
    this.#line(`for (${turn} = 0; ${turn} < ${count}; ${turn}++) {`);
    this.#turns.add(turn);
    this.#depth++;
    const outside = new Map(this.#pointers);
    const used = pointersIn(body);
    for (const [p, bytes] of advance) {
      const kind = this.#kinds[p];
      if ((kind !== "m" && kind !== "w") || !used.has(p)) continue;
      const at = `p${p}_${this.#depth}`;
      this.#line(`const ptrdiff_t ${at} = ${this.#pointer(p)} + ${turn} * ${bytes / bytesAFloat(kind)};`);
      this.#pointers.set(p, at);
    }
    this.#body(body);
    const params = new Set(carry.map((c) => `v${c.param}`));
    const moves = carry.map((c) => {
      const form = this.#form(c.param);
      const next = form === "bits" ? this.#bits(c.next) : this.#float(c.next);
      if (!params.has(next)) return `v${c.param} = ${next};`;
      this.#line(`const ${form === "bits" ? "uint32_t" : "float"} n${c.param} = ${next};`);
      return `v${c.param} = n${c.param};`;
    });
    for (const move of moves) this.#line(move);
    this.#pointers = outside;
    this.#depth--;
    this.#line("}");
    for (const c of carry) this.#alias(c.out, c.param);
  }

  #at(pointer: Pointer, offset: number): string {
    const kind = this.#kinds[pointer];
    if (kind === "none" || kind === "rows") throw new Error("fault: a pointer that nothing is read by");
    const index = offset / bytesAFloat(kind);
    return `${kind}[${this.#pointer(pointer)}${index > 0 ? ` + ${index}` : ""}]`;
  }

  #pointer(p: Pointer): string {
    return this.#pointers.get(p) ?? `p${p}`;
  }

  #set(out: Value, form: Form, text: string): void {
    const type = { float: "float", bits: "uint32_t", condition: "int" }[form];
    this.#line(`const ${type} v${out} = ${text};`);
    this.#values.set(out, [`v${out}`, form]);
  }

  #alias(out: Value, of: Value): void {
    const constant = this.#constants.get(of);
    if (constant !== undefined) this.#constants.set(out, constant);
    else this.#values.set(out, [this.#text(of), this.#form(of) ?? "float"]);
  }

  #text(v: Value): string {
    const known = this.#values.get(v);
    if (!known) throw new Error(`fault: value ${v} is not set`);
    return known[0];
  }

  /** Undefined of a constant, which is whatever it is read as. */
  #form(v: Value): Form | undefined {
    return this.#values.get(v)?.[1];
  }

  #float(v: Value): string {
    const constant = this.#constants.get(v);
    if (constant !== undefined) return floatLiteral(constant);
    return this.#form(v) === "float" ? this.#text(v) : `to_float(${this.#bits(v)})`;
  }

  #bits(v: Value): string {
    const constant = this.#constants.get(v);
    if (constant !== undefined) return `0x${(constant >>> 0).toString(16)}u`;
    switch (this.#form(v)) {
      case "float":
        return `to_bits(${this.#text(v)})`;
      case "condition":
        return `(0u - (uint32_t)${this.#text(v)})`;
      default:
        return this.#text(v);
    }
  }
}

/** The pointers that a body reads or writes by. */
function pointersIn(body: readonly Instruction[], found = new Set<Pointer>()): ReadonlySet<Pointer> {
  for (const i of body) {
    if (i.op === "loop") pointersIn(i.body, found);
    else if ("pointer" in i) found.add(i.pointer);
  }
  return found;
}
