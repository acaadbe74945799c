/** Networks with arbitrary weights, and what streams of them must give: the outputs of predictions, position by position. */
import { network, type Model, type Network, type Runtime, type Stream } from "../../../src/index.ts";
import { resolve } from "../../../src/layers/model.ts";
import { parametersOf, statesOf } from "../../../src/models/graphs.ts";
import { size } from "../../../src/numerics/tensor.ts";
import type { Preparation } from "../../../src/models/preparation.ts";

/** Numbers that look random, from a seed. */
export function source(seed: number): (least: number, most: number) => number {
  let state = seed * 2654435761 + 12345;
  return (least, most) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    const x = Math.imul(state ^ (state >>> 12), 0x297a2d39) >>> 0;
    return least + ((most - least) * x) / 2 ** 32;
  };
}
export const whole =
  (next: ReturnType<typeof source>) =>
  (least: number, most: number): number =>
    Math.floor(next(least, most + 1));

export interface Made {
  readonly classes?: readonly string[];
  readonly preparation?: Preparation;
  readonly runtime?: Runtime;
  readonly channelNames?: readonly string[];
}

/** A network whose weights look random; variances are above 0. */
export function networkOf(
  model: Model,
  { classes = [], preparation = { kind: "none" }, runtime = {}, channelNames }: Made = {},
): Promise<Network> {
  const next = source(model.layers.length * 31 + model.input.channels);
  const layers = resolve(model);
  const weights = [...parametersOf(layers), ...statesOf(layers)].map(({ name, shape }) => ({
    name,
    shape,
    data: Float32Array.from({ length: size(shape) }, () =>
      name.endsWith(".variance")
        ? next(0.5, 2)
        : name.endsWith(".filter")
          ? next(-1, 1) / Math.sqrt(shape[1] * shape[2])
          : next(-1, 1),
    ),
  }));
  return network(
    { model, classes, preparation, weights, provenance: {}, ...(channelNames && { channelNames }) },
    { convolution: "direct", ...runtime },
  );
}

export const samplesOf = (count: number, seed = 1): Float64Array => {
  const next = source(seed);
  return Float64Array.from({ length: count }, () => next(-2, 2));
};

/** The positions of `[channel][position]` outputs, one list each. */
export function byPosition(outputs: Float32Array, channels: number): Float32Array[] {
  const length = outputs.length / channels;
  return Array.from({ length }, (_, t) =>
    Float32Array.from({ length: channels }, (_c, c) => outputs[c * length + t]),
  );
}

export const bits = (values: Float32Array): Int32Array =>
  new Int32Array(values.buffer, values.byteOffset, values.length);

/** Where a stream's answers stand and what they say. */
export interface Told {
  readonly at: number[];
  readonly outputs: Float32Array[];
}

/** Pushes `[channel][time]` in pieces of the sizes that `sizes` gives. */
export function pushAll(
  stream: Stream,
  series: Float64Array,
  length: number,
  sizes: (left: number) => number,
  told: Told = { at: [], outputs: [] },
): Told {
  const channels = series.length / length;
  const take = (answers: Iterable<{ at: number; outputs: Float32Array }>): void => {
    for (const { at, outputs } of answers) {
      told.at.push(at);
      told.outputs.push(outputs.slice());
    }
  };
  for (let from = 0; from < length;) {
    const count = Math.max(1, Math.min(length - from, sizes(length - from)));
    const piece = Array.from({ length: channels }, (_, c) =>
      series.subarray(c * length + from, c * length + from + count),
    );
    take(stream.push(channels === 1 ? piece[0] : piece));
    from += count;
  }
  return told;
}
