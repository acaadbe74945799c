/**
 * Which axis the lanes of a program run along: samples or channels. It follows from the graphs and the batch alone, never
 * from the machine, since sums across rows are taken in another order along another axis.
 */
import type { Graph, Node, NodeId } from "../graph/ops.ts";
import { LANES, rowsOf, vectorsOf, type LaneAxis } from "./layout.ts";

/** Channel lanes must be this much cheaper to be worth packing filters for. */
const GAIN = 0.8;

export function laneAxis(graphs: readonly Graph[], batch: number): LaneAxis {
  if (!graphs.every(fitsChannels)) return "samples";
  const cost = (lanes: LaneAxis): number =>
    graphs.flatMap(liveNodes).reduce((sum, node) => sum + costOf(node, batch, lanes), 0);
  return cost("channels") < GAIN * cost("samples") ? "channels" : "samples";
}

/** Nodes that an output needs. */
function liveNodes({ nodes, outputs }: Graph): Node[] {
  const live = new Set<NodeId>(Object.values(outputs));
  for (let id = nodes.length - 1; id >= 0; id--) if (live.has(id)) nodes[id].args.forEach((a) => live.add(a));
  return nodes.filter((_, id) => live.has(id));
}

/** A reshape between two signals of many positions writes every float out: no more of them than this. */
const MOST_MOVES = 1024;

/** Whether every op has a kernel in channel lanes. */
export function fitsChannels({ nodes }: Graph): boolean {
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
function costOf({ op, type }: Node, batch: number, lanes: LaneAxis): number {
  const rows = rowsOf(batch, lanes);
  if (op.op === "convolve") {
    const { filters, channels, taps, outLength, groups } = op.map;
    if (lanes === "samples") return (rows * outLength * taps * filters * channels) / groups;
    const [inLanes, summed] = op.of === "input" ? [channels, filters] : [filters, channels];
    return vectorsOf(inLanes, lanes) * summed * taps * (rows * outLength + LANES);
  }
  if (type.space === "weight") return 0;
  return rows * vectorsOf(type.shape[1], lanes) * type.shape[2];
}
