/**
 * What is made of weights alone, such as a batch normalisation's factor, computed once and not for every row: a graph apart whose
 * results the prediction then reads as if they were weights. Each operation is rounded as before, so no bit changes.
 */
import { rulesOf } from "../compiler/ops.ts";
import type { Graph, Node, NodeId } from "../graph/ops.ts";

export interface Folded {
  /** From weights to what is made of them; null where nothing is. */
  readonly fold: Graph | null;
  readonly predict: Graph;
}

export function foldWeights({ nodes, outputs }: Graph): Folded {
  const fixed: boolean[] = [];
  for (const { op, args, type } of nodes)
    fixed.push(
      type.space === "weight" && op.op !== "rows" && op.op !== "random" && args.every((a) => fixed[a]),
    );
  const isLeaf = (id: NodeId): boolean => rulesOf(nodes[id].op).role === "leaf";
  const made = new Map<NodeId, string>();
  for (const [id, { args }] of nodes.entries())
    if (!fixed[id])
      for (const a of args) if (fixed[a] && !isLeaf(a) && !made.has(a)) made.set(a, `folded/${made.size}`);
  const ends = Object.fromEntries([...made].map(([id, name]) => [name, id]));
  return {
    fold: made.size > 0 ? live({ nodes, outputs: ends }) : null,
    predict: live({
      nodes: nodes.map((node, id): Node => {
        const name = made.get(id);
        return name === undefined ? node : { op: { op: "input", name }, args: [], type: node.type };
      }),
      outputs,
    }),
  };
}

/** The nodes that outputs need, renumbered. */
function live({ nodes, outputs }: Graph): Graph {
  const needed = new Set<NodeId>(Object.values(outputs));
  for (let id = nodes.length - 1; id >= 0; id--)
    if (needed.has(id)) for (const a of nodes[id].args) needed.add(a);
  const kept = [...needed].sort((a, b) => a - b);
  const number = new Map(kept.map((id, i) => [id, i]));
  const to = (id: NodeId): NodeId => number.get(id) ?? 0;
  return {
    nodes: kept.map((id) => ({ ...nodes[id], args: nodes[id].args.map(to) })),
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, id]) => [name, to(id)])),
  };
}
