/**
 * Groups of nodes to kernels. Each kernel is a loop nest over rows, channels and positions, 16 lanes at a time;
 * what it reads and writes are operands (operand.ts), so convolutions, pointwise passes and reductions differ only in
 * their bodies.
 */
import type { Group } from "../fusion.ts";
import { positionPhases } from "./phases.ts";
import { lowerFilter, lowerSignal } from "./convolve.ts";
import { lowerConcat, lowerCopy, lowerMix } from "./moves.ts";
import { lowerMaps, lowerReduction, lowerWeights } from "./pointwise.ts";
import type { Draft, LowerContext } from "./scope.ts";

export function lowerGroup(context: LowerContext, group: Group): Draft[] {
  const { graph } = context;
  if (group.reduces.length > 0) return [lowerReduction(context, group)];
  if (group.anchor !== null) {
    const { op } = graph.nodes[group.anchor];
    if (op.op === "reshape" || op.op === "slice") return lowerCopy(context, group.anchor);
    if (op.op === "concat") return lowerConcat(context, group.anchor);
    if (op.op === "mix") return [lowerMix(context, group, op)];
    if (op.op === "convolve") {
      if (op.of === "filter") return lowerFilter(context, group.anchor, op);
      const { map, of } = op;
      return lowerSignal(context, group, op, positionPhases(of, map));
    }
  }
  return [group.type.space === "sample" ? lowerMaps(context, group) : lowerWeights(context, group)];
}
