/** Nodes of constants alone: shapes that are computed, weights that are rearranged. By op; none recurs, and sizes are bounded before they are made. */
import { fail, axisOf, type Any, type OnnxNode } from "./node.ts";
import { isReal, product, type Constant, type ConstantBudget } from "./tensors.ts";
import { dimsOf } from "./node.ts";

export const constant = (dims: readonly number[], values: ArrayLike<number>, whole: boolean): Constant => ({
  kind: "constant",
  dims,
  data: whole ? Float64Array.from(values) : Float32Array.from(values),
  whole,
});

type Fold = (node: OnnxNode, inputs: readonly Constant[]) => Constant;

/** A constant whose values are computed one by one from their place. */
function made(
  budget: ConstantBudget,
  dims: readonly number[],
  whole: boolean,
  value: (i: number) => number,
): Constant {
  if (!dims.every((d) => Number.isSafeInteger(d) && d >= 0))
    fail(`has a result of dimensions [${dims.join(", ")}]`);
  const count = budget.take(product(dims));
  const data = whole ? new Float64Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++) data[i] = value(i);
  return { kind: "constant", dims, data, whole };
}

const stridesOf = (dims: readonly number[]): number[] => {
  const strides = dims.map(() => 1);
  for (let i = dims.length - 2; i >= 0; i--) strides[i] = strides[i + 1] * dims[i + 1];
  return strides;
};

/** The place in a tensor of strides, 0 along an axis that it is repeated on, for the i-th value of dims. */
function placeIn(strides: readonly number[], dims: readonly number[]): (i: number) => number {
  const own = stridesOf(dims);
  return (i) => {
    let at = 0;
    for (let axis = 0; axis < dims.length; axis++)
      at += (Math.floor(i / own[axis]) % dims[axis]) * strides[axis];
    return at;
  };
}

/** Dimensions of two tensors together, as ONNX broadcasts them. */
function together(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a, b].map((dims) => dims[i - rank + dims.length] ?? 1);
    return x === y || y === 1
      ? x
      : x === 1
        ? y
        : fail(`cannot take [${a.join(", ")}] and [${b.join(", ")}] together`);
  });
}

/** Where a tensor's values stand in larger dimensions. */
const spread = (dims: readonly number[], whole: readonly number[]): ((i: number) => number) => {
  const strides = stridesOf(dims);
  const lead = whole.length - dims.length;
  return placeIn(
    whole.map((_, axis) => (axis < lead || dims[axis - lead] === 1 ? 0 : strides[axis - lead])),
    whole,
  );
};

const binary =
  (compute: (a: number, b: number, whole: boolean) => number): Fold =>
  ({ context }, [a, b]) => {
    if (b === undefined) fail("has one input; it takes two");
    const dims = together(a.dims, b.dims);
    const [inA, inB] = [spread(a.dims, dims), spread(b.dims, dims)];
    const whole = a.whole && b.whole;
    return made(context.budget, dims, whole, (i) => compute(a.data[inA(i)], b.data[inB(i)], whole));
  };

const unary =
  (compute: (x: number) => number): Fold =>
  ({ context }, [x]) =>
    made(context.budget, x.dims, x.whole, (i) => compute(x.data[i]));

/** Reduces axes that older versions have as an attribute, newer ones as an input. */
const reduce =
  (
    join: (sum: number, x: number) => number,
    from: number,
    end: (sum: number, count: number) => number = (s) => s,
  ): Fold =>
  (node, [x]) => {
    const rank = x.dims.length;
    const given = node.wholes("axes", 1);
    const axes = given && given.length > 0 ? given.map((a) => axisOf(a, rank)) : x.dims.map((_, i) => i);
    const kept = x.dims.map((d, i) => (axes.includes(i) ? 1 : d));
    const sums = new Float64Array(node.context.budget.take(product(kept))).fill(from);
    const place = placeIn(
      stridesOf(kept).map((stride, i) => (axes.includes(i) ? 0 : stride)),
      x.dims,
    );
    for (let i = 0; i < x.data.length; i++) sums[place(i)] = join(sums[place(i)], x.data[i]);
    const count = product(axes.map((i) => x.dims[i]));
    const dims = node.int("keepdims", 1) ? kept : x.dims.filter((_, i) => !axes.includes(i));
    return constant(
      dims,
      sums.map((s) => end(s, count)),
      x.whole,
    );
  };

/** New dimensions, with 0 for those that stay and -1 for what is left. */
export function reshaped(dims: readonly number[], target: readonly number[], allowZero: boolean): number[] {
  const known = target.map((d, i) =>
    d === 0 && !allowZero ? (dims[i] ?? fail("copies a dimension that there is not")) : d,
  );
  const rest = product(dims) / product(known.filter((d) => d !== -1));
  const result = known.map((d) => (d === -1 ? rest : d));
  if (product(result) !== product(dims) || known.filter((d) => d === -1).length > 1)
    fail(`cannot make [${target.join(", ")}] of [${dims.join(", ")}]`);
  return result;
}

const withDims = ({ data, whole }: Constant, dims: readonly number[]): Constant => ({
  kind: "constant",
  dims,
  data,
  whole,
});

/** Axes with ones put in where `axes` of the result say. */
export function unsqueezed<T>(given: readonly T[], axes: readonly number[], one: T): T[] {
  const rank = given.length + axes.length;
  if (rank > 8) fail("makes more than 8 axes");
  const at = new Set(axes.map((a) => axisOf(a, rank)));
  if (at.size !== axes.length) fail("has an axis twice");
  let next = 0;
  return Array.from({ length: rank }, (_, i) => (at.has(i) ? one : given[next++]));
}

/** Starts and ends of a slice as the standard clamps them, for steps of 1 and above. */
export function sliceBounds(from: number, to: number, size: number): [number, number] {
  const clamp = (x: number): number => Math.min(Math.max(x < 0 ? x + size : x, 0), size);
  return [clamp(from), Math.max(clamp(from), clamp(to))];
}

/** Of Slice in both its forms: what is taken of each axis. */
export function sliceOf(
  node: OnnxNode,
  rank: number,
): { axis: number; from: number; to: number; step: number }[] {
  const starts = node.wholes("starts", 1) ?? fail("has no starts");
  const ends = node.wholes("ends", 2) ?? fail("has no ends");
  const axes = node.wholes("axes", 3) ?? starts.map((_, i) => i);
  const steps = node.optional(4, "steps");
  if (ends.length !== starts.length || axes.length !== starts.length)
    fail("has starts, ends and axes of unequal number");
  return axes.map((axis, i) => ({
    axis: axisOf(axis, rank),
    from: starts[i],
    to: ends[i],
    step: steps ? steps.data[i] : 1,
  }));
}

const gather: Fold = (node, [x, indices]) => {
  if (indices === undefined) fail("has no indices");
  const axis = axisOf(node.int("axis", 0), x.dims.length);
  const [before, after] = [x.dims.slice(0, axis), x.dims.slice(axis + 1)];
  const inner = product(after);
  const count = indices.data.length;
  const taken = Array.from(indices.data, (i) => {
    const at = i < 0 ? i + x.dims[axis] : i;
    return at >= 0 && at < x.dims[axis] ? at : fail(`takes place ${i} of ${x.dims[axis]}`);
  });
  return made(node.context.budget, [...before, ...indices.dims, ...after], x.whole, (i) => {
    const outer = Math.floor(i / (inner * count));
    return x.data[(outer * x.dims[axis] + taken[Math.floor(i / inner) % count]) * inner + (i % inner)];
  });
};

const concat: Fold = (node, parts) => {
  const [first] = parts;
  const axis = axisOf(node.int("axis", 0), first.dims.length);
  const same = (a: readonly number[], b: readonly number[]): boolean =>
    a.length === b.length && a.every((d, i) => i === axis || d === b[i]);
  if (!parts.every(({ dims }) => same(dims, first.dims))) fail("joins constants whose dimensions do not fit");
  const outer = product(first.dims.slice(0, axis));
  const lengths = parts.map(({ dims }) => product(dims.slice(axis)));
  const dims = first.dims.map((d, i) => (i === axis ? parts.reduce((sum, p) => sum + p.dims[axis], 0) : d));
  const data = new Float64Array(node.context.budget.take(product(dims)));
  let at = 0;
  for (let o = 0; o < outer; o++)
    parts.forEach(({ data: own }, i) => {
      data.set(own.subarray(o * lengths[i], (o + 1) * lengths[i]), at);
      at += lengths[i];
    });
  return constant(
    dims,
    data,
    parts.every(({ whole }) => whole),
  );
};

const slice: Fold = (node, [x]) => {
  const own = stridesOf(x.dims);
  const dims = [...x.dims];
  const strides = stridesOf(x.dims);
  let begin = 0;
  for (const { axis, from, to, step } of sliceOf(node, x.dims.length)) {
    if (!Number.isSafeInteger(step) || step === 0) fail(`has a step of ${step}`);
    const size = x.dims[axis];
    const clamp = (i: number, least: number, most: number): number =>
      Math.min(Math.max(i < 0 ? i + size : i, least), most);
    const first = step > 0 ? clamp(from, 0, size) : clamp(from, -1, size - 1);
    const last = step > 0 ? clamp(to, 0, size) : clamp(to, -1, size - 1);
    dims[axis] = Math.max(0, Math.ceil((last - first) / step));
    strides[axis] = own[axis] * step;
    begin += dims[axis] > 0 ? first * own[axis] : 0;
  }
  const place = placeIn(strides, dims);
  return made(node.context.budget, dims, x.whole, (i) => x.data[begin + place(i)]);
};

const transpose: Fold = (node, [x]) => {
  const perm = permOf(node, x.dims.length);
  const strides = stridesOf(x.dims);
  const dims = perm.map((p) => x.dims[p]);
  const place = placeIn(
    perm.map((p) => strides[p]),
    dims,
  );
  return made(node.context.budget, dims, x.whole, (i) => x.data[place(i)]);
};

/** The order of axes that Transpose asks for; reversed where it says nothing. */
export function permOf(node: OnnxNode, rank: number): readonly number[] {
  const perm = node.ints("perm") ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  if (perm.length !== rank || new Set(perm).size !== rank || !perm.every((p) => p >= 0 && p < rank))
    fail(`its perm [${perm.join(", ")}] is no order of ${rank} axes`);
  return perm;
}

/** Whole numbers divide towards zero. */
const divide = (a: number, b: number, whole: boolean): number => (whole ? Math.trunc(a / b) : a / b);

const folds: Readonly<Record<string, Fold>> = {
  Identity: (_, [x]) => x,
  Cast: (node, [{ dims, data }]) => constant(dims, data, !isReal(node.int("to", 1))),
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary(divide),
  Pow: binary((a, b) => a ** b),
  Equal: binary((a, b) => Number(a === b)),
  Neg: unary((x) => -x),
  Sqrt: unary(Math.sqrt),
  Reciprocal: unary((x) => 1 / x),
  Abs: unary(Math.abs),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  ReduceProd: reduce((p, x) => p * x, 1),
  ReduceSum: reduce((s, x) => s + x, 0),
  ReduceMean: reduce(
    (s, x) => s + x,
    0,
    (s, count) => s / count,
  ),
  ReduceL2: reduce((s, x) => s + x * x, 0, Math.sqrt),
  Gather: gather,
  Concat: concat,
  Slice: slice,
  Transpose: transpose,
  Reshape: (node, [x, target]) => {
    const wanted = target ? Array.from(target.data) : (node.ints("shape") ?? fail("has no shape"));
    return withDims(x, reshaped(x.dims, wanted, node.int("allowzero", 0) === 1));
  },
  Flatten: (node, [x]) => {
    const axis = node.int("axis", 1);
    const at = axis < 0 ? axis + x.dims.length : axis;
    return withDims(x, [product(x.dims.slice(0, at)), product(x.dims.slice(at))]);
  },
  Squeeze: (node, [x]) => {
    const axes = node.wholes("axes", 1)?.map((a) => axisOf(a, x.dims.length));
    if (axes?.some((a) => x.dims[a] !== 1)) fail("takes away an axis that is not of length 1");
    return withDims(
      x,
      x.dims.filter((d, i) => (axes ? !axes.includes(i) : d !== 1)),
    );
  },
  Unsqueeze: (node, [x]) => withDims(x, unsqueezed(x.dims, node.wholes("axes", 1) ?? fail("has no axes"), 1)),
  Expand: ({ context }, [x, shape]) => {
    const dims = together(x.dims, shape ? Array.from(shape.data) : []);
    const place = spread(x.dims, dims);
    return made(context.budget, dims, x.whole, (i) => x.data[place(i)]);
  },
  ConstantOfShape: (node, [shape]) => {
    const value = node.tensor("value");
    return made(
      node.context.budget,
      Array.from(shape.data),
      value?.whole ?? false,
      () => value?.data[0] ?? 0,
    );
  },
  Range: ({ context }, [from, to, step]) => {
    const [begin, end, by] = [from, to, step].map((x) => x?.data[0] ?? NaN);
    return made(
      context.budget,
      [Math.max(0, Math.ceil((end - begin) / by))],
      from.whole,
      (i) => begin + i * by,
    );
  },
};

/** What a node makes of constants; null where it has none, or is no such node. Throws Unreadable. */
export function folded(node: OnnxNode): Constant | null {
  if (node.op === "Constant") return constantNode(node);
  if (node.op === "Shape") return shapeOf(node, node.input(0));
  const inputs = node.inputs.filter((x) => x !== null);
  const constants = inputs.filter((x) => x.kind === "constant");
  if (inputs.length === 0 || constants.length < inputs.length || !Object.hasOwn(folds, node.op)) return null;
  return folds[node.op](node, constants);
}

function constantNode(node: OnnxNode): Constant {
  const one = (value: number, whole: boolean): Constant => constant([], [value], whole);
  if (node.has("value_float")) return one(node.float("value_float", 0), false);
  if (node.has("value_int")) return one(node.int("value_int", 0), true);
  const floats = node.floats("value_floats") ?? [];
  const ints = node.ints("value_ints") ?? [];
  if (node.has("value_floats")) return constant([floats.length], floats, false);
  if (node.has("value_ints")) return constant([ints.length], ints, true);
  return node.tensor("value") ?? fail("holds no number");
}

function shapeOf(node: OnnxNode, given: Any): Constant {
  const dims = given.kind === "constant" ? [...given.dims] : dimsOf(given);
  const [from, to] = sliceBounds(node.int("start", 0), node.int("end", dims.length), dims.length);
  return constant([to - from], dims.slice(from, to), true);
}
