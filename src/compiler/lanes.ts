/**
 * Which axis the lanes of a program run along: samples, channels or positions. It follows from the graphs and the batch alone, never
 * from the machine, since sums across rows are taken in another order along another axis.
 */
import type { Graph, Node, NodeId } from "../graph/ops.ts";
import { size } from "../numerics/tensor.ts";
import { LANES, rowsOf, stepsOf, vectorsOf, type LaneAxis } from "../vector/layout.ts";

/** Another axis than samples must be this much cheaper: it moves floats one by one where lanes change. */
const GAIN = 0.8;

/** The axis of least cost among those that every op has a kernel for; `packed`: filters are packed before, once. */
export function laneAxis(graphs: readonly Graph[], batch: number, packed = false): LaneAxis {
  const fitting = (["samples", "channels", "positions"] as const).filter((lanes) =>
    graphs.every((graph) => fits(graph, lanes)),
  );
  const cost = (lanes: LaneAxis): number => laneCost(graphs, batch, lanes, packed);
  const best = fitting.reduce((a, b) => (cost(b) < cost(a) ? b : a));
  return cost(best) < GAIN * cost("samples") ? best : "samples";
}

/** Vector operations of graphs along an axis, roughly. */
export const laneCost = (graphs: readonly Graph[], batch: number, lanes: LaneAxis, packed = false): number =>
  graphs.flatMap(liveNodes).reduce((sum, node) => sum + costOf(node, batch, lanes, packed), 0);

/** Nodes that an output needs. */
function liveNodes({ nodes, outputs }: Graph): Node[] {
  const live = new Set<NodeId>(Object.values(outputs));
  for (let id = nodes.length - 1; id >= 0; id--) if (live.has(id)) nodes[id].args.forEach((a) => live.add(a));
  return nodes.filter((_, id) => live.has(id));
}

/** A load that starts at any position spans two cache lines. */
const UNALIGNED = 1.5;

/** A reshape between two signals of many positions writes every float out: no more of them than this. */
const MOST_MOVES = 1024;

/** Whether every op has a kernel along an axis. */
export function fits(graph: Graph, lanes: LaneAxis): boolean {
  if (lanes === "samples") return true;
  return lanes === "channels" ? fitsChannels(graph) : fitsPositions(graph);
}

/** Position lanes are for prediction: signals of stride 1, maps, and sums along positions. */
function fitsPositions(graph: Graph): boolean {
  const { nodes } = graph;
  return liveNodes(graph).every(({ op, args, type }) => {
    switch (op.op) {
      case "convolve":
        return op.of === "output" && op.map.groups === 1 && (op.map.stride === 1 || op.map.outLength === 1);
      case "reshape":
        return type.space === "weight" || size(type.shape) <= MOST_MOVES;
      case "reduce":
        return nodes[args[0]].type.space === "weight" || (op.fn === "sum" && op.axes.join("") === "t");
      case "input":
      case "constant":
      case "rows":
      case "map":
      case "broadcast":
      case "detach":
        return true;
      default:
        return false;
    }
  });
}

function fitsChannels({ nodes }: Graph): boolean {
  const wholeBlocks = (channels: number): boolean => channels % LANES === 0;
  return nodes.every(({ op, args, type }) => {
    switch (op.op) {
      case "convolve":
        return op.map.groups === 1;
      case "reshape": {
        const [, c, t] = nodes[args[0]].type.shape;
        return type.space === "weight" || t === 1 || type.shape[2] === 1 || c * t <= MOST_MOVES;
      }
      case "slice":
        return type.space === "weight" || (wholeBlocks(op.first) && wholeBlocks(op.count));
      case "concat":
        return type.space === "weight" || args.every((a) => wholeBlocks(nodes[a].type.shape[1]));
      case "reduce": {
        const { space, shape } = nodes[args[0]].type;
        if (space === "weight") return true;
        const over = (axis: "n" | "c" | "t"): boolean => op.axes.includes(axis);
        if (!over("n")) return !(over("c") && over("t")) || shape[2] === 1;
        return over("c") || over("t") || shape[1] === 1 || shape[2] === 1;
      }
      case "map":
      case "broadcast":
        return type.space === "weight" || args.every((a) => variesOneWay(nodes[a]));
      default:
        return true;
    }
  });
}

const variesOneWay = ({ type }: Node): boolean =>
  type.space === "sample" || type.shape[1] === 1 || type.shape[2] === 1;

/** Vector operations of a node, roughly. */
function costOf({ op, type }: Node, batch: number, lanes: LaneAxis, packed: boolean): number {
  const rows = rowsOf(batch, lanes);
  if (op.op === "convolve") {
    const { filters, channels, taps, outLength, groups } = op.map;
    if (lanes === "positions")
      return UNALIGNED * rows * stepsOf(outLength, lanes) * taps * filters * channels;
    if (lanes === "samples") return (rows * outLength * taps * filters * channels) / groups;
    const [inLanes, summed] = op.of === "input" ? [channels, filters] : [filters, channels];
    return vectorsOf(inLanes, lanes) * summed * taps * (rows * outLength + (packed ? 0 : LANES));
  }
  if (type.space === "weight") return 0;
  return rows * vectorsOf(type.shape[1], lanes) * stepsOf(type.shape[2], lanes);
}
