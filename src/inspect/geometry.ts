/** What follows from a model's layers alone: index maps of its convolutions, corners of A(w), receptive fields. */
import { largestOf } from "../numerics/extremes.ts";
import type { ConvolveMap } from "../graph/ops.ts";
import type { Signal } from "../layers/layer.ts";
import type { Resolved } from "../layers/model.ts";
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

/**
 * How many positions of the input one output position of each layer can see; padding, and statistics over the batch,
 * are not counted. `maps` are the layers' convolutions.
 */
export function receptiveFields(
  layers: readonly Resolved[],
  maps: readonly (ConvolveMap | null)[],
  input: Signal,
): number[] {
  const fields = [{ size: 1, jump: 1 }];
  layers.forEach((layer, l) => {
    const from = layer.from.map((f) => fields[f]);
    const size = largestOf(from.map((f) => f.size));
    const jump = largestOf(from.map((f) => f.jump));
    const map = maps[l];
    const before = layer.inputs[0].length;
    if (map) fields.push({ size: size + map.dilation * (map.taps - 1) * jump, jump: jump * map.stride });
    // any other layer that ends with one position has looked at all of them; a pool sees as much as it shortens by
    else if (layer.output.length === 1) fields.push({ size: size + (before - 1) * jump, jump });
    else {
      const factor = Math.max(1, Math.round(before / layer.output.length));
      fields.push({ size: size + (factor - 1) * jump, jump: jump * factor });
    }
  });
  return fields.slice(1).map(({ size }) => Math.min(size, input.length));
}
