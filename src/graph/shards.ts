/**
 * A graph of one shard of a batch, cut where it wants sums over all shards. What comes of it are graphs that run one after
 * another; between two of them some of the first's results are summed over the shards, and the second reads the sums.
 */
import { append } from "../numerics/extremes.ts";
import { GraphBuilder } from "./build.ts";
import type { Graph, Node, NodeId } from "./ops.ts";

/** A part of a graph, and what of it is summed over the shards before the next. */
export interface Segment {
  readonly graph: Graph;
  /** Outputs of it by name, weights all, which the next segments read as they are after the sum. */
  readonly summed: readonly string[];
}

/** Ops that are done again where they are read, since that costs no pass over a signal of its own. */
const repeated: ReadonlySet<Node["op"]["op"]> = new Set([
  "input",
  "constant",
  "rows",
  "map",
  "broadcast",
  "detach",
  "random",
]);

const summedName = (id: NodeId): string => `shards/sum${id}`;
const keptName = (id: NodeId): string => `shards/kept${id}`;

/**
 * The segments of a graph, in order; one where there is no sum over shards. A signal that a later segment reads is an output of
 * its own and an input there; pointwise nodes are computed again, as fusion would, but those that convolutions and the
 * like read, which are stored anyway.
 */
export function cutAtShards(graph: Graph): readonly Segment[] {
  const { nodes, outputs } = graph;
  const level = levelsOf(graph);
  const stored = storedBefore(graph, level);
  const count = 1 + nodes.reduce((most, _, id) => Math.max(most, level[id]), 0);
  const wanted = Array.from({ length: count }, () => new Map<string, NodeId>());
  for (const [name, id] of Object.entries(outputs)) wanted[level[id]].set(name, id);
  const builders = wanted.map(() => new GraphBuilder());
  const made = wanted.map(() => new Map<NodeId, NodeId>());
  const summed = wanted.map(() => new Set<string>());
  /** From the last to the first: a segment says what it wants of those before. */
  const segments: Segment[] = [];
  for (let at = count - 1; at >= 0; at--) {
    const b = builders[at];
    const needed = reachOf(graph, [...wanted[at].values()], (id) => isGiven(id, at));
    for (const id of needed) made[at].set(id, place(id, at, b));
    const built = b.build(
      Object.fromEntries([...wanted[at]].map(([name, id]) => [name, found(made[at], id)])),
    );
    segments.unshift({ graph: built, summed: [...summed[at]] });
  }
  return segments;

  /** Whether a segment is given a node by one before it. */
  function isGiven(id: NodeId, at: number): boolean {
    const { op } = nodes[id];
    return op.op === "shards" || (level[id] < at && stored(id));
  }

  function place(id: NodeId, at: number, b: GraphBuilder): NodeId {
    const { op, args, type } = nodes[id];
    if (op.op === "shards") {
      const [of] = args;
      wanted[level[of]].set(summedName(of), of);
      summed[level[of]].add(summedName(of));
      return b.input(summedName(of), type.space, type.shape);
    }
    if (level[id] < at && stored(id)) {
      wanted[level[id]].set(keptName(id), id);
      return b.input(keptName(id), type.space, type.shape);
    }
    return b.copy(
      nodes[id],
      args.map((a) => found(made[at], a)),
    );
  }
}

function found(made: ReadonlyMap<NodeId, NodeId>, id: NodeId): NodeId {
  const at = made.get(id);
  if (at === undefined) throw new Error(`node ${id} is read before it is made`);
  return at;
}

/** How many sums over shards lie behind each node. */
function levelsOf({ nodes }: Graph): Int32Array {
  const level = new Int32Array(nodes.length);
  nodes.forEach(({ op, args }, id) => {
    const before = args.reduce((most, a) => Math.max(most, level[a]), 0);
    level[id] = before + (op.op === "shards" ? 1 : 0);
  });
  return level;
}

/** Whether a node's value is kept for later segments: it is no pointwise one, or an anchor of its own segment reads it. */
function storedBefore({ nodes }: Graph, level: Int32Array): (id: NodeId) => boolean {
  const read = new Set<NodeId>();
  nodes.forEach(({ op, args }, id) => {
    if (!repeated.has(op.op) && op.op !== "shards" && op.op !== "reduce")
      for (const a of args) if (level[a] === level[id]) read.add(a);
  });
  return (id) => {
    const { op } = nodes[id];
    return op.op !== "shards" && (!repeated.has(op.op) || (op.op === "map" && read.has(id)));
  };
}

/** Nodes that some are made of, in the graph's order; what is given is not looked behind. */
function reachOf({ nodes }: Graph, from: readonly NodeId[], isGiven: (id: NodeId) => boolean): NodeId[] {
  const seen = new Set<NodeId>();
  const left = [...from];
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    if (!isGiven(id)) append(left, nodes[id].args);
  }
  return [...seen].toSorted((a, b) => a - b);
}
