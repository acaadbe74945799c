/** Tensors with a place in the arena, and views into them. */
import type { TensorType } from "../numerics/tensor.ts";
import type { Run } from "../graph/mix.ts";
import { layoutOf, tensorBytes, VECTOR_BYTES, vectorsOf, type Layout } from "../vector/layout.ts";

export interface Buffer {
  readonly type: TensorType;
  readonly layout: Layout;
  /** A view: channels of another buffer from `first` on (sample space), or the same weights under another shape. */
  readonly view?: { readonly of: Buffer; readonly first: number };
  /** Of a view along positions: which positions of the other buffer each of its own is the sum of. */
  readonly runs?: readonly Run[];
}

/** A view: rows lie as those of the whole do, weights as their own shape has them. */
export const viewOf = (of: Buffer, first: number, type: TensorType): Buffer => ({
  type,
  layout: type.space === "weight" ? layoutOf(type, of.layout.lanes) : of.layout,
  view: { of, first },
});

/** The buffer that holds a view's bytes. */
export const storage = (b: Buffer): Buffer => (b.view ? storage(b.view.of) : b);

/** Where a view starts within its storage, in bytes. */
export const viewOffset = (b: Buffer): number =>
  b.view
    ? viewOffset(b.view.of) + vectorsOf(b.view.first, b.layout.lanes) * b.layout.pitch * VECTOR_BYTES
    : 0;

/** Bytes from one row, or group of 16 rows, to the next. */
export const rowStride = (b: Buffer): number =>
  vectorsOf(storage(b).type.shape[1], b.layout.lanes) * b.layout.pitch * VECTOR_BYTES;

export const bufferBytes = (b: Buffer, batch: number): number => tensorBytes(b.type, b.layout, batch);
