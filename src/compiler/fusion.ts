/**
 * Which nodes share a kernel. Three rules, applied in the graph's order:
 *
 * 1. A pointwise node is computed inside its only user, or inside each of several when that costs no more than
 *    reading it back (a few cheap operations on one tensor). Otherwise it is stored.
 * 2. A stored pointwise node joins the kernel that makes its last operand, when both have the same index space: so
 *    bias and activation end up in the convolution's epilogue, the activation's derivative in the back-signal's, and
 *    the parts of an optimizer step in one pass.
 * 3. Sums over the same index space and axes share one pass.
 */
import type { Fn, Graph, NodeId, Op } from "../graph/ops.ts";
import { sameType, type TensorType } from "../numerics/tensor.ts";

/** What one kernel computes: an anchor (or none), then pointwise nodes over the same index space. */
export interface Group {
  readonly type: TensorType;
  /** A convolution, a copy (reshape), or nothing. */
  readonly anchor: NodeId | null;
  /** Sums or maxima that share one pass; then `maps` is empty. */
  readonly reduces: NodeId[];
  /** Stored pointwise nodes, in order. */
  readonly maps: NodeId[];
}

export interface Fusion {
  readonly groups: readonly Group[];
  /** Nodes that have a buffer. */
  readonly stored: ReadonlySet<NodeId>;
  /** The node that holds a node's value: through detach, and through reshape in weight space. */
  readonly source: (id: NodeId) => NodeId;
  /** Whether a node has bytes of its own or a view of some: it is read, not computed again. */
  readonly isLeaf: (id: NodeId) => boolean;
  /** Leaves that a pointwise node reads. */
  readonly leaves: (id: NodeId) => readonly NodeId[];
}

/** Cheap enough to compute twice; the others are divisions, roots and elementary functions. */
const cheap: ReadonlySet<Fn> = new Set(["neg", "abs", "add", "sub", "mul", "min", "max", "relu", "selectLt"]);
const CHEAP_OPERATIONS = 6;
const pointwiseOps: ReadonlySet<Op["op"]> = new Set(["map", "broadcast", "random"]);
/** Ops that are a kernel's anchor; pointwise nodes can join some of them. */
const anchors: ReadonlySet<Op["op"]> = new Set(["convolve", "mix", "concat", "reshape", "slice"]);

export function fuse(graph: Graph): Fusion {
  const { nodes } = graph;
  const source = (id: NodeId): NodeId => {
    const { op, args } = nodes[id];
    return op.op === "detach" ? source(args[0]) : id;
  };
  const pointwise = (id: NodeId): boolean => pointwiseOps.has(nodes[id].op.op);
  /** Nodes that are another's bytes seen differently: they need no kernel, unless they are an output. */
  const isView = (id: NodeId): boolean => {
    const { op, type } = nodes[id];
    return (op.op === "slice" || (op.op === "reshape" && type.space === "weight")) && !outputs.has(id);
  };
  const outputs = new Set(Object.values(graph.outputs).map(source));
  const isLeaf = (id: NodeId): boolean => !pointwise(id) || stored.has(id);

  const users = usersOf(graph, source);
  const stored = new Set<NodeId>();
  nodes.forEach(({ op }, id) => {
    if (source(id) !== id || (users[id].length === 0 && !outputs.has(id))) return;
    if (isView(id)) return;
    if (anchors.has(op.op) || op.op === "reduce") stored.add(id);
    else if (pointwise(id) && mustStore(id)) stored.add(id);
  });

  /** Operands of a pointwise node, down to stored or given ones. */
  function leaves(id: NodeId): NodeId[] {
    const found = new Set<NodeId>();
    const visit = (arg: NodeId): void => {
      const a = source(arg);
      if (isLeaf(a)) found.add(a);
      else nodes[a].args.forEach(visit);
    };
    nodes[id].args.forEach(visit);
    return [...found];
  }

  function mustStore(id: NodeId): boolean {
    if (outputs.has(id) || nodes[id].op.op === "random") return true;
    const inline = users[id].every(
      (u) => (pointwise(u) || nodes[u].op.op === "reduce") && sameIndexSpace(id, u),
    );
    if (!inline) return true;
    if (users[id].length === 1) return false;
    const { operations, tensors } = costOf(id);
    return operations > CHEAP_OPERATIONS || tensors > 1;
  }

  /** Whether a user runs over the same indices as the node (a reduction runs over its operand's). */
  function sameIndexSpace(id: NodeId, user: NodeId): boolean {
    const sum = nodes[user].op.op === "reduce" && nodes[id].type.space === "sample";
    return sum || sameType(nodes[id].type, nodes[user].type);
  }

  function costOf(id: NodeId): { operations: number; tensors: number } {
    let operations = 0;
    const tensors = new Set<NodeId>();
    const visit = (x: NodeId): void => {
      const { op, args, type } = nodes[x];
      if (op.op === "map") operations += cheap.has(op.fn) ? 1 : CHEAP_OPERATIONS + 1;
      for (const arg of args) {
        const a = source(arg);
        if (!isLeaf(a)) visit(a);
        else if (nodes[a].type.space === "sample" || type.space === "weight") tensors.add(a);
      }
    };
    visit(id);
    for (const t of tensors)
      if (nodes[t].op.op === "constant" || nodes[t].op.op === "rows") tensors.delete(t);
    return { operations, tensors: tensors.size };
  }

  // kernels, in the graph's order
  const groups: Group[] = [];
  const madeBy = new Map<NodeId, number>();
  const madeIn = (id: NodeId): number =>
    madeBy.get(id) ?? (isView(id) ? madeIn(source(nodes[id].args[0])) : -1);
  const lastOperand = (ids: readonly NodeId[]): number => Math.max(-1, ...ids.map(madeIn));
  const join = (id: NodeId, group: number): void => {
    madeBy.set(id, group);
  };
  const open = (group: Group): number => groups.push(group) - 1;

  nodes.forEach(({ op, args, type }, id) => {
    if (!stored.has(id)) return;
    if (anchors.has(op.op)) {
      join(id, open({ type, anchor: id, reduces: [], maps: [] }));
    } else if (op.op === "reduce") {
      const over = source(args[0]);
      const ready = lastOperand(isLeaf(over) ? [over] : leaves(over));
      const axes = op.axes.join("");
      const shared = groups.findIndex((g, k) => {
        const [first] = g.reduces;
        if (first === undefined || k <= ready) return false;
        const other = nodes[first].op;
        return (
          other.op === "reduce" &&
          other.fn === op.fn &&
          other.axes.join("") === axes &&
          sameType(nodes[source(nodes[first].args[0])].type, nodes[over].type)
        );
      });
      const group =
        shared >= 0 ? shared : open({ type: nodes[over].type, anchor: null, reduces: [], maps: [] });
      groups[group].reduces.push(id);
      join(id, group);
    } else {
      const last = lastOperand(leaves(id));
      const host = groups[last];
      const joins =
        host !== undefined &&
        host.reduces.length === 0 &&
        sameType(host.type, type) &&
        !isFilterOrCopy(graph, host);
      const group = joins ? last : open({ type, anchor: null, reduces: [], maps: [] });
      groups[group].maps.push(id);
      join(id, group);
    }
  });
  return { groups, stored, source, isLeaf, leaves };
}

function isFilterOrCopy(graph: Graph, { anchor }: Group): boolean {
  if (anchor === null) return false;
  const { op } = graph.nodes[anchor];
  return op.op !== "mix" && (op.op !== "convolve" || op.of === "filter");
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
