/** Gradients of a graph against central differences, both in f64. */
import { GraphBuilder } from "../../src/graph/build.ts";
import { checkGraph } from "../../src/graph/check.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { gradient } from "../../src/graph/gradient.ts";
import type { Graph, NodeId } from "../../src/graph/ops.ts";
import { size } from "../../src/numerics/tensor.ts";

export type Inputs = Record<string, Float64Array>;

/** Numbers from `low` to `high` from a seed. */
export function numbers(seed: number): (count: number, low: number, high: number) => Float64Array {
  let state = seed >>> 0 || 1;
  return (count, low, high) =>
    Float64Array.from({ length: count }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return low + ((state >>> 0) / 4294967296) * (high - low);
    });
}

/** Values for every input of a graph. */
export function valuesFor(graph: Graph, rows: number, seed: number, low = -2, high = 2): Inputs {
  const draw = numbers(seed);
  return Object.fromEntries(
    graph.nodes.flatMap(({ op, type }) =>
      op.op === "input"
        ? [[op.name, draw(size(type.shape) * (type.space === "sample" ? rows : 1), low, high)]]
        : [],
    ),
  );
}

const norm = (x: ArrayLike<number>): number => Math.sqrt(Array.from(x).reduce((sum, v) => sum + v * v, 0));

/** |got - want| over |want|, or |got| where want is zero. */
export function distance(got: ArrayLike<number>, want: ArrayLike<number>): number {
  return norm(Array.from(got, (x, i) => x - want[i])) / (norm(want) || 1);
}

/** Builds a graph's gradient of T = seed . output by its inputs, with `d NAME` for each that has one. */
export function withGradients(graph: Graph, output: NodeId): Graph {
  const b = new GraphBuilder(graph);
  const { space, shape } = b.type(output);
  const seed = b.input("seed", space, shape);
  const inputs = graph.nodes.flatMap(({ op }, id) => (op.op === "input" ? [{ name: op.name, id }] : []));
  const by = inputs.map((i) => i.id);
  const made = gradient(b.build({ output }), output, by, seed);
  const found = made.gradients.flatMap((g, i) => (g === null ? [] : [[`d ${inputs[i].name}`, g] as const]));
  const result = { nodes: made.graph.nodes, outputs: { output, ...Object.fromEntries(found) } };
  checkGraph(result);
  return result;
}

const STEP = 1e-6;

/** The central difference of seed . output by each value of one input. */
export function centralDifference(graph: Graph, values: Inputs, rows: number, name: string): Float64Array {
  const total = (x: Inputs): number => {
    const { output } = evaluate(graph, x, rows);
    return output.reduce((sum, v, i) => sum + v * values.seed[i], 0);
  };
  return values[name].map((x, i) => {
    const at = (value: number): number => total({ ...values, [name]: values[name].with(i, value) });
    return (at(x + STEP) - at(x - STEP)) / (2 * STEP);
  });
}

/** The largest distance between a graph's gradients and central differences, over all its inputs. */
export function gradientError(
  graph: Graph,
  output: NodeId,
  values: Omit<Inputs, "seed">,
  rows: number,
): number {
  const whole = withGradients(graph, output);
  const { space, shape } = graph.nodes[output].type;
  const seed = numbers(77)(size(shape) * (space === "sample" ? rows : 1), 0.5, 1.5);
  const given = { ...values, seed };
  const got = evaluate(whole, given, rows);
  const plain = { nodes: whole.nodes.slice(0, graph.nodes.length + 1), outputs: { output } };
  let worst = 0;
  for (const name of Object.keys(values)) {
    const difference = centralDifference(plain, given, rows, name);
    const exact = got[`d ${name}`] ?? new Float64Array(difference.length);
    worst = Math.max(worst, distance(exact, difference));
  }
  return worst;
}
