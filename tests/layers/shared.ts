/** Layers under test: their graphs, gradients against central differences, bits of back ends. */
import { expect } from "vitest";
import { GraphBuilder } from "../../src/graph/build.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import type { Graph, NodeId } from "../../src/graph/ops.ts";
import { size } from "../../src/numerics/tensor.ts";
import * as L from "../../src/layers/functions.ts";
import type { Mode } from "../../src/layers/layer.ts";
import { modelNodes, resolve } from "../../src/layers/model.ts";
import { bitsOf, outcome, relativeError } from "../conformance/harness.ts";
import { centralDifference, distance, numbers, valuesFor, withGradients } from "../graph/numeric.ts";

export type Build = (x: L.Tensor) => L.Tensor;
export interface Size {
  readonly channels: number;
  readonly length: number;
}

/** The graph of a model, with its tensors as inputs by name. */
export function graphOf(build: Build, mode: Mode, signal: Size): { graph: Graph; output: NodeId } {
  const b = new GraphBuilder();
  const layers = resolve(L.model(signal, build));
  const x = b.input("x", "sample", [1, signal.channels, signal.length]);
  const { output } = modelNodes(b, layers, x, mode, (name, shape) => b.input(name, "weight", shape));
  return { graph: b.build({ output }), output };
}

/** The same with a tanh behind it, so that no gradient is a plain copy of the cotangent. */
function squashed(build: Build, signal: Size): { graph: Graph; output: NodeId } {
  const { graph, output } = graphOf(build, "train", signal);
  const b = new GraphBuilder({ nodes: graph.nodes, outputs: {} });
  const end = b.map("tanh", output);
  return { graph: b.build({ output: end }), output: end };
}

/** The output of a model on one row or more, in f64. */
export function run(
  build: Build,
  signal: Size,
  x: readonly number[],
  tensors: Readonly<Record<string, readonly number[]>> = {},
  mode: Mode = "train",
): number[] {
  const { graph } = graphOf(build, mode, signal);
  return [...evaluate(graph, { x, ...tensors }, x.length / (signal.channels * signal.length)).output];
}

const isRandom = (name: string): boolean => name.startsWith("random.");

/** The gradients of seed . tanh(output) by the input and every parameter are those of central differences, in f64. */
export function requireGradients(build: Build, signal: Size, rows: number, within = 1e-7): void {
  const { graph, output } = squashed(build, signal);
  const whole = withGradients(graph, output);
  const { shape } = graph.nodes[output].type;
  const values = { ...valuesFor(graph, rows, 5 + rows), seed: numbers(77)(size(shape) * rows, 0.5, 1.5) };
  const got = evaluate(whole, values, rows);
  const plain = { nodes: whole.nodes.slice(0, graph.nodes.length + 1), outputs: { output } };
  for (const name of Object.keys(values)) {
    if (name === "seed" || isRandom(name)) continue;
    const difference = centralDifference(plain, values, rows, name);
    const exact = got[`d ${name}`] ?? new Float64Array(difference.length);
    expect(distance(exact, difference), `gradient by ${name}`).toBeLessThan(within);
  }
}

/** Output and all gradients have the same bits on every back end, and are near the f64 meaning. */
export async function requireSameBits(
  build: Build,
  signal: Size,
  rows: number,
  within = 1e-5,
): Promise<void> {
  const { graph, output } = squashed(build, signal);
  const whole = withGradients(graph, output);
  const inputs = Object.fromEntries(
    Object.entries(valuesFor(whole, rows, 3)).map(([name, v]) => [name, Float32Array.from(v)]),
  );
  const { reference, wasm, exact } = await outcome(whole, inputs, rows, rows + 2);
  for (const name of Object.keys(whole.outputs)) {
    expect(bitsOf(wasm[name]), name).toBe(bitsOf(reference[name]));
    expect(relativeError(wasm[name], exact[name]), name).toBeLessThan(within);
  }
}

/** The parameters of a model, by full name. */
export const parameterShapes = (build: Build, signal: Size): Record<string, readonly number[]> =>
  Object.fromEntries(
    resolve(L.model(signal, build)).flatMap((layer) =>
      layer.parameters.map((p) => [`${layer.name}.${p.name}`, p.shape]),
    ),
  );
