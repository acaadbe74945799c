/** A filter's gradient as kernels: what only training compiles, so that pages that predict hold none of it. */
import type { NodeId } from "../../graph/ops.ts";
import { rowStride, type Buffer } from "../buffer.ts";
import { emitFilter } from "./contraction.ts";
import { lowerBlockFilter } from "./blocks/gradient.ts";
import type { AnchorGroup } from "../fusion.ts";
import type { OpOf } from "../ops.ts";
import { rowsOf, VECTOR_BYTES, vectorsOf } from "../../vector/layout.ts";
import { packedBuffer, packedStrides, packsFilters, summedOf, unpackFilter } from "./pack.ts";
import { Scope, type Draft, type LowerContext } from "./scope.ts";

type ConvolveOp = OpOf<"convolve">;

/** By blocks where the op has them, else by direct sums. */
export function lowerFilterGradient(
  context: LowerContext,
  group: AnchorGroup,
  op: ConvolveOp,
): readonly Draft[] {
  const { block } = op;
  return block ? lowerBlockFilter(context, group, { ...op, block }) : lowerDirect(context, group.anchor, op);
}

/** In channel lanes it is made packed and brought into natural order. */
function lowerDirect(context: LowerContext, id: NodeId, op: ConvolveOp): Draft[] {
  const targets = context.targets(id);
  if (!packsFilters(context)) return [lowerGradient(context, id, op, targets)];
  const packed = packedBuffer(op.map, "filters");
  return [
    lowerGradient(context, id, op, [packed]),
    ...targets.map((target) => unpackFilter(context, packed, target, op.map)),
  ];
}

function lowerGradient(
  context: LowerContext,
  id: NodeId,
  { map: m }: ConvolveOp,
  targets: readonly Buffer[],
): Draft {
  const packed = packsFilters(context);
  const scope = new Scope(context);
  const [v, y] = context.graph.nodes[id].args.map((x) => context.home(context.fusion.source(x)));
  const perGroup = { channels: m.channels / m.groups, filters: m.filters / m.groups };
  const rowV = v.layout.pitch * VECTOR_BYTES;
  const rowY = y.layout.pitch * VECTOR_BYTES;
  const filterRow = perGroup.channels * m.taps * 4;
  emitFilter(scope.code, {
    rows: rowsOf(context.batch, context.lanes),
    groups: m.groups,
    filters: vectorsOf(perGroup.filters, context.lanes),
    channels: summedOf(context, perGroup.channels),
    positions: m.outLength,
    taps: m.taps,
    v: scope.operand(
      v,
      "read",
      "vector",
      { g: rowStride(v), k: perGroup.filters * rowV, c: rowV, t: VECTOR_BYTES },
      v.layout.left * VECTOR_BYTES,
    ),
    y: scope.operand(
      y,
      "read",
      packed ? "uniform" : "vector",
      {
        g: rowStride(y),
        k: perGroup.channels * rowY,
        r: rowY,
        q: packed ? 4 : rowY,
        t: m.stride * VECTOR_BYTES,
        j: m.dilation * VECTOR_BYTES,
      },
      (y.layout.left - m.padding) * VECTOR_BYTES,
    ),
    results: targets.map((target) =>
      packed
        ? scope.operand(target, "write", "vector", packedStrides(m, "filters"))
        : scope.operand(target, "write", "uniform", {
            k: perGroup.filters * filterRow,
            c: filterRow,
            q: m.taps * 4,
            j: 4,
          }),
    ),
    tile: packed
      ? context.schedule.blockFilter(vectorsOf(perGroup.filters, "channels"), perGroup.channels, m.taps)
      : context.schedule.filter(perGroup.filters, perGroup.channels, m.taps),
  });
  return scope.finish(
    `convolve.filter ${m.channels}x${m.length} -> ${m.filters}x${m.outLength} taps ${m.taps}`,
  );
}
