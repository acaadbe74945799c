/**
 * A graph evaluated in complex numbers, for steps of 1e-30 or so along the imaginary axis: a tensor is its real parts, and
 * imaginary ones where it depends on what was moved. Real parts are computed once: a step moves them by products of two
 * imaginary parts, 1e-60 of what they are, which no double sees. Ops that are linear act on imaginary parts as on real ones and
 * are the oracle's own; convolutions and pointwise functions are written here apart from it. `detach` is no end of a
 * dependence: a graph may hold still only what its derivative does not see, and that is checked too.
 */
import { complexFunctions, type Complex } from "./complexFunctions.ts";
import { evaluate } from "../graph/evaluate.ts";
import type { ConvolveMap, ConvolveOf, Fn, Graph, Node } from "../graph/ops.ts";
import { size, type TensorType } from "../numerics/tensor.ts";

interface ComplexValues {
  readonly re: Float64Array;
  /** Null where all are 0. */
  readonly im: Float64Array | null;
}

export interface ComplexEvaluator {
  /** The imaginary parts of a node with those of an input as given; null where it does not depend on it. */
  at(input: string, im: Float64Array, node: number): Float64Array | null;
}

/** Prepares the evaluation of a graph on `rows` rows with the inputs by name. */
export function complexEvaluator(
  { nodes }: Graph,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
  rows: number,
): ComplexEvaluator {
  const base: Float64Array[] = [];
  const siteOf = (node: Node): Site => ({ node, types: node.args.map((a) => nodes[a].type), inputs, rows });
  for (const node of nodes)
    base.push(
      realParts(
        siteOf(node),
        node.args.map((a) => base[a]),
      ),
    );
  return {
    at(input, im, wanted) {
      const moved = new Map<number, Float64Array>();
      for (let id = 0; id <= wanted; id++) {
        const node = nodes[id];
        if (node.op.op === "input" && node.op.name === input) moved.set(id, im);
        else if (node.args.some((a) => moved.has(a))) {
          const operands = node.args.map((a): ComplexValues => ({ re: base[a], im: moved.get(a) ?? null }));
          moved.set(id, imaginaryParts(siteOf(node), operands, base[id]));
        }
      }
      return moved.get(wanted) ?? null;
    },
  };
}

interface Site {
  readonly node: Node;
  readonly types: readonly TensorType[];
  readonly inputs: Readonly<Record<string, ArrayLike<number>>>;
  readonly rows: number;
}

function realParts(site: Site, operands: readonly Float64Array[]): Float64Array {
  const { node, types, rows } = site;
  const { op, type } = node;
  switch (op.op) {
    case "map":
      return pointwise(
        op.fn,
        operands.map((re) => ({ re, im: null })),
        types,
        type,
        rows,
      ).re;
    case "convolve":
      return convolve(op.of, operands[0], operands[1], op.map, rows);
    default:
      return byOracle(site, operands);
  }
}

function imaginaryParts(site: Site, operands: readonly ComplexValues[], real: Float64Array): Float64Array {
  const { node, types, rows } = site;
  const { op, type } = node;
  switch (op.op) {
    case "map":
      return pointwise(op.fn, operands, types, type, rows).im;
    case "convolve": {
      // of the product of two complex numbers the imaginary part: one part of either
      const [a, b] = operands;
      const out = new Float64Array(real.length);
      if (a.im) convolve(op.of, a.im, b.re, op.map, rows, out);
      if (b.im) convolve(op.of, a.re, b.im, op.map, rows, out);
      return out;
    }
    case "reduce":
      return op.fn === "max"
        ? imaginaryOfLargest(operands[0], real, types[0], type, rows)
        : byOracle(site, operands.map(imaginary));
    case "random":
    case "rows":
    case "constant":
    case "input":
      return new Float64Array(real.length);
    case "broadcast":
    case "reshape":
    case "detach":
    case "shards":
    case "mix":
    case "concat":
    case "slice":
    case "put":
      return byOracle(site, operands.map(imaginary));
  }
}

const imaginary = ({ re, im }: ComplexValues): Float64Array => im ?? new Float64Array(re.length);

/** An op of real operands as the oracle has it. */
function byOracle({ node, types, inputs, rows }: Site, operands: readonly Float64Array[]): Float64Array {
  const names = operands.map((_, i) => `operand/${i}`);
  const alone: Graph = {
    nodes: [
      ...names.map((name, i): Node => ({ op: { op: "input", name }, args: [], type: types[i] })),
      { ...node, args: names.map((_, i) => i) },
    ],
    outputs: { out: names.length },
  };
  const given = Object.fromEntries(names.map((name, i) => [name, operands[i]]));
  return evaluate(alone, { ...inputs, ...given }, rows).out;
}

/** Extents as `[n, a, b, c]`, and the steps of a tensor that broadcasts to them. */
const extents = ({ space, shape }: TensorType, rows: number): readonly number[] => [
  space === "sample" ? rows : 1,
  ...shape,
];
function stepsOf(type: TensorType, rows: number): readonly number[] {
  const e = extents(type, rows);
  let step = 1;
  const steps = [0, 0, 0, 0];
  for (let axis = 3; axis >= 0; axis--) {
    steps[axis] = e[axis] === 1 ? 0 : step;
    step *= e[axis];
  }
  return steps;
}

/** Calls back with the flat index of a result and those of each operand, which broadcasts to it. */
function forEachIndex(
  type: TensorType,
  operands: readonly TensorType[],
  rows: number,
  visit: (i: number, at: Int32Array) => void,
): void {
  const [n, a, b, c] = extents(type, rows);
  const steps = operands.map((o) => stepsOf(o, rows));
  const at = new Int32Array(operands.length);
  let i = 0;
  for (let r = 0; r < n; r++)
    for (let x = 0; x < a; x++)
      for (let y = 0; y < b; y++)
        for (let z = 0; z < c; z++) {
          for (let k = 0; k < at.length; k++) {
            const s = steps[k];
            at[k] = r * s[0] + x * s[1] + y * s[2] + z * s[3];
          }
          visit(i++, at);
        }
}

const NOTHING: Complex = { re: 0, im: 0 };

function pointwise(
  fn: Fn,
  operands: readonly ComplexValues[],
  types: readonly TensorType[],
  type: TensorType,
  rows: number,
): { readonly re: Float64Array; readonly im: Float64Array } {
  const count = size(type.shape) * (type.space === "sample" ? rows : 1);
  const [re, im] = [new Float64Array(count), new Float64Array(count)];
  const f = complexFunctions[fn];
  const value = (k: number, at: Int32Array): Complex =>
    k < operands.length ? { re: operands[k].re[at[k]], im: operands[k].im?.[at[k]] ?? 0 } : NOTHING;
  forEachIndex(type, types, rows, (i, at) => {
    const z = f(value(0, at), value(1, at), value(2, at), value(3, at));
    re[i] = z.re;
    im[i] = z.im;
  });
  return { re, im };
}

/** Of the largest by real part; where several hold it, each counts, as the gradient gives it to each. */
function imaginaryOfLargest(
  { re, im }: ComplexValues,
  largest: Float64Array,
  from: TensorType,
  to: TensorType,
  rows: number,
): Float64Array {
  const out = new Float64Array(largest.length);
  forEachIndex(from, [to], rows, (i, [k]) => {
    if (im && re[i] === largest[k]) out[k] += im[i];
  });
  return out;
}

/** T's derivative by one argument, of real tensors, added to `out`. */
function convolve(
  of: ConvolveOf,
  first: Float64Array,
  second: Float64Array,
  m: ConvolveMap,
  rows: number,
  out?: Float64Array,
): Float64Array {
  const count = {
    output: rows * m.filters * m.outLength,
    input: rows * m.channels * m.length,
    filter: (m.filters * m.channels * m.taps) / m.groups,
  }[of];
  const sum = out ?? new Float64Array(count);
  addProducts[of](sum, first, second, m, rows);
  return sum;
}

type AddProducts = (
  out: Float64Array,
  first: Float64Array,
  second: Float64Array,
  m: ConvolveMap,
  rows: number,
) => void;

/** Calls back with where a pair of channels and a tap begin in v, w and y, and for which outputs the position is inside. */
function forEachTap(
  m: ConvolveMap,
  rows: number,
  visit: (v: number, w: number, y: number, from: number, to: number) => void,
): void {
  const [perGroup, filtersEach] = [m.channels / m.groups, m.filters / m.groups];
  for (let n = 0; n < rows; n++)
    for (let o = 0; o < m.filters; o++)
      for (let c = 0; c < perGroup; c++)
        for (let j = 0; j < m.taps; j++) {
          const shift = m.dilation * j - m.padding;
          const from = Math.max(0, Math.ceil(-shift / m.stride));
          const to = Math.min(m.outLength, Math.floor((m.length - 1 - shift) / m.stride) + 1);
          const channel = Math.floor(o / filtersEach) * perGroup + c;
          visit(
            (n * m.filters + o) * m.outLength,
            (o * perGroup + c) * m.taps + j,
            (n * m.channels + channel) * m.length + shift,
            from,
            to,
          );
        }
}

const addProducts: Readonly<Record<ConvolveOf, AddProducts>> = {
  output: (out, w, y, m, rows) =>
    forEachTap(m, rows, (v, tap, at, from, to) => {
      const factor = w[tap];
      for (let i = from; i < to; i++) out[v + i] += factor * y[at + m.stride * i];
    }),
  input: (out, v, w, m, rows) =>
    forEachTap(m, rows, (first, tap, at, from, to) => {
      const factor = w[tap];
      for (let i = from; i < to; i++) out[at + m.stride * i] += factor * v[first + i];
    }),
  filter: (out, v, y, m, rows) =>
    forEachTap(m, rows, (first, tap, at, from, to) => {
      let sum = 0;
      for (let i = from; i < to; i++) sum += v[first + i] * y[at + m.stride * i];
      out[tap] += sum;
    }),
};
