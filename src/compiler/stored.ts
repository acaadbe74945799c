/**
 * Which nodes get bytes, decided in the graph's order. A pointwise node is computed inside its only user, or inside each of
 * several when that costs no more than reading it back (a few cheap operations on one tensor). Otherwise it is stored, as
 * is every result of an anchor or a reduction that some output needs. A shift along positions (a mix of few runs, such as
 * a pool's) that pointwise nodes alone read is a view.
 */
import { append } from "../numerics/extremes.ts";
import { runsOf } from "../graph/mix.ts";
import type { Graph, NodeId } from "../graph/ops.ts";
import { sameType } from "../numerics/tensor.ts";
import { CHEAP_OPERATIONS, rulesOf, viewedFrom } from "./ops.ts";

/** The most nodes and leaves of one expression: a larger one is stored on its way, so no recursion is as deep as a model. */
const MOST_INSIDE = 250;

export interface Stored {
  /** Nodes that have a buffer. */
  readonly stored: ReadonlySet<NodeId>;
  /** The node that holds a node's value: through detach. */
  readonly source: (id: NodeId) => NodeId;
  /** Whether a node has bytes of its own or a view of some: it is read, not computed again. */
  readonly isLeaf: (id: NodeId) => boolean;
  /** Whether a node is another's bytes seen differently: it needs no kernel, unless it is an output. */
  readonly isView: (id: NodeId) => boolean;
  /** Whether it is a view along positions, which pointwise kernels alone can read. */
  readonly isShift: (id: NodeId) => boolean;
  /** Leaves that a pointwise node reads, literals left out. */
  readonly leaves: (id: NodeId) => readonly NodeId[];
  /** Leaves that whoever takes a node's value reads: itself, or those that it is computed from. */
  readonly reads: (id: NodeId) => readonly NodeId[];
  /** Nodes and leaves of the expression that a pointwise node is, each as often as it is read; 1 of others. */
  readonly weight: (id: NodeId) => number;
}

export function storedNodes(graph: Graph): Stored {
  const { nodes } = graph;
  const roleOf = (id: NodeId) => rulesOf(nodes[id].op).role;
  const source = (id: NodeId): NodeId => {
    let at = id;
    while (roleOf(at) === "alias") [at] = nodes[at].args;
    return at;
  };
  const outputs = new Set(Object.values(graph.outputs).map(source));
  const stored = new Set<NodeId>();
  const isLeaf = (id: NodeId): boolean => roleOf(id) !== "pointwise" || stored.has(id);
  const users = usersOf(graph, source);
  const shifts = new Set(
    nodes.flatMap((_, id) => (!outputs.has(id) && readsAsShift(graph, id, users[id]) ? [id] : [])),
  );
  const isShift = (id: NodeId): boolean => shifts.has(id);
  const isView = (id: NodeId): boolean => (viewedFrom(nodes[id]) !== null && !outputs.has(id)) || isShift(id);
  const isLiteral = (id: NodeId): boolean => {
    const rules = rulesOf(nodes[id].op);
    return rules.role === "leaf" && rules.holds === "literal";
  };
  const leaves = (id: NodeId): NodeId[] => {
    const found = new Set<NodeId>();
    const inside = new Set<NodeId>([id]);
    const left = nodes[id].args.toReversed();
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const at = source(next);
      if (isLeaf(at)) {
        if (!isLiteral(at)) found.add(at);
      } else if (!inside.has(at)) {
        inside.add(at);
        append(left, nodes[at].args.toReversed());
      }
    }
    return [...found];
  };
  const reads = (id: NodeId): readonly NodeId[] => {
    if (!isLeaf(id)) return leaves(id);
    return isLiteral(id) ? [] : [id];
  };

  const weights = new Float64Array(nodes.length).fill(1);
  const weigh = (id: NodeId): number =>
    nodes[id].args.map(source).reduce((sum, at) => sum + (isLeaf(at) ? 1 : weights[at]), 1);

  const sight: Sight = { graph, source, isLeaf, isShift, leaves };
  nodes.forEach(({ op }, id) => {
    const rules = rulesOf(op);
    if ((users[id].length === 0 && !outputs.has(id)) || isView(id)) return;
    if (rules.role === "leaf" || rules.role === "alias") return;
    if (rules.role === "pointwise") {
      weights[id] = weigh(id);
      const always = outputs.has(id) || rules.stored === "always" || weights[id] > MOST_INSIDE;
      if (!always && staysInside(sight, id, users[id])) return;
    }
    stored.add(id);
  });
  return { stored, source, isLeaf, isView, isShift, leaves, reads, weight: (id) => weights[id] };
}

type Sight = Pick<Stored, "source" | "isLeaf" | "isShift" | "leaves"> & { readonly graph: Graph };

/** Whether a pointwise node is computed inside its users. */
function staysInside(sight: Sight, id: NodeId, users: readonly NodeId[]): boolean {
  const { nodes } = sight.graph;
  const { type } = nodes[id];
  /** A user that runs over the same indices as the node; a reduction runs over its operand's. */
  const alike = (user: NodeId): boolean => {
    const { role } = rulesOf(nodes[user].op);
    if (role === "reduction" && type.space === "sample") return true;
    return (role === "pointwise" || role === "reduction") && sameType(type, nodes[user].type);
  };
  if (!users.every(alike)) return false;
  // a reduction's pass goes along channels and rows too: it has no place for the ends of shifts
  const isReduced = users.some((user) => rulesOf(nodes[user].op).role === "reduction");
  if (isReduced && sight.leaves(id).some(sight.isShift)) return false;
  if (users.length === 1) return true;
  return isCheap(sight, id);
}

/**
 * Whether a pointwise node is cheap to compute once more: a few operations, counted as often as they are read, on one
 * tensor. What is not is known after a few nodes, however many there are.
 */
function isCheap({ graph: { nodes }, source, isLeaf, isShift }: Sight, id: NodeId): boolean {
  const { type } = nodes[id];
  let operations = 0;
  const tensors = new Set<NodeId>();
  const left = [id];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const at = source(next);
    const { op, args, type: own } = nodes[at];
    const rules = rulesOf(op);
    if (at === id || !isLeaf(at)) {
      if (rules.role === "pointwise") operations += rules.operations(op);
      append(left, args);
    } else {
      const counts = rules.role !== "leaf" || rules.holds === "tensor";
      if (counts && (own.space === "sample" || type.space === "weight"))
        tensors.add(isShift(at) ? source(args[0]) : at);
    }
    if (operations > CHEAP_OPERATIONS || tensors.size > 1) return false;
  }
  return true;
}

/** Whether a node is a mix of few runs that pointwise nodes over its own places alone read. */
function readsAsShift({ nodes }: Graph, id: NodeId, users: readonly NodeId[]): boolean {
  const { op, type } = nodes[id];
  if (op.op !== "mix" || type.space !== "sample" || users.length === 0) return false;
  const isPointwise = (user: NodeId): boolean =>
    rulesOf(nodes[user].op).role === "pointwise" && sameType(nodes[user].type, type);
  return users.every(isPointwise) && runsOf(op.segments) !== null;
}

/** Who reads each node, aliases looked through, dead nodes left out. */
function usersOf({ nodes, outputs }: Graph, source: (id: NodeId) => NodeId): NodeId[][] {
  const users: NodeId[][] = nodes.map(() => []);
  const live = new Set<NodeId>(Object.values(outputs));
  // operands come before what reads them
  for (let id = nodes.length - 1; id >= 0; id--)
    if (live.has(id)) for (const arg of nodes[id].args) live.add(arg);
  for (const [id, { args }] of nodes.entries()) {
    if (!live.has(id) || source(id) !== id) continue;
    for (const a of new Set(args.map(source))) users[a].push(id);
  }
  return users;
}
