/**
 * What a model's training computes, as graphs: gradients of the loss (with the running statistics moved on), the
 * optimizer's step, prediction. Their inputs and outputs meet by name in one arena.
 */
import { packFloats } from "../compiler/compile.ts";
import { GraphBuilder } from "../graph/build.ts";
import { gradient } from "../graph/gradient.ts";
import type { Graph, NodeId, Shape } from "../graph/ops.ts";
import { modelNodes, tensorName, type Resolved } from "../layers/model.ts";
import { InputError } from "./errors.ts";
import { lossNode, type Loss } from "./losses.ts";
import { GRADIENT, optimizerGraph, PARAMETERS, type AnyOptimizer } from "./optimizers.ts";
import { names, type UpdateRules } from "./updateRules.ts";

export const INPUT = "input";
export const TARGET = "target";
export const OUTPUT = "output";
export const parameterName = (name: string): string => `${PARAMETERS}/${name}`;
export const gradientName = (name: string): string => `${GRADIENT}/${name}`;
export const stateName = (name: string): string => `state/${name}`;

/** Graphs of a model's training, by entry. */
export function trainingGraphs(
  layers: readonly Resolved[],
  loss: Loss,
  optimizer: AnyOptimizer,
  rules: UpdateRules = {},
): Record<string, Graph> {
  const floats = packFloats(parametersOf(layers).map(({ shape }) => ({ space: "weight", shape })));
  return {
    gradients: gradientGraph(layers, loss, rules.freeze ?? []),
    apply: optimizerGraph(optimizer, floats, rules),
    predict: predictGraph(layers),
  };
}

export const parametersOf = (layers: readonly Resolved[]) =>
  layers.flatMap((layer) => layer.parameters.map((p) => ({ ...p, name: tensorName(layer, p) })));
export const statesOf = (layers: readonly Resolved[]) =>
  layers.flatMap((layer) => layer.state.map((s) => ({ ...s, name: tensorName(layer, s) })));

/** The input of a parameter or state in a graph, by what the layer calls it. */
function tensorInput(b: GraphBuilder, layers: readonly Resolved[]): (name: string, shape: Shape) => NodeId {
  const states = new Set(statesOf(layers).map((s) => s.name));
  return (name, shape) => b.input(states.has(name) ? stateName(name) : parameterName(name), "weight", shape);
}

/** Whether a layer has parameters and all are frozen. */
const isFrozen = (layer: Resolved, freeze: readonly string[]): boolean =>
  layer.parameters.length > 0 &&
  layer.parameters.every((p) => freeze.some((prefix) => names(prefix, tensorName(layer, p))));

function gradientGraph(layers: readonly Resolved[], loss: Loss, freeze: readonly string[]): Graph {
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
  const lossValue = lossNode(b, loss, output, b.input(TARGET, "sample", out));
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

export function predictGraph(layers: readonly Resolved[]): Graph {
  const b = new GraphBuilder();
  const { input } = ends(layers);
  const x = b.input(INPUT, "sample", input);
  const { output } = modelNodes(b, layers, x, "predict", tensorInput(b, layers));
  return b.build({ output });
}

function ends(layers: readonly Resolved[]): { input: Shape; output: Shape } {
  const first = layers.find((l) => l.from.includes(0));
  if (!first) throw new InputError("no layer reads the input");
  const [{ channels, length }] = first.inputs;
  const { output } = layers[layers.length - 1];
  return { input: [1, channels, length], output: [1, output.channels, output.length] };
}
