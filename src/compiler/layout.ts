/**
 * How tensors lie in the arena: `[row][channel][position][16 lanes]`, where the lanes are one of the three axes.
 *
 * Sample lanes: a row is a group of 16 rows of the batch, so that a vector is one position of 16 rows. Channel lanes: a
 * channel is a block of 16 channels, so that a vector is one position of 16 channels. Position lanes: a position is a block
 * of 16, so that a vector is 16 positions of one channel of one row. A row of positions
 * may carry a halo, zeros before and after it, which stands for a convolution's padding; its pitch is odd where it is
 * long, since rows a power of two apart fall on the same cache sets. Weights are row-major, padded to 16 floats with +0.
 */
import { size, type ConvolveMap, type ConvolveOf, type TensorType } from "../graph/ops.ts";

export const LANES = 16;
export const VECTOR_BYTES = 64;

/** What the 16 lanes of a vector are. */
export type LaneAxis = "samples" | "channels" | "positions";

export interface Layout {
  readonly lanes: LaneAxis;
  /** Vectors of zeros before the first position's, and from one row's start to the next. */
  readonly left: number;
  readonly pitch: number;
}

/** Positions of zeros that a reader wants around a row. */
export interface Halo {
  readonly left: number;
  readonly right: number;
}

const NO_HALO: Halo = { left: 0, right: 0 };

/** How a tensor lies; `halo`: around its rows of positions. */
export function layoutOf(type: TensorType, lanes: LaneAxis, { left, right } = NO_HALO): Layout {
  if (type.space === "weight") return { lanes, left: 0, pitch: type.shape[2] };
  if (lanes === "positions") {
    // a vector may start at any position: up to 15 more than those that count are read
    const zeros = stepsOf(left, lanes);
    return { lanes, left: zeros, pitch: zeros + stepsOf(type.shape[2] + right + LANES - 1, lanes) };
  }
  const pitch = left + type.shape[2] + right;
  return { lanes, left, pitch: pitch >= 32 && pitch % 2 === 0 ? pitch + 1 : pitch };
}

/** Vectors along the batch, along channels and along positions. */
export const rowsOf = (batch: number, lanes: LaneAxis): number =>
  lanes === "samples" ? Math.ceil(batch / LANES) : batch;
export const vectorsOf = (channels: number, lanes: LaneAxis): number =>
  lanes === "channels" ? Math.ceil(channels / LANES) : channels;
export const stepsOf = (positions: number, lanes: LaneAxis): number =>
  lanes === "positions" ? Math.ceil(positions / LANES) : positions;

/** Bytes of a tensor for a batch. */
export function tensorBytes(type: TensorType, layout: Layout, batch: number): number {
  if (type.space === "weight") return Math.ceil(size(type.shape) / LANES) * VECTOR_BYTES;
  const { lanes, pitch } = layout;
  return rowsOf(batch, lanes) * vectorsOf(type.shape[1], lanes) * pitch * VECTOR_BYTES;
}

/** A tap: where its filter value lies among the filter's taps, and its position relative to the result's. */
export interface Tap {
  readonly tap: number;
  readonly shift: number;
}

/**
 * The loops of one form of T over positions: results `first, first + every, ...` (`count` of them), each the sum over
 * `taps` of the other tensor at `q * step + shift`. A strided transposed convolution has a phase a residue, so that no
 * zero is ever multiplied.
 */
export interface PositionPhase {
  readonly first: number;
  readonly every: number;
  readonly count: number;
  readonly step: number;
  readonly taps: readonly Tap[];
  /** Taps that the filter moves on by from one result to the next: 0, but for a dense layer's input. */
  readonly filterStep: number;
}

export function positionPhases(of: Exclude<ConvolveOf, "filter">, m: ConvolveMap): PositionPhase[] {
  const taps = Array.from({ length: m.taps }, (_, tap) => tap);
  if (of === "output") {
    const all = taps.map((tap) => ({ tap, shift: m.dilation * tap - m.padding }));
    return [{ first: 0, every: 1, count: m.outLength, step: m.stride, taps: all, filterStep: 0 }];
  }
  // a dense layer: each position meets its own tap, and v's one position
  if (m.outLength === 1 && m.padding === 0 && m.dilation === 1 && m.taps === m.length)
    return [{ first: 0, every: 1, count: m.length, step: 0, taps: [{ tap: 0, shift: 0 }], filterStep: 1 }];
  return Array.from({ length: Math.min(m.stride, m.length) }, (_, first) => ({
    first,
    every: m.stride,
    count: Math.ceil((m.length - first) / m.stride),
    step: 1,
    taps: taps
      .map((tap) => ({ tap, shift: (first + m.padding - m.dilation * tap) / m.stride }))
      .filter(({ shift }) => Number.isInteger(shift)),
    filterStep: 0,
  }));
}

/** The zeros that a convolve reads around an operand (0 or 1 in its order); filters have none. */
export function haloOf(of: ConvolveOf, m: ConvolveMap, operand: 0 | 1): Halo {
  const reads = { output: [null, "y"], input: ["v", null], filter: ["v", "y"] } as const;
  const what = reads[of][operand];
  if (what === null || (of === "filter" && what === "v")) return { left: 0, right: 0 };
  const length = what === "y" ? m.length : m.outLength;
  const phases = what === "y" ? positionPhases("output", m) : positionPhases("input", m);
  let left = 0;
  let right = 0;
  for (const { count, step, taps } of phases) {
    for (const { shift } of taps) {
      left = Math.max(left, -shift);
      right = Math.max(right, (count - 1) * step + shift - (length - 1));
    }
  }
  return { left, right };
}
