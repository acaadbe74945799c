/** What a model computes in prediction, as a graph, and the names by which its tensors are known in an arena. */
import { GraphBuilder } from "../graph/build.ts";
import type { Graph, NodeId } from "../graph/ops.ts";
import { modelNodes, tensorName, type Resolved } from "../layers/model.ts";
import type { Shape } from "../numerics/tensor.ts";
import { InputError } from "../data/errors.ts";

/** All parameters as one vector, and their gradients as another. */
export const PARAMETERS = "parameters";
export const GRADIENT = "gradient";
export const INPUT = "input";
export const TARGET = "target";
export const ROW_WEIGHTS = "rowWeights";
export const OUTPUT = "output";
export const parameterName = (name: string): string => `${PARAMETERS}/${name}`;
export const gradientName = (name: string): string => `${GRADIENT}/${name}`;
export const stateName = (name: string): string => `state/${name}`;

export const parametersOf = (layers: readonly Resolved[]) =>
  layers.flatMap((layer) => layer.parameters.map((p) => ({ ...p, name: tensorName(layer, p) })));
export const statesOf = (layers: readonly Resolved[]) =>
  layers.flatMap((layer) => layer.state.map((s) => ({ ...s, name: tensorName(layer, s) })));

/** The input of a parameter or state in a graph, by what the layer calls it. */
export function tensorInput(
  b: GraphBuilder,
  layers: readonly Resolved[],
): (name: string, shape: Shape) => NodeId {
  const states = new Set(statesOf(layers).map((s) => s.name));
  return (name, shape) => b.input(states.has(name) ? stateName(name) : parameterName(name), "weight", shape);
}

export function predictGraph(layers: readonly Resolved[]): Graph {
  const b = new GraphBuilder();
  const { input } = ends(layers);
  const x = b.input(INPUT, "sample", input);
  const { output } = modelNodes(b, layers, x, "predict", tensorInput(b, layers));
  if (b.node(output).op.op === "input")
    throw new InputError(
      "in prediction the model's layers leave their input as it is, so there is nothing to compute; give it a layer that computes",
    );
  return b.build({ output });
}

export function ends(layers: readonly Resolved[]): { input: Shape; output: Shape } {
  const first = layers.find((l) => l.from.includes(0));
  if (!first) throw new InputError("no layer reads the input");
  const [{ channels, length }] = first.inputs;
  const { output } = layers[layers.length - 1];
  return { input: [1, channels, length], output: [1, output.channels, output.length] };
}
