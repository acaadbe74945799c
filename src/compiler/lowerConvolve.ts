/** Convolutions as kernels: the signal forms with their epilogue, and the filter's gradient. */
import type { NodeId, Op } from "../graph/ops.ts";
import { rowStride } from "./buffer.ts";
import { emitFilter, emitSignal } from "./contraction.ts";
import type { Group } from "./fusion.ts";
import { groupsOf, VECTOR_BYTES, type PositionPhase } from "./layout.ts";
import { epilogue, Scope, zeroHalo, type Draft, type LowerContext } from "./scope.ts";

export type ConvolveOp = Extract<Op, { op: "convolve" }>;

export function lowerSignal(
  context: LowerContext,
  group: Group,
  op: ConvolveOp,
  phase: PositionPhase,
  halos: boolean,
): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const { of, map: m } = op;
  const anchor = group.anchor as NodeId;
  const [a, b] = context.graph.nodes[anchor].args.map((x) => context.home(context.fusion.source(x)));
  const [signalHome, filterHome] = of === "output" ? [b, a] : [a, b];
  const perGroup = { channels: m.channels / m.groups, filters: m.filters / m.groups };
  const [results, summed] =
    of === "output" ? [perGroup.filters, perGroup.channels] : [perGroup.channels, perGroup.filters];
  const filterRow = perGroup.channels * m.taps * 4;
  const row = signalHome.layout.pitch * VECTOR_BYTES;
  const signal = scope.operand(
    signalHome,
    "read",
    "vector",
    {
      g: rowStride(signalHome),
      k: summed * row,
      r: row,
      t: phase.step * VECTOR_BYTES,
      j: VECTOR_BYTES,
    },
    signalHome.layout.left * VECTOR_BYTES,
  );
  const filter = scope.operand(filterHome, "read", "uniform", {
    k: perGroup.filters * filterRow,
    c: of === "output" ? filterRow : m.taps * 4,
    t: phase.filterStep * 4,
    r: of === "output" ? m.taps * 4 : filterRow,
    j: 4,
  });
  const end = epilogue(scope, group, m.groups, phase);
  emitSignal(code, {
    rowGroups: groupsOf(context.batch),
    groups: m.groups,
    channels: results,
    summed,
    phase,
    signal,
    filter,
    others: end.operands,
    tile: context.schedule.signal(results, phase.count),
    prologue: (_, count, { c = 0 }) => {
      if (!halos) return;
      for (const write of end.writes) for (let i = 0; i < count; i++) zeroHalo(code, write, { c: c + i });
    },
    epilogue: (_, sum, at) => end.emit(at, new Map([[anchor, sum]])),
  });
  return scope.finish(
    `convolve.${of}${group.maps.length ? "+map" : ""} ${m.channels}x${m.length} -> ${m.filters}x${m.outLength} taps ${m.taps}`,
  );
}

export function lowerFilter(context: LowerContext, id: NodeId, { map: m }: ConvolveOp): Draft {
  const scope = new Scope(context);
  const [v, y] = context.graph.nodes[id].args.map((x) => context.home(context.fusion.source(x)));
  const perGroup = { channels: m.channels / m.groups, filters: m.filters / m.groups };
  const rowV = v.layout.pitch * VECTOR_BYTES;
  const rowY = y.layout.pitch * VECTOR_BYTES;
  const filterRow = perGroup.channels * m.taps * 4;
  emitFilter(scope.code, {
    rowGroups: groupsOf(context.batch),
    groups: m.groups,
    filters: perGroup.filters,
    channels: perGroup.channels,
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
      "vector",
      {
        g: rowStride(y),
        k: perGroup.channels * rowY,
        r: rowY,
        t: m.stride * VECTOR_BYTES,
        j: m.dilation * VECTOR_BYTES,
      },
      (y.layout.left - m.padding) * VECTOR_BYTES,
    ),
    results: context.targets(id).map((target) =>
      scope.operand(target, "write", "uniform", {
        k: perGroup.filters * filterRow,
        c: filterRow,
        r: m.taps * 4,
        j: 4,
      }),
    ),
    tile: context.schedule.filter(perGroup.filters, perGroup.channels, m.taps),
  });
  return scope.finish(
    `convolve.filter ${m.channels}x${m.length} -> ${m.filters}x${m.outLength} taps ${m.taps}`,
  );
}
