/** Convolutions with filters that are given, not learned. */
import type { Rows } from "../graph/mix.ts";
import type { Term } from "../graph/ops.ts";
import type { LayerKind } from "./layer.ts";
import { LayerError, type Padding } from "./options.ts";
import { paddingSides } from "./padding.ts";

/** The options of `fixedConv1d`; `taps` has to be given. */
export interface FixedConv1dOptions {
  /** The filter's taps, the same for every channel. */
  readonly taps: readonly number[];
  /** Zeros before and after the signal, as of `conv1d`. Default: "valid". */
  readonly padding?: Padding;
}

/** One filter over the sum of all channels, without parameters: `[channels, length]` to `[1, positions]`. */
export const fixedConv1d: LayerKind<Required<FixedConv1dOptions>> = {
  inputs: 1,
  options: (o) => ({ taps: o.numbers("taps"), padding: o.padding("padding", "valid") }),
  shape: ([x], o) => {
    const [left, right] = sidesOf(o);
    const padded = left + x.length + right;
    if (o.taps.length > padded)
      throw new LayerError(`${o.taps.length} taps do not fit ${padded} positions; use padding "same"`);
    return { channels: 1, length: padded - o.taps.length + 1 };
  },
  nodes: ({ b, inputs, shapes, options: o }) => {
    const { length } = fixedConv1d.shape(shapes, o);
    const [left] = sidesOf(o);
    const rows: Rows = Array.from({ length }, (_, i) =>
      o.taps
        .map((weight, j): Term => [i + j - left, weight])
        .filter(([position, weight]) => position >= 0 && position < shapes[0].length && weight !== 0),
    );
    return b.mix(b.sum(inputs[0], ["c"]), rows);
  },
  window: (_, o) => ({ size: o.taps.length, stride: 1 }),
  terms: ([x], o) => o.taps.length * fixedConv1d.shape([x], o).length,
  multiplyAdds: ([x], o) => o.taps.length * fixedConv1d.shape([x], o).length,
};

const sidesOf = (o: Required<FixedConv1dOptions>): [number, number] =>
  paddingSides({ padding: o.padding, kernelSize: o.taps.length, dilation: 1, stride: 1 });
