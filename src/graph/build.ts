/**
 * Builds Graphs. Nodes are hash-consed (equal nodes are one node), constants fold, and sums drop what does not
 * vary along them: sum(x * k) = k * sum(x). That last rule is what turns the plain derivative of batch
 * normalisation into its closed form with two sums.
 */
import type { Axis, ConvolveMap, ConvolveOf, Fn, Graph, Node, NodeId, Op } from "./ops.ts";
import { sameType, type Shape, type Space, type TensorType } from "../numerics/tensor.ts";
import { typeOf } from "./check.ts";
import { GraphTooLarge, segmentsOf, type Rows } from "./mix.ts";

/** The most nodes: a model and its gradient have some hundreds to thousands. */
export const MOST_NODES = 50_000;
/** The most strides of transposed convolutions and of gradients that go back through a stride: each is as many kernels. */
export const MOST_STRIDES = 4096;
/** Products of more factors are not taken apart: squares of squares have 2^n. */
const MOST_FACTORS = 64;

const scalar: TensorType = { space: "weight", shape: [1, 1, 1] };

export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #known = new Map<string, NodeId>();
  #strides = 0;

  /** Starts empty, or from the nodes of a graph, which keep their numbers. */
  constructor(from?: Graph) {
    for (const node of from?.nodes ?? []) this.#push(node.op, node.args, node.type);
  }

  node(id: NodeId): Node {
    return this.#nodes[id];
  }

  type(id: NodeId): TensorType {
    return this.#nodes[id].type;
  }

  build(outputs: Record<string, NodeId>): Graph {
    return { nodes: [...this.#nodes], outputs };
  }

  /** A node of another graph over operands of this one. */
  copy({ op, type }: Node, args: readonly NodeId[]): NodeId {
    return this.#push(op, args, type);
  }

  input(name: string, space: Space, shape: Shape): NodeId {
    return this.#push({ op: "input", name }, [], { space, shape });
  }

  constant(value: number): NodeId {
    return this.#push({ op: "constant", value: Math.fround(value) }, [], scalar);
  }

  rows(): NodeId {
    return this.#push({ op: "rows" }, [], scalar);
  }

  convolve(of: ConvolveOf, a: NodeId, b: NodeId, map: ConvolveMap): NodeId {
    return this.#typed({ op: "convolve", of, map }, [a, b]);
  }

  /** Results along positions as rows of [position, weight] terms. */
  mix(a: NodeId, rows: Rows): NodeId {
    return this.#typed({ op: "mix", length: rows.length, segments: segmentsOf(rows) }, [a]);
  }

  /** `count` neighbours from position `first` on: the same as a mix of them one by one. */
  stretch(a: NodeId, first: number, count: number): NodeId {
    const segment = { first: 0, turns: count, step: count > 1 ? 1 : 0, pattern: [[[first, 1] as const]] };
    return this.#typed({ op: "mix", length: count, segments: [segment] }, [a]);
  }

  concat(parts: readonly NodeId[]): NodeId {
    return parts.length === 1 ? parts[0] : this.#typed({ op: "concat" }, parts);
  }

  slice(a: NodeId, first: number, count: number): NodeId {
    return count === this.type(a).shape[1] ? a : this.#typed({ op: "slice", first, count }, [a]);
  }

  /** `whole` with `part` in place of its positions from `first` on. */
  put(whole: NodeId, part: NodeId, first: number): NodeId {
    return this.#typed({ op: "put", first }, [whole, part]);
  }

  /** Uniform in [0, 1) for every value of a row; seed and step are scalars that hold integers as bits. */
  random(shape: Shape, stream: number, seed: NodeId, step: NodeId): NodeId {
    return this.#push({ op: "random", stream }, [seed, step], { space: "sample", shape });
  }

  reshape(a: NodeId, shape: Shape): NodeId {
    const type = { space: this.type(a).space, shape };
    return sameType(type, this.type(a)) ? a : this.#push({ op: "reshape" }, [a], type);
  }

  broadcast(a: NodeId, type: TensorType): NodeId {
    if (sameType(type, this.type(a))) return a;
    const { op, args } = this.node(a);
    return this.#push({ op: "broadcast" }, [op.op === "broadcast" ? args[0] : a], type);
  }

  detach(a: NodeId): NodeId {
    return this.#typed({ op: "detach" }, [a]);
  }

  /** The sum of a weight over all shards of the batch. */
  shards(a: NodeId): NodeId {
    return this.#typed({ op: "shards" }, [a]);
  }

  max(a: NodeId, axes: readonly Axis[]): NodeId {
    const kept = this.#varying(a, axes);
    return kept.length ? this.#typed({ op: "reduce", fn: "max", axes: kept }, [a]) : a;
  }

  /** Sum along axes. Factors that do not vary along any of them are taken out of the sum. */
  sum(a: NodeId, axes: readonly Axis[]): NodeId {
    const kept = this.#varying(a, axes);
    if (kept.length === 0) return a;
    const factors = this.#factors(a);
    const outside = factors.filter((f) => this.#varying(f, kept).length === 0);
    const inside = factors.filter((f) => !outside.includes(f));
    if (outside.length > 0 && inside.length > 0) {
      const product = inside.reduce((x, y) => this.map("mul", x, y));
      if (sameType(this.type(product), this.type(a))) {
        return outside.reduce((x, y) => this.map("mul", x, y), this.sum(product, kept));
      }
    }
    const { op, args } = this.node(a);
    if (op.op === "map" && op.fn === "neg") return this.map("neg", this.sum(args[0], kept));
    return this.#typed({ op: "reduce", fn: "sum", axes: kept }, [a]);
  }

  /** Sums a cotangent down to the type of the operand that was broadcast. */
  sumTo(a: NodeId, type: TensorType): NodeId {
    const from = this.type(a);
    const axes: Axis[] = [];
    if (from.space === "sample" && type.space === "weight") axes.push("n");
    if (from.shape[0] !== type.shape[0])
      throw new Error("a weight's first axis never broadcasts to a gradient");
    if (from.shape[1] !== type.shape[1]) axes.push("c");
    if (from.shape[2] !== type.shape[2]) axes.push("t");
    return this.sum(a, axes);
  }

  /** One pointwise function, with the identities that derivatives bring folded away. */
  map(fn: Fn, ...operands: NodeId[]): NodeId {
    const args = this.#narrow(fn, operands);
    const value = (i: number): number | null => {
      const op = this.node(args[i]).op;
      return op.op === "constant" ? op.value : null;
    };
    const keeps = (i: number): boolean =>
      sameType(
        this.type(args[i]),
        typeOf(
          { op: "map", fn },
          args.map((a) => this.type(a)),
        ),
      );
    if (fn === "mul") {
      if (value(0) === 1 && keeps(1)) return args[1];
      if (value(1) === 1 && keeps(0)) return args[0];
    }
    if (fn === "add" && value(1) === 0) return args[0];
    if (fn === "neg") {
      const inner = this.node(args[0]);
      if (inner.op.op === "map" && inner.op.fn === "neg") return inner.args[0];
    }
    return this.#typed({ op: "map", fn }, args);
  }

  /** Operands read straight from what was broadcast, wherever another operand has the full type anyway. */
  #narrow(fn: Fn, operands: readonly NodeId[]): NodeId[] {
    const args = [...operands];
    const type = typeOf(
      { op: "map", fn },
      args.map((a) => this.type(a)),
    );
    args.forEach((a, i) => {
      const { op, args: inner } = this.node(a);
      if (op.op !== "broadcast") return;
      const types = args.map((x, j) => this.type(j === i ? inner[0] : x));
      if (sameType(typeOf({ op: "map", fn }, types), type)) args[i] = inner[0];
    });
    return args;
  }

  /** The flattened factors of a product, from left to right; one of very many is its own only factor. */
  #factors(a: NodeId): NodeId[] {
    const found: NodeId[] = [];
    const left = [a];
    for (let x = left.pop(); x !== undefined; x = left.pop()) {
      const { op, args } = this.node(x);
      if (op.op === "map" && op.fn === "mul") left.push(args[1], args[0]);
      else found.push(x);
      if (found.length + left.length > MOST_FACTORS) return [a];
    }
    return found;
  }

  /** Those of the axes along which a node's value can vary. */
  #varying(a: NodeId, axes: readonly Axis[]): Axis[] {
    const { space, shape } = this.type(a);
    return axes.filter((x) => (x === "n" ? space === "sample" : shape[x === "c" ? 1 : 2] > 1));
  }

  #typed(op: Op, args: readonly NodeId[]): NodeId {
    return this.#push(
      op,
      args,
      typeOf(
        op,
        args.map((a) => this.type(a)),
      ),
    );
  }

  #push(op: Op, args: readonly NodeId[], type: TensorType): NodeId {
    const key = JSON.stringify([op, args, type]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#nodes.length >= MOST_NODES)
      throw new GraphTooLarge(`its graph has more than ${MOST_NODES} operations`);
    if (op.op === "convolve" && op.of === "input") this.#strides += Math.min(op.map.stride, op.map.length);
    if (this.#strides > MOST_STRIDES)
      throw new GraphTooLarge(
        `the strides of its transposed convolutions are more than ${MOST_STRIDES} together`,
      );
    this.#nodes.push({ op, args, type });
    this.#known.set(key, this.#nodes.length - 1);
    return this.#nodes.length - 1;
  }
}

/** Sizes of a convolution from its operands' shapes; throws RangeError where the filter does not fit. */
export function convolveMap(
  y: Shape,
  w: Shape,
  options: { stride?: number; dilation?: number; padding?: readonly [number, number]; groups?: number } = {},
): ConvolveMap {
  const { stride = 1, dilation = 1, padding = [0, 0], groups = 1 } = options;
  const span = dilation * (w[2] - 1) + 1;
  const padded = y[2] + padding[0] + padding[1];
  if (span > padded)
    throw new RangeError(`a filter that spans ${span} positions does not fit ${padded} positions`);
  const outLength = Math.floor((padded - span) / stride) + 1;
  return {
    channels: y[1],
    length: y[2],
    filters: w[0],
    outLength,
    taps: w[2],
    stride,
    dilation,
    padding: padding[0],
    groups,
  };
}
