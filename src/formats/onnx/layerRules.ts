/** What each layer kind is as nodes: one total table, so that a new kind does not compile without its row. */
import { adaptiveWindows } from "../../layers/adaptiveWindows.ts";
import { binsOf } from "../../layers/features.ts";
import type { Kind } from "../../layers/kinds.ts";
import { paddingSides, type PaddingMode } from "../../layers/padding.ts";
import { extremes } from "../../numerics/extremes.ts";
import { TO_END, type Attributes, type GraphWriter, type Value } from "./graphWriter.ts";
import type { Rule, Rules, Site } from "./layerSite.ts";
import { pointwise } from "./pointwiseRules.ts";

const unchanged: Rule<unknown> = ({ inputs }) => inputs[0];

/** The signal with positions added on either side. */
export function padded(
  g: GraphWriter,
  x: string,
  [left, right]: readonly [number, number],
  mode: PaddingMode,
): string {
  if (left + right === 0) return x;
  if (mode === "circular") {
    const ends = [
      ...(left > 0 ? [g.slice(x, 2, -left, TO_END)] : []),
      x,
      ...(right > 0 ? [g.slice(x, 2, 0, right)] : []),
    ];
    return g.node("Concat", ends, { axis: 2 });
  }
  const word = { zeros: "constant", reflect: "reflect", replicate: "edge" }[mode];
  return g.node("Pad", [x, g.longs(0, 0, left, 0, 0, right)], { mode: word });
}

/** The filters that a layer applies: as they are, or g v / |v|, which a runtime computes once. */
function filters({ g, options, tensor }: Site<{ readonly weightNorm?: boolean }>): string {
  const v = tensor("filter");
  if (!options.weightNorm) return v;
  const norm = g.node("ReduceL2", [v], { axes: [1, 2] });
  return g.node("Mul", [v, g.node("Div", [tensor("gain"), norm])]);
}

const bias = ({ options, tensor, output }: Site<{ readonly bias: boolean }>): readonly string[] =>
  options.bias ? [tensor("bias", [output.channels])] : [];

const window = (o: {
  readonly size: number;
  readonly stride: number;
  readonly padding: Parameters<typeof paddingSides>[0]["padding"];
  readonly dilation?: number;
}): Attributes => ({
  kernel_shape: [o.size],
  strides: [o.stride],
  pads: paddingSides({ ...o, kernelSize: o.size, dilation: o.dilation ?? 1 }),
});

const layers: Rules<
  | "conv1d"
  | "dense"
  | "convTranspose1d"
  | "fixedConv1d"
  | "logMel"
  | "batchNorm"
  | "layerNorm"
  | "instanceNorm"
  | "groupNorm"
> = {
  conv1d: (site) => {
    const { g, options: o, inputs } = site;
    const sides = paddingSides(o);
    const zeros = o.paddingMode === "zeros";
    const x = zeros ? g.wide(inputs[0]) : padded(g, g.wide(inputs[0]), sides, o.paddingMode);
    return g.node("Conv", [x, filters(site), ...bias(site)], {
      kernel_shape: [o.kernelSize],
      strides: [o.stride],
      dilations: [o.dilation],
      pads: zeros ? sides : [0, 0],
      group: o.groups,
    });
  },
  dense: (site) => {
    const { g, inputs, tensor, output } = site;
    const [{ channels, length }] = inputs;
    const weight = tensor("filter", [output.channels, channels * length]);
    const y = g.node("Gemm", [g.flat(inputs[0]), weight, ...bias(site)], { transB: 1 });
    return { ...output, name: y, flat: true };
  },
  convTranspose1d: (site) => {
    const { g, options: o, inputs } = site;
    return g.node("ConvTranspose", [g.wide(inputs[0]), site.tensor("filter"), ...bias(site)], {
      kernel_shape: [o.kernelSize],
      strides: [o.stride],
      dilations: [o.dilation],
      pads: [o.padding, o.padding],
      output_padding: [o.outputPadding],
      group: o.groups,
    });
  },
  fixedConv1d: ({ g, options: { taps, padding }, inputs: [x] }) => {
    const all = Array.from({ length: x.channels }, () => taps).flat();
    const sides = paddingSides({ padding, kernelSize: taps.length, dilation: 1, stride: 1 });
    return g.node("Conv", [g.wide(x), g.floats(all, [1, x.channels, taps.length])], {
      kernel_shape: [taps.length],
      pads: sides,
    });
  },
  logMel: ({ g, options: o, inputs: [x], tensor }) => {
    const sum = g.node("ReduceSum", [g.wide(x)], { axes: [1] });
    const waves = g.node("Conv", [sum, tensor("dft")], { kernel_shape: [o.size], strides: [o.hop] });
    const bins = binsOf(o).length;
    const square = (from: number): string => {
      const part = g.slice(waves, 1, from, from + bins);
      return g.node("Mul", [part, part]);
    };
    const mel = g.node("Conv", [g.node("Add", [square(0), square(bins)]), tensor("mel")], {
      kernel_shape: [1],
    });
    return g.node("Log", [g.node("Max", [mel, g.scalar(o.floor)])]);
  },
  batchNorm: ({ g, options, inputs: [x], tensor }) => {
    const vectors = ["gamma", "beta", "mean", "variance"].map((name) => tensor(name, [x.channels]));
    const y = g.node("BatchNormalization", [x.name, ...vectors], { epsilon: { float: options.epsilon } });
    return { ...x, name: y };
  },
  layerNorm: (site) => {
    const { g, options: o, inputs } = site;
    const axes = o.over === "row" ? [1, 2] : [1];
    const x = g.wide(inputs[0]);
    const centred = g.node("Sub", [x, g.node("ReduceMean", [x], { axes })]);
    const variance = g.node("ReduceMean", [g.node("Mul", [centred, centred])], { axes });
    const deviation = g.node("Sqrt", [g.node("Add", [variance, g.scalar(o.epsilon)])]);
    return affine(site, g.node("Div", [centred, deviation]));
  },
  instanceNorm: ({ g, options: o, inputs: [x], tensor }) => {
    const vectors = o.affine
      ? [tensor("gamma", [x.channels]), tensor("beta", [x.channels])]
      : [ones(g, x.channels, 1), ones(g, x.channels, 0)];
    return g.node("InstanceNormalization", [g.wide(x), ...vectors], { epsilon: { float: o.epsilon } });
  },
  groupNorm: (site) => {
    const { g, options: o, inputs } = site;
    const grouped = g.node("Reshape", [g.wide(inputs[0]), g.longs(0, o.groups, -1)]);
    const vectors = [ones(g, o.groups, 1), ones(g, o.groups, 0)];
    const y = g.node("InstanceNormalization", [grouped, ...vectors], { epsilon: { float: o.epsilon } });
    return affine(site, g.node("Reshape", [y, g.longs(0, inputs[0].channels, -1)]));
  },
};

const ones = (g: GraphWriter, count: number, value: number): string =>
  g.floats(Array.from({ length: count }, () => value));

function affine({ g, options, tensor }: Site<{ readonly affine: boolean }>, y: string): string {
  return options.affine ? g.node("Add", [g.node("Mul", [y, tensor("gamma")]), tensor("beta")]) : y;
}

/** Both signals flat, or both `[n, channels, length]`. */
const alike = (g: GraphWriter, inputs: readonly Value[]): { names: string[]; flat: boolean } => {
  const flat = inputs.every((x) => x.flat);
  return { names: inputs.map((x) => (flat ? x.name : g.wide(x))), flat };
};

const joining: Rules<"add" | "multiply" | "concat" | "slice" | "glu" | "flatten"> = {
  add: ({ g, inputs, output }) => {
    const { names, flat } = alike(g, inputs);
    return { ...output, name: g.node("Add", names), flat };
  },
  multiply: ({ g, inputs, output }) => {
    const { names, flat } = alike(g, inputs);
    return { ...output, name: g.node("Mul", names), flat };
  },
  concat: ({ g, inputs, output }) => {
    const { names, flat } = alike(g, inputs);
    return { ...output, name: g.node("Concat", names, { axis: 1 }), flat };
  },
  slice: ({ g, options: { first, count }, inputs: [x], output }) => ({
    ...output,
    name: g.slice(x.name, 1, first, first + count),
    flat: x.flat,
  }),
  glu: ({ g, inputs: [x], output }) => {
    const half = output.channels;
    const gate = g.node("Sigmoid", [g.slice(x.name, 1, half, 2 * half)]);
    return { ...output, name: g.node("Mul", [g.slice(x.name, 1, 0, half), gate]), flat: x.flat };
  },
  flatten: ({ g, inputs: [x], output }) => ({ ...output, name: g.flat(x), flat: true }),
};

/** Below every number that a signal holds. */
const LEAST = -3.4028234663852886e38;

/** Values of windows that are not alike: gathered, a window a row of a fourth axis, then weighed and reduced. */
function windows(g: GraphWriter, x: Value, count: number, kind: "mean" | "max"): string {
  const all = adaptiveWindows(x.length, count);
  const [, most] = extremes(all.map((w) => w.length));
  const at = all.flatMap((w) => Array.from({ length: most }, (_, k) => w[Math.min(k, w.length - 1)]));
  const taken = g.node("Gather", [g.wide(x), g.longs(...at)], { axis: 2 });
  const apart = g.node("Reshape", [taken, g.longs(0, x.channels, count, most)]);
  if (kind === "max") return g.node("ReduceMax", [apart], { axes: [3], keepdims: 0 });
  const weights = all.flatMap((w) =>
    Array.from({ length: most }, (_, k) => (k < w.length ? 1 / w.length : 0)),
  );
  const weighed = g.node("Mul", [apart, g.floats(weights, [count, most])]);
  return g.node("ReduceSum", [weighed], { axes: [3], keepdims: 0 });
}

const pooling: Rules<
  | "maxPool"
  | "averagePool"
  | "globalMaxPool"
  | "globalAveragePool"
  | "adaptiveAveragePool"
  | "adaptiveMaxPool"
  | "upsample"
  | "pad"
  | "crop"
> = {
  maxPool: ({ g, options: o, inputs: [x] }) =>
    g.node("MaxPool", [g.wide(x)], { ...window(o), dilations: [o.dilation] }),
  averagePool: ({ g, options: o, inputs: [x] }) =>
    g.node("AveragePool", [g.wide(x)], { ...window(o), count_include_pad: o.countPadding ? 1 : 0 }),
  globalMaxPool: ({ g, options, inputs: [x], own }) => {
    const y = g.wide(x);
    const seen = options.ignore === "padding" ? g.node("Where", [own(x.length), y, g.scalar(LEAST)]) : y;
    return g.node("GlobalMaxPool", [seen]);
  },
  globalAveragePool: ({ g, options, inputs: [x], own }) => {
    if (options.ignore === "nothing") return g.node("GlobalAveragePool", [g.wide(x)]);
    const mask = g.node("Cast", [own(x.length)], { to: 1 });
    const sum = g.node("ReduceSum", [g.node("Mul", [g.wide(x), mask])], { axes: [2] });
    return g.node("Div", [sum, g.node("ReduceSum", [mask], { axes: [2] })]);
  },
  adaptiveAveragePool: ({ g, options: { length }, inputs: [x] }) =>
    x.length % length === 0
      ? g.node("AveragePool", [g.wide(x)], evenly(x.length / length))
      : windows(g, x, length, "mean"),
  adaptiveMaxPool: ({ g, options: { length }, inputs: [x] }) =>
    x.length % length === 0
      ? g.node("MaxPool", [g.wide(x)], evenly(x.length / length))
      : windows(g, x, length, "max"),
  upsample: ({ g, options: { scale, mode }, inputs: [x] }) => {
    const scales = g.floats([1, 1, scale]);
    const how: Attributes =
      mode === "nearest"
        ? { mode, coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" }
        : { mode, coordinate_transformation_mode: "half_pixel" };
    return g.node("Resize", [g.wide(x), g.floats([], [0]), scales], how);
  },
  pad: ({ g, options: { left, right, mode }, inputs: [x] }) => padded(g, g.wide(x), [left, right], mode),
  crop: ({ g, options: { left, right }, inputs: [x] }) =>
    left + right === 0 ? g.wide(x) : g.slice(g.wide(x), 2, left, right > 0 ? -right : TO_END),
};

const evenly = (size: number): Attributes => ({
  kernel_shape: [size],
  strides: [size],
  pads: [0, 0],
});

/** Every layer kind. */
export const layerRules: Rules<Kind> = {
  ...layers,
  ...joining,
  ...pooling,
  ...pointwise,
  dropout: unchanged,
  channelDropout: unchanged,
  identity: unchanged,
};
