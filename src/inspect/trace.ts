/**
 * One row through a model in f64: every layer's output and the gradient of the loss by it, from the same graph that
 * training compiles, evaluated by the oracle.
 */
import { GraphBuilder } from "../graph/build.ts";
import { evaluate } from "../graph/evaluate.ts";
import { gradient } from "../graph/gradient.ts";
import type { ConvolveMap, Graph, NodeId } from "../graph/ops.ts";
import { size } from "../numerics/tensor.ts";
import { maskLength, modelNodes, type Model, type Resolved } from "../layers/model.ts";
import { maskOf, type Extent } from "../models/masks.ts";
import { lossNode, losses } from "../training/losses.ts";
import type { Weights } from "../models/weights.ts";

/** The convolution that a layer is: z = A(w) y + b. */
export interface Convolution {
  readonly map: ConvolveMap;
  readonly w: Float64Array;
  readonly y: Float64Array;
  /** The parameter that w is; null where w is made of parameters, as weight norm does. */
  readonly filter: string | null;
}

export interface Trace {
  readonly loss: number;
  /** The output of each layer, `[channels, length]`. */
  readonly outputs: readonly Float64Array[];
  /** d(loss)/d(output) of each layer, `[channels, length]`. */
  readonly backSignals: readonly Float64Array[];
  /** For each layer that is one. */
  readonly convolutions: readonly (Convolution | null)[];
}

export interface Tracer {
  /** The index map of each layer that is a convolution. */
  readonly maps: readonly (ConvolveMap | null)[];
  trace(): Trace;
  /** The loss with one tensor replaced. */
  lossWith(name: string, data: ArrayLike<number>): number;
}

const INPUT = "explain/input";
const TARGET = "explain/target";

/**
 * Prepares the graphs; `input` is one prepared row, whose own values stand at `extent`, `target` the index of its class. Batch
 * statistics are the row's own.
 */
export function tracer(
  model: Model,
  layers: readonly Resolved[],
  weights: Weights,
  input: ArrayLike<number>,
  target: number,
  extent: Extent = () => [0, model.input.length],
): Tracer {
  const b = new GraphBuilder();
  const x = b.input(INPUT, "sample", [1, model.input.channels, model.input.length]);
  const nodes = modelNodes(b, layers, x, "train", (name, shape) => b.input(name, "weight", shape));
  const { output } = layers[layers.length - 1];
  const loss = lossNode(
    b,
    losses.crossEntropy(),
    nodes.output,
    b.input(TARGET, "sample", [1, output.channels, output.length]),
  );
  const forward = b.build({ loss });
  const { graph, gradients } = gradient(forward, loss, nodes.layers);
  const oneHot = Float64Array.from({ length: output.channels * output.length }, (_, i) =>
    Number(i === target),
  );
  const inputs: Record<string, ArrayLike<number>> = { [INPUT]: input, [TARGET]: oneHot };
  for (const { name, data } of weights) inputs[name] = data;
  // whatever else a training step counts, such as the step that random numbers are drawn for, begins at 0
  for (const { op, type } of graph.nodes)
    if (op.op === "input" && !(op.name in inputs)) {
      const n = maskLength(op.name);
      inputs[op.name] =
        n === null ? new Float64Array(size(type.shape)) : maskOf(extent, 1, model.input.length, n);
    }
  const outputs: Record<string, NodeId> = { loss };
  const convolutions = nodes.layers.map((id) => convolutionAt(graph, id));
  nodes.layers.forEach((id, l) => {
    outputs[`y${l}`] = id;
    const g = gradients[l];
    if (g === null) throw new Error(`the loss does not depend on ${layers[l].name}`);
    outputs[`v${l}`] = g;
    const found = convolutions[l];
    if (found) [outputs[`w${l}`], outputs[`x${l}`]] = [found.w, found.y];
  });
  return {
    maps: convolutions.map((c) => c?.map ?? null),
    trace() {
      const values = evaluate({ nodes: graph.nodes, outputs }, inputs, 1);
      return {
        loss: values.loss[0],
        outputs: layers.map((_, l) => values[`y${l}`]),
        backSignals: layers.map((_, l) => values[`v${l}`]),
        convolutions: convolutions.map((c, l) => {
          if (c === null) return null;
          const { op } = graph.nodes[c.w];
          const filter = op.op === "input" ? op.name : null;
          return { map: c.map, w: values[`w${l}`], y: values[`x${l}`], filter };
        }),
      };
    },
    lossWith: (name, data) => evaluate(forward, { ...inputs, [name]: data }, 1).loss[0],
  };
}

/** The convolution behind a layer's output, with or without a bias. */
function convolutionAt(graph: Graph, id: NodeId): { map: ConvolveMap; w: NodeId; y: NodeId } | null {
  const { op, args } = graph.nodes[id];
  if (op.op === "map" && op.fn === "add" && graph.nodes[args[0]].op.op === "convolve")
    return convolutionAt(graph, args[0]);
  return op.op === "convolve" && op.of === "output" ? { map: op.map, w: args[0], y: args[1] } : null;
}
