/**
 * What a graph computes of weights alone, apart from the rest: scales of a normalisation, filters that are normed. Where
 * weights seldom change it is computed once for all runs.
 */
import type { Graph, Node, NodeId } from "../graph/ops.ts";
import { plays, viewedFrom } from "./ops.ts";

export interface Apart {
  /** Computes the tensors that `rest` reads under a name; null where there are none. */
  readonly weights: Graph | null;
  readonly rest: Graph;
}

/** A graph in two; names of what lies between begin with `prefix`. */
export function apart(graph: Graph, prefix: string): Apart {
  const { nodes } = graph;
  const fixed: boolean[] = [];
  for (const { op, args, type } of nodes)
    fixed.push(
      type.space === "weight" && op.op !== "rows" && op.op !== "random" && args.every((a) => fixed[a]),
    );
  /** Leaves and other views of a tensor cost nothing: the rest has its own. */
  const isFree = ({ op, ...node }: Node): boolean =>
    plays(op, "leaf") || op.op === "detach" || viewedFrom({ op, ...node }) !== null;
  const results: Record<string, NodeId> = {};
  const moved = new Map<NodeId, NodeId>();
  const kept: Node[] = [];
  const keep = (id: NodeId): NodeId => {
    const known = moved.get(id);
    if (known !== undefined) return known;
    const node = nodes[id];
    const name = `${prefix} ${id}`;
    if (fixed[id] && !isFree(node)) results[name] = id;
    const next: Node =
      fixed[id] && !isFree(node)
        ? { op: { op: "input", name }, args: [], type: node.type }
        : { ...node, args: node.args.map(keep) };
    moved.set(id, kept.length);
    kept.push(next);
    return kept.length - 1;
  };
  nodes.forEach((_, id) => {
    if (!fixed[id]) keep(id);
  });
  const outputs = Object.fromEntries(Object.entries(graph.outputs).map(([name, id]) => [name, keep(id)]));
  const isNone = Object.keys(results).length === 0;
  return { weights: isNone ? null : { nodes, outputs: results }, rest: { nodes: kept, outputs } };
}
