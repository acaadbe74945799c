/**
 * Nodes that arrange values: most change which axis is which and compute nothing; slices, joins and pads along channels or
 * positions are layers.
 */
import { behind, type Op } from "./opsConvolution.ts";
import { permOf, reshaped, sliceBounds, sliceOf, unsqueezed } from "./fold.ts";
import {
  axisOf,
  channelAxis,
  dimsOf,
  dimsText,
  extent,
  fail,
  flatChannels,
  layerOf,
  plain,
  timeAxis,
  valueAt,
  type Any,
  type Axis,
  type OnnxNode,
  type Value,
} from "./node.ts";
import { isReal, product } from "./tensors.ts";

const unchanged: Op = (node) => [node.value(0)];

/** An axis in front of others, taken apart where it is several in one. */
function apart(axis: Axis): readonly Axis[] {
  if (axis === "ct") return ["c", "t"];
  if (axis === "tc") return ["t", "c"];
  return [axis];
}

/** The axes under new dimensions behind the rows; throws where none of the known arrangements is meant. */
function rearranged(value: Value, target: readonly number[]): Value {
  const refuse = (): never =>
    fail(
      `reshapes ${dimsText(value)} to [n, ${target.join(", ")}]; channels and positions can be made one axis and taken apart again, and channels divided into groups`,
    );
  const grouped = value.axes.includes("g");
  const own: readonly Axis[] = grouped ? ["ct"] : value.axes.slice(1).filter((axis) => axis !== "1");
  const { channels, length } = value.signal;
  const order = own.flatMap(apart).filter((axis) => extent(value, axis) > 1);
  const sizes = target.filter((d) => d !== 1);
  const axes = named(order, sizes, channels, length);
  if (axes) {
    let next = 0;
    return plain({ ...value, axes: ["n", ...target.map((d): Axis => (d === 1 ? "1" : axes[next++]))] });
  }
  const [groups, rest] = target;
  const inOrder = order.join() === "c,t" || order.join() === "c";
  if (target.length === 2 && inOrder && channels % groups === 0 && groups * rest === channels * length)
    return { ...value, axes: ["n", "g", "r"], groups };
  return refuse();
}

/** Which axes those of some sizes are; null where they are not the value's own in their order. */
function named(
  order: readonly Axis[],
  sizes: readonly number[],
  channels: number,
  length: number,
): Axis[] | null {
  const own = order.map((axis) => (axis === "c" ? channels : length));
  if (own.join() === sizes.join()) return [...order];
  if (order.length === 2 && sizes.length === 1 && sizes[0] === channels * length)
    return [order[0] === "c" ? "ct" : "tc"];
  return null;
}

/** Dimensions with whatever stands for rows checked and taken off. */
function behindRows(node: OnnxNode, value: Value, target: readonly number[]): readonly number[] {
  const { rows } = node.context;
  const [first, ...rest] = target;
  const isRows = first === 0 || first === -1 || Number.isNaN(first) || first === rows;
  if (value.axes[0] !== "n" || !isRows || rest.some((d) => !Number.isSafeInteger(d)))
    fail(
      `reshapes ${dimsText(value)} to [${target.map((d) => (Number.isNaN(d) ? "n" : d)).join(", ")}]; rows stay the first axis`,
    );
  const own = dimsOf(value).slice(1);
  // 0 copies the dimension at its place, which is one later here
  return reshaped(own, rest, node.int("allowzero", 0) === 1);
}

const reshape: Op = (node) => {
  const value = node.value(0);
  const target =
    node.inputs.length > 1
      ? Array.from(node.constant(1, "dimensions").data)
      : (node.ints("shape") ?? fail("has no shape"));
  return [rearranged(value, behindRows(node, value, target))];
};

const flatten: Op = (node) => {
  const value = node.value(0);
  const axis = node.int("axis", 1);
  if (axis !== 1 && axis !== 1 - value.axes.length)
    fail(`flattens from axis ${axis} on; rows are kept by axis 1`);
  return [rearranged(value, [product(dimsOf(value).slice(1))])];
};

const transpose: Op = (node) => {
  const value = node.value(0);
  const axes = permOf(node, value.axes.length).map((p) => value.axes[p]);
  return axes[0] === "n" ? [{ ...value, axes }] : fail("moves the axis of rows; it stays the first");
};

const squeeze: Op = (node) => {
  const value = node.value(0);
  const given = node.wholes("axes", 1)?.map((a) => axisOf(a, value.axes.length));
  const gone = given ?? value.axes.flatMap((axis, i) => (axis === "1" ? [i] : []));
  const wrong = gone.find((i) => value.axes[i] !== "1");
  if (wrong !== undefined) fail(`takes away axis ${wrong} of ${dimsText(value)}, which is not of length 1`);
  return [{ ...value, axes: value.axes.filter((_, i) => !gone.includes(i)) }];
};

const unsqueeze: Op = (node) => {
  const value = node.value(0);
  const axes = unsqueezed(value.axes, node.wholes("axes", 1) ?? fail("has no axes"), "1");
  return axes[0] === "n" ? [{ ...value, axes }] : fail("puts an axis before that of rows");
};

const expand: Op = (node) => {
  const value = node.value(0);
  const wanted = Array.from(node.constant(1, "dimensions").data);
  const own = dimsOf(value);
  const lead = own.length - wanted.length;
  const same =
    lead >= 0 &&
    wanted.every(
      (d, i) =>
        d === 1 || Number.isNaN(d) || d === own[i + lead] || (i + lead === 0 && d === node.context.rows),
    );
  return same
    ? [value]
    : fail(`repeats values from ${dimsText(value)} to [${wanted.join(", ")}], which no layer does`);
};

/** `count` channels or positions of an axis, from one on. */
function taken(node: OnnxNode, value: Value, axis: number, first: number, count: number): Value {
  const size = extent(value, value.axes[axis]);
  if (first === 0 && (count === size || (Number.isNaN(size) && count > 2 ** 30))) return value;
  if (value.axes[axis] === "n") fail("takes some of the rows; a network answers each by itself");
  if (!(count >= 1 && first >= 0 && first + count <= size))
    fail(`takes ${count} of ${size} values from ${first} on`);
  const channel = axis === channelAxis(value);
  if (!channel && axis !== timeAxis(value)) {
    const flat =
      value.axes[axis] === "ct"
        ? flatChannels(node.list, value)
        : fail(`takes part of axis ${axis} of ${dimsText(value)}`);
    return taken(node, flat, axis, first, count);
  }
  if (channel) return behind(node, value, "slice", { first, count }, {}, kept(value, axis, "c"));
  const cropped = behind(
    node,
    value,
    "crop",
    { left: first, right: size - first - count },
    {},
    kept(value, axis, "t"),
  );
  const of = value.from?.kind === "window" ? value.from : { of: value, first: 0 };
  return { ...cropped, from: { kind: "window", of: of.of, first: of.first + first, count } };
}

/** The axes of a value whose axis there goes over channels or positions, of however many. */
const kept = ({ axes }: Value, axis: number, is: Axis): Axis[] => axes.map((a, i) => (i === axis ? is : a));

const slice: Op = (node) => {
  let value = node.value(0);
  for (const { axis, from, to, step } of sliceOf(node, value.axes.length)) {
    const size = extent(value, value.axes[axis]);
    if (Number.isNaN(size)) {
      if (from !== 0 || !(to > 2 ** 30)) fail("takes some of the rows; a network answers each by itself");
      continue;
    }
    if (!(Number.isInteger(step) && step >= 1)) fail(`has a step of ${step}; signals are read forwards`);
    const [begin, end] = sliceBounds(from, to, size);
    value = taken(node, value, axis, begin, end - begin);
    if (step === 1) continue;
    if (axis !== timeAxis(value)) fail(`has a step of ${step} along another axis than that of positions`);
    // of windows of one value each
    value = behind(node, value, "maxPool", { size: 1, stride: step }, {}, kept(value, axis, "t"));
  }
  return [value];
};

const split: Op = (node) => {
  const value = node.value(0);
  const axis = axisOf(node.int("axis", 0), value.axes.length);
  const size = extent(value, value.axes[axis]);
  const parts = node.outputs;
  const each = Math.ceil(size / parts);
  const sizes =
    node.wholes("split", 1) ?? Array.from({ length: parts }, (_, i) => Math.min(each, size - i * each));
  if (sizes.length !== parts || sizes.reduce((a, b) => a + b, 0) !== size)
    fail(`divides ${size} values into ${sizes.slice(0, 20).join(" + ")}`);
  let first = 0;
  return sizes.map((count) => {
    first += count;
    return taken(node, value, axis, first - count, count);
  });
};

const gather: Op = (node) => {
  const value = node.value(0);
  const axis = axisOf(node.int("axis", 0), value.axes.length);
  const { dims, data } = node.constant(1, "places");
  const size = extent(value, value.axes[axis]);
  const [first] = Array.from(data, (i) => (i < 0 ? i + size : i));
  const ascending = Array.from(data).every((i, k) => (i < 0 ? i + size : i) === first + k);
  if (dims.length > 1 || data.length === 0 || !ascending)
    fail("takes places that are no stretch of neighbours, which no layer does");
  const part = taken(node, value, axis, first, data.length);
  return [dims.length === 0 ? { ...part, axes: part.axes.filter((_, i) => i !== axis) } : part];
};

/** The end of a signal, the signal and its beginning after one another are circular padding. */
function circular(node: OnnxNode, parts: readonly Value[]): Value | null {
  const stretches = parts.map((p) =>
    p.from?.kind === "window" ? p.from : { of: p, first: 0, count: p.signal.length },
  );
  const [{ of }] = stretches;
  const { length } = of.signal;
  const middle = stretches.findIndex(({ first, count }) => first === 0 && count === length);
  if (middle < 0 || parts.length > 3 || stretches.some((s) => s.of.at !== of.at)) return null;
  const before = middle > 0 ? stretches[middle - 1] : null;
  const after = middle + 1 < parts.length ? stretches[middle + 1] : null;
  if (middle > 1 || parts.length - middle > 2) return null;
  if ((before && before.first + before.count !== length) || (after && after.first !== 0)) return null;
  const options = { left: before?.count ?? 0, right: after?.count ?? 0, mode: "circular" };
  return behind(node, of, "pad", options, {}, kept(of, timeAxis(of), "t"));
}

const concat: Op = (node) => {
  const given = node.inputs.filter((x): x is Any => x !== null);
  const all = given.map((x): Value =>
    x.kind === "signal" ? x : fail("joins a signal and constants, which no layer does"),
  );
  const [first] = all.length > 0 ? all : fail("has no inputs");
  if (all.length === 1) return [first];
  const axis = axisOf(node.int("axis", 0), first.axes.length);
  if (all.some(({ axes }) => axes.length !== first.axes.length))
    fail("joins values of unequal numbers of axes");
  const parts = all.map((value) =>
    value.axes[axis] === "ct" || value.axes[axis] === "tc" ? flatChannels(node.list, value) : value,
  );
  if (parts.every((value) => axis === channelAxis(value) && value.axes.length === first.axes.length)) {
    const layer = node.list.add("concat", parts.map(layerOf));
    return [
      valueAt(node.list, layer, kept(parts.find(({ signal }) => signal.length > 1) ?? parts[0], axis, "c")),
    ];
  }
  if (parts.every((value) => axis === timeAxis(value)))
    return [
      circular(node, parts) ??
        fail("joins signals along positions, which no layer does but circular padding"),
    ];
  return fail(`joins ${parts.map(dimsText).join(" and ")} along axis ${axis}; channels can be joined`);
};

const MODES: Readonly<Record<string, string>> = {
  constant: "zeros",
  reflect: "reflect",
  edge: "replicate",
  wrap: "circular",
};

const pad: Op = (node) => {
  const value = node.value(0);
  const rank = value.axes.length;
  const given = node.wholes("pads", 1) ?? fail("has no pads");
  const axes = node.optional(3, "axes");
  const at = axes ? Array.from(axes.data, (a) => axisOf(a, rank)) : value.axes.map((_, i) => i);
  if (given.length !== 2 * at.length) fail(`has ${given.length} pads for ${at.length} axes`);
  const mode = node.text("mode", "constant");
  if (!Object.hasOwn(MODES, mode))
    fail(`has the mode ${mode}; it is one of ${Object.keys(MODES).join(", ")}`);
  const filler = node.optional(2, "filler")?.data[0] ?? node.float("value", 0);
  let result = value;
  for (const [i, axis] of at.entries()) {
    const [left, right] = [given[i], given[i + at.length]];
    if (left === 0 && right === 0) continue;
    if (axis !== timeAxis(result)) fail(`pads axis ${axis} of ${dimsText(value)}; positions can be padded`);
    if (mode === "constant" && filler !== 0)
      fail(`pads with ${filler}; zeros can be had, or edge, reflect, wrap`);
    const time = kept(result, axis, "t");
    if (left < 0 || right < 0)
      result = behind(
        node,
        result,
        "crop",
        { left: Math.max(0, -left), right: Math.max(0, -right) },
        {},
        time,
      );
    if (left > 0 || right > 0)
      result = behind(
        node,
        result,
        "pad",
        { left: Math.max(0, left), right: Math.max(0, right), mode: MODES[mode] },
        {},
        time,
      );
  }
  return [result];
};

const resize: Op = (node) => {
  const value = node.value(0);
  const axis = timeAxis(value);
  const rank = value.axes.length;
  const own = dimsOf(value);
  const at = node.op === "Upsample" || node.inputs.length === 2 ? 1 : 2;
  const listed = node.floats("scales") ?? Array.from(node.optional(at, "scales")?.data ?? []);
  const sizes = node.optional(3, "sizes");
  const numbers = sizes ? Array.from(sizes.data) : listed;
  const axes = node.ints("axes")?.map((a) => axisOf(a, rank)) ?? own.map((_, i) => i);
  if (numbers.length !== axes.length) fail(`has ${numbers.length} scales or sizes for ${axes.length} axes`);
  const scales = numbers.map((x, i) => (sizes ? x / own[axes[i]] : x));
  const other = scales.findIndex(
    (s, i) => axes[i] !== axis && s !== 1 && !Number.isNaN(s) && !(axes[i] === 0 && sizes),
  );
  const scale = scales[axes.indexOf(axis)] ?? 1;
  if (other >= 0 || !Number.isInteger(scale) || scale < 1)
    fail(
      `scales positions by ${scale}${other >= 0 ? " and another axis too" : ""}; positions can be repeated or interpolated a whole number of times`,
    );
  const mode = node.text("mode", "nearest");
  const place = node.text(
    "coordinate_transformation_mode",
    node.op === "Upsample" ? "asymmetric" : "half_pixel",
  );
  const nearest = node.text("nearest_mode", node.op === "Upsample" ? "floor" : "round_prefer_floor");
  const halfPixel = place === "half_pixel" || place === "pytorch_half_pixel";
  const repeats = halfPixel ? nearest.startsWith("round") : place === "asymmetric" && nearest === "floor";
  if (scale > 1 && !(mode === "nearest" ? repeats : mode === "linear" && halfPixel))
    fail(
      `has the mode ${mode} with ${place}${mode === "nearest" ? ` and ${nearest}` : ""}; nearest (asymmetric, floor) and linear (half_pixel) are read`,
    );
  return [behind(node, value, "upsample", { scale, mode }, {}, kept(value, axis, "t"))];
};

const dropout: Op = (node) => {
  const training = node.optional(2, "training mode");
  return training && training.data[0] !== 0
    ? fail("is in training mode; export the network for inference")
    : [node.value(0)];
};

/** Float types alone are numbers of a signal; the others would change them. */
const cast: Op = (node) => {
  const value = node.value(0);
  const isTruth = value.from !== undefined && "threshold" in value.from;
  return isTruth || isReal(node.int("to", 1))
    ? [value]
    : fail("makes whole numbers of a signal, which no layer does");
};

export const shapes: Readonly<Record<string, Op>> = {
  Identity: unchanged,
  Dropout: dropout,
  Cast: cast,
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
  Slice: slice,
  Split: split,
  Gather: gather,
  Concat: concat,
  Pad: pad,
  Resize: resize,
  Upsample: resize,
};
