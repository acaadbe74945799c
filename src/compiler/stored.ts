/**
 * Which nodes get bytes, decided in the graph's order. A pointwise node is computed inside its only user, or inside each of
 * several when that costs no more than reading it back (a few cheap operations on one tensor). Otherwise it is stored, as
 * is every result of an anchor or a reduction that some output needs.
 */
import type { Graph, NodeId } from "../graph/ops.ts";
import { sameType } from "../numerics/tensor.ts";
import { CHEAP_OPERATIONS, rulesOf, viewedFrom } from "./ops.ts";

export interface Stored {
  /** Nodes that have a buffer. */
  readonly stored: ReadonlySet<NodeId>;
  /** The node that holds a node's value: through detach. */
  readonly source: (id: NodeId) => NodeId;
  /** Whether a node has bytes of its own or a view of some: it is read, not computed again. */
  readonly isLeaf: (id: NodeId) => boolean;
  /** Whether a node is another's bytes seen differently: it needs no kernel, unless it is an output. */
  readonly isView: (id: NodeId) => boolean;
  /** Leaves that a pointwise node reads, literals left out. */
  readonly leaves: (id: NodeId) => readonly NodeId[];
  /** Leaves that whoever takes a node's value reads: itself, or those that it is computed from. */
  readonly reads: (id: NodeId) => readonly NodeId[];
}

export function storedNodes(graph: Graph): Stored {
  const { nodes } = graph;
  const roleOf = (id: NodeId) => rulesOf(nodes[id].op).role;
  const source = (id: NodeId): NodeId => (roleOf(id) === "alias" ? source(nodes[id].args[0]) : id);
  const outputs = new Set(Object.values(graph.outputs).map(source));
  const stored = new Set<NodeId>();
  const isLeaf = (id: NodeId): boolean => roleOf(id) !== "pointwise" || stored.has(id);
  const isView = (id: NodeId): boolean => viewedFrom(nodes[id]) !== null && !outputs.has(id);
  const isLiteral = (id: NodeId): boolean => {
    const rules = rulesOf(nodes[id].op);
    return rules.role === "leaf" && rules.holds === "literal";
  };
  const leaves = (id: NodeId): NodeId[] => {
    const found = new Set<NodeId>();
    eachInside({ graph, source, isLeaf }, id, (_, leaf) => {
      if (leaf !== null && !isLiteral(leaf)) found.add(leaf);
    });
    return [...found];
  };
  const reads = (id: NodeId): readonly NodeId[] => {
    if (!isLeaf(id)) return leaves(id);
    return isLiteral(id) ? [] : [id];
  };

  const users = usersOf(graph, source);
  const sight: Sight = { graph, source, isLeaf };
  nodes.forEach(({ op }, id) => {
    const rules = rulesOf(op);
    if ((users[id].length === 0 && !outputs.has(id)) || isView(id)) return;
    if (rules.role === "leaf" || rules.role === "alias") return;
    if (rules.role === "pointwise") {
      const always = outputs.has(id) || rules.stored === "always";
      if (!always && staysInside(sight, id, users[id])) return;
    }
    stored.add(id);
  });
  return { stored, source, isLeaf, isView, leaves, reads };
}

type Sight = Pick<Stored, "source" | "isLeaf"> & { readonly graph: Graph };

/** Visits a pointwise node, the nodes that are computed inside it, and each with the leaves that it reads. */
function eachInside(sight: Sight, id: NodeId, visit: (node: NodeId, leaf: NodeId | null) => void): void {
  const { graph, source, isLeaf } = sight;
  visit(id, null);
  for (const arg of graph.nodes[id].args.map(source)) {
    if (isLeaf(arg)) visit(id, arg);
    else eachInside(sight, arg, visit);
  }
}

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
  if (users.length === 1) return true;
  const { operations, tensors } = costOf(sight, id);
  return operations <= CHEAP_OPERATIONS && tensors <= 1;
}

/** What it takes to compute a pointwise node once more: operations, and tensors to read. */
function costOf(sight: Sight, id: NodeId): { readonly operations: number; readonly tensors: number } {
  const { nodes } = sight.graph;
  let operations = 0;
  const tensors = new Set<NodeId>();
  eachInside(sight, id, (node, leaf) => {
    const { op, type } = nodes[node];
    const rules = rulesOf(op);
    if (leaf === null) {
      if (rules.role === "pointwise") operations += rules.operations(op);
      return;
    }
    const given = rulesOf(nodes[leaf].op);
    const counts = given.role !== "leaf" || given.holds === "tensor";
    if (counts && (nodes[leaf].type.space === "sample" || type.space === "weight")) tensors.add(leaf);
  });
  return { operations, tensors: tensors.size };
}

/** Who reads each node, aliases looked through, dead nodes left out. */
function usersOf(graph: Graph, source: (id: NodeId) => NodeId): NodeId[][] {
  const users: NodeId[][] = graph.nodes.map(() => []);
  const live = new Set<NodeId>();
  const visit = (id: NodeId): void => {
    if (live.has(id)) return;
    live.add(id);
    graph.nodes[id].args.forEach(visit);
  };
  Object.values(graph.outputs).forEach(visit);
  for (const id of [...live].sort((a, b) => a - b)) {
    if (source(id) !== id) continue;
    for (const a of new Set(graph.nodes[id].args.map(source))) users[a].push(id);
  }
  return users;
}
