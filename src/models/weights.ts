/** Weights as plain named tensors, and their hash. */
import type { Shape } from "../numerics/tensor.ts";
import { sha256 } from "../numerics/sha256.ts";

/** Named float32 tensors in model order: parameters, then state. */
export type Weights = readonly {
  /** The layer and the tensor, such as `conv1d_1.filter`. */
  readonly name: string;
  /** Three sizes: `[filters, channels / groups, taps]` of a filter, `[1, channels, 1]` of a vector. */
  readonly shape: Shape;
  /** The values, row-major. */
  readonly data: Float32Array;
}[];

/** A vector of the arena by its name there. */
export interface NamedVector {
  /** The tensor's name in the arena, such as `parameters` or `moment1`. */
  readonly name: string;
  /** A copy of its values. */
  readonly data: Float32Array;
}

/** SHA-256 over the first `count` tensors, little-endian float32. */
export function hashParameters(weights: Weights, count: number): string {
  const tensors = weights.slice(0, count);
  const bytes = new Uint8Array(tensors.reduce((sum, { data }) => sum + data.byteLength, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { data } of tensors) for (const x of data) view.setFloat32((at += 4) - 4, x, true);
  return sha256(bytes);
}
