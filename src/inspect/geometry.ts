/** What follows from a model's layers alone: index maps of its convolutions, corners of A(w), receptive fields. */
import type { Conv1dOptions } from "../layers/convolution.ts";
import { paddingSides } from "../layers/convolution.ts";
import type { Signal } from "../layers/layer.ts";
import type { Resolved } from "../layers/model.ts";
import type { IndexMap } from "../operators/index.ts";

/** The index map of one row in a layer that is one convolution (conv1d, dense); null for other layers. */
export function indexMapOf({ kind, options, inputs: [x], output }: Resolved): Required<IndexMap> | null {
  const sizes = { batch: 1, channels: x.channels, length: x.length, filters: output.channels };
  if (kind === "dense")
    return { ...sizes, kernelSize: x.length, stride: 1, dilation: 1, padding: [0, 0], groups: 1 };
  if (kind !== "conv1d") return null;
  const o = options as Conv1dOptions;
  const { kernelSize, stride, dilation, groups } = o;
  return { ...sizes, kernelSize, stride, dilation, padding: paddingSides(o), groups };
}

/** Whether the operators' simple products apply: one channel and filter, stride 1, no dilation, no padding. */
export const isSimple = (m: Required<IndexMap>): boolean =>
  m.channels === 1 &&
  m.filters === 1 &&
  m.stride === 1 &&
  m.dilation === 1 &&
  m.padding.every((p) => p === 0);

/** One channel's taps as A(w)'s top-left corner: row i has w_j in column s i + d j - p; null where nothing stands. */
export function cornerOfA(
  taps: ArrayLike<number>,
  m: Pick<Required<IndexMap>, "length" | "stride" | "dilation" | "padding">,
  outLength: number,
  most: { readonly rows: number; readonly columns: number },
): (number | null)[][] {
  const columns = Math.min(most.columns, m.length);
  return Array.from({ length: Math.min(most.rows, outLength) }, (_, i) =>
    Array.from({ length: columns }, (_unused, k) => {
      const j = (k - m.stride * i + m.padding[0]) / m.dilation;
      return Number.isInteger(j) && j >= 0 && j < taps.length ? taps[j] : null;
    }),
  );
}

/** How many positions of the input one output position of each layer can see, padding not counted. */
export function receptiveFields(layers: readonly Resolved[], input: Signal): number[] {
  const fields = [{ size: 1, jump: 1 }];
  for (const layer of layers) {
    const from = layer.from.map((f) => fields[f]);
    const size = Math.max(...from.map((f) => f.size));
    const jump = Math.max(...from.map((f) => f.jump));
    const map = layer.kind === "conv1d" ? indexMapOf(layer) : null;
    if (map)
      fields.push({ size: size + map.dilation * (map.kernelSize - 1) * jump, jump: jump * map.stride });
    // whatever ends with fewer positions than it began has looked at all of them
    else if (layer.output.length < layer.inputs[0].length)
      fields.push({ size: size + (layer.inputs[0].length - 1) * jump, jump });
    else fields.push({ size, jump });
  }
  return fields.slice(1).map(({ size }) => Math.min(size, input.length));
}
