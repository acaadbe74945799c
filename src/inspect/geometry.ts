/** What follows from a model's layers alone: index maps of its convolutions and corners of A(w). */
import type { ConvolveMap } from "../graph/ops.ts";
import type { IndexMap } from "../operators/index.ts";

/** The operators' index map of one row for a convolution of the graph. */
export function indexMapOf(m: ConvolveMap): Required<IndexMap> {
  const { channels, length, filters, taps, stride, dilation, groups } = m;
  // the graph has the zeros on the right implied by the number of outputs
  const right = stride * (m.outLength - 1) + dilation * (taps - 1) + 1 - length - m.padding;
  const padding: [number, number] = [m.padding, Math.max(0, right)];
  return { batch: 1, channels, length, filters, kernelSize: taps, stride, dilation, padding, groups };
}

/** Whether the operators' simple products apply: one channel and filter, stride 1, no dilation, no padding. */
export const isSimple = (m: ConvolveMap): boolean =>
  m.channels === 1 &&
  m.filters === 1 &&
  m.stride === 1 &&
  m.dilation === 1 &&
  m.outLength === m.length - m.taps + 1 &&
  m.padding === 0;

/** One channel's taps as A(w)'s top-left corner: row i has w_j in column s i + d j - p; null where nothing stands. */
export function cornerOfA(
  taps: ArrayLike<number>,
  m: Pick<ConvolveMap, "length" | "outLength" | "stride" | "dilation" | "padding">,
  most: { readonly rows: number; readonly columns: number },
): (number | null)[][] {
  const columns = Math.min(most.columns, m.length);
  return Array.from({ length: Math.min(most.rows, m.outLength) }, (_, i) =>
    Array.from({ length: columns }, (_unused, k) => {
      const j = (k - m.stride * i + m.padding) / m.dilation;
      return Number.isInteger(j) && j >= 0 && j < taps.length ? taps[j] : null;
    }),
  );
}
