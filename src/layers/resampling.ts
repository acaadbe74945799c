/** Upsampling along positions, as one sparse map (PyTorch's interpolate with align_corners false). */
import type { Rows } from "../graph/mix.ts";
import type { Term } from "../graph/ops.ts";
import type { LayerKind } from "./layer.ts";

/** The options of `upsample`; `scale` has to be given. */
export interface UpsampleOptions {
  /** Positions of the result for one of the input. */
  readonly scale: number;
  /** `nearest` repeats each value; `linear` goes in straight lines between neighbours. Default: "nearest". */
  readonly mode?: "nearest" | "linear";
}

/**
 * `[channels, length]` to `[channels, scale length]`. nearest: output i is input floor(i / scale). linear: output i lies
 * at (i + 1/2) / scale - 1/2 between two inputs, and beyond the ends at the end.
 */
export const upsample: LayerKind<Required<UpsampleOptions>> = {
  inputs: 1,
  options: (o) => ({ scale: o.whole("scale", 1), mode: o.word("mode", ["nearest", "linear"], "nearest") }),
  shape: ([x], { scale }) => ({ channels: x.channels, length: x.length * scale }),
  nodes: ({ b, inputs, shapes, options: { scale, mode } }) => {
    if (scale === 1) return inputs[0];
    const { length } = shapes[0];
    const rows: Rows = Array.from({ length: length * scale }, (_, i): readonly Term[] =>
      mode === "nearest" ? [[Math.floor(i / scale), 1]] : between(i, scale, length),
    );
    return b.mix(inputs[0], rows);
  },
  terms: ([x], { scale, mode }) => (scale === 1 ? 0 : x.length * scale * (mode === "linear" ? 2 : 1)),
  window: (_, o) => ({ size: o.mode === "linear" ? 2 : 1, stride: 1 / o.scale }),
};

/** Place and weights in whole numbers of 1 / (2 scale), so that equal weights are equal bits along the signal. */
function between(i: number, scale: number, length: number): Term[] {
  const place = 2 * i + 1 - scale;
  const left = Math.floor(place / (2 * scale));
  const part = place - left * 2 * scale;
  if (left < 0) return [[0, 1]];
  if (left >= length - 1) return [[length - 1, 1]];
  if (part === 0) return [[left, 1]];
  const weight = Math.fround(part / (2 * scale));
  return [
    [left, Math.fround(1 - weight)],
    [left + 1, weight],
  ];
}
