/** Convolutions and products with constants, as layers. Two-dimensional ones are read where all but one axis is of length 1. */
import type { Kind } from "../../layers/kinds.ts";
import type { Options } from "../../layers/options.ts";
import { fail, layerOf, plain, valueAt, type Axis, type OnnxNode, type Value } from "./node.ts";
import { product, type Constant } from "./tensors.ts";

export type Op = (node: OnnxNode) => readonly Value[];

/** Which of the axes behind the channels goes over positions, where rows are `[n, channels, ...]`; `taps` is how many a window has of each. */
export function spatial(value: Value, taps: readonly number[]): number {
  const { axes, signal } = value;
  const channels = axes[1] === "c" || (signal.channels === 1 && axes[1] === "1");
  if (axes[0] !== "n" || axes.length < 3 || !channels) return fail(ARRANGED);
  const rest = axes.slice(2);
  if (taps.length !== rest.length)
    fail(`goes over ${taps.length} axes; its input has ${rest.length} behind the channels`);
  const at =
    signal.length > 1
      ? rest.indexOf("t")
      : Math.max(
          0,
          taps.findIndex((k) => k > 1),
        );
  if (at < 0) fail(ARRANGED);
  return at;
}
const ARRANGED =
  "its input is not arranged as [n, channels, positions], nor as images of one row or column; put a Transpose before it";

/** Numbers along the axis of positions, those along the others being what leaves them as they are. */
export interface Along {
  readonly at: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly pads: readonly [number, number];
}

/** Stride, dilation and padding of a window of `kernel` taps an axis; throws where another axis than that of positions is worked on. */
export function along(node: OnnxNode, value: Value, kernel: readonly number[]): Along {
  const at = spatial(value, kernel);
  const rank = kernel.length;
  const numbers = (name: string, fallback: number, count = rank): readonly number[] => {
    const given = node.ints(name) ?? Array.from({ length: count }, () => fallback);
    return given.length === count ? given : fail(`has ${given.length} ${name}; its input wants ${count}`);
  };
  const strides = numbers("strides", 1);
  const dilations = numbers("dilations", 1);
  const pads = numbers("pads", 0, 2 * rank);
  const whole = (n: number, least: number): boolean => Number.isSafeInteger(n) && n >= least;
  if (![...kernel, ...strides, ...dilations].every((n) => whole(n, 1)) || !pads.every((n) => whole(n, 0)))
    fail("has a kernel, stride, dilation or padding that is no whole number in range");
  const other = kernel.findIndex((k, i) => i !== at && (k !== 1 || pads[i] !== 0 || pads[i + rank] !== 0));
  if (other >= 0) fail("works on two axes; networks here have one axis of positions");
  const one = { at, kernel: kernel[at], stride: strides[at], dilation: dilations[at] };
  return { ...one, pads: sides(node, value.signal.length, one, [pads[at], pads[at + rank]]) };
}

function sides(
  node: OnnxNode,
  length: number,
  { kernel, stride, dilation }: Omit<Along, "pads">,
  given: readonly [number, number],
): readonly [number, number] {
  const auto = node.text("auto_pad", "NOTSET");
  if (auto === "NOTSET" || auto === "") return given;
  if (auto === "VALID") return [0, 0];
  if (auto !== "SAME_UPPER" && auto !== "SAME_LOWER") return fail(`has auto_pad ${auto}`);
  const span = dilation * (kernel - 1) + 1;
  const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + span - length);
  const less = Math.floor(total / 2);
  return auto === "SAME_UPPER" ? [less, total - less] : [total - less, less];
}

/** A layer behind a value that leaves its axes as they are. */
export function behind(
  node: OnnxNode,
  value: Value,
  kind: Kind,
  options: Options = {},
  tensors: Readonly<Record<string, ArrayLike<number>>> = {},
  axes: readonly Axis[] = ["n", "c", ...value.axes.slice(2)],
): Value {
  const at = node.list.add(kind, [layerOf(value)], options, tensors);
  return plain({
    kind: "signal",
    at,
    signal: node.list.signal(at),
    axes,
    ...(value.groups && { groups: value.groups }),
  });
}

/** `[n, c, t]` with as many axes, positions at `at` behind the channels. */
const placed = (rank: number, at: number): Axis[] => [
  "n",
  "c",
  ...Array.from({ length: rank }, (_, i): Axis => (i === at ? "t" : "1")),
];

function biasOf(node: OnnxNode, filters: number): { bias?: ArrayLike<number> } {
  const bias = node.optional(2, "biases");
  if (!bias) return {};
  return bias.data.length === filters
    ? { bias: bias.data }
    : fail(`has ${bias.data.length} biases for ${filters} filters`);
}

function weightsOf(node: OnnxNode): Constant {
  const weights = node.constant(1, "weights");
  return weights.dims.length >= 3 && product(weights.dims) > 0
    ? weights
    : fail(`has weights of dimensions [${weights.dims.join(", ")}]`);
}

const conv: Op = (node) => {
  const value = node.value(0);
  const { dims, data } = weightsOf(node);
  const [filters, , ...kernel] = dims;
  const { at, stride, dilation, pads } = along(node, value, kernel);
  const groups = node.int("group", 1);
  if (dims[1] * groups !== value.signal.channels)
    fail(`has weights for ${dims[1] * groups} channels; its input has ${value.signal.channels}`);
  const bias = biasOf(node, filters);
  const options = {
    filters,
    kernelSize: kernel[at],
    stride,
    dilation,
    padding: pads,
    groups,
    bias: "bias" in bias,
  };
  return [behind(node, value, "conv1d", options, { filter: data, ...bias }, placed(kernel.length, at))];
};

const convTranspose: Op = (node) => {
  const value = node.value(0);
  const { dims, data } = weightsOf(node);
  const [channels, each, ...kernel] = dims;
  const groups = node.int("group", 1);
  if (channels !== value.signal.channels)
    fail(`has weights for ${channels} channels; its input has ${value.signal.channels}`);
  if (node.text("auto_pad", "NOTSET") !== "NOTSET" || node.has("output_shape"))
    fail("has auto_pad or output_shape; export it with pads");
  const { at, stride, dilation, pads } = along(node, value, kernel);
  const added = node.ints("output_padding") ?? kernel.map(() => 0);
  if (added.some((n, i) => i !== at && n !== 0))
    fail("works on two axes; networks here have one axis of positions");
  const filters = each * groups;
  const bias = biasOf(node, filters);
  const options = { filters, kernelSize: kernel[at], stride, dilation, groups, bias: "bias" in bias };
  const padding = Math.min(pads[0], pads[1]);
  const list = node.list;
  let layer = list.add(
    "convTranspose1d",
    [layerOf(value)],
    { ...options, padding, outputPadding: added[at] ?? 0 },
    { filter: data, ...bias },
  );
  // what is taken off one end more than off the other
  if (pads[0] !== pads[1])
    layer = list.add("crop", [layer], { left: pads[0] - padding, right: pads[1] - padding });
  return [valueAt(list, layer, placed(kernel.length, at))];
};

/** The filters of a dense layer, `[units, channels, length]`, of weights `[values, units]` or, transposed, `[units, values]`. */
function filterOf(
  node: OnnxNode,
  { dims, data }: Constant,
  value: Value,
  axis: Axis,
  transposed: boolean,
): Float32Array {
  const { channels, length } = value.signal;
  const [values, units] = transposed ? [dims[1], dims[0]] : dims;
  if (values !== channels * length)
    fail(`has weights for ${values} values; its input has ${channels * length}`);
  const filter = new Float32Array(node.context.budget.take(units * values));
  for (let c = 0; c < channels; c++)
    for (let t = 0; t < length; t++) {
      const from = axis === "tc" ? t * channels + c : c * length + t;
      for (let u = 0; u < units; u++)
        filter[(u * channels + c) * length + t] = data[transposed ? u * values + from : from * units + u];
    }
  return filter;
}

/** y = alpha x W + beta b, as a dense layer. */
const gemm: Op = (node) => {
  const value = node.value(0);
  const weights = node.constant(1, "weights");
  const [first, last] = value.axes;
  if (value.axes.length !== 2 || first !== "n" || node.int("transA", 0) !== 0 || weights.dims.length !== 2)
    fail("its input is not [n, values] times constants [values, outputs]");
  const transposed = node.int("transB", 0) !== 0;
  const [alpha, beta] = [node.float("alpha", 1), node.float("beta", 1)];
  const filter = filterOf(node, weights, value, last, transposed);
  if (alpha !== 1) for (let i = 0; i < filter.length; i++) filter[i] *= alpha;
  const units = weights.dims[transposed ? 0 : 1];
  const given = node.optional(2, "biases");
  if (given && given.data.length !== units && given.data.length !== 1)
    fail(`has ${given.data.length} biases for ${units} outputs`);
  const bias =
    given &&
    Float32Array.from({ length: units }, (_, i) => beta * given.data[given.data.length === 1 ? 0 : i]);
  const options = { units, bias: bias !== null };
  return [behind(node, value, "dense", options, { filter, ...(bias && { bias }) }, ["n", "c"])];
};

/** Rows times constants: over all values a dense layer, over the channels of each position a convolution of one tap. */
const matMul: Op = (node) => {
  const value = node.value(0);
  const weights = node.constant(1, "factors");
  const { axes, signal } = value;
  const axis = axes[axes.length - 1];
  if (weights.dims.length !== 2 || axes[0] !== "n" || axes.length < 2)
    fail(`multiplies by constants [${weights.dims.join(", ")}]; a matrix is multiplied from the right`);
  const units = weights.dims[1];
  const others = axes.slice(0, -1);
  if (others.every((a) => a === "n" || a === "1")) {
    const filter = filterOf(node, weights, value, axis, false);
    return [behind(node, value, "dense", { units, bias: false }, { filter }, [...others, "c"])];
  }
  if (axis !== "c" || weights.dims[0] !== signal.channels)
    fail(
      "multiplies along positions; a layer over the channels of each position, or over all values of a row, can be had",
    );
  const filter = filterOf(
    node,
    weights,
    { ...value, signal: { channels: signal.channels, length: 1 } },
    "c",
    false,
  );
  const options = { filters: units, kernelSize: 1, bias: false };
  return [plain(behind(node, value, "conv1d", options, { filter }, axes))];
};

export const convolutions: Readonly<Record<string, Op>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  Gemm: gemm,
  MatMul: matMul,
};
