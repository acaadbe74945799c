/** Convolutions as kernels: the signal forms with their epilogue, and the filter's gradient. */
import type { NodeId } from "../../graph/ops.ts";
import { rowStride, type Buffer } from "../buffer.ts";
import { emitFilter, emitSignal } from "./contraction.ts";
import { lowerBlockFilter } from "./blocks/gradient.ts";
import { lowerBlocks } from "./blocks/signal.ts";
import type { AnchorGroup } from "../fusion.ts";
import type { OpOf } from "../ops.ts";
import { axes, rowsOf, stepsOf, VECTOR_BYTES, vectorsOf } from "../../vector/layout.ts";
import { positionPhases, type PositionPhase } from "./phases.ts";
import {
  packedBuffer,
  packedStrides,
  packFilter,
  packsFilters,
  summedOf,
  unpackFilter,
  type PackedBy,
} from "./pack.ts";
import type { Operand } from "./operand.ts";
import { epilogue, Scope, zeroHalo, type Draft, type Epilogue, type LowerContext } from "./scope.ts";

type ConvolveOp = OpOf<"convolve">;

export function lowerConvolve(context: LowerContext, group: AnchorGroup, op: ConvolveOp): readonly Draft[] {
  const { of, map, block } = op;
  if (of === "filter")
    return block
      ? lowerBlockFilter(context, group, { ...op, block })
      : lowerFilter(context, group.anchor, op);
  return block
    ? lowerBlocks(context, group, { ...op, block })
    : lowerSignal(context, group, op, positionPhases(of, map));
}

/** The kernels of a convolution of signals: one a phase, in channel lanes after one that packs the filter. */
function lowerSignal(
  context: LowerContext,
  group: AnchorGroup,
  op: ConvolveOp,
  phases: readonly PositionPhase[],
): Draft[] {
  const { of, map: m } = op;
  const args = context.graph.nodes[group.anchor].args.map(context.fusion.source);
  const [signal, filter] = (of === "output" ? args.toReversed() : args).map(context.home);
  if (!packsFilters(context))
    return phases.map((phase, i) => lowerPhase(context, group, op, { signal, filter }, phase, i === 0));
  const by: PackedBy = of === "output" ? "filters" : "channels";
  const leaf = context.graph.nodes[args[of === "output" ? 0 : 1]].op;
  const { packed, drafts } = packedFilter(context, filter, m, by, leaf.op === "input" ? leaf.name : null);
  return [
    ...drafts,
    ...phases.map((phase, i) => lowerPhase(context, group, op, { signal, filter: packed }, phase, i === 0)),
  ];
}

/** A filter in channel lanes and the kernel that packs it, unless that runs once for all (of an input, by its name). */
function packedFilter(
  { once, ...context }: LowerContext,
  filter: Buffer,
  m: ConvolveOp["map"],
  by: PackedBy,
  name: string | null,
): { packed: Buffer; drafts: readonly Draft[] } {
  const key = `${name} by ${by}`;
  const known = name === null ? undefined : once?.packed.get(key);
  if (known) return { packed: known, drafts: [] };
  const packed = packedBuffer(m, by);
  const draft = packFilter({ ...context, once }, filter, packed, m, by);
  if (name === null || !once) return { packed, drafts: [draft] };
  once.packed.set(key, packed);
  once.drafts.push(draft);
  return { packed, drafts: [] };
}

function lowerPhase(
  context: LowerContext,
  group: AnchorGroup,
  op: ConvolveOp,
  homes: { signal: Buffer; filter: Buffer },
  phase: PositionPhase,
  halos: boolean,
): Draft {
  const { signal: signalHome, filter: filterHome } = homes;
  const { lanes } = context;
  const packed = packsFilters(context);
  const count = stepsOf(phase.count, lanes);
  const scope = new Scope(context);
  const { code } = scope;
  const { of, map: m } = op;
  const perGroup = { channels: m.channels / m.groups, filters: m.filters / m.groups };
  const [results, summed] =
    of === "output" ? [perGroup.filters, perGroup.channels] : [perGroup.channels, perGroup.filters];
  const filterRow = perGroup.channels * m.taps * 4;
  const row = signalHome.layout.pitch * VECTOR_BYTES;
  const signal = scope.operand(
    signalHome,
    "read",
    packed ? "uniform" : "vector",
    {
      g: rowStride(signalHome),
      k: summed * row,
      r: row,
      q: packed ? 4 : row,
      t: phase.step * VECTOR_BYTES,
      j: axes[lanes].positions.inLanes ? 4 : VECTOR_BYTES,
    },
    signalHome.layout.left * VECTOR_BYTES,
  );
  const filter = packed
    ? scope.operand(filterHome, "read", "vector", {
        ...packedStrides(m, of === "output" ? "filters" : "channels"),
        t: phase.filterStep * VECTOR_BYTES,
      })
    : scope.operand(filterHome, "read", "uniform", {
        k: perGroup.filters * filterRow,
        c: of === "output" ? filterRow : m.taps * 4,
        t: phase.filterStep * 4,
        q: of === "output" ? m.taps * 4 : filterRow,
        j: 4,
      });
  const vectors = vectorsOf(results, context.lanes);
  const end = epilogue(scope, group, m.groups, phase);
  emitSignal(code, {
    rows: rowsOf(context.batch, context.lanes),
    groups: m.groups,
    channels: vectors,
    summed: summedOf(context, summed),
    phase: { ...phase, count },
    signal,
    filter,
    others: end.operands,
    together: context.schedule.together,
    tile: packed ? context.schedule.blockSignal(vectors, count) : context.schedule.signal(results, count),
    prologue: (_, size, { c = 0 }) => {
      if (!halos) return;
      for (const write of end.writes) for (let i = 0; i < size; i++) zeroHalo(code, write, { c: c + i });
    },
    epilogue: (_, sum, at) => end.emit(at, new Map([[group.anchor, sum]])),
    stage: stageOf(scope, end),
  });
  return scope.finish(
    `convolve.${of}${group.maps.length ? "+map" : ""} ${m.channels}x${m.length} -> ${m.filters}x${m.outLength} taps ${m.taps}`,
  );
}

/** An epilogue over so many signals is more streams at once than a processor reads ahead, times the channels of a tile. */
const STREAMS = 3;

/** A result's own place, where the sums of an epilogue over many signals wait for it; null where it takes them at once. */
function stageOf(scope: Scope, { operands, writes }: Epilogue): Operand | null {
  const signals = operands.filter(({ lanes, strides }) => lanes === "vector" && strides.t);
  if (signals.length < STREAMS) return null;
  return writes.find(({ buffer }) => !scope.reads.has(buffer))?.operand ?? null;
}

/** The kernels of a filter's gradient: in channel lanes it is made packed and brought into natural order. */
function lowerFilter(context: LowerContext, id: NodeId, op: ConvolveOp): Draft[] {
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
