/**
 * The layers of Keras as those of a model. Keras has channels last, `[positions, channels]`: filters come as `[taps, in, out]`, and
 * behind Flatten values lie position by position. "same" of TensorFlow with a stride pads by the length; here it is said in
 * positions.
 */
import * as L from "../../layers/functions.ts";
import type { Tensor } from "../../layers/functions.ts";
import { append } from "../../layers/draft.ts";
import { show as shown } from "../../layers/options.ts";
import type { Kind } from "../../layers/kinds.ts";

/** Weights of a Keras layer: by name and by place, with the shape that they have to have. */
export type WeightsOf = (leaf: string, index: number, shape: readonly number[]) => Float64Array;

/** A layer's tensors by our names. */
export type Fill = Readonly<Record<string, Float32Array>>;

export interface Site {
  readonly inputs: readonly Tensor[];
  /** The input lies behind Flatten, which is left to the dense layer that follows. */
  readonly flat: boolean;
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: WeightsOf;
  /** Keeps the tensors of the layer that is added next. */
  readonly keep: (tensors: Fill) => void;
  readonly refuse: (what: string) => never;
}

export type Rule = (site: Site) => Tensor;

const f32 = (count: number, value: (i: number) => number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => value(i));

/** An option that is a whole number, or a list of one. */
function whole({ config, refuse }: Site, name: string, fallback?: number): number {
  const given = config[name] ?? fallback;
  const value: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
  return Number.isSafeInteger(value) ? Number(value) : refuse(`${name} is ${shown(given)}, no whole number`);
}
function real({ config, refuse }: Site, name: string, fallback: number): number {
  const value = config[name] ?? fallback;
  return typeof value === "number" && Number.isFinite(value)
    ? value
    : refuse(`${name} is ${shown(value)}, no number`);
}
/** Whether an option is there that is true unless it is said. */
const flag = ({ config }: Site, name: string): boolean => config[name] !== false;
const onlyIs = (site: Site, name: string, ...values: readonly unknown[]): void => {
  const given = site.config[name];
  const same = given === undefined || given === null || values.some((value) => shown(value) === shown(given));
  if (!same) site.refuse(`${name} is ${shown(given)}; ${values.map(shown).join(" or ")} is read`);
};

type Padding = "valid" | "same" | "causal" | readonly [number, number];

/** What "same" adds to a length, by TensorFlow's rule. */
function paddingOf(
  site: Site,
  length: number,
  { size, stride, dilation = 1 }: { size: number; stride: number; dilation?: number },
): Padding {
  const { padding = "valid" } = site.config;
  if (padding === "valid" || padding === "causal") return padding;
  if (padding !== "same") return site.refuse(`padding is ${shown(padding)}; valid, same and causal are read`);
  if (stride === 1) return "same";
  const total = Math.max((Math.ceil(length / stride) - 1) * stride + dilation * (size - 1) + 1 - length, 0);
  const left = Math.floor(total / 2);
  return [left, total - left];
}

/** What follows a layer by its own `activation`. */
function activated(site: Site, x: Tensor): Tensor {
  const name = site.config.activation ?? "linear";
  const value = typeof name === "string" && Object.hasOwn(activations, name) ? activations[name] : null;
  return value
    ? value(x)
    : site.refuse(`its activation is ${shown(name)}; ${Object.keys(activations).join(", ")} are read`);
}

const activations: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  linear: (x) => x,
  relu: L.relu,
  relu6: L.relu6,
  sigmoid: L.sigmoid,
  tanh: L.tanh,
  softmax: L.softmax,
  log_softmax: L.logSoftmax,
  elu: (x) => L.elu(x),
  selu: L.selu,
  softplus: L.softplus,
  softsign: L.softsign,
  silu: L.silu,
  swish: L.silu,
  gelu: (x) => L.gelu(x),
  mish: L.mish,
};

const bias = (site: Site, index: number, count: number): Fill =>
  flag(site, "use_bias") ? { bias: Float32Array.from(site.weights("bias", index, [count])) } : {};

function conv1d(site: Site): Tensor {
  const [x] = site.inputs;
  const filters = whole(site, "filters");
  const size = whole(site, "kernel_size");
  const [stride, dilation, groups] = [
    whole(site, "strides", 1),
    whole(site, "dilation_rate", 1),
    whole(site, "groups", 1),
  ];
  const each = x.channels / groups;
  const kernel = site.weights("kernel", 0, [size, each, filters]);
  const filter = f32(filters * each * size, (i) => {
    const [o, c, j] = [Math.floor(i / (each * size)), Math.floor(i / size) % each, i % size];
    return kernel[(j * each + c) * filters + o];
  });
  site.keep({ filter, ...bias(site, 1, filters) });
  const padding = paddingOf(site, x.length, { size, stride, dilation });
  return activated(
    site,
    L.conv1d(x, {
      filters,
      kernelSize: size,
      stride,
      dilation,
      groups,
      padding,
      bias: flag(site, "use_bias"),
    }),
  );
}

/** A filter a channel (`multiplier` of them), with or without what follows it. */
function depthwise(site: Site, leaf: string, useBias: boolean): Tensor {
  const [x] = site.inputs;
  const multiplier = whole(site, "depth_multiplier", 1);
  const size = whole(site, "kernel_size");
  const [stride, dilation] = [whole(site, "strides", 1), whole(site, "dilation_rate", 1)];
  const filters = x.channels * multiplier;
  const kernel = site.weights(leaf, 0, [size, x.channels, multiplier]);
  const filter = f32(filters * size, (i) => kernel[(i % size) * filters + Math.floor(i / size)]);
  site.keep({ filter, ...(useBias ? bias(site, 1, filters) : {}) });
  const padding = paddingOf(site, x.length, { size, stride, dilation });
  return L.conv1d(x, {
    filters,
    kernelSize: size,
    stride,
    dilation,
    groups: x.channels,
    padding,
    bias: useBias && flag(site, "use_bias"),
  });
}

function separable(site: Site): Tensor {
  const between = depthwise(site, "depthwise_kernel", false);
  const filters = whole(site, "filters");
  const kernel = site.weights("pointwise_kernel", 1, [1, between.channels, filters]);
  const filter = f32(
    filters * between.channels,
    (i) => kernel[(i % between.channels) * filters + Math.floor(i / between.channels)],
  );
  site.keep({ filter, ...bias(site, 2, filters) });
  return activated(site, L.conv1d(between, { filters, kernelSize: 1, bias: flag(site, "use_bias") }));
}

function transposed(site: Site): Tensor {
  const [x] = site.inputs;
  const filters = whole(site, "filters");
  const [size, stride] = [whole(site, "kernel_size"), whole(site, "strides", 1)];
  onlyIs(site, "dilation_rate", 1, [1]);
  onlyIs(site, "output_padding", null);
  const kernel = site.weights("kernel", 0, [size, filters, x.channels]);
  const filter = f32(x.channels * filters * size, (i) => {
    const [c, o, j] = [Math.floor(i / (filters * size)), Math.floor(i / size) % filters, i % size];
    return kernel[(j * filters + o) * x.channels + c];
  });
  site.keep({ filter, ...bias(site, 1, filters) });
  const full = L.convTranspose1d(x, {
    filters,
    kernelSize: size,
    stride,
    outputPadding: Math.max(stride - size, 0),
    bias: flag(site, "use_bias"),
  });
  const { padding = "valid" } = site.config;
  if (padding === "valid") return activated(site, full);
  if (padding !== "same") return site.refuse(`padding is ${shown(padding)}; valid and same are read`);
  const extra = Math.max(size - stride, 0);
  const left = Math.floor(extra / 2);
  return activated(site, extra === 0 ? full : L.crop(full, { left, right: extra - left }));
}

/** Over the last axis: at each position a convolution of one tap; of one position, or behind Flatten, a dense layer. */
function dense(site: Site): Tensor {
  const [x] = site.inputs;
  const units = whole(site, "units");
  const { channels, length } = x;
  const useBias = flag(site, "use_bias");
  if (!site.flat && length > 1) {
    const kernel = site.weights("kernel", 0, [channels, units]);
    site.keep({
      filter: f32(units * channels, (i) => kernel[(i % channels) * units + Math.floor(i / channels)]),
      ...bias(site, 1, units),
    });
    return activated(site, L.conv1d(x, { filters: units, kernelSize: 1, bias: useBias }));
  }
  const kernel = site.weights("kernel", 0, [channels * length, units]);
  const filter = f32(units * channels * length, (i) => {
    const [u, c, t] = [Math.floor(i / (channels * length)), Math.floor(i / length) % channels, i % length];
    return kernel[(t * channels + c) * units + u];
  });
  site.keep({ filter, ...bias(site, 1, units) });
  return activated(site, L.dense(x, { units, bias: useBias }));
}

/** Factor and shift; where there are none they are 1 and 0. The places of those that there are follow one another. */
function affine(site: Site, channels: number): { readonly fill: Fill; readonly next: number } {
  const [scale, centre] = [flag(site, "scale"), flag(site, "center")];
  const gamma = scale ? site.weights("gamma", 0, [channels]) : f32(channels, () => 1);
  const beta = centre ? site.weights("beta", Number(scale), [channels]) : f32(channels, () => 0);
  return {
    fill: { gamma: Float32Array.from(gamma), beta: Float32Array.from(beta) },
    next: Number(scale) + Number(centre),
  };
}

function batchNorm(site: Site): Tensor {
  const [x] = site.inputs;
  onlyIs(site, "axis", -1, 2, [-1], [2], ...(x.length === 1 ? [1, [1]] : []));
  const { fill, next } = affine(site, x.channels);
  const [mean, variance] = ["moving_mean", "moving_variance"].map((leaf, i) =>
    Float32Array.from(site.weights(leaf, next + i, [x.channels])),
  );
  site.keep({ ...fill, mean, variance });
  return L.batchNorm(x, { epsilon: real(site, "epsilon", 1e-3), momentum: 1 - real(site, "momentum", 0.99) });
}

function layerNorm(site: Site): Tensor {
  const [x] = site.inputs;
  onlyIs(site, "axis", -1, 2, [-1], [2]);
  onlyIs(site, "rms_scaling", false);
  site.keep(affine(site, x.channels).fill);
  return L.layerNorm(x, { epsilon: real(site, "epsilon", 1e-3) });
}

function pool(kind: "maxPool" | "averagePool"): Rule {
  return (site) => {
    const [x] = site.inputs;
    const size = whole(site, "pool_size", 2);
    const stride = whole(site, "strides", size);
    const padding = paddingOf(site, x.length, { size, stride });
    return kind === "maxPool"
      ? L.maxPool(x, { size, stride, padding })
      : L.averagePool(x, { size, stride, padding, countPadding: false });
  };
}

function sides(site: Site, name: string): { left: number; right: number } {
  const value = site.config[name];
  const [left, right]: readonly unknown[] = Array.isArray(value) ? value : [value, value];
  if (!Number.isSafeInteger(left) || !Number.isSafeInteger(right))
    return site.refuse(`${name} is ${shown(value)}, no two whole numbers`);
  return { left: Number(left), right: Number(right) };
}

function relu(site: Site): Tensor {
  const [x] = site.inputs;
  onlyIs(site, "threshold", 0);
  const slope = real(site, "negative_slope", 0);
  const most = site.config.max_value ?? null;
  if (most !== null && (most !== 6 || slope !== 0))
    return site.refuse(`max_value is ${shown(most)}; none, or 6 without a slope, is read`);
  if (most === 6) return L.relu6(x);
  return slope === 0 ? L.relu(x) : L.leakyRelu(x, { slope });
}

function prelu(site: Site): Tensor {
  const [x] = site.inputs;
  onlyIs(site, "shared_axes", [1], ...(x.length === 1 ? [null] : []));
  if (x.length > 1 && !Array.isArray(site.config.shared_axes))
    return site.refuse("shared_axes is not [1]: a slope a value is not read");
  const alpha = site.weights("alpha", 0, x.length > 1 ? [1, x.channels] : [x.channels]);
  site.keep({ alpha: Float32Array.from(alpha) });
  return L.prelu(x, { slopes: "channels" });
}

const joining =
  (kind: Kind): Rule =>
  (site) => {
    const { inputs } = site;
    if (inputs.length < 2) return site.refuse(`it joins ${inputs.length} inputs; two or more are read`);
    if (kind === "concat") {
      onlyIs(site, "axis", -1, 2, ...(inputs[0].length === 1 ? [1] : []));
      return L.concat(...inputs);
    }
    return inputs.slice(1).reduce((sum, x) => append(kind, [sum, x], {}), inputs[0]);
  };
const plain =
  (value: (x: Tensor, site: Site) => Tensor): Rule =>
  (site) =>
    value(site.inputs[0], site);

/** Layers that leave the order of values alone: they may stand between Flatten and the dense layer. */
export const pointwise: ReadonlySet<string> = new Set(["Dropout", "Activation", "ReLU", "LeakyReLU", "ELU"]);

/** By the class of the layer; Flatten is seen to where they are called. */
export const rules: Readonly<Record<string, Rule>> = {
  Conv1D: conv1d,
  DepthwiseConv1D: (site) => activated(site, depthwise(site, "kernel", true)),
  SeparableConv1D: separable,
  Conv1DTranspose: transposed,
  Dense: dense,
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  Activation: plain((x, site) => activated(site, x)),
  ReLU: relu,
  LeakyReLU: plain((x, site) =>
    L.leakyRelu(x, { slope: real(site, "negative_slope", real(site, "alpha", 0.3)) }),
  ),
  ELU: plain((x, site) => L.elu(x, { alpha: real(site, "alpha", 1) })),
  PReLU: prelu,
  Softmax: (site) => {
    onlyIs(site, "axis", -1, 2);
    return L.softmax(site.inputs[0]);
  },
  MaxPooling1D: pool("maxPool"),
  AveragePooling1D: pool("averagePool"),
  GlobalAveragePooling1D: plain((x) => L.globalAveragePool(x)),
  GlobalMaxPooling1D: plain((x) => L.globalMaxPool(x)),
  Dropout: plain((x, site) => L.dropout(x, { rate: real(site, "rate", 0) })),
  SpatialDropout1D: plain((x, site) => L.channelDropout(x, { rate: real(site, "rate", 0) })),
  Add: joining("add"),
  Multiply: joining("multiply"),
  Concatenate: joining("concat"),
  ZeroPadding1D: plain((x, site) => L.pad(x, sides(site, "padding"))),
  Cropping1D: plain((x, site) => L.crop(x, sides(site, "cropping"))),
  UpSampling1D: plain((x, site) => L.upsample(x, { scale: whole(site, "size", 2) })),
};
