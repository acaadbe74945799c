/**
 * The gradient as Graph to Graph: reverse mode, one rule an op. Convolve needs no rule of its own for each form:
 * T(v, w, y) is linear in each argument, so the cotangent of a form takes the place of the argument that the form
 * left out, and the derivative by each operand is again one of the three forms (SYSTEM.md, section 4).
 */
import { GraphBuilder } from "./build.ts";
import { rowsOf, transposedRows } from "./mix.ts";
import type { ConvolveOf, Fn, Graph, Node, NodeId, Op, Term } from "./ops.ts";

/** What a rule sees: the builder, the node's operands, its own result and the cotangent of that result. */
interface Site {
  readonly b: GraphBuilder;
  readonly args: readonly NodeId[];
  readonly out: NodeId;
  readonly g: NodeId;
}

type MapRule = (site: Site) => readonly (NodeId | null)[];

/** d(result)/d(operand) times the cotangent, an entry an operand; null where it is zero. */
const mapRules: Record<Fn, MapRule> = {
  neg: ({ b, g }) => [b.map("neg", g)],
  abs: ({ b, g, args: [x] }) => {
    const zero = b.constant(0);
    return [b.map("selectLt", x, zero, b.map("neg", g), b.map("selectLt", zero, x, g, zero))];
  },
  sqrt: ({ b, g, out }) => [b.map("div", g, b.map("mul", b.constant(2), out))],
  exp: ({ b, g, out }) => [b.map("mul", g, out)],
  log: ({ b, g, args: [x] }) => [b.map("div", g, x)],
  // s' from the output alone: no z is kept
  tanh: ({ b, g, out }) => [b.map("mul", g, b.map("sub", b.constant(1), b.map("mul", out, out)))],
  sigmoid: ({ b, g, out }) => [b.map("mul", g, b.map("mul", out, b.map("sub", b.constant(1), out)))],
  relu: ({ b, g, out }) => [b.map("selectLt", b.constant(0), out, g, b.constant(0))],
  softplus: ({ b, g, args: [x] }) => [b.map("mul", g, b.map("sigmoid", x))],
  erf: ({ b, g, args: [x] }) => [b.map("mul", g, gauss(b, x, 1.1283791670955126, -1))], // 2/sqrt(pi) e^(-x^2)
  gelu: ({ b, g, args: [x] }) => {
    // x Phi(x) has the derivative Phi(x) + x phi(x)
    const half = b.constant(0.5);
    const phi = b.map(
      "add",
      half,
      b.map("mul", half, b.map("erf", b.map("mul", x, b.constant(Math.SQRT1_2)))),
    );
    const density = gauss(b, x, 0.3989422804014327, -0.5); // 1/sqrt(2 pi) e^(-x^2/2)
    return [b.map("mul", g, b.map("add", phi, b.map("mul", x, density)))];
  },
  add: ({ g }) => [g, g],
  sub: ({ b, g }) => [g, b.map("neg", g)],
  mul: ({ b, g, args: [x, y] }) => [b.map("mul", g, y), b.map("mul", g, x)],
  div: ({ b, g, args: [, y], out }) => {
    const by = b.map("div", g, y);
    return [by, b.map("neg", b.map("mul", by, out))];
  },
  min: ({ b, g, args: [x, y] }) => [
    b.map("selectLt", y, x, b.constant(0), g),
    b.map("selectLt", y, x, g, b.constant(0)),
  ],
  max: ({ b, g, args: [x, y] }) => [
    b.map("selectLt", x, y, b.constant(0), g),
    b.map("selectLt", x, y, g, b.constant(0)),
  ],
  selectLt: ({ b, g, args: [x, y] }) => {
    const zero = b.constant(0);
    return [null, null, b.map("selectLt", x, y, g, zero), b.map("selectLt", x, y, zero, g)];
  },
};

/** scale * exp(factor * x^2) */
function gauss(b: GraphBuilder, x: NodeId, scale: number, factor: number): NodeId {
  return b.map("mul", b.constant(scale), b.map("exp", b.map("mul", b.constant(factor), b.map("mul", x, x))));
}

/** The argument of T that each form differentiates by, and those it takes, in the order of its operands. */
const convolveSlots = {
  output: { misses: "v", takes: ["w", "y"] },
  input: { misses: "y", takes: ["v", "w"] },
  filter: { misses: "w", takes: ["v", "y"] },
} as const;
const formBy: Record<"v" | "w" | "y", ConvolveOf> = { v: "output", y: "input", w: "filter" };

function convolveRule(site: Site, op: Extract<Op, { op: "convolve" }>): NodeId[] {
  const { b, args, g } = site;
  const { misses, takes } = convolveSlots[op.of];
  const slots = { [misses]: g, [takes[0]]: args[0], [takes[1]]: args[1] } as Record<"v" | "w" | "y", NodeId>;
  return takes.map((slot) => {
    const of = formBy[slot];
    const [first, second] = convolveSlots[of].takes;
    return b.convolve(of, slots[first], slots[second], op.map);
  });
}

function rule(site: Site, node: Node): readonly (NodeId | null)[] {
  const { b, g, out } = site;
  const { op, args } = node;
  switch (op.op) {
    case "input":
    case "constant":
    case "rows":
      return [];
    case "random":
      return [null, null];
    case "mix":
      return [b.mix(g, transposedRows(rowsOf(op.segments), b.type(args[0]).shape[2]))];
    case "concat": {
      let first = 0;
      return args.map((a) => {
        const count = b.type(a).shape[1];
        first += count;
        return b.slice(g, first - count, count);
      });
    }
    case "slice": {
      const [, channels, positions] = b.type(args[0]).shape;
      const zeros = (count: number): NodeId[] =>
        count > 0 ? [b.broadcast(b.constant(0), { space: "sample", shape: [1, count, positions] })] : [];
      return [b.concat([...zeros(op.first), g, ...zeros(channels - op.first - op.count)])];
    }
    case "put": {
      const [whole, part] = args.map((a) => b.type(a).shape[2]);
      const kept = (t: number): boolean => t < op.first || t >= op.first + part;
      return [
        b.mix(
          g,
          Array.from({ length: whole }, (_, t): Term[] => (kept(t) ? [[t, 1]] : [])),
        ),
        b.stretch(g, op.first, part),
      ];
    }
    case "detach":
      return [null];
    case "shards":
      // every shard's result has this shard's operand in it
      return [b.shards(g)];
    case "map":
      return mapRules[op.fn](site).map((d, i) => (d === null ? null : b.sumTo(d, b.type(args[i]))));
    case "convolve":
      return convolveRule(site, op);
    case "reduce":
      // every position that holds the maximum gets the cotangent
      return [
        op.fn === "sum" ? b.broadcast(g, b.type(args[0])) : b.map("selectLt", args[0], out, b.constant(0), g),
      ];
    case "broadcast":
      return [b.sumTo(g, b.type(args[0]))];
    case "reshape":
      return [b.reshape(g, b.type(args[0]).shape)];
  }
}

export interface Gradient {
  readonly graph: Graph;
  /** The derivative of `output` by each node asked for, of that node's type; null where it is zero. */
  readonly gradients: readonly (NodeId | null)[];
}

/**
 * Adds the derivative of a scalar node by each node of `by`, or of T = seed . output where a cotangent of the
 * output's type is given.
 */
export function gradient(graph: Graph, output: NodeId, by: readonly NodeId[], seed?: NodeId): Gradient {
  const b = new GraphBuilder(graph);
  const needed = reaching(graph, by);
  const cotangents = new Map<NodeId, NodeId>();
  cotangents.set(output, seed ?? b.constant(1));
  for (let id = output; id >= 0; id--) {
    const g = cotangents.get(id);
    if (g === undefined || !needed.has(id)) continue;
    const node = graph.nodes[id];
    rule({ b, args: node.args, out: id, g }, node).forEach((d, i) => {
      const arg = node.args[i];
      if (d === null || !needed.has(arg)) return;
      const sum = cotangents.get(arg);
      cotangents.set(arg, sum === undefined ? d : b.map("add", sum, d));
    });
  }
  return { graph: b.build(graph.outputs), gradients: by.map((id) => cotangents.get(id) ?? null) };
}

/** The nodes whose value depends on one of `by`. */
function reaching(graph: Graph, by: readonly NodeId[]): Set<NodeId> {
  const set = new Set(by);
  graph.nodes.forEach(({ args }, id) => {
    if (args.some((a) => set.has(a))) set.add(id);
  });
  return set;
}
