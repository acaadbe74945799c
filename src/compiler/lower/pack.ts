/**
 * Filters in channel lanes: 16 channels of the result side by side, `[block][summed channel][tap][16]`, packed from the
 * natural order before a convolution and brought back after a filter's gradient. One float at a time: a filter is
 * small beside the work that it does.
 */
import type { ConvolveMap } from "../../graph/ops.ts";
import type { OpOf } from "../ops.ts";
import type { Buffer } from "../buffer.ts";
import { nest, type Summed } from "./contraction.ts";
import { axes, LANES, layoutOf, VECTOR_BYTES, vectorsOf } from "../../vector/layout.ts";
import { advance, type Operand } from "./operand.ts";
import { Scope, type Draft, type LowerContext } from "./scope.ts";

/** Whether filters are packed: where the channels of a result are the lanes, a filter is the vector, the signal a broadcast. */
export const packsFilters = ({ lanes }: Pick<LowerContext, "lanes">): boolean => axes[lanes].channels.inLanes;

/** How the channels that are summed over fall into blocks. */
export const summedOf = (context: LowerContext, channels: number): Summed =>
  packsFilters(context)
    ? { blocks: Math.floor(channels / LANES), size: LANES, rest: channels % LANES }
    : { blocks: 0, size: 1, rest: channels };

/** Which of a filter's channels stand in the lanes: those of v (the filters), or those of y. */
export type PackedBy = "filters" | "channels";

/** Where the lanes of a filter `[filters, channels, taps]` lie in natural order, and what each block holds. */
function strides(m: ConvolveMap, by: PackedBy) {
  const row = m.channels * m.taps * 4;
  const tap = m.taps * 4;
  return by === "filters"
    ? { lane: row, lanes: m.filters, summed: m.channels, natural: tap }
    : { lane: tap, lanes: m.channels, summed: m.filters, natural: row };
}

/** A place for a packed filter. */
export function packedBuffer(m: ConvolveMap, by: PackedBy): Buffer {
  const { lanes, summed } = strides(m, by);
  const floats = vectorsOf(lanes, "channels") * summed * m.taps * LANES;
  const type = { space: "weight", shape: [1, floats, 1] } as const;
  return { type, layout: layoutOf(type, "channels") };
}

/** Strides of a packed filter: c a block of lanes, r and q a summed channel, j and t a tap. */
export function packedStrides(m: ConvolveMap, by: PackedBy) {
  const q = m.taps * VECTOR_BYTES;
  return { c: strides(m, by).summed * q, r: LANES * q, q, j: VECTOR_BYTES, t: 0 };
}

/** From natural order to packed, zeros in lanes without a channel. */
export const packFilter = (
  context: LowerContext,
  from: Buffer,
  to: Buffer,
  m: ConvolveMap,
  by: PackedBy,
): Draft => move(context, { natural: from, packed: to, use: "pack" }, m, by);

/** From packed to natural order. */
export const unpackFilter = (context: LowerContext, from: Buffer, to: Buffer, m: ConvolveMap): Draft =>
  move(context, { natural: to, packed: from, use: "unpack" }, m, "filters");

/** Whether a tile has several channels of one position, whose filter values had better be neighbours. */
export function wantsChannelsLast({ schedule }: LowerContext, { of, map: m }: OpOf<"convolve">): boolean {
  if (schedule.fixedFilters !== "channels last" || of !== "output") return false;
  const { channels, positions } = schedule.signal(m.filters / m.groups, m.outLength);
  return channels > 1 && positions === 1;
}

/** From `[filters, channels, taps]` of each group to `[channels, taps, filters]`, so that neighbours are read together. */
export function channelsLast(context: LowerContext, from: Buffer, to: Buffer, m: ConvolveMap): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const [filters, channels] = [m.filters / m.groups, m.channels / m.groups];
  const tap = m.taps * 4;
  const k = filters * channels * tap;
  const natural = scope.operand(from, "read", "uniform", { k, c: channels * tap, q: tap, j: 4 });
  const packed = scope.operand(to, "write", "uniform", channelsLastStrides(m));
  const axes = [
    ["k", m.groups],
    ["q", channels],
    ["j", m.taps],
    ["c", filters],
  ] as const;
  nest(code, [natural, packed], axes, () => {
    code.store1(packed.pointer, 0, code.splat(natural.pointer, 0));
  });
  return scope.finish(`channels last ${m.filters}x${m.channels}x${m.taps}`);
}

/** Strides of such a filter. */
export function channelsLastStrides({ filters, channels, taps, groups }: ConvolveMap) {
  const j = (filters / groups) * 4;
  return { k: (channels / groups) * taps * j, c: 4, q: taps * j, j };
}

function move(
  context: LowerContext,
  given: { natural: Buffer; packed: Buffer; use: "pack" | "unpack" },
  m: ConvolveMap,
  by: PackedBy,
): Draft {
  const scope = new Scope(context);
  const { code } = scope;
  const pack = given.use === "pack";
  const { lane, lanes, summed, natural: step } = strides(m, by);
  const block = summed * m.taps * VECTOR_BYTES;
  const natural = scope.operand(given.natural, pack ? "read" : "write", "uniform", {
    c: LANES * lane,
    q: step,
    j: 4,
  });
  const packed = scope.operand(given.packed, pack ? "write" : "read", "uniform", {
    c: block,
    q: m.taps * VECTOR_BYTES,
    j: VECTOR_BYTES,
  });
  const all: Operand[] = [natural, packed];
  const zero = code.float(0);
  const oneBlock = (count: number, at: { natural: number; packed: number }): void =>
    nest(
      code,
      all,
      [
        ["q", summed],
        ["j", m.taps],
      ],
      () => {
        for (let l = 0; l < (pack ? LANES : count); l++) {
          const [from, to] = [at.natural + l * lane, at.packed + 4 * l];
          if (!pack) code.store1(natural.pointer, from, code.splat(packed.pointer, to));
          else code.store1(packed.pointer, to, l < count ? code.splat(natural.pointer, from) : zero);
        }
      },
    );
  const full = Math.floor(lanes / LANES);
  code.loop(full, advance(all, "c"), [], () => {
    oneBlock(LANES, { natural: 0, packed: 0 });
    return [];
  });
  if (lanes % LANES > 0) oneBlock(lanes % LANES, { natural: full * LANES * lane, packed: full * block });
  return scope.finish(`${given.use} ${m.filters}x${m.channels}x${m.taps} by ${by}`);
}
