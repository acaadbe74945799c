/**
 * Which axis the lanes of a program run along: samples, channels or positions. It follows from the graphs and the batch alone, never
 * from the machine, since sums across rows are taken in another order along another axis.
 */
import type { Graph, Node, NodeId } from "../graph/ops.ts";
import { axes, type LaneAxis } from "../vector/layout.ts";
import { rulesOf, type OpName, type Site } from "./ops.ts";

/** Another axis than samples must be this much cheaper: it moves floats one by one where lanes change. */
const GAIN = 0.8;

/** The axis of least cost among those that every op has a kernel for; `packed`: filters are packed before, once. */
export function laneAxis(graphs: readonly Graph[], batch: number, packed = false): LaneAxis {
  const all = Object.keys(axes) as LaneAxis[];
  const fitting = all.filter((lanes) => graphs.every((graph) => fits(graph, lanes)));
  const cost = (lanes: LaneAxis): number => laneCost(graphs, batch, lanes, packed);
  const best = fitting.reduce((a, b) => (cost(b) < cost(a) ? b : a));
  return cost(best) < GAIN * cost("samples") ? best : "samples";
}

/** Vector operations of graphs along an axis, roughly. */
export const laneCost = (graphs: readonly Graph[], batch: number, lanes: LaneAxis, packed = false): number =>
  graphs
    .flatMap((graph) => liveNodes(graph).map((node) => siteOf(graph, node)))
    .reduce((sum, site) => sum + rulesOf(site.op).cost(site, { batch, lanes, packed }), 0);

/** Nodes that an output needs. */
function liveNodes({ nodes, outputs }: Graph): Node[] {
  const live = new Set<NodeId>(Object.values(outputs));
  for (let id = nodes.length - 1; id >= 0; id--) if (live.has(id)) nodes[id].args.forEach((a) => live.add(a));
  return nodes.filter((_, id) => live.has(id));
}

const siteOf = ({ nodes }: Graph, { op, type, args }: Node): Site<OpName> => ({
  op,
  type,
  args: args.map((a) => nodes[a].type),
});

/** Whether every op has a kernel along an axis; along channels that is asked of nodes that no output needs, too. */
export function fits(graph: Graph, lanes: LaneAxis): boolean {
  if (lanes === "samples") return true;
  const nodes = lanes === "channels" ? graph.nodes : liveNodes(graph);
  return nodes.map((node) => siteOf(graph, node)).every((site) => rulesOf(site.op).fits[lanes](site));
}
