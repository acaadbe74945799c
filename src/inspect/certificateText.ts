/** A certificate as text of at most 100 columns. */
import { printable } from "../data/printable.ts";
import type { Certificate } from "./certify.ts";
import { table } from "./table.ts";

const scientific = (x: number): string => (x === 0 ? "0" : x.toExponential(1));

/** What was compared and how well it agrees: a line a tensor, and one over all. */
export function certificateText(c: Certificate): string {
  const rows = c.tensors.map((t) => [
    `  ${printable(t.name)}`,
    t.shape.join(" x "),
    scientific(t.norm),
    `${t.entries} of ${t.shape[0] * t.shape[1] * t.shape[2]}`,
    scientific(t.entryDifference),
    scientific(t.directionDifference),
  ]);
  const directions = `${c.directions} random direction${c.directions === 1 ? "" : "s"}`;
  return [
    `gradients in f64 against complex steps of ${c.step.toExponential(0)}, ${c.statistics} mode, ${c.rows} row${c.rows === 1 ? "" : "s"}`,
    table([["  tensor", "shape", "|gradient|", "entries", "by entry", "by direction"], ...rows]),
    `${c.entries} of ${c.parameters} entries one by one; ${directions} over all entries of each tensor (seed ${c.seed})`,
    `worst relative difference ${scientific(c.worst)} (${printable(c.worstTensor)}), bound ${scientific(c.bound)}: ${
      c.holds ? "certified" : "NOT certified"
    }`,
  ].join("\n");
}
