/**
 * What every op means, in plain f64 loops: the oracle that each compiled form is measured against. Speed does not
 * matter here. Elementary functions are numerics/'s own, so the oracle too is the same on every engine.
 */
import * as f64 from "../numerics/f64.ts";
import { randomBits } from "../numerics/threefry.ts";
import { rowsOf } from "./mix.ts";
import type { ConvolveMap, ConvolveOf, Fn, Graph, Node, Term } from "./ops.ts";
import { size, type TensorType } from "../numerics/tensor.ts";

/** Values row-major: `[n, channels, positions]` in sample space, the shape itself in weight space. */
export type Values = Float64Array;

const functions: Record<Fn, (a: number, b: number, x: number, y: number) => number> = {
  neg: (a) => -a,
  abs: (a) => Math.abs(a),
  sqrt: (a) => Math.sqrt(a),
  exp: (a) => f64.exp(a),
  log: (a) => f64.log(a),
  tanh: (a) => f64.tanh(a),
  sigmoid: (a) => 1 / (1 + f64.exp(-a)),
  erf: (a) => f64.erf(a),
  softplus: (a) => Math.max(a, 0) + f64.log(1 + f64.exp(-Math.abs(a))),
  gelu: (a) => a * 0.5 * (1 + f64.erf(a * Math.SQRT1_2)),
  relu: (a) => (a < 0 ? 0 : a),
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: (a, b) => (b < a ? b : a),
  max: (a, b) => (a < b ? b : a),
  selectLt: (a, b, x, y) => (a < b ? x : y),
};

/** Evaluates a graph on `rows` rows. Inputs by name, outputs by name; throws RangeError for a wrong size. */
export function evaluate(
  graph: Graph,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
  rows: number,
): Record<string, Values> {
  const values: Values[] = [];
  for (const node of graph.nodes) values.push(valueOf(node, values, graph, inputs, rows));
  return Object.fromEntries(Object.entries(graph.outputs).map(([name, id]) => [name, values[id]]));
}

/** A tensor's extents as `[n, a, b, c]`, so that both spaces index alike. */
const extents = ({ space, shape }: TensorType, rows: number): [number, number, number, number] => [
  space === "sample" ? rows : 1,
  ...shape,
];

function valueOf(
  { op, args, type }: Node,
  values: readonly Values[],
  graph: Graph,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
  rows: number,
): Values {
  const operands = args.map((a) => values[a]);
  const types = args.map((a) => graph.nodes[a].type);
  switch (op.op) {
    case "input": {
      const given = Float64Array.from(inputs[op.name] ?? []);
      const want = size(type.shape) * (type.space === "sample" ? rows : 1);
      if (given.length !== want)
        throw new RangeError(`input ${op.name} has ${given.length} values, not ${want}`);
      return given;
    }
    case "constant":
      return Float64Array.of(op.value);
    case "rows":
      return Float64Array.of(rows);
    case "detach":
    case "shards":
    case "reshape":
      return operands[0];
    case "mix":
      return mix(operands[0], types[0].shape[2], rowsOf(op.segments));
    case "concat":
      return concat(operands, types, rows);
    case "slice": {
      const [, channels, positions] = types[0].shape;
      const part = (r: number): Values =>
        operands[0].subarray(
          (r * channels + op.first) * positions,
          (r * channels + op.first + op.count) * positions,
        );
      return Float64Array.from(Array.from({ length: rows }, (_, r) => [...part(r)]).flat());
    }
    case "put": {
      const [whole, part] = types.map(({ shape }) => shape[2]);
      const out = Float64Array.from(operands[0]);
      for (let row = 0; row * whole < out.length; row++)
        out.set(operands[1].subarray(row * part, (row + 1) * part), row * whole + op.first);
      return out;
    }
    case "random": {
      const [seed, step] = operands.map(([x]) => bitsOf(x));
      return Float64Array.from(
        { length: rows * size(type.shape) },
        (_, i) => (randomBits(seed, op.stream, step, i) >>> 8) / 2 ** 24,
      );
    }
    case "broadcast":
      return pointwise((a) => a, operands, types, type, rows);
    case "map":
      return pointwise(functions[op.fn], operands, types, type, rows);
    case "reduce":
      return reduce(op.fn, operands[0], types[0], type, rows);
    case "convolve":
      return convolve(op.of, operands[0], operands[1], op.map, rows);
  }
}

function pointwise(
  fn: (a: number, b: number, x: number, y: number) => number,
  operands: readonly Values[],
  types: readonly TensorType[],
  type: TensorType,
  rows: number,
): Values {
  const [n, a, b, c] = extents(type, rows);
  const out = new Float64Array(n * a * b * c);
  const at = types.map((t) => indexer(t, rows));
  let i = 0;
  for (let r = 0; r < n; r++)
    for (let x = 0; x < a; x++)
      for (let y = 0; y < b; y++)
        for (let z = 0; z < c; z++) {
          const [p, q, s, t] = operands.map((o, k) => o[at[k](r, x, y, z)]);
          out[i++] = fn(p, q, s, t);
        }
  return out;
}

/** The flat index of a tensor that broadcasts, from the full index. */
function indexer(type: TensorType, rows: number): (r: number, x: number, y: number, z: number) => number {
  const [n, a, b, c] = extents(type, rows);
  const step = (extent: number, stride: number): number => (extent === 1 ? 0 : stride);
  const [sr, sx, sy, sz] = [step(n, a * b * c), step(a, b * c), step(b, c), step(c, 1)];
  return (r, x, y, z) => r * sr + x * sx + y * sy + z * sz;
}

function mix(a: Values, positions: number, rows: readonly (readonly Term[])[]): Values {
  const signals = a.length / positions;
  const out = new Float64Array(signals * rows.length);
  for (let s = 0; s < signals; s++)
    rows.forEach((terms, t) => {
      for (const [position, weight] of terms)
        out[s * rows.length + t] += weight * a[s * positions + position];
    });
  return out;
}

function concat(parts: readonly Values[], types: readonly TensorType[], rows: number): Values {
  const sizes = types.map((t) => size(t.shape));
  const out = new Float64Array(rows * sizes.reduce((a, b) => a + b));
  let at = 0;
  for (let r = 0; r < rows; r++)
    parts.forEach((part, i) => {
      out.set(part.subarray(r * sizes[i], (r + 1) * sizes[i]), at);
      at += sizes[i];
    });
  return out;
}

/** The 32 bits of a float, as the whole number that they hold. */
const bitsOf = (x: number): number => new Uint32Array(Float32Array.of(x).buffer)[0];

function reduce(fn: "sum" | "max", a: Values, from: TensorType, to: TensorType, rows: number): Values {
  const [n, p, q, s] = extents(from, rows);
  const out = new Float64Array(size(to.shape) * (to.space === "sample" ? rows : 1)).fill(
    fn === "sum" ? 0 : -Infinity,
  );
  const at = indexer(to, rows);
  let i = 0;
  for (let r = 0; r < n; r++)
    for (let x = 0; x < p; x++)
      for (let y = 0; y < q; y++)
        for (let z = 0; z < s; z++) {
          const k = at(r, x, y, z);
          out[k] = fn === "sum" ? out[k] + a[i] : out[k] < a[i] ? a[i] : out[k];
          i++;
        }
  return out;
}

/** The three partial derivatives of T over the same triples (i, j, stride i + dilation j - padding). */
function convolve(of: ConvolveOf, first: Values, second: Values, m: ConvolveMap, rows: number): Values {
  const perGroup = { c: m.channels / m.groups, o: m.filters / m.groups };
  const sizes = {
    output: rows * m.filters * m.outLength,
    input: rows * m.channels * m.length,
    filter: m.filters * perGroup.c * m.taps,
  };
  const out = new Float64Array(sizes[of]);
  for (let n = 0; n < rows; n++)
    for (let o = 0; o < m.filters; o++)
      for (let c = 0; c < perGroup.c; c++)
        for (let i = 0; i < m.outLength; i++)
          for (let j = 0; j < m.taps; j++) {
            const k = m.stride * i + m.dilation * j - m.padding;
            if (k < 0 || k >= m.length) continue;
            const v = (n * m.filters + o) * m.outLength + i;
            const w = (o * perGroup.c + c) * m.taps + j;
            const channel = Math.floor(o / perGroup.o) * perGroup.c + c;
            const y = (n * m.channels + channel) * m.length + k;
            if (of === "output") out[v] += first[w] * second[y];
            else if (of === "input") out[y] += first[v] * second[w];
            else out[w] += first[v] * second[y];
          }
  return out;
}
