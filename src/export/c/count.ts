/** How many multiplications a run of a program takes, by its loops. */
import type { Instruction } from "../../vector/vector.ts";
import type { Memory } from "./memory.ts";

export const countOf = ({ kernels, calls }: Memory): number =>
  calls.reduce((sum, { kernel }) => sum + productsIn(kernels[kernel].code.body), 0);

const productsIn = (body: readonly Instruction[]): number =>
  body.reduce((sum, i) => sum + (i.op === "mul" ? 1 : i.op === "loop" ? i.count * productsIn(i.body) : 0), 0);
