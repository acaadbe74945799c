/**
 * How tensors lie in the arena: `[row][channel][position][16 lanes]`, where the lanes are one of the three axes.
 *
 * Sample lanes: a row is a group of 16 rows of the batch, so that a vector is one position of 16 rows. Channel lanes: a
 * channel is a block of 16 channels, so that a vector is one position of 16 channels. Position lanes: a position is a block
 * of 16, so that a vector is 16 positions of one channel of one row. A row of positions
 * may carry a halo, zeros before and after it, which stands for a convolution's padding; its pitch is odd where it is
 * long, since rows a power of two apart fall on the same cache sets. Weights are row-major, padded to 16 floats with +0.
 */
import { size, type TensorType } from "../numerics/tensor.ts";

export const LANES = 16;
export const VECTOR_BYTES = 64;

/** What the 16 lanes of a vector are. */
export type LaneAxis = "samples" | "channels" | "positions";

/** One of a tensor's three extents: in the lanes, where 16 of its places share a vector, or apart, a vector a place. */
export interface Extent {
  readonly inLanes: boolean;
  /** Vectors of so many places. */
  readonly vectors: (places: number) => number;
  /** Floats from the first place to place i, where vectors are `stride` floats apart. */
  readonly floats: (i: number, stride: number) => number;
}

const inLanes: Extent = {
  inLanes: true,
  vectors: (places) => Math.ceil(places / LANES),
  floats: (i, stride) => Math.floor(i / LANES) * stride + (i % LANES),
};
const apart: Extent = {
  inLanes: false,
  vectors: (places) => places,
  floats: (i, stride) => i * stride,
};

/** All that differs between the axes: which extent stands in the lanes. */
export const axes: {
  readonly [A in LaneAxis]: { readonly rows: Extent; readonly channels: Extent; readonly positions: Extent };
} = {
  samples: { rows: inLanes, channels: apart, positions: apart },
  channels: { rows: apart, channels: inLanes, positions: apart },
  positions: { rows: apart, channels: apart, positions: inLanes },
};

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
  if (axes[lanes].positions.inLanes) {
    // a vector may start at any position: up to 15 more than those that count are read
    const zeros = stepsOf(left, lanes);
    return { lanes, left: zeros, pitch: zeros + stepsOf(type.shape[2] + right + LANES - 1, lanes) };
  }
  const pitch = left + type.shape[2] + right;
  return { lanes, left, pitch: pitch >= 32 && pitch % 2 === 0 ? pitch + 1 : pitch };
}

/** Vectors along the batch, along channels and along positions. */
export const rowsOf = (batch: number, lanes: LaneAxis): number => axes[lanes].rows.vectors(batch);
export const vectorsOf = (channels: number, lanes: LaneAxis): number =>
  axes[lanes].channels.vectors(channels);
export const stepsOf = (positions: number, lanes: LaneAxis): number =>
  axes[lanes].positions.vectors(positions);

/** Bytes of a tensor for a batch. */
export function tensorBytes(type: TensorType, layout: Layout, batch: number): number {
  if (type.space === "weight") return Math.ceil(size(type.shape) / LANES) * VECTOR_BYTES;
  const { lanes, pitch } = layout;
  return rowsOf(batch, lanes) * vectorsOf(type.shape[1], lanes) * pitch * VECTOR_BYTES;
}
