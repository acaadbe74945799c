/**
 * Vector code at a machine's width: a value of 16 lanes becomes `parts` registers, or one where all lanes are equal.
 * Lanes are independent except in `tree`, so a stretch of code without one runs part by part, which keeps its tile of
 * accumulators in registers.
 */
import { append } from "../../numerics/extremes.ts";
import { isLanewise, uniformValues, valuesSet } from "../../vector/uses.ts";
import type { Carry, Code, Instruction, Value } from "../../vector/vector.ts";

const LANES = 16;

/** The same code with values of `16 / parts` lanes; a tree takes all the parts of its operand. */
export function splitLanes(code: Code, parts: number): Code {
  return parts === 1 ? code : new Splitter(code, parts).split();
}

class Splitter {
  readonly #code: Code;
  readonly #parts: number;
  readonly #uniform: ReadonlySet<Value>;
  readonly #names = new Map<Value, Value[]>();
  #values = 0;

  constructor(code: Code, parts: number) {
    this.#code = code;
    this.#parts = parts;
    this.#uniform = uniformValues(code.body);
  }

  split(): Code {
    const body = this.#body(this.#code.body);
    return { pointers: this.#code.pointers, values: this.#values, body };
  }

  #body(body: readonly Instruction[]): Instruction[] {
    const out: Instruction[] = [];
    let stretch: Instruction[] = [];
    const all = Array.from({ length: this.#parts }, (_, p) => p);
    const flush = (): void => {
      for (const p of all)
        append(
          out,
          stretch.flatMap((i) => this.#lanewise(i, p)),
        );
      stretch = [];
    };
    for (const i of body) {
      if (isLanewise(i)) stretch.push(i);
      else {
        flush();
        if (i.op === "loop")
          out.push({ ...i, carry: i.carry.flatMap((c) => this.#carry(c, all)), body: this.#body(i.body) });
        else if (i.op === "tree") {
          const args = all.map((p) => this.#name(i.args[0], p));
          out.push({ op: "tree", out: this.#name(i.out, 0), args });
        }
      }
    }
    flush();
    return out;
  }

  /** One part of a lanewise instruction; what is the same in all lanes is there after the first. */
  #lanewise(i: Instruction, p: number): Instruction[] {
    const name = (v: Value): Value => this.#name(v, p);
    const bytes = (LANES / this.#parts) * 4 * p;
    switch (i.op) {
      case "store1":
        return p === 0 ? [{ ...i, value: name(i.value) }] : [];
      case "store":
        return [{ ...i, offset: i.offset + bytes, value: name(i.value) }];
      case "loop":
        if (p > 0 && i.carry.every((c) => this.#uniform.has(c.param))) return [];
        // a uniform value inside is made again in each part's loop: under one name it would seem to live in between
        valuesSet(i, (v) => {
          if (this.#uniform.has(v)) this.#names.delete(v);
        });
        return this.#inner(i, p);
      default:
        return this.#uniform.has(i.out) && p > 0 ? [] : this.#inner(i, p);
    }
  }

  #inner(i: Instruction, p: number): Instruction[] {
    const name = (v: Value): Value => this.#name(v, p);
    switch (i.op) {
      case "load":
        return [{ ...i, out: name(i.out), offset: i.offset + (LANES / this.#parts) * 4 * p }];
      case "lanes": {
        const width = LANES / this.#parts;
        return [{ ...i, out: name(i.out), count: Math.min(width, Math.max(0, i.count - p * width)) }];
      }
      case "splat":
      case "const":
        return [{ ...i, out: name(i.out) }];
      case "loop":
        return [
          {
            ...i,
            carry: i.carry.flatMap((c) => this.#carry(c, [p])),
            body: i.body.flatMap((x) => this.#inner(x, p)),
          },
        ];
      case "store":
      case "store1":
        return this.#lanewise(i, p);
      default:
        return [{ ...i, out: name(i.out), args: i.args.map(name) }];
    }
  }

  #carry(c: Carry, parts: readonly number[]): Carry[] {
    const which = this.#uniform.has(c.param) ? [parts[0]] : parts;
    return which.map((p) => ({
      init: this.#name(c.init, p),
      param: this.#name(c.param, p),
      next: this.#name(c.next, p),
      out: this.#name(c.out, p),
    }));
  }

  #name(v: Value, p: number): Value {
    let names = this.#names.get(v);
    if (!names) {
      const count = this.#uniform.has(v) ? 1 : this.#parts;
      names = Array.from({ length: count }, () => this.#values++);
      this.#names.set(v, names);
    }
    return names.length === 1 ? names[0] : names[p];
  }
}
