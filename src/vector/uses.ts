/** Facts about vector code that the emitter needs: which values are the same in every lane, and who uses what. */
import type { Instruction, Value } from "./vector.ts";

/** Every value an instruction reads, those of a loop's body included. */
export function valuesRead(i: Instruction, each: (v: Value) => void): void {
  if (i.op === "store" || i.op === "store1") each(i.value);
  else if (i.op === "loop") {
    for (const c of i.carry) {
      each(c.init);
      each(c.next);
    }
    for (const inner of i.body) valuesRead(inner, each);
  } else if ("args" in i) i.args.forEach(each);
}

/** Every value an instruction sets. */
export function valuesSet(i: Instruction, each: (v: Value) => void): void {
  if (i.op === "loop") {
    for (const c of i.carry) {
      each(c.param);
      each(c.out);
    }
    for (const inner of i.body) valuesSet(inner, each);
  } else if (i.op !== "store" && i.op !== "store1") each(i.out);
}

/** Values that hold the same in all lanes: broadcasts, constants, trees and what is computed from these alone. */
export function uniformValues(body: readonly Instruction[], known = new Set<Value>()): Set<Value> {
  for (const i of body) {
    if (i.op === "splat" || i.op === "const" || i.op === "tree") known.add(i.out);
    else if (i.op === "loop") {
      // a carried value is uniform if it starts so and, supposing it is, stays so
      const candidates = new Set(i.carry.filter((c) => known.has(c.init)));
      for (;;) {
        const inner = new Set([...known, ...[...candidates].map((c) => c.param)]);
        uniformValues(i.body, inner);
        const wrong = [...candidates].filter((c) => !inner.has(c.next));
        if (wrong.length === 0) {
          inner.forEach((v) => known.add(v));
          candidates.forEach((c) => known.add(c.out));
          break;
        }
        wrong.forEach((c) => candidates.delete(c));
      }
    } else if ("args" in i && i.args.every((a) => known.has(a))) known.add(i.out);
  }
  return known;
}

/** Code in which no lane sees another, and whose loops only carry: it may run a quarter of the lanes at a time. */
export function isLanewise(i: Instruction): boolean {
  if (i.op === "tree") return false;
  if (i.op !== "loop") return true;
  return i.carry.length > 0 && i.body.every((x) => isLanewise(x) && x.op !== "store" && x.op !== "store1");
}
