/**
 * Sums and products of signals with each other and with constants, and the formulas that exporters write with them: a
 * constant a channel is a bias or a batch norm, and nodes that follow a mean can be a normalisation.
 */
import type { Listed } from "./layerList.ts";
import { behind, type Op } from "./opsConvolution.ts";
import {
  channelAxis,
  dimsText,
  extent,
  fail,
  flatAxis,
  flatChannels,
  isSame,
  layerOf,
  plain,
  valueAt,
  type Any,
  type Axis,
  type OnnxNode,
  type Origin,
  type Value,
  type Vector,
} from "./node.ts";
import type { Constant } from "./tensors.ts";

const filled = (count: number, value: number): Float32Array => new Float32Array(count).fill(value);

/** A constant as a number a channel; null where it varies along positions or has axes that the value has not. */
function byChannel(value: Value, { dims, data }: Constant): Vector | null {
  const { channels } = value.signal;
  if (data.length === 1) return filled(channels, data[0]);
  const lead = value.axes.length - dims.length;
  const varying = dims.flatMap((d, i) => (d === 1 ? [] : [i + lead]));
  return varying.length === 1 && varying[0] === channelAxis(value) && data.length === channels ? data : null;
}

/** scale x + shift by channel. */
export function affine(node: OnnxNode, given: Value, scale: Vector, shift: Vector): Value {
  const { from } = given;
  const of = from?.kind === "affine" ? from.of : given;
  // numbers a channel are made of a node of a few bytes
  node.context.budget.take(4 * given.signal.channels);
  const both =
    from?.kind === "affine"
      ? {
          scale: Float32Array.from(scale, (s, i) => s * from.scale[i]),
          shift: Float32Array.from(scale, (s, i) => s * from.shift[i] + shift[i]),
        }
      : { scale, shift };
  const origin: Origin = { kind: "affine", of, ...both };
  if (of.at === null) return { ...given, from: origin };
  const at = affineLayer(node, of, both.scale, both.shift);
  return { ...given, at, from: origin };
}

const NORMS = ["layerNorm", "instanceNorm", "groupNorm"];

/** The layer itself with a bias or with gamma and beta where it can have them, else a batch norm behind it. */
function affineLayer(node: OnnxNode, of: Value, scale: Vector, shift: Vector): number {
  const { list } = node;
  const layer: Listed | undefined = list.at(layerOf(of));
  const { channels } = of.signal;
  const ones = Array.from(scale).every((s) => s === 1);
  const lacks = (kinds: readonly string[], option: string, whenAbsent: boolean): boolean =>
    layer !== undefined &&
    kinds.includes(layer.spec.kind) &&
    (layer.spec.options[option] ?? whenAbsent) === false;
  if (layer && ones && lacks(["conv1d", "dense", "convTranspose1d"], "bias", true))
    return list.add(
      layer.spec.kind,
      layer.spec.from,
      { ...layer.spec.options, bias: true },
      { ...layer.tensors, bias: shift },
    );
  if (layer && lacks(NORMS, "affine", true) && layer.spec.options.over !== "row")
    return list.add(
      layer.spec.kind,
      layer.spec.from,
      { ...layer.spec.options, affine: true },
      { gamma: scale, beta: shift },
    );
  return list.add(
    "batchNorm",
    [layerOf(of)],
    { epsilon: 0 },
    { gamma: scale, beta: shift, mean: filled(channels, 0), variance: filled(channels, 1) },
  );
}

/** A constant that varies along positions: gamma or beta of a layer norm over whole rows, and nothing else. */
function rowAffine(node: OnnxNode, value: Value, { dims, data }: Constant, op: "Mul" | "Add"): Value | null {
  const layer = node.list.at(value.at ?? 0);
  const { channels, length } = value.signal;
  const whole =
    data.length === channels * length &&
    value.axes.join() === plain({ ...value, axes: ["n", "c", "t"] }).axes.join();
  if (layer?.spec.kind !== "layerNorm" || layer.spec.options.over !== "row" || !whole) return null;
  if (dims.length === 3 && dims[0] !== 1) return null;
  const { gamma = filled(data.length, 1), beta = filled(data.length, 0) } = layer.tensors;
  const plainBeta = Array.from(beta).every((b) => b === 0);
  if (op === "Mul" && !plainBeta) return null;
  const tensors =
    op === "Mul"
      ? { gamma: Float32Array.from(gamma, (g, i) => g * data[i]), beta }
      : { gamma, beta: Float32Array.from(beta, (b, i) => b + data[i]) };
  return valueAt(
    node.list,
    node.list.add("layerNorm", layer.spec.from, { ...layer.spec.options, affine: true }, tensors),
    value.axes,
  );
}

type Arithmetic = "Add" | "Sub" | "Mul" | "Div";

/** A signal with a constant on one side. */
function withConstant(
  node: OnnxNode,
  op: Arithmetic,
  value: Value,
  by: Constant,
  constantFirst: boolean,
): Value {
  if (op === "Add" && value.from?.kind === "variance" && by.data.length === 1)
    return { ...value, from: { ...value.from, epsilon: value.from.epsilon + by.data[0] } };
  if (by.dims.length > value.axes.length && by.data.length > 1)
    fail(`takes ${dimsText(value)} with constants [${by.dims.join(", ")}], which have more axes`);
  const row = op === "Mul" || op === "Add" ? rowAffine(node, value, by, op) : null;
  if (row) return row;
  const x = byChannel(value, by) === null && flatAxis(value) >= 0 ? flatChannels(node.list, value) : value;
  const vector =
    byChannel(x, by) ??
    fail(
      `takes ${dimsText(value)} with constants [${by.dims.join(", ")}]; a constant is one number, or one a channel`,
    );
  const count = x.signal.channels;
  const mapped = (f: (v: number) => number): Float32Array => Float32Array.from(vector, f);
  switch (op) {
    case "Add":
      return affine(node, x, filled(count, 1), vector);
    case "Sub":
      return constantFirst
        ? affine(node, x, filled(count, -1), vector)
        : affine(
            node,
            x,
            filled(count, 1),
            mapped((v) => -v),
          );
    case "Mul":
      return affine(node, x, vector, filled(count, 0));
    case "Div":
      return constantFirst
        ? fail("divides by a signal, which no layer does")
        : affine(
            node,
            x,
            mapped((v) => 1 / v),
            filled(count, 0),
          );
  }
}

/** Two signals under the same axes; a flat one beside channels becomes channels. */
function paired(node: OnnxNode, a: Value, b: Value): [Value, Value] {
  const same =
    a.axes.join() === b.axes.join() &&
    a.signal.channels === b.signal.channels &&
    a.signal.length === b.signal.length;
  if (same) return [a, b];
  return [flatChannels(node.list, a), flatChannels(node.list, b)];
}

/** The axes of both together, where each axis is the same or of length 1 in one of them. */
function jointAxes(a: Value, b: Value): Axis[] {
  const rank = Math.max(a.axes.length, b.axes.length);
  const axisAt = ({ axes }: Value, i: number): Axis => axes[i - rank + axes.length] ?? "1";
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [axisAt(a, i), axisAt(b, i)];
    const fits = x === y ? Object.is(extent(a, x), extent(b, y)) : x === "1" || y === "1";
    if (!fits) fail(`takes ${dimsText(a)} and ${dimsText(b)}, whose axes do not fit`);
    return x === "1" ? y : x;
  });
}

function add(node: OnnxNode, left: Value, right: Value): Value {
  const [a, b] = paired(node, left, right);
  const axes = jointAxes(a, b);
  if (a.signal.channels !== b.signal.channels || a.signal.length !== b.signal.length)
    fail(
      `adds ${dimsText(a)} and ${dimsText(b)}; signals that are added have the same channels and positions`,
    );
  return valueAt(node.list, node.list.add("add", [layerOf(a), layerOf(b)]), axes);
}

function multiply(node: OnnxNode, left: Value, right: Value): Value {
  const formula = geluOf(node, left, right) ?? geluOf(node, right, left) ?? squareOf(left, right);
  if (formula) return formula;
  const [a, b] = paired(node, left, right);
  const axes = jointAxes(a, b);
  return valueAt(node.list, node.list.add("multiply", [layerOf(a), layerOf(b)]), axes);
}

/** A value as scale x + shift of another, by channel. */
function asAffine(value: Value): Origin & { readonly kind: "affine" } {
  const { channels } = value.signal;
  if (value.from?.kind === "affine") return value.from;
  return { kind: "affine", of: value, scale: filled(channels, 1), shift: filled(channels, 0) };
}

/** How many times b is a, where it is so throughout; else null. */
function ratio(a: Vector, b: Vector): number | null {
  const at = Array.from(b).findIndex((x) => x !== 0);
  const r = at < 0 ? NaN : a[at] / b[at];
  return Array.from(b).every((x, i) => Math.abs(a[i] - r * x) <= 1e-6 * Math.abs(a[i])) ? r : null;
}

/** x times s (1 + erf(x / sqrt 2)), which is 2 s gelu(x). */
function geluOf(node: OnnxNode, left: Value, right: Value): Value | null {
  const outer = asAffine(right);
  const [s] = Array.from(outer.scale);
  if (
    outer.of.from?.kind !== "erf" ||
    ![...Array.from(outer.scale), ...Array.from(outer.shift)].every(
      (x) => Math.abs(x - s) <= 1e-6 * Math.abs(s),
    )
  )
    return null;
  // of which value both factors are multiples
  const inner = outer.of.from.of;
  const [a, b] = [asAffine(left), asAffine(inner)];
  if (a.of.at !== b.of.at) return null;
  const times = ratio(
    [...Array.from(a.scale), ...Array.from(a.shift)],
    [...Array.from(b.scale), ...Array.from(b.shift)],
  );
  if (times === null) return null;
  const { channels } = left.signal;
  const isX = Math.abs(times - Math.SQRT2) < 1e-5;
  const x = isX ? left : affine(node, inner, filled(channels, Math.SQRT2), filled(channels, 0));
  const gelu = behind(node, x, "gelu", {}, {}, left.axes);
  const factor = 2 * s * (isX ? 1 : times / Math.SQRT2);
  return Math.abs(factor - 1) < 1e-6
    ? gelu
    : affine(node, gelu, filled(channels, factor), filled(channels, 0));
}

const partWay = (value: Value, from: Origin, why: string): Value => ({ ...value, at: null, why, from });
const OUTSIDE =
  "is part of no normalisation that is known (mean, difference, mean of squares, epsilon, root, quotient)";

function squareOf(left: Value, right: Value): Value | null {
  const [a, b] = [left.from, right.from];
  if (a?.kind !== "centred" || b?.kind !== "centred" || a.of !== b.of || a.over !== b.over) return null;
  return partWay(left, { kind: "squares", of: a.of, over: a.over }, `its square ${OUTSIDE}`);
}

/** x less its own mean over some axes. */
function centredOf(left: Value, right: Value): Value | null {
  if (right.from?.kind !== "mean" || right.from.of.at !== left.at || left.at === null) return null;
  const { of, over } = right.from;
  return partWay(left, { kind: "centred", of, over }, `its difference to its mean ${OUTSIDE}`);
}

/** A mean over axes: of squares a variance. The mean itself is a layer where one computes it. */
export function meanValue(value: Value, over: string, layer: Value): Value {
  if (value.from?.kind === "squares" && value.from.over === over)
    return partWay(
      layer,
      { kind: "variance", of: value.from.of, over, epsilon: 0 },
      `its variance ${OUTSIDE}`,
    );
  return { ...layer, from: { kind: "mean", of: value, over } };
}

/** (x - mean) / sqrt(variance + epsilon). */
function normalisedOf(node: OnnxNode, left: Value, right: Value): Value | null {
  const [a, b] = [left.from, right.from];
  if (a?.kind !== "centred" || b?.kind !== "deviation" || a.of.at !== b.of.at || a.over !== b.over)
    return null;
  return normalise(node, a.of, a.over, b.epsilon);
}

/** x / (1 + |x|). */
function softsignOf(node: OnnxNode, left: Value, right: Value): Value | null {
  const { of, scale, shift } = asAffine(right);
  const ones = [...Array.from(scale), ...Array.from(shift)].every((x) => x === 1);
  if (of.from?.kind !== "abs" || !ones || !isSame(of.from.of, left)) return null;
  return behind(node, left, "softsign", {}, {}, left.axes);
}

/** A normalisation over axes, named as `c`, `t` or `c,t`, without factors. */
export function normalise(node: OnnxNode, of: Value, over: string, epsilon: number): Value {
  const kinds: Readonly<
    Record<string, readonly ["layerNorm" | "instanceNorm", Readonly<Record<string, string>>]>
  > = {
    c: ["layerNorm", { over: "channels" }],
    t: ["instanceNorm", {}],
    "c,t": ["layerNorm", { over: "row" }],
  };
  const [kind, options] =
    kinds[over] ?? fail(`normalises over ${over}; over channels, positions or both it can be`);
  return behind(node, of, kind, { ...options, epsilon, affine: false }, {}, of.axes);
}

function ofSignals(node: OnnxNode, op: Arithmetic, left: Value, right: Value): Value {
  switch (op) {
    case "Add":
      return add(node, left, right);
    case "Sub": {
      const centred = centredOf(left, right);
      if (centred) return centred;
      const { channels } = right.signal;
      return add(node, left, affine(node, right, filled(channels, -1), filled(channels, 0)));
    }
    case "Mul":
      return multiply(node, left, right);
    case "Div":
      return (
        normalisedOf(node, left, right) ??
        softsignOf(node, left, right) ??
        fail("divides one signal by another, which no layer does")
      );
  }
}

const arithmetic =
  (op: Arithmetic): Op =>
  (node) => {
    const [a, b]: readonly Any[] = [node.input(0), node.input(1)];
    if (a.kind === "constant") return [withConstant(node, op, node.value(1), a, true)];
    return [b.kind === "constant" ? withConstant(node, op, a, b, false) : ofSignals(node, op, a, b)];
  };

const sum: Op = (node) => {
  const [first, ...others] =
    node.inputs.length > 0 ? node.inputs.map((_, i) => node.value(i)) : fail("has no inputs");
  return [others.reduce((a, b) => add(node, a, b), first)];
};

const power: Op = (node) => {
  const { data } = node.constant(1, "exponents");
  const value = node.value(0);
  if (data.length !== 1 || data[0] !== 2) fail(`has the exponent ${data[0]}, which no layer computes`);
  return [squareOf(value, value) ?? multiply(node, value, value)];
};

const root: Op = (node) => {
  const value = node.value(0);
  const { from } = value;
  if (from?.kind !== "variance") return fail("computes a square root, which no layer does");
  return [partWay(value, { ...from, kind: "deviation" }, `its deviation ${OUTSIDE}`)];
};

const erf: Op = (node) => {
  const value = node.value(0);
  return [
    {
      ...value,
      at: null,
      why: "reads erf, which is a layer in gelu alone: x (1 + erf(x / sqrt 2)) / 2",
      from: { kind: "erf", of: value },
    },
  ];
};

const abs: Op = (node) => {
  const value = node.value(0);
  const why = "reads an absolute value, which is a layer in softsign alone: x / (1 + |x|)";
  return [{ ...value, at: null, why, from: { kind: "abs", of: value } }];
};

/** The logarithm of a sigmoid or a softmax. */
const logarithm: Op = (node) => {
  const value = node.value(0);
  const layer = node.list.at(value.at ?? 0);
  const kinds = { sigmoid: "logSigmoid", softmax: "logSoftmax" } as const;
  const kind = layer?.spec.kind;
  if (kind !== "sigmoid" && kind !== "softmax")
    return fail("computes a logarithm, which no layer does but of a sigmoid or softmax");
  const at = node.list.add(kinds[kind], layer?.spec.from ?? []);
  return [{ ...value, at }];
};

const negative: Op = (node) => {
  const value = node.value(0);
  const { channels } = value.signal;
  return [affine(node, value, filled(channels, -1), filled(channels, 0))];
};

const vector = (node: OnnxNode, i: number, count: number, what: string): Vector => {
  const { data } = node.constant(i, what);
  return data.length === count ? data : fail(`has ${data.length} ${what} for ${count} channels`);
};

const batchNorm: Op = (node) => {
  if (node.int("training_mode", 0) !== 0) fail("is in training mode; export the network for inference");
  const value = flatChannels(node.list, node.value(0));
  const { channels } = value.signal;
  if (channelAxis(value) !== 1) fail("normalises another axis than the channels; put a Transpose before it");
  const [gamma, beta, mean, variance] = ["factors", "shifts", "means", "variances"].map((what, i) =>
    vector(node, i + 1, channels, what),
  );
  if (Array.from(variance).some((v) => !(v >= 0))) fail("has a negative variance");
  const tensors = { gamma, beta, mean, variance };
  return [behind(node, value, "batchNorm", { epsilon: node.float("epsilon", 1e-5) }, tensors, value.axes)];
};

const instanceNorm: Op = (node) => {
  const value = node.value(0);
  const epsilon = node.float("epsilon", 1e-5);
  if (value.axes.join() === "n,g,r" || value.axes.join() === "n,1,ct") {
    const { groups = 1, signal } = value;
    const each = signal.channels / groups;
    const spread = (v: Vector): Float32Array =>
      Float32Array.from({ length: signal.channels }, (_, c) => v[Math.floor(c / each)]);
    const y = behind(node, value, "groupNorm", { groups, epsilon, affine: false }, {}, value.axes);
    return [
      unlessPlain(
        node,
        y,
        spread(vector(node, 1, groups, "factors")),
        spread(vector(node, 2, groups, "shifts")),
      ),
    ];
  }
  if (channelAxis(value) !== 1)
    fail("normalises another axis than the positions of each channel; put a Transpose before it");
  const { channels } = value.signal;
  const y = behind(node, value, "instanceNorm", { epsilon, affine: false }, {}, value.axes);
  return [unlessPlain(node, y, vector(node, 1, channels, "factors"), vector(node, 2, channels, "shifts"))];
};

/** With factors and shifts, unless they are 1 and 0. */
function unlessPlain(node: OnnxNode, value: Value, scale: Vector, shift: Vector): Value {
  const nothing = Array.from(scale).every((s) => s === 1) && Array.from(shift).every((s) => s === 0);
  return nothing ? value : affine(node, value, scale, shift);
}

const layerNorm: Op = (node) => {
  const value = node.value(0);
  const axis = node.int("axis", -1);
  const first = axis < 0 ? axis + value.axes.length : axis;
  const over = value.axes.slice(first).filter((a) => a !== "1");
  const names =
    over.length === 0 && value.signal.length === 1
      ? "c"
      : over.join() === "ct" || over.join() === "t,c"
        ? "c,t"
        : over.join();
  if (over.join() === "tc" || (over.join() === "t,c" && node.constant(1, "factors").data.length > 1))
    fail("normalises positions and channels with a factor for each; export it with [n, channels, positions]");
  let y = normalise(node, value, names, node.float("epsilon", 1e-5));
  y = withConstant(node, "Mul", y, node.constant(1, "factors"), false);
  const shift = node.optional(2, "shifts");
  return [shift ? withConstant(node, "Add", y, shift, false) : y];
};

const groupNorm: Op = (node) => {
  const value = node.value(0);
  const groups = node.int("num_groups", 1);
  const { channels } = value.signal;
  if (channelAxis(value) !== 1) fail("normalises another axis than the channels; put a Transpose before it");
  const each = channels / groups;
  const given = (i: number, what: string): Vector => {
    const { data } = node.constant(i, what);
    // before opset 21 a number a group
    return data.length === channels
      ? data
      : Float32Array.from({ length: channels }, (_, c) => data[Math.floor(c / each)]);
  };
  const y = behind(
    node,
    value,
    "groupNorm",
    { groups, epsilon: node.float("epsilon", 1e-5), affine: false },
    {},
    value.axes,
  );
  return [unlessPlain(node, y, given(1, "factors"), given(2, "shifts"))];
};

export const arithmetics: Readonly<Record<string, Op>> = {
  Add: arithmetic("Add"),
  Sub: arithmetic("Sub"),
  Mul: arithmetic("Mul"),
  Div: arithmetic("Div"),
  Sum: sum,
  Pow: power,
  Sqrt: root,
  Erf: erf,
  Abs: abs,
  Log: logarithm,
  Neg: negative,
  BatchNormalization: batchNorm,
  InstanceNormalization: instanceNorm,
  LayerNormalization: layerNorm,
  GroupNormalization: groupNorm,
};
