/** What the JavaScript peers start from, and what they had better not begin. */
import { uniform } from "../../src/numerics/threefry.ts";
import { flops, type Workload } from "../../src/bench/workloads.ts";

/** Weights are drawn from +-1/sqrt(inputs), as PyTorch does. */
export function drawn(layer: number, count: number, inputs: number): Float32Array {
  const bound = 1 / Math.sqrt(inputs);
  return Float32Array.from({ length: count }, (_, i) => bound * (2 * uniform(1, layer, 0, i) - 1));
}

/**
 * What would take longer than four budgets at so many operations a second is not begun: it cannot be stopped inside. What
 * is slower than the budget itself has one round.
 */
export function tooSlow(
  workload: Workload,
  of: "step" | "batch" | "one",
  flopsPerSecond: number,
  budgetSeconds: number,
): string | null {
  const work = flops(workload, of === "step" ? "step" : "forward") / (of === "one" ? workload.batch : 1);
  const seconds = work / flopsPerSecond;
  const most = 4 * budgetSeconds;
  return seconds <= most ? null : `about ${Math.round(seconds)} s each, more than ${most} s`;
}
