/**
 * What is timed, as plain data: three networks, each with its batch. Every contender builds them from this table, so
 * that all of them compute the same thing.
 */

/** One layer. Signals are [n, channels, time]; `padding` is zeros on the left and on the right. */
export type Layer =
  | {
      readonly kind: "conv";
      readonly filters: number;
      readonly kernelSize: number;
      readonly stride: number;
      readonly padding: readonly [number, number];
      readonly dilation: number;
    }
  /** relu(x + what the layers make of x); x goes through a 1-tap convolution where its channels are others. */
  | { readonly kind: "residual"; readonly filters: number; readonly layers: readonly Layer[] }
  | { readonly kind: "batchNorm" | "relu" | "tanh" | "globalAveragePool" | "flatten" }
  | { readonly kind: "dense"; readonly units: number };

/** A network with the shape of one batch. The loss is softmax cross-entropy. */
export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly batch: number;
  readonly channels: number;
  readonly length: number;
  readonly classes: number;
  readonly layers: readonly Layer[];
}

const conv = (
  filters: number,
  kernelSize: number,
  stride = 1,
  padding: readonly [number, number] = [0, 0],
  dilation = 1,
): Layer => ({ kind: "conv", filters, kernelSize, stride, padding, dilation });

const relu: Layer = { kind: "relu" };
const normalised = (filters: number, kernelSize: number): Layer[] => [
  conv(filters, kernelSize, 1, [(kernelSize - 1) >> 1, kernelSize >> 1]),
  { kind: "batchNorm" },
  relu,
];

const fcn = (batch: number): Workload => ({
  name: batch === 16 ? "fcn" : `fcn-${batch}`,
  title: "FCN (128x8, 256x5, 128x3, batch norm, relu, global average, dense 2)",
  batch,
  channels: 1,
  length: 150,
  classes: 2,
  layers: [
    ...normalised(128, 8),
    ...normalised(256, 5),
    ...normalised(128, 3),
    { kind: "globalAveragePool" },
    { kind: "dense", units: 2 },
  ],
});

/** A residual block of two causal convolutions of 3 taps. */
const causalBlock = (filters: number, dilation: number): Layer => {
  const causal = conv(filters, 3, 1, [2 * dilation, 0], dilation);
  return { kind: "residual", filters, layers: [causal, relu, causal, relu] };
};

export const workloads: readonly Workload[] = [
  {
    name: "mnist1d-cnn",
    title: "MNIST-1D CNN (conv 25x5, 25x3, 25x3, stride 2, dense 10)",
    batch: 100,
    channels: 1,
    length: 40,
    classes: 10,
    layers: [
      ...[5, 3, 3].flatMap((kernelSize) => [conv(25, kernelSize, 2, [1, 1]), relu]),
      { kind: "flatten" },
      { kind: "dense", units: 10 },
    ],
  },
  {
    name: "chain",
    title: "chain of five 1-channel convs of 9 taps, tanh, dense 10",
    batch: 64,
    channels: 1,
    length: 128,
    classes: 10,
    layers: [
      ...Array.from({ length: 5 }, (): Layer[] => [conv(1, 9), { kind: "tanh" }]).flat(),
      { kind: "flatten" },
      { kind: "dense", units: 10 },
    ],
  },
  fcn(16),
  fcn(5),
  fcn(2),
  {
    name: "tcn",
    title: "TCN (7 residual blocks, 32 channels, 3 taps, dilations 1 to 64, global average, dense 10)",
    batch: 16,
    channels: 1,
    length: 1024,
    classes: 10,
    layers: [
      ...[1, 2, 4, 8, 16, 32, 64].map((dilation) => causalBlock(32, dilation)),
      { kind: "globalAveragePool" },
      { kind: "dense", units: 10 },
    ],
  },
];

/** A layer with the shape of what it reads, per sample: [channels, length]. After flatten or a pool, length is 1. */
export interface Placed {
  readonly layer: Layer;
  readonly channels: number;
  readonly length: number;
}

/** Whether a workload has blocks that only some contenders build. */
export const hasResiduals = ({ layers }: Workload): boolean => layers.some(({ kind }) => kind === "residual");

/** Every layer of a workload with the shape of its input. */
export function place(workload: Pick<Workload, "channels" | "length" | "layers">): Placed[] {
  let { channels, length } = workload;
  return workload.layers.map((layer) => {
    const placed = { layer, channels, length };
    if (layer.kind === "conv") {
      const [left, right] = layer.padding;
      const span = layer.dilation * (layer.kernelSize - 1) + 1;
      length = Math.floor((length + left + right - span) / layer.stride) + 1;
      channels = layer.filters;
    } else if (layer.kind === "residual") {
      channels = layer.filters;
    } else if (layer.kind === "flatten") {
      channels *= length;
      length = 1;
    } else if (layer.kind === "globalAveragePool") length = 1;
    else if (layer.kind === "dense") channels = layer.units;
    return placed;
  });
}

/** Multiply-adds of one sample's forward pass, convolutions and dense layers only. */
export function multiplyAdds(workload: Pick<Workload, "channels" | "length" | "layers">): number {
  const placed = place(workload);
  return placed.reduce((sum, { layer, channels, length }, i) => {
    if (layer.kind === "residual") {
      const skip = channels === layer.filters ? 0 : channels * layer.filters * length;
      return sum + skip + multiplyAdds({ channels, length, layers: layer.layers });
    }
    if (layer.kind === "dense") return sum + channels * layer.units;
    if (layer.kind !== "conv") return sum;
    const outputLength = placed[i + 1]?.length ?? length;
    return sum + channels * layer.filters * layer.kernelSize * outputLength;
  }, 0);
}

/** A generator of numbers in [0, 1) that is the same everywhere: xorshift32. */
export function uniform(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** One batch: x is [batch, channels, length] in row-major order and y the class of each sample. */
export interface Batch {
  readonly x: Float32Array;
  readonly y: Int32Array;
}

/** The batch that every contender trains on: noise about a level that tells the classes apart. */
export function batchOf({ batch, channels, length, classes }: Workload): Batch {
  const random = uniform(12345);
  const y = Int32Array.from({ length: batch }, (_, n) => n % classes);
  const size = channels * length;
  const x = Float32Array.from(
    { length: batch * size },
    (_, i) => 2 * random() - 1 + y[Math.floor(i / size)] / classes,
  );
  return { x, y };
}

/** Filters and weights are drawn from +-1/sqrt(inputs), as PyTorch does; contenders with their own way may use it. */
export function drawn(count: number, inputs: number, random: () => number): Float32Array {
  const bound = 1 / Math.sqrt(inputs);
  return Float32Array.from({ length: count }, () => bound * (2 * random() - 1));
}
