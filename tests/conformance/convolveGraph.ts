/** One convolution as a graph, in each of its forms. */
import { convolveMap, GraphBuilder } from "../../src/graph/build.ts";
import type { ConvolveOf, Graph, NodeId } from "../../src/graph/ops.ts";

/** Sizes of a convolution; channels and filters are those of a group. */
export interface Sizes {
  readonly groups: number;
  readonly channels: number;
  readonly filters: number;
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
  readonly left: number;
  readonly right: number;
  readonly length: number;
}

/** `out` is the convolution of the inputs v, w, y that its form takes, or what `behind` makes of it. */
export function convolveGraph(
  of: ConvolveOf,
  s: Sizes,
  behind: (b: GraphBuilder, out: NodeId) => NodeId = (_, out) => out,
): Graph {
  const b = new GraphBuilder();
  const [channels, filters] = [s.channels * s.groups, s.filters * s.groups];
  const w = [filters, s.channels, s.taps] as const;
  const y = [1, channels, s.length] as const;
  const map = convolveMap(y, w, {
    stride: s.stride,
    dilation: s.dilation,
    padding: [s.left, s.right],
    groups: s.groups,
  });
  const inputs = {
    v: () => b.input("v", "sample", [1, filters, map.outLength]),
    w: () => b.input("w", "weight", w),
    y: () => b.input("y", "sample", y),
  };
  const [first, second] = ({ output: ["w", "y"], input: ["v", "w"], filter: ["v", "y"] } as const)[of];
  return b.build({ out: behind(b, b.convolve(of, inputs[first](), inputs[second](), map)) });
}
