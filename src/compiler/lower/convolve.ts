/** Convolutions of signals as kernels with their epilogue. */
import { rowStride, type Buffer } from "../buffer.ts";
import { emitSignal } from "./contraction.ts";
import { lowerBlocks } from "./blocks/signal.ts";
import type { AnchorGroup } from "../fusion.ts";
import type { OpOf } from "../ops.ts";
import { size } from "../../numerics/tensor.ts";
import { axes, layoutOf, rowsOf, stepsOf, VECTOR_BYTES, vectorsOf } from "../../vector/layout.ts";
import { positionPhases, type PositionPhase } from "./phases.ts";
import {
  channelsLast,
  channelsLastStrides,
  packedBuffer,
  packedStrides,
  packFilter,
  packsFilters,
  summedOf,
  wantsChannelsLast,
  type PackedBy,
} from "./pack.ts";
import type { Operand, Strides } from "./operand.ts";
import {
  epilogue,
  Scope,
  trainingOf,
  zeroHalo,
  type Draft,
  type Epilogue,
  type LowerContext,
} from "./scope.ts";

type ConvolveOp = OpOf<"convolve">;

export function lowerConvolve(context: LowerContext, group: AnchorGroup, op: ConvolveOp): readonly Draft[] {
  const { of, map, block } = op;
  if (of === "filter") return trainingOf(context).filterGradient(context, group, op);
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
  const leaf = context.graph.nodes[args[of === "output" ? 0 : 1]].op;
  const name = leaf.op === "input" ? leaf.name : null;
  const lower = (homes: Homes): Draft[] =>
    phases.map((phase, i) => lowerPhase(context, group, op, homes, phase, i === 0));
  if (packsFilters(context)) {
    const by: PackedBy = of === "output" ? "filters" : "channels";
    const { packed, drafts } = packedFilter(context, filter, m, by, name);
    return [...drafts, ...lower({ signal, filter: packed })];
  }
  if (!wantsChannelsLast(context, op) || !context.once || name === null) return lower({ signal, filter });
  return lower({
    signal,
    filter: lastOnce(context, context.once, filter, m, name),
    strides: channelsLastStrides(m),
  });
}

/** A filter with its channels last, made once for all. */
function lastOnce(
  context: LowerContext,
  { packed, drafts }: NonNullable<LowerContext["once"]>,
  filter: Buffer,
  m: ConvolveOp["map"],
  name: string,
): Buffer {
  const key = `${name} channels last`;
  const known = packed.get(key);
  if (known) return known;
  const type = { space: "weight", shape: [1, size(filter.type.shape), 1] } as const;
  const last = { type, layout: layoutOf(type, context.lanes) };
  packed.set(key, last);
  drafts.push(channelsLast(context, filter, last, m));
  return last;
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

/** Where a convolution reads; `strides`: of a filter in sample lanes that is not in natural order. */
interface Homes {
  readonly signal: Buffer;
  readonly filter: Buffer;
  readonly strides?: Strides;
}

function lowerPhase(
  context: LowerContext,
  group: AnchorGroup,
  op: ConvolveOp,
  homes: Homes,
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
    : scope.operand(
        filterHome,
        "read",
        "uniform",
        homes.strides ?? {
          k: perGroup.filters * filterRow,
          c: of === "output" ? filterRow : m.taps * 4,
          t: phase.filterStep * 4,
          q: of === "output" ? m.taps * 4 : filterRow,
          j: 4,
        },
      );
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
