/**
 * Groups of nodes to kernels. Each kernel is a loop nest over rows, channels and positions, 16 lanes at a time;
 * what it reads and writes are operands (operand.ts), so convolutions, pointwise passes and reductions differ only in
 * their bodies.
 */
import type { AnchorGroup, Group } from "../fusion.ts";
import { plays, type AnchorOp, type OpOf } from "../ops.ts";
import { lowerConvolve } from "./convolve.ts";
import { lowerConcat, lowerMix, lowerPut, lowerReshape, lowerSlice } from "./moves.ts";
import { lowerMaps, lowerReduction, lowerWeights } from "./pointwise.ts";
import type { Draft, LowerContext } from "./scope.ts";

type LowerAnchor<K extends AnchorOp> = (
  context: LowerContext,
  group: AnchorGroup,
  op: OpOf<K>,
) => readonly Draft[];

/** The kernels that each op begins. */
const anchors: { readonly [K in AnchorOp]: LowerAnchor<K> } = {
  convolve: lowerConvolve,
  mix: lowerMix,
  concat: lowerConcat,
  slice: lowerSlice,
  put: lowerPut,
  reshape: lowerReshape,
};

export function lowerGroup(context: LowerContext, group: Group): readonly Draft[] {
  switch (group.kind) {
    case "anchor": {
      const { op } = context.graph.nodes[group.anchor];
      if (!plays(op, "anchor")) throw new Error(`${op.op} begins no kernel`);
      return (anchors[op.op] as LowerAnchor<AnchorOp>)(context, group, op);
    }
    case "pointwise":
      return [group.type.space === "sample" ? lowerMaps(context, group) : lowerWeights(context, group)];
    case "reduction":
      return [lowerReduction(context, group)];
  }
}
