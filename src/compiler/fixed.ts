/**
 * What graphs compute of weights alone, apart from the rest: scales of a normalisation, filters that are normed. Where
 * weights seldom change it is computed once for all runs, and once for all graphs that want the same.
 */
import type { Graph, Node, NodeId } from "../graph/ops.ts";
import { plays, viewedFrom } from "./ops.ts";

export interface Apart {
  /** Computes the tensors that the others read by name; null where there are none. */
  readonly weights: Graph | null;
  readonly graphs: Readonly<Record<string, Graph>>;
}

/** Leaves and other views of a tensor cost nothing: whoever reads them has its own. */
const isFree = (node: Node): boolean =>
  plays(node.op, "leaf") || node.op.op === "detach" || viewedFrom(node) !== null;

/** Nodes of weights alone: not of rows, nor of what is random. */
function fixedNodes({ nodes }: Graph): boolean[] {
  const fixed: boolean[] = [];
  for (const { op, args, type } of nodes)
    fixed.push(
      type.space === "weight" && op.op !== "rows" && op.op !== "random" && args.every((a) => fixed[a]),
    );
  return fixed;
}

/** Graphs, and one of what they compute of weights alone; what it makes they read as inputs. */
export function apart(graphs: Readonly<Record<string, Graph>>): Apart {
  const together: Node[] = [];
  const known = new Map<string, NodeId>();
  const results: Record<string, NodeId> = {};
  const given = (copy: NodeId, { type }: Node): Node => {
    const name = `fixed ${copy}`;
    results[name] = copy;
    return { op: { op: "input", name }, args: [], type };
  };
  const rest = ({ nodes, outputs }: Graph, fixed: readonly boolean[]): Graph => {
    const copies = new Map<NodeId, NodeId>();
    nodes.forEach((node, id) => {
      if (!fixed[id]) return;
      const args = node.args.map((a) => copies.get(a) ?? 0);
      const key = JSON.stringify([node.op, args, node.type]);
      const copy = known.get(key) ?? together.push({ ...node, args }) - 1;
      known.set(key, copy);
      copies.set(id, copy);
    });
    const moved = new Map<NodeId, NodeId>();
    const kept: Node[] = [];
    const keep = (id: NodeId): NodeId => {
      const at = moved.get(id);
      if (at !== undefined) return at;
      const node = nodes[id];
      const next =
        fixed[id] && !isFree(node)
          ? given(copies.get(id) ?? 0, node)
          : { ...node, args: node.args.map(keep) };
      moved.set(id, kept.length);
      kept.push(next);
      return kept.length - 1;
    };
    nodes.forEach((_, id) => {
      if (!fixed[id]) keep(id);
    });
    const ends = Object.entries(outputs).map(([name, id]) => [name, keep(id)]);
    return { nodes: kept, outputs: Object.fromEntries(ends) as Graph["outputs"] };
  };
  const others = Object.entries(graphs).map(([name, graph]) => [name, rest(graph, fixedNodes(graph))]);
  const isNone = Object.keys(results).length === 0;
  return {
    weights: isNone ? null : { nodes: together, outputs: results },
    graphs: Object.fromEntries(others) as Apart["graphs"],
  };
}
