/** Activations, pools and reductions as layers. */
import type { Kind } from "../../layers/kinds.ts";
import type { Options } from "../../layers/options.ts";
import { affine, meanValue } from "./opsArithmetic.ts";
import { along, behind, spatial, type Op } from "./opsConvolution.ts";
import {
  axisOf,
  channelAxis,
  fail,
  flatChannels,
  isSame,
  layerOf,
  plain,
  valueAt,
  type Axis,
  type OnnxNode,
  type Value,
} from "./node.ts";

const layer =
  (kind: Kind, options: (node: OnnxNode) => Options = () => ({})): Op =>
  (node) => {
    const value = node.value(0);
    return [behind(node, value, kind, options(node), {}, value.axes)];
  };

const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(b));

const constants = (value: Value, x: number): Float32Array => new Float32Array(value.signal.channels).fill(x);

/** max(min(x, most), least), either of which may be left out. */
function clamped(node: OnnxNode, value: Value, least: number, most: number): Value {
  const same = (kind: Kind, options: Options = {}): Value =>
    behind(node, value, kind, options, {}, value.axes);
  const wide = 3e38;
  if (!(least < most)) return fail(`clips to [${least}, ${most}]`);
  if (least === 0 && most >= wide) return same("relu");
  if (least === 0 && most === 6) return same("relu6");
  return same("hardtanh", { least: Math.max(least, -FLOAT_MAX), most: Math.min(most, FLOAT_MAX) });
}
const FLOAT_MAX = 3.4028234663852886e38;

const clip: Op = (node) => {
  const bound = (i: number, name: string, fallback: number): number =>
    node.optional(i, "bounds")?.data[0] ?? node.float(name, fallback);
  return [clamped(node, node.value(0), bound(1, "min", -FLOAT_MAX), bound(2, "max", FLOAT_MAX))];
};

const hardSigmoid: Op = (node) => {
  const value = node.value(0);
  const [alpha, beta] = [node.float("alpha", 0.2), node.float("beta", 0.5)];
  if (near(alpha, 1 / 6) && near(beta, 0.5)) return [behind(node, value, "hardsigmoid", {}, {}, value.axes)];
  return [clamped(node, affine(node, value, constants(value, alpha), constants(value, beta)), 0, 1)];
};

const selu: Op = (node) => {
  const [alpha, gamma] = [node.float("alpha", 1.6732632), node.float("gamma", 1.050701)];
  if (near(alpha, 1.6732632) && near(gamma, 1.050701)) return layer("selu")(node);
  const value = node.value(0);
  const curve = behind(node, value, "elu", { alpha }, {}, value.axes);
  return [affine(node, curve, constants(curve, gamma), constants(curve, 0))];
};

const shrink: Op = (node) => {
  const [lambda, bias] = [node.float("lambd", 0.5), node.float("bias", 0)];
  const kind =
    bias === 0
      ? "hardshrink"
      : bias === lambda
        ? "softshrink"
        : fail(`shrinks by ${bias} beyond ${lambda}; by 0 or by as much it can be`);
  return layer(kind, () => ({ lambda }))(node);
};

const COMPARES = "compares, which is a layer where a value beyond a threshold is chosen, or else a constant";

const compared =
  (kind: "above" | "below"): Op =>
  (node) => {
    const of = node.value(0);
    const { data } = node.constant(1, "thresholds");
    if (data.length !== 1) fail(`compares with ${data.length} numbers; a threshold is one`);
    return [{ ...of, at: null, why: COMPARES, from: { kind, of, threshold: data[0] } }];
  };

/** Above a threshold or below its negative. */
const either: Op = (node) => {
  const [a, b] = [node.value(0), node.value(1)];
  const [x, y] = [a.from, b.from];
  const beyond =
    x?.kind === "above" && y?.kind === "below" && isSame(x.of, y.of) && x.threshold === -y.threshold;
  if (!beyond || x.threshold < 0) return fail(COMPARES);
  return [{ ...a, at: null, why: COMPARES, from: { ...x, kind: "beyond" } }];
};

/** x + s where x is above (or below) a threshold, else a constant: a threshold of x + s (or of its negative). */
const where: Op = (node) => {
  const { from } = node.value(0);
  const value = node.value(1);
  const { data } = node.constant(2, "values");
  const chosen = value.from?.kind === "affine" ? value.from : null;
  const of = chosen && from && "of" in from && from.of.at !== value.at ? chosen.of : value;
  const shifts = of === value ? [0] : [...new Set(Array.from(chosen?.shift ?? []))];
  const scaled = of !== value && !Array.from(chosen?.scale ?? []).every((s) => s === 1);
  if (
    !from ||
    !("threshold" in from) ||
    !isSame(from.of, { ...of, axes: value.axes }) ||
    data.length !== 1 ||
    shifts.length !== 1 ||
    scaled
  )
    return fail("chooses between values, which no layer does but where(x > threshold, x, constant)");
  const threshold = from.threshold + shifts[0];
  const [otherwise] = data;
  if (from.kind === "beyond")
    return otherwise === 0 && of === value
      ? [behind(node, value, "hardshrink", { lambda: threshold }, {}, value.axes)]
      : fail("chooses between values, which no layer does");
  if (from.kind === "above")
    return [behind(node, value, "threshold", { threshold, value: otherwise }, {}, value.axes)];
  const minus = (x: Value): Value => affine(node, x, constants(x, -1), constants(x, 0));
  return [
    minus(
      behind(node, minus(value), "threshold", { threshold: -threshold, value: -otherwise }, {}, value.axes),
    ),
  ];
};

const prelu: Op = (node) => {
  const value = node.value(0);
  const { data, dims } = node.constant(1, "slopes");
  if (data.length === 1)
    return [behind(node, value, "prelu", { slopes: "one" }, { alpha: data }, value.axes)];
  const at = dims.findIndex((d) => d > 1) + value.axes.length - dims.length;
  if (data.length !== value.signal.channels || at !== channelAxis(value))
    fail(`has slopes of dimensions [${dims.join(", ")}]; there is one, or one a channel`);
  return [behind(node, value, "prelu", { slopes: "channels" }, { alpha: data }, value.axes)];
};

/** Over the channels of each position; until opset 13 over all axes from the given one on. */
const softmax =
  (kind: "softmax" | "logSoftmax"): Op =>
  (node) => {
    const { opset } = node.context;
    const value = flatChannels(node.list, node.value(0));
    const axis = axisOf(node.int("axis", opset < 13 ? 1 : -1), value.axes.length);
    const behindIt = value.axes.slice(axis + 1).some((a) => a !== "1");
    if (axis !== channelAxis(value) || (opset < 13 && behindIt))
      fail("goes over another axis than the channels, which no layer does");
    return [behind(node, value, kind, {}, {}, value.axes)];
  };

/** A window that is rounded up at the end has to come to as many as one that is not. */
function requireFloor(node: OnnxNode, length: number, stride: number): void {
  if (node.int("ceil_mode", 0) !== 0 && length % stride !== 0)
    fail(
      "counts a last window that is not whole (ceil_mode), which no pool does; export it with ceil_mode 0",
    );
}

const pool =
  (kind: "maxPool" | "averagePool"): Op =>
  (node) => {
    const value = node.value(0);
    const size = node.ints("kernel_shape") ?? fail("has no kernel_shape");
    const { at, kernel, stride, dilation, pads } = along(node, value, size);
    requireFloor(node, value.signal.length + pads[0] + pads[1] - dilation * (kernel - 1) - 1, stride);
    if (kind === "averagePool" && dilation !== 1) fail("has a dilation, which average pools have not");
    if (node.outputs > 1) fail("gives the places of the largest values, which no layer does");
    const options: Options =
      kind === "maxPool"
        ? { size: kernel, stride, padding: pads, dilation }
        : { size: kernel, stride, padding: pads, countPadding: node.int("count_include_pad", 0) !== 0 };
    const axes: Axis[] = ["n", "c", ...size.map((_, i): Axis => (i === at ? "t" : "1"))];
    return [behind(node, value, kind, options, {}, axes)];
  };

const globalPool =
  (kind: "globalAveragePool" | "globalMaxPool"): Op =>
  (node) => {
    const value = node.value(0);
    spatial(
      value,
      value.axes.slice(2).map(() => 1),
    );
    return [behind(node, value, kind, {}, {}, ["n", "c", ...value.axes.slice(2).map((): Axis => "1")])];
  };

/** Axes of a reduction by what they go over: `c`, `t`, `c,t`, or nothing. */
function reduced(node: OnnxNode, value: Value): { over: string; axes: readonly Axis[] } {
  const rank = value.axes.length;
  const given = node.wholes("axes", 1);
  if (!given || given.length === 0) return fail("reduces all axes, that of rows too; give its axes");
  const at = given.map((a) => axisOf(a, rank));
  if (at.some((a) => value.axes[a] === "n"))
    fail("reduces the axis of rows; a network answers each by itself");
  const roles = new Set(
    at.flatMap((a) => (value.axes[a] === "ct" || value.axes[a] === "tc" ? ["c", "t"] : [value.axes[a]])),
  );
  const over = ["c", "t"].filter((role) => roles.has(role as Axis)).join();
  if (roles.has("g") || roles.has("r")) fail("reduces groups of channels, which no layer does");
  const keep = node.int("keepdims", 1) !== 0;
  const axes = value.axes.flatMap((axis, i): Axis[] => (at.includes(i) ? (keep ? ["1"] : []) : [axis]));
  return { over, axes };
}

/** The mean over positions, channels or both; a sum is so many times the mean. */
const mean =
  (isSum: boolean): Op =>
  (node) => {
    const value = node.value(0);
    const { over, axes } = reduced(node, value);
    if (value.from?.kind === "squares") return [meanValue(value, over, plainAxes(value, axes))];
    const { list } = node;
    const { channels } = value.signal;
    let at = layerOf(value);
    if (over.includes("t")) at = list.add("globalAveragePool", [at]);
    if (over.includes("c"))
      at = list.add(
        "conv1d",
        [at],
        { filters: 1, kernelSize: 1, bias: false },
        { filter: new Float32Array(node.context.budget.take(channels)).fill(1 / channels) },
      );
    const result = valueAt(list, at, withAxes(axes, over));
    if (!isSum) return [over === "" ? result : meanValue(value, over, result)];
    const count = (over.includes("t") ? value.signal.length : 1) * (over.includes("c") ? channels : 1);
    return [affine(node, result, constants(result, count), constants(result, 0))];
  };

const plainAxes = (value: Value, axes: readonly Axis[]): Value => ({ ...value, axes });
/** Channels that are left as one axis with positions that are gone are channels alone. */
const withAxes = (axes: readonly Axis[], over: string): readonly Axis[] =>
  axes.map((axis) => (over.includes(axis) ? "1" : axis));

const largest: Op = (node) => {
  const value = node.value(0);
  const { over, axes } = reduced(node, value);
  if (over === "") return [plain({ ...value, axes })];
  if (over !== "t") fail("takes the largest of other axes than positions, which no layer does");
  return [behind(node, value, "globalMaxPool", {}, {}, axes)];
};

export const pointwise: Readonly<Record<string, Op>> = {
  Relu: layer("relu"),
  Tanh: layer("tanh"),
  Sigmoid: layer("sigmoid"),
  Softplus: layer("softplus"),
  Softsign: layer("softsign"),
  Mish: layer("mish"),
  HardSwish: layer("hardswish"),
  Gelu: layer("gelu", (node) => ({ approximate: node.text("approximate", "none") })),
  LeakyRelu: layer("leakyRelu", (node) => ({ slope: node.float("alpha", 0.01) })),
  Elu: layer("elu", (node) => ({ alpha: node.float("alpha", 1) })),
  Celu: layer("celu", (node) => ({ alpha: node.float("alpha", 1) })),
  ThresholdedRelu: layer("threshold", (node) => ({ threshold: node.float("alpha", 1), value: 0 })),
  Selu: selu,
  HardSigmoid: hardSigmoid,
  Shrink: shrink,
  PRelu: prelu,
  Greater: compared("above"),
  Less: compared("below"),
  Or: either,
  Where: where,
  Clip: clip,
  Softmax: softmax("softmax"),
  LogSoftmax: softmax("logSoftmax"),
  MaxPool: pool("maxPool"),
  AveragePool: pool("averagePool"),
  GlobalAveragePool: globalPool("globalAveragePool"),
  GlobalMaxPool: globalPool("globalMaxPool"),
  ReduceMean: mean(false),
  ReduceSum: mean(true),
  ReduceMax: largest,
};
