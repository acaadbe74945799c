/**
 * Shape rules of every op, and the check that runs after each pass: a Graph is legal when its nodes are in
 * topological order, each type follows from the operands', and its outputs exist.
 */
import { arity, convolveShapes, type Graph, type Op } from "./ops.ts";
import { sameShape, sameType, showType, size, type Shape, type TensorType } from "../numerics/tensor.ts";

type Rules = {
  [K in Op["op"]]: (op: Extract<Op, { op: K }>, args: readonly TensorType[]) => TensorType | null;
};

/** The type that follows from the operands', or null where the node states its own (leaves, reshape). */
const rules: Rules = {
  input: () => null,
  constant: () => ({ space: "weight", shape: [1, 1, 1] }),
  rows: () => ({ space: "weight", shape: [1, 1, 1] }),
  map: (op, args) => {
    expect(args.length === arity[op.fn], `${op.fn} takes ${arity[op.fn]} operands, got ${args.length}`);
    return args.reduce((a, b) => broadcast(op.fn, a, b));
  },
  convolve: (op, args) => {
    const { v, w, y } = convolveShapes(op.map);
    const [types, result] = {
      output: [
        ["weight", w, "sample", y],
        ["sample", v],
      ] as const,
      input: [
        ["sample", v, "weight", w],
        ["sample", y],
      ] as const,
      filter: [
        ["sample", v, "sample", y],
        ["weight", w],
      ] as const,
    }[op.of];
    args.forEach((type, i) => {
      const want: TensorType = {
        space: types[i * 2] as TensorType["space"],
        shape: types[i * 2 + 1] as Shape,
      };
      expect(
        sameType(type, want),
        `convolve of ${op.of}: operand ${i} is ${showType(type)}, not ${showType(want)}`,
      );
    });
    return { space: result[0], shape: result[1] };
  },
  reduce: (op, [a]) => ({
    space: op.axes.includes("n") ? "weight" : a.space,
    shape: [a.shape[0], op.axes.includes("c") ? 1 : a.shape[1], op.axes.includes("t") ? 1 : a.shape[2]],
  }),
  mix: (op, [a]) => {
    const last = op.segments.reduce((sum, s) => sum + s.turns * s.pattern.length, 0);
    expect(last === op.length, `mix of ${op.length} results has rows for ${last}`);
    expect(a.space === "sample", "mix runs along the positions of rows");
    return { space: "sample", shape: [1, a.shape[1], op.length] };
  },
  concat: (_, args) => {
    expect(
      args.every((a) => a.space === "sample" && a.shape[2] === args[0].shape[2]),
      `concat of ${args.map(showType).join(" and ")}: all have the same positions`,
    );
    return { space: "sample", shape: [1, args.reduce((sum, a) => sum + a.shape[1], 0), args[0].shape[2]] };
  },
  slice: (op, [a]) => {
    expect(
      a.space === "sample" && op.first >= 0 && op.count >= 1 && op.first + op.count <= a.shape[1],
      `slice of channels ${op.first} to ${op.first + op.count} of ${showType(a)}`,
    );
    return { space: "sample", shape: [1, op.count, a.shape[2]] };
  },
  put: (op, [whole, part]) => {
    const [, channels, positions] = part.shape;
    expect(
      whole.space === "sample" &&
        part.space === "sample" &&
        channels === whole.shape[1] &&
        op.first >= 0 &&
        op.first + positions <= whole.shape[2],
      `put of ${showType(part)} into ${showType(whole)} from ${op.first} on`,
    );
    return whole;
  },
  random: () => null,
  broadcast: () => null,
  reshape: () => null,
  detach: (_, [a]) => a,
  shards: (_, [a]) => {
    expect(a.space === "weight", `a sum over shards of ${showType(a)}; it is of weights`);
    return a;
  },
};

function expect(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

function broadcast(fn: string, a: TensorType, b: TensorType): TensorType {
  const shape = a.shape.map((n, i) => {
    const m = b.shape[i];
    expect(n === m || n === 1 || m === 1, `${fn}: ${showType(a)} and ${showType(b)} do not broadcast`);
    return Math.max(n, m);
  }) as unknown as Shape;
  const space = a.space === "sample" || b.space === "sample" ? "sample" : "weight";
  expect(space === "weight" || shape[0] === 1, `${fn}: ${showType(a)} and ${showType(b)} do not broadcast`);
  return { space, shape };
}

/** The type of a node from its op and its operands' types; throws Error where the op refuses them. */
export function typeOf(op: Op, args: readonly TensorType[]): TensorType {
  const type = (rules[op.op] as (op: Op, args: readonly TensorType[]) => TensorType | null)(op, args);
  if (type === null) throw new Error(`${op.op} states its own type`);
  return type;
}

/** Throws Error naming the first node that breaks a rule. */
export function checkGraph(graph: Graph): void {
  graph.nodes.forEach(({ op, args, type }, id) => {
    const where = `node ${id} (${op.op})`;
    expect(
      args.every((a) => a >= 0 && a < id),
      `${where} uses a later node`,
    );
    const types = args.map((a) => graph.nodes[a].type);
    const follows = (rules[op.op] as (op: Op, args: readonly TensorType[]) => TensorType | null)(op, types);
    expect(follows === null || sameType(follows, type), `${where} is ${showType(type)}`);
    if (op.op === "reshape") {
      expect(size(types[0].shape) === size(type.shape), `${where} changes the number of values`);
      expect(types[0].space === type.space, `${where} changes the space`);
    }
    if (op.op === "broadcast")
      expect(sameType(broadcast("broadcast", types[0], type), type), `${where} does not spread to its type`);
    if (type.space === "sample") expect(type.shape[0] === 1, `${where} has two batch axes`);
  });
  checkPuts(graph);
  const inputs = new Map(graph.nodes.flatMap(({ op, type }) => (op.op === "input" ? [[op.name, type]] : [])));
  for (const [name, id] of Object.entries(graph.outputs)) {
    expect(id >= 0 && id < graph.nodes.length, `output ${name} does not exist`);
    const input = inputs.get(name);
    if (input) {
      const type = graph.nodes[id].type;
      expect(
        sameShape(input.shape, type.shape),
        `output ${name} is ${showType(type)}, not ${showType(input)}`,
      );
    }
  }
}

/** A put is written where its whole lies: nothing else may read that, and what it makes of an input is the output of that name. */
function checkPuts({ nodes, outputs }: Graph): void {
  const changed = new Set(nodes.flatMap(({ op, args }) => (op.op === "put" ? [args[0]] : [])));
  if (changed.size === 0) return;
  const reads = nodes.flatMap(({ args }) => args).filter((id) => changed.has(id));
  expect(reads.length === changed.size, "what a put changes is read by something else");
  nodes.forEach(({ op, args }, id) => {
    if (op.op !== "put") return;
    const whole = nodes[args[0]].op;
    expect(whole.op === "input" || whole.op === "put", `node ${id} (put) changes no input`);
    if (changed.has(id)) return;
    let root = id;
    while (nodes[root].op.op === "put") [root] = nodes[root].args;
    const { op: input } = nodes[root];
    expect(
      input.op === "input" && outputs[input.name] === id,
      `node ${id} (put) is not the output that replaces what it changes`,
    );
  });
}
