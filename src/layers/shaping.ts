/** Layers that join or reshape signals. */
import type { LayerKind } from "./layer.ts";
import { LayerError } from "./options.ts";
import { globalPoolOptions, type GlobalPoolOptions } from "./globalPool.ts";

type None = Readonly<Record<never, never>>;
const none: LayerKind<None>["options"] = () => ({});

/** The sum of two signals of one shape: a skip connection. */
export const add: LayerKind<None> = {
  inputs: 2,
  options: none,
  shape: ([a, b]) => {
    if (a.channels !== b.channels || a.length !== b.length)
      throw new LayerError(
        `cannot add ${a.channels} x ${a.length} and ${b.channels} x ${b.length}; both have the same channels and length (a conv1d with kernelSize 1 changes the channels)`,
      );
    return a;
  },
  nodes: ({ b, inputs }) => b.map("add", inputs[0], inputs[1]),
};

/** The mean of each channel over its positions. */
export const globalAveragePool: LayerKind<Required<GlobalPoolOptions>> = {
  inputs: 1,
  options: globalPoolOptions,
  shape: ([x]) => ({ channels: x.channels, length: 1 }),
  nodes: ({ b, inputs, shapes, own, options: { ignore } }) =>
    ignore === "padding"
      ? b.map("div", b.sum(b.map("mul", inputs[0], own()), ["t"]), b.sum(own(), ["t"]))
      : b.map("div", b.sum(inputs[0], ["t"]), b.constant(shapes[0].length)),
  window: () => "all",
};

/** Channels after one another: `[channels, length]` becomes `[channels * length, 1]`. */
export const flatten: LayerKind<None> = {
  inputs: 1,
  options: none,
  shape: ([x]) => ({ channels: x.channels * x.length, length: 1 }),
  nodes: ({ b, inputs, shapes }) => b.reshape(inputs[0], [1, shapes[0].channels * shapes[0].length, 1]),
  window: () => "all",
};
