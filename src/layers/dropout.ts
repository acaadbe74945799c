/**
 * Dropout (Srivastava et al. 2014) with inverted scaling: in training a value is 0 with probability `rate`, else it is
 * divided by 1 - rate; prediction leaves it alone. The draws are a function of the seed, the layer's number, the step
 * and the place, so they are the same on every back end.
 */
import type { Shape } from "../numerics/tensor.ts";
import type { LayerKind, Signal } from "./layer.ts";

/** The options of `dropout` and `channelDropout`. */
export interface DropoutOptions {
  /** The probability of a zero, from 0 to below 1. Default: 0.5. */
  readonly rate?: number;
}

const dropping = (shape: (x: Signal) => Shape): LayerKind<Required<DropoutOptions>> => ({
  inputs: 1,
  options: (o) => ({ rate: o.probability("rate", 0.5) }),
  shape: ([x]) => x,
  nodes: ({ b, mode, inputs, shapes, options: { rate }, random }) => {
    if (mode === "predict" || rate === 0) return inputs[0];
    const kept = b.map("mul", inputs[0], b.constant(1 / (1 - rate)));
    return b.map("selectLt", random(shape(shapes[0])), b.constant(rate), b.constant(0), kept);
  },
});

/** Each value by itself; PyTorch's Dropout. */
export const dropout = dropping((x) => [1, x.channels, x.length]);
/** Whole channels of a row (Tompson et al. 2015); PyTorch's Dropout1d. */
export const channelDropout = dropping((x) => [1, x.channels, 1]);
