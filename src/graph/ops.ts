/**
 * The ops of a Graph: typed nodes in topological order, plain immutable data.
 *
 * A tensor lives in one of two spaces (`numerics/tensor.ts`): rows of the batch, or weights. The batch size is no part of
 * a Graph.
 *
 * Few ops, closed under differentiation: `convolve` is all three partial derivatives of the trilinear form T
 * (SYSTEM.md, section 4), so its derivative is itself.
 */
import type { Shape, TensorType } from "../numerics/tensor.ts";

export type NodeId = number;

/** Pointwise functions and how many operands they take. `selectLt(a, b, x, y)` is a < b ? x : y. */
export const arity = {
  neg: 1,
  abs: 1,
  sqrt: 1,
  exp: 1,
  log: 1,
  tanh: 1,
  sigmoid: 1,
  erf: 1,
  softplus: 1,
  gelu: 1,
  relu: 1,
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  min: 2,
  max: 2,
  selectLt: 4,
} as const;
export type Fn = keyof typeof arity;

/** The index map of T = sum of v[n,o,i] w[o,c,j] y[n,c, stride i + dilation j - padding]. */
export interface ConvolveMap {
  /** Channels of y, all groups together. */
  readonly channels: number;
  /** Positions of y. */
  readonly length: number;
  /** Channels of v, all groups together. */
  readonly filters: number;
  /** Positions of v. */
  readonly outLength: number;
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
  /** Zeros before the first position of y; those after the last follow from `outLength`. */
  readonly padding: number;
  readonly groups: number;
}

/** Which of T's arguments a convolve differentiates by: dT/dv is "output", dT/dy "input", dT/dw "filter". */
export type ConvolveOf = "output" | "input" | "filter";
export type Axis = "n" | "c" | "t";

/** F(m, r): blocks of m outputs, and filters of r taps or cut into chunks of r (SYSTEM.md, section 5). */
export interface Block {
  readonly m: number;
  readonly r: number;
}

/** One term of a result of `mix`: a position of the operand (at the segment's first turn) and its weight. */
export type Term = readonly [position: number, weight: number];

/**
 * Results `first, first + 1, ...` of a mix: `turns` times the pattern, whose positions move on by `step` each turn.
 * A result is the sum of its terms in order; one without terms is 0.
 */
export interface Segment {
  readonly first: number;
  readonly turns: number;
  readonly step: number;
  readonly pattern: readonly (readonly Term[])[];
}

/** What each op carries; operands are in `Node.args`. */
export type Op =
  /** A tensor given from outside, by name. */
  | { readonly op: "input"; readonly name: string }
  /** A scalar `[1, 1, 1]`, rounded to float32. */
  | { readonly op: "constant"; readonly value: number }
  /** The true number of rows of the batch, as a scalar. */
  | { readonly op: "rows" }
  /** A pointwise function over operands that broadcast along whole axes. */
  | { readonly op: "map"; readonly fn: Fn }
  /** args: output (w, y); input (v, w); filter (v, y). `block`: computed with the fewer products of F(m, r). */
  | {
      readonly op: "convolve";
      readonly of: ConvolveOf;
      readonly map: ConvolveMap;
      readonly block?: Block;
    }
  | { readonly op: "reduce"; readonly fn: "sum" | "max"; readonly axes: readonly Axis[] }
  /** A sparse linear map along positions: crops, padding modes, resampling, average pools, and their adjoints. */
  | { readonly op: "mix"; readonly length: number; readonly segments: readonly Segment[] }
  /** Channels of several signals after one another. */
  | { readonly op: "concat" }
  /** `count` channels from `first` on. */
  | { readonly op: "slice"; readonly first: number; readonly count: number }
  /**
   * The first operand with the second in place of its positions from `first` on: the end of a history. The first is an
   * input that nothing else reads, or such a result, and the last of them is the output that replaces it: it is
   * written where it lies.
   */
  | { readonly op: "put"; readonly first: number }
  /** Uniform in [0, 1): Threefry with key (seed, stream) and counter (step, flat index); args: seed and step, as bits. */
  | { readonly op: "random"; readonly stream: number }
  /** The operand repeated along whole axes. */
  | { readonly op: "broadcast" }
  /** The same values in row-major order under another shape. */
  | { readonly op: "reshape" }
  /** The value, with no gradient through it. */
  | { readonly op: "detach" }
  /** The sum of a weight over the shards of a batch, whose graphs are this one: of one shard, itself (shards.ts). */
  | { readonly op: "shards" };

export interface Node {
  readonly op: Op;
  readonly args: readonly NodeId[];
  readonly type: TensorType;
}

export interface Graph {
  readonly nodes: readonly Node[];
  /** Named results; one that has an input's name replaces that input when the step is done. */
  readonly outputs: Readonly<Record<string, NodeId>>;
}

/** Shapes of v, w and y of one index map. */
export function convolveShapes(m: ConvolveMap): { v: Shape; w: Shape; y: Shape } {
  return {
    v: [1, m.filters, m.outLength],
    w: [m.filters, m.channels / m.groups, m.taps],
    y: [1, m.channels, m.length],
  };
}
