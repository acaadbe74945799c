/** Layers that join signals along channels, gate one by another, or take channels out. */
import type { LayerKind, Signal } from "./layer.ts";
import { LayerError } from "./options.ts";

type None = Readonly<Record<never, never>>;
const none: LayerKind<None>["options"] = () => ({});
const show = (x: Signal): string => `${x.channels} x ${x.length}`;

/** Channels of several signals of one length after one another. */
export const concat: LayerKind<None> = {
  inputs: "several",
  options: none,
  shape: (inputs) => {
    const [{ length }] = inputs;
    if (inputs.some((x) => x.length !== length))
      throw new LayerError(
        `cannot concat ${inputs.map(show).join(" and ")}; all have the same length (crop or pad changes it)`,
      );
    return { channels: inputs.reduce((sum, x) => sum + x.channels, 0), length };
  },
  nodes: ({ b, inputs }) => b.concat(inputs),
};

/** The product of two signals: a gate. One of them may have 1 channel or 1 position, and then stands for all. */
export const multiply: LayerKind<None> = {
  inputs: 2,
  options: none,
  shape: ([a, b]) => {
    const fits = (m: number, n: number): boolean => m === n || m === 1 || n === 1;
    if (!fits(a.channels, b.channels) || !fits(a.length, b.length))
      throw new LayerError(
        `cannot multiply ${show(a)} and ${show(b)}; channels and lengths are the same, or 1 in one of them`,
      );
    return { channels: Math.max(a.channels, b.channels), length: Math.max(a.length, b.length) };
  },
  nodes: ({ b, inputs }) => b.map("mul", inputs[0], inputs[1]),
};

/** The options of `slice`; `count` has to be given. */
export interface SliceOptions {
  /** The first channel that is taken, from 0. Default: 0. */
  readonly first?: number;
  /** How many channels are taken. */
  readonly count: number;
}

/** `count` channels from `first` (0-based) on: `[channels, length]` to `[count, length]`. */
export const slice: LayerKind<Required<SliceOptions>> = {
  inputs: 1,
  options: (o) => ({ first: o.whole("first", 0, 0), count: o.whole("count", 1) }),
  shape: ([x], { first, count }) => {
    if (first + count > x.channels)
      throw new LayerError(
        `channels ${first} to ${first + count - 1} of ${x.channels}; they are numbered 0 to ${x.channels - 1}`,
      );
    return { channels: count, length: x.length };
  },
  nodes: ({ b, inputs, options: { first, count } }) => b.slice(inputs[0], first, count),
};

/** The first half of the channels times the sigmoid of the second (Dauphin et al. 2017); PyTorch's GLU over channels. */
export const glu: LayerKind<None> = {
  inputs: 1,
  options: none,
  shape: ([x]) => {
    if (x.channels % 2 !== 0)
      throw new LayerError(`${x.channels} channels have no halves; give an even number of channels`);
    return { channels: x.channels / 2, length: x.length };
  },
  nodes: ({ b, inputs: [x], shapes }) => {
    const half = shapes[0].channels / 2;
    return b.map("mul", b.slice(x, 0, half), b.map("sigmoid", b.slice(x, half, half)));
  },
};
