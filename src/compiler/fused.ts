/**
 * `fused` numerics: a product that is only added becomes part of the addition, rounded once (IEEE fusedMultiplyAdd). The rule
 * is the same everywhere, and so are the bits; `strict` code never goes through here.
 */
import { valuesRead } from "../vector/uses.ts";
import type { Code, Instruction, Value } from "../vector/vector.ts";

/** The same code with `muladd` in place of each product that one addition of the same body reads, and nothing else. */
export function fuseMultiplyAdd(code: Code): Code {
  const reads = new Map<Value, number>();
  for (const i of code.body) valuesRead(i, (v) => reads.set(v, (reads.get(v) ?? 0) + 1));
  const walk = (body: readonly Instruction[]): Instruction[] => {
    const products = new Map<Value, readonly Value[]>();
    const gone = new Set<Value>();
    const fused = body.map((i): Instruction => {
      if (i.op === "loop") return { ...i, body: walk(i.body) };
      if (i.op === "mul" && reads.get(i.out) === 1) products.set(i.out, i.args);
      if (i.op !== "add") return i;
      const product = i.args.toReversed().find((a) => products.has(a));
      if (product === undefined) return i;
      const sum = i.args[0] === product ? i.args[1] : i.args[0];
      gone.add(product);
      return { op: "muladd", out: i.out, args: [sum, ...(products.get(product) ?? [])] };
    });
    return fused.filter((i) => !("out" in i && gone.has(i.out)));
  };
  return { ...code, body: walk(code.body) };
}
