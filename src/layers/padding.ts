/**
 * Padding of signals: how much on either side, and with what. Zeros beside a convolution cost nothing (its kernels read
 * a halo); the other modes are a sparse linear map along positions.
 */
import type { Rows } from "../graph/mix.ts";
import type { Term } from "../graph/ops.ts";
import type { LayerKind } from "./layer.ts";
import { LayerError, type Padding } from "./options.ts";

/**
 * What stands beyond the ends of 1 2 3, two on either side: zeros 0 0 | 0 0, reflect 3 2 | 2 1 (the end itself is not
 * repeated), replicate 1 1 | 3 3, circular 2 3 | 1 2. The names and rules are PyTorch's.
 */
export const paddingModes = ["zeros", "reflect", "replicate", "circular"] as const;
/**
 * What stands beyond the ends of 1 2 3, two on either side: `zeros` 0 0 | 0 0, `reflect` 3 2 | 2 1, `replicate` 1 1 |
 * 3 3, `circular` 2 3 | 1 2.
 *
 * @useDeclaredType
 */
export type PaddingMode = (typeof paddingModes)[number];

/** Positions on either side. With an even span "same" puts the extra one on the right, as PyTorch and Keras do. */
export function paddingSides(o: {
  padding: Padding;
  kernelSize: number;
  dilation: number;
  stride: number;
}): [number, number] {
  const extra = o.dilation * (o.kernelSize - 1);
  if (o.padding === "valid") return [0, 0];
  if (o.padding === "causal") return [extra, 0];
  if (o.padding === "same") {
    if (o.stride > 1)
      throw new LayerError(`padding "same" goes with stride 1, not ${o.stride}; give [left, right]`);
    const left = Math.floor(extra / 2);
    return [left, extra - left];
  }
  return typeof o.padding === "number" ? [o.padding, o.padding] : [o.padding[0], o.padding[1]];
}

/** Refuses more padding than a mode can take from a signal. */
export function checkMode(length: number, [left, right]: readonly [number, number], mode: PaddingMode): void {
  const most = mode === "reflect" ? length - 1 : mode === "circular" ? length : Infinity;
  if (Math.max(left, right) > most)
    throw new LayerError(
      `${mode} padding of ${Math.max(left, right)} beside ${length} positions; at most ${most} go (replicate takes any)`,
    );
}

/** A padded signal as a map along its positions. */
export function paddedRows(
  length: number,
  [left, right]: readonly [number, number],
  mode: PaddingMode,
): Rows {
  return Array.from({ length: left + length + right }, (_, i): readonly Term[] => {
    const position = i - left;
    if (position >= 0 && position < length) return [[position, 1]];
    switch (mode) {
      case "zeros":
        return [];
      case "replicate":
        return [[position < 0 ? 0 : length - 1, 1]];
      case "reflect":
        return [[position < 0 ? -position : 2 * (length - 1) - position, 1]];
      case "circular":
        return [[(position + length) % length, 1]];
    }
  });
}

/** The options of `pad`. */
export interface PadOptions {
  /** Positions added before the signal. Default: 0. */
  readonly left?: number;
  /** Positions added after the signal. Default: 0. */
  readonly right?: number;
  /**
   * What stands there: `reflect` goes with fewer positions than the signal has, `circular` with at most as many.
   * Default: "zeros".
   */
  readonly mode?: PaddingMode;
}

/** `[channels, length]` to `[channels, left + length + right]`. */
export const pad: LayerKind<Required<PadOptions>> = {
  inputs: 1,
  options: (o) => ({
    left: o.whole("left", 0, 0),
    right: o.whole("right", 0, 0),
    mode: o.word("mode", paddingModes, "zeros"),
  }),
  shape: ([x], { left, right, mode }) => {
    checkMode(x.length, [left, right], mode);
    return { channels: x.channels, length: left + x.length + right };
  },
  nodes: ({ b, inputs, shapes, options: { left, right, mode } }) =>
    left + right === 0 ? inputs[0] : b.mix(inputs[0], paddedRows(shapes[0].length, [left, right], mode)),
  terms: ([x], { left, right }) => (left + right === 0 ? 0 : left + x.length + right),
};

/** The options of `crop`. */
export interface CropOptions {
  /** Positions taken away at the beginning. Default: 0. */
  readonly left?: number;
  /** Positions taken away at the end. Default: 0. */
  readonly right?: number;
}

/** Takes positions away: `[channels, length]` to `[channels, length - left - right]`. */
export const crop: LayerKind<Required<CropOptions>> = {
  inputs: 1,
  options: (o) => ({ left: o.whole("left", 0, 0), right: o.whole("right", 0, 0) }),
  shape: ([x], { left, right }) => {
    if (left + right >= x.length)
      throw new LayerError(`a crop of ${left} + ${right} leaves nothing of ${x.length} positions; crop less`);
    return { channels: x.channels, length: x.length - left - right };
  },
  nodes: ({ b, inputs, shapes, options: { left, right } }) => {
    const length = shapes[0].length - left - right;
    if (left + right === 0) return inputs[0];
    return b.mix(
      inputs[0],
      Array.from({ length }, (_, i): Term[] => [[left + i, 1]]),
    );
  },
  terms: ([x], { left, right }) => (left + right === 0 ? 0 : x.length - left - right),
};
