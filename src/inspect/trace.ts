/**
 * One row through a model in f64: every layer's output and the gradient of the loss by it, from the same graph that
 * training compiles, evaluated by the oracle.
 */
import { GraphBuilder } from "../graph/build.ts";
import { evaluate } from "../graph/evaluate.ts";
import { gradient } from "../graph/gradient.ts";
import { modelNodes, type Model, type Resolved } from "../layers/model.ts";
import { lossNode, losses } from "../training/losses.ts";
import type { Weights } from "../training/trainer.ts";

export interface Trace {
  readonly loss: number;
  /** The output of each layer, `[channels, length]`. */
  readonly outputs: readonly Float64Array[];
  /** d(loss)/d(output) of each layer, `[channels, length]`. */
  readonly backSignals: readonly Float64Array[];
}

export interface Tracer {
  trace(): Trace;
  /** The loss with one tensor replaced. */
  lossWith(name: string, data: ArrayLike<number>): number;
}

const INPUT = "explain/input";
const TARGET = "explain/target";

/** Prepares the graphs; `input` is one prepared row, `target` the index of its class. Batch statistics are the row's own. */
export function tracer(
  model: Model,
  layers: readonly Resolved[],
  weights: Weights,
  input: ArrayLike<number>,
  target: number,
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
  const outputs: Record<string, number> = { loss };
  nodes.layers.forEach((id, l) => {
    outputs[`y${l}`] = id;
    const g = gradients[l];
    if (g === null) throw new Error(`the loss does not depend on ${layers[l].name}`);
    outputs[`v${l}`] = g;
  });
  return {
    trace() {
      const values = evaluate({ nodes: graph.nodes, outputs }, inputs, 1);
      return {
        loss: values.loss[0],
        outputs: layers.map((_, l) => values[`y${l}`]),
        backSignals: layers.map((_, l) => values[`v${l}`]),
      };
    },
    lossWith: (name, data) => evaluate(forward, { ...inputs, [name]: data }, 1).loss[0],
  };
}
