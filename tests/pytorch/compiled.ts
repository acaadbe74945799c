/** Graphs of cases, compiled: outputs, gradients of a cotangent by everything, what running statistics become. */
import type { Backend, Executable } from "../../src/backends/backend.ts";
import { wasm } from "../../src/backends/wasm/wasm.ts";
import { samplesAt, weightView, writeRows } from "../../src/vector/arena.ts";
import { compile } from "../../src/compiler/compile.ts";
import { GraphBuilder } from "../../src/graph/build.ts";
import { checkGraph } from "../../src/graph/check.ts";
import { gradient } from "../../src/graph/gradient.ts";
import type { Graph, NodeId } from "../../src/graph/ops.ts";
import { size } from "../../src/numerics/tensor.ts";
import { firstValues, type State } from "../../src/layers/layer.ts";
import { modelNodes, resolve, tensorName, type Resolved } from "../../src/layers/model.ts";
import { lossInputs, lossNode } from "../../src/training/losses.ts";
import { outputs } from "../conformance/harness.ts";
import {
  distance,
  labels,
  modelOf,
  Reader,
  values,
  vectors,
  type LayerCase,
  type LossCase,
} from "./vectors.ts";

type Inputs = Readonly<Record<string, Float32Array>>;
/** Named distances from PyTorch's tensors, of values and of gradients. */
export interface Distances {
  readonly forward: Readonly<Record<string, number>>;
  readonly gradients: Readonly<Record<string, number>>;
}

function run(
  executable: Executable,
  graph: Graph,
  rows: number,
  inputs: Inputs,
): Record<string, Float32Array> {
  const { program, floats, bits } = executable;
  writeRows(floats, bits, program, rows);
  for (const [name, data] of Object.entries(inputs)) {
    if (!(name in program.tensors)) continue;
    const place = program.tensors[name];
    if (place.type.space === "sample") samplesAt(floats, place, program.batch).write(data, rows);
    else weightView(floats, place).set(data);
  }
  executable.run("main");
  const { nodes } = graph;
  const passed = Object.entries(graph.outputs).flatMap(([name, id]) => {
    const { op } = nodes[id];
    return op.op === "input" ? [[name, inputs[op.name]] as const] : [];
  });
  return { ...outputs(executable, computed(graph), rows), ...Object.fromEntries(passed) };
}

/** Without outputs that are inputs: there is nothing to compute. */
const computed = ({ nodes, outputs: named }: Graph): Graph => ({
  nodes,
  outputs: Object.fromEntries(Object.entries(named).filter(([, id]) => nodes[id].op.op !== "input")),
});

const load = (graph: Graph, batch: number, backend: Backend): Promise<Executable> =>
  backend.load(compile({ main: computed(graph) }, { batch, schedule: backend.schedule }));

const tensorsOf = (layers: readonly Resolved[], of: "parameters" | "state") =>
  layers.flatMap((layer) => layer[of].map((t) => ({ name: tensorName(layer, t), shape: t.shape })));

/** The gradient of `output` (times the cotangent, where it has one) by each node, beside other outputs. */
function withGradients(
  b: GraphBuilder,
  by: Readonly<Record<string, NodeId>>,
  output: NodeId,
  named: Record<string, NodeId>,
  cotangent?: NodeId,
): Graph {
  const { graph, gradients } = gradient(b.build(named), output, Object.values(by), cotangent);
  const found = Object.keys(by).flatMap((name, i) => {
    const g = gradients[i];
    return g === null ? [] : [[`d ${name}`, g] as const];
  });
  const result = { nodes: graph.nodes, outputs: { ...named, ...Object.fromEntries(found) } };
  checkGraph(result);
  return result;
}

function layerGraph(c: LayerCase, layers: readonly Resolved[]): Graph {
  const b = new GraphBuilder();
  const x = b.input("x", "sample", [1, ...c.input]);
  const tensor = (name: string, shape: readonly [number, number, number]): NodeId =>
    b.input(name, "weight", shape);
  const { output, updates } = modelNodes(b, layers, x, c.mode ?? "train", tensor);
  const cotangent = b.input("cotangent", "sample", b.type(output).shape);
  const by = Object.fromEntries(
    tensorsOf(layers, "parameters").map(({ name, shape }) => [name, tensor(name, shape)]),
  );
  const states = Object.fromEntries(Object.entries(updates).map(([name, id]) => [`next ${name}`, id]));
  return withGradients(b, { x, ...by }, output, { output, ...states }, cotangent);
}

/** What a state begins with: in training what the layer says, in prediction numbers (variances above 0). */
function stateOf(c: LayerCase, name: string, state: State): Float32Array {
  if (c.mode !== "predict" || typeof state.value !== "number") return firstValues(state);
  const drawn = values(`${c.name}/${name}`, size(state.shape));
  return name.endsWith("variance") ? drawn.map((v) => Math.abs(v) + 0.25) : drawn;
}

/** How far a case is from PyTorch, by number of rows; one program for all, compiled for the most. */
export async function layerDistances(c: LayerCase, backend = wasm): Promise<ReadonlyMap<number, Distances>> {
  const layers = resolve(modelOf(c));
  const graph = layerGraph(c, layers);
  const executable = await load(graph, Math.max(...c.rows), backend);
  const parameters = tensorsOf(layers, "parameters");
  const states = layers.flatMap((layer) => layer.state.map((s) => ({ ...s, name: tensorName(layer, s) })));
  const { output } = layers[layers.length - 1];
  const outSize = output.channels * output.length;
  const inSize = c.input[0] * c.input[1];
  const weights = Object.fromEntries([
    ...parameters.map(({ name, shape }) => [name, values(`${c.name}/${name}`, size(shape))] as const),
    ...states.map((s) => [s.name, stateOf(c, s.name, s)] as const),
  ]);

  return new Map(
    c.rows.map((rows) => {
      const want = new Reader(vectors.layers[c.name][rows]);
      const x = values(`${c.name}/x`, rows * inSize, c.scale);
      const cotangent = values(`${c.name}/cotangent`, rows * outSize);
      const got = run(executable, graph, rows, { ...weights, x, cotangent });
      const forward: Record<string, number> = { output: distance(got.output, want.take(rows * outSize)) };
      const sizes = [["x", rows * inSize], ...parameters.map((p) => [p.name, size(p.shape)])] as [
        string,
        number,
      ][];
      const gradients = Object.fromEntries(
        sizes.map(([name, count]) => [
          name,
          distance(got[`d ${name}`] ?? new Float32Array(count), want.take(count)),
        ]),
      );
      const running = states.filter(({ value }) => typeof value === "number");
      if (c.mode !== "predict" && running.length > 0) {
        const after = Object.fromEntries(running.map(({ name }) => [name, got[`next ${name}`]]));
        const second = values(`${c.name}/second x`, rows * inSize, c.scale);
        const last = run(executable, graph, rows, { ...weights, ...after, x: second, cotangent });
        for (const { name, shape } of running)
          forward[name] = distance(last[`next ${name}`], want.take(size(shape)));
      }
      want.done();
      return [rows, { forward, gradients }];
    }),
  );
}

/** How far a loss and its gradient by the output are from PyTorch's. */
export async function lossDistances(c: LossCase, backend = wasm): Promise<ReadonlyMap<number, Distances>> {
  const [channels, positions] = c.output;
  const b = new GraphBuilder();
  const x = b.input("x", "sample", [1, ...c.output]);
  const loss = lossNode(b, c.loss, x, b.input("target", "sample", [1, ...c.output]));
  const graph = withGradients(b, { x }, loss, { loss });
  const executable = await load(graph, Math.max(...c.rows), backend);
  return new Map(
    c.rows.map((rows) => {
      const want = new Reader(vectors.losses[c.name][rows]);
      const count = rows * channels * positions;
      const inputs = { x: values(`${c.name}/output`, count), target: targetOf(c, rows) };
      const got = run(executable, graph, rows, { ...inputs, ...lossInputs(c.loss, channels) });
      const forward = { loss: distance(got.loss, want.take(1)) };
      const gradients = { x: distance(got["d x"], want.take(count)) };
      want.done();
      return [rows, { forward, gradients }];
    }),
  );
}

/** Targets `[rows, channels, positions]`: one-hot or soft classes, 0 and 1, or values. */
function targetOf({ name, output: [channels, positions], loss, soft }: LossCase, rows: number): Float32Array {
  const key = `${name}/target`;
  const count = rows * channels * positions;
  if (loss.kind === "binaryCrossEntropy") return Float32Array.from(labels(key, count, 2));
  if (loss.kind !== "crossEntropy") return values(key, count);
  const result = new Float32Array(count);
  const drawn = values(key, count).map((v) => Math.abs(v) + 0.25);
  labels(key, rows * positions, channels).forEach((label, i) => {
    const first = Math.floor(i / positions) * channels * positions + (i % positions);
    const at = Array.from({ length: channels }, (_, k) => first + k * positions);
    const sum = at.reduce((s, j) => s + drawn[j], 0);
    at.forEach((j, k) => (result[j] = soft ? drawn[j] / sum : Number(k === label)));
  });
  return result;
}
