/** What all elementwise layers share: one input, its shape kept. */
import type { GraphBuilder } from "../graph/build.ts";
import type { NodeId } from "../graph/ops.ts";
import type { LayerKind } from "./layer.ts";
import type { OptionSource } from "./options.ts";

type None = Readonly<Record<never, never>>;

/** A layer from its options and its value as nodes. */
export function activation<O>(
  options: (o: OptionSource) => O,
  value: (b: GraphBuilder, x: NodeId, options: O) => NodeId,
): LayerKind<O> {
  return {
    inputs: 1,
    options,
    shape: ([x]) => x,
    nodes: ({ b, inputs, options: o }) => value(b, inputs[0], o),
  };
}

/** One without options. */
export const plain = (value: (b: GraphBuilder, x: NodeId) => NodeId): LayerKind<None> =>
  activation(() => ({}), value);
