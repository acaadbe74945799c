/** Pointwise nodes as vector code: one line a function, the elementary ones from numerics/. */
import type { Fn, Graph, NodeId } from "../../graph/ops.ts";
import * as f32 from "../../numerics/f32.ts";
import { max, min, type Ops } from "../../numerics/ops.ts";
import type { CodeWriter } from "../code.ts";
import { plays } from "../ops.ts";
import type { Value } from "../../vector/vector.ts";

type Emit = <V>(o: Ops<V>, a: V, b: V, x: V, y: V) => V;

const functions: Record<Fn, Emit> = {
  neg: (o, a) => o.xor(a, o.bits(0x80000000)),
  abs: (o, a) => o.andnot(a, o.bits(0x80000000)),
  sqrt: (o, a) => o.sqrt(a),
  exp: (o, a) => f32.exp(o, a),
  log: (o, a) => f32.log(o, a),
  tanh: (o, a) => f32.tanh(o, a),
  sigmoid: (o, a) => f32.sigmoid(o, a),
  erf: (o, a) => f32.erf(o, a),
  softplus: (o, a) => f32.softplus(o, a),
  gelu: (o, a) => f32.gelu(o, a),
  relu: (o, a) => max(o, a, o.float(0)),
  add: (o, a, b) => o.add(a, b),
  sub: (o, a, b) => o.sub(a, b),
  mul: (o, a, b) => o.mul(a, b),
  div: (o, a, b) => o.div(a, b),
  min: (o, a, b) => min(o, a, b),
  max: (o, a, b) => max(o, a, b),
  selectLt: (o, a, b, x, y) => o.select(o.lt(a, b), x, y),
};

/** The value of a node, from those of the leaves that it reads; each node is written once. */
export function emitExpression(
  graph: Graph,
  code: CodeWriter,
  id: NodeId,
  known: Map<NodeId, Value>,
  leaf: (id: NodeId) => Value | null,
  source: (id: NodeId) => NodeId,
): Value {
  const seen = known.get(id);
  if (seen !== undefined) return seen;
  const { op, args } = graph.nodes[id];
  const value = leaf(id) ?? inside();
  known.set(id, value);
  return value;

  function operands(): Value[] {
    return args.map((arg) => emitExpression(graph, code, source(arg), known, leaf, source));
  }
  function inside(): Value {
    if (op.op === "constant") return code.float(op.value);
    if (!plays(op, "pointwise")) return misplaced();
    switch (op.op) {
      case "map": {
        const [a, b, x, y] = operands();
        return functions[op.fn](code, a, b, x, y);
      }
      case "broadcast":
        return operands()[0];
      case "random": // made by the epilogue (scope.ts), from the place in the batch
        return misplaced();
    }
  }
  function misplaced(): never {
    throw new Error(`node ${id} (${op.op}) has no value here`);
  }
}
