/**
 * What a model's training computes, as graphs: gradients of the loss (with the running statistics moved on), the
 * optimizer's step, prediction. Their inputs and outputs meet by name in one arena.
 */
import { packFloats } from "../compiler/compile.ts";
import { GraphBuilder } from "../graph/build.ts";
import { gradient } from "../graph/gradient.ts";
import { GraphTooLarge } from "../graph/mix.ts";
import type { Graph, NodeId } from "../graph/ops.ts";
import { modelNodes, tensorName, type Resolved } from "../layers/model.ts";
import { InputError } from "../data/errors.ts";
import { lossNode } from "./losses.ts";
import type { Loss } from "../models/scores/loss.ts";
import { optimizerGraph, type AnyOptimizer } from "./optimizers.ts";
import {
  ends,
  gradientName,
  INPUT,
  parametersOf,
  predictGraph,
  ROW_WEIGHTS,
  stateName,
  TARGET,
  tensorInput,
} from "../models/graphs.ts";
import { names, type UpdateRules } from "./updateRules.ts";

/** What batches may have beside rows and answers. */
export interface Asked {
  readonly weighted?: "rows";
  readonly unlabelled?: "ignored";
}

/** Graphs of a model's training, by entry. */
export function trainingGraphs(
  layers: readonly Resolved[],
  loss: Loss,
  optimizer: AnyOptimizer,
  rules: UpdateRules & Asked = {},
): Record<string, Graph> {
  const floats = packFloats(parametersOf(layers).map(({ shape }) => ({ space: "weight", shape })));
  return {
    gradients: within(() => gradientGraph(layers, loss, rules)),
    apply: optimizerGraph(optimizer, floats, rules),
    predict: predictGraph(layers),
  };
}

/** A graph that is no larger than there can be; throws InputError. */
function within(build: () => Graph): Graph {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof GraphTooLarge)) throw error;
    throw new InputError(`the model is too large to train: ${error.message}; make it smaller`);
  }
}

/** Whether a layer has parameters and all are frozen. */
const isFrozen = (layer: Resolved, freeze: readonly string[]): boolean =>
  layer.parameters.length > 0 &&
  layer.parameters.every((p) => freeze.some((prefix) => names(prefix, tensorName(layer, p))));

function gradientGraph(
  layers: readonly Resolved[],
  loss: Loss,
  { freeze = [], weighted, unlabelled }: Asked & { readonly freeze?: readonly string[] },
): Graph {
  const b = new GraphBuilder();
  const { input, output: out } = ends(layers);
  const x = b.input(INPUT, "sample", input);
  const tensor = tensorInput(b, layers);
  const { output, updates } = modelNodes(
    b,
    layers,
    x,
    (layer) => (isFrozen(layer, freeze) ? "predict" : "train"),
    tensor,
  );
  const lossValue = lossNode(b, loss, output, b.input(TARGET, "sample", out), {
    rowWeights: weighted && b.input(ROW_WEIGHTS, "sample", [1, 1, 1]),
    unlabelled,
  });
  const parameters = parametersOf(layers);
  const by = parameters.map((p) => tensor(p.name, p.shape));
  const outputs: Record<string, NodeId> = { loss: lossValue, output };
  const { graph, gradients } = gradient(b.build(outputs), lossValue, by);
  parameters.forEach((p, i) => {
    const g = gradients[i];
    if (g === null) throw new Error(`the loss does not depend on ${p.name}`);
    outputs[gradientName(p.name)] = g;
  });
  for (const [name, id] of Object.entries(updates)) outputs[stateName(name)] = id;
  return { nodes: graph.nodes, outputs };
}
