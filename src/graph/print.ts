/** A Graph as text, a line a node, for snapshots and for reading. */
import type { Graph, Op, Segment, Term } from "./ops.ts";
import { showType } from "../numerics/tensor.ts";

function label(op: Op): string {
  switch (op.op) {
    case "input":
      return `input ${op.name}`;
    case "constant":
      return `constant ${op.value}`;
    case "map":
      return op.fn;
    case "convolve": {
      const m = op.map;
      const extras = [
        m.stride > 1 ? ` stride ${m.stride}` : "",
        m.dilation > 1 ? ` dilation ${m.dilation}` : "",
        m.padding !== 0 ? ` padding ${m.padding}` : "",
        m.groups > 1 ? ` groups ${m.groups}` : "",
        op.block ? ` by F(${op.block.m}, ${op.block.r})` : "",
      ];
      return `convolve.${op.of} ${m.channels}x${m.length} -> ${m.filters}x${m.outLength} taps ${m.taps}${extras.join("")}`;
    }
    case "reduce":
      return `${op.fn} over ${op.axes.join("")}`;
    case "slice":
      return `slice ${op.first} +${op.count}`;
    case "mix":
      return `mix to ${op.length}: ${op.segments.map(printSegment).join("; ")}`;
    case "put":
      return `put from ${op.first} on`;
    case "random":
      return `random stream ${op.stream}`;
    case "rows":
    case "concat":
    case "broadcast":
    case "reshape":
    case "detach":
    case "shards":
      return op.op;
  }
}

function printSegment({ turns, step, pattern }: Segment): string {
  const term = ([position, weight]: Term): string => (weight === 1 ? `${position}` : `${weight}*${position}`);
  return `${turns} x [${pattern.map((terms) => terms.map(term).join("+") || "0").join(", ")}] step ${step}`;
}

export function printGraph(graph: Graph): string {
  const lines = graph.nodes.map(
    ({ op, args, type }, id) =>
      `%${id} ${showType(type)} = ${label(op)}${args.map((a) => ` %${a}`).join("")}`,
  );
  return [...lines, ...Object.entries(graph.outputs).map(([name, id]) => `${name} = %${id}`)].join("\n");
}
