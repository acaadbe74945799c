/**
 * One row through a model: every layer's output and the gradient of the loss by it, evaluated in f64 by the oracle from the
 * graph that training compiles; the gradients of the parameters by the compiled program too.
 */
import { compile } from "../compiler/compile.ts";
import { inBlocks } from "../compiler/fast.ts";
import { laneAxis } from "../compiler/lanes.ts";
import { GraphBuilder } from "../graph/build.ts";
import { evaluate } from "../graph/evaluate.ts";
import { gradient } from "../graph/gradient.ts";
import type { ConvolveMap, Graph, NodeId } from "../graph/ops.ts";
import { size } from "../numerics/tensor.ts";
import * as activations from "../layers/activations.ts";
import * as kinked from "../layers/kinked.ts";
import type { Resolved } from "../layers/model.ts";
import { chooseBackend, loadProgram } from "../models/runtime.ts";
import { samplesAt, weightView, writeRows } from "../vector/arena.ts";
import type { LossGraph, Statistics } from "./lossGraph.ts";

/** The convolution that a layer is: z = A(w) y + b 1, and what elementwise layers make of z. */
export interface Convolution {
  readonly map: ConvolveMap;
  /** `[filters, channels / groups, taps]` */
  readonly w: Float64Array;
  /** `[channels, length]`, padded where the layer pads by other than zeros. */
  readonly y: Float64Array;
  /** The parameter that w is; null where w is made of parameters, as weight norm does. */
  readonly filter: string | null;
  /** The elementwise layers behind it, y_l = s(z_l), by number; none where it is read as it is. */
  readonly stage: readonly number[];
  /** s'(z), `[filters, outLength]`. */
  readonly slope: Float64Array;
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

interface Found {
  readonly map: ConvolveMap;
  readonly w: NodeId;
  readonly y: NodeId;
}

/** The convolution behind each layer's output, with or without a bias; null of other layers. */
export function convolutionsOf({ graph, layers }: LossGraph): readonly (Found | null)[] {
  return layers.map((id) => convolutionAt(graph, id));
}

function convolutionAt(graph: Graph, id: NodeId): Found | null {
  const { op, args } = graph.nodes[id];
  if (op.op === "map" && op.fn === "add" && graph.nodes[args[0]].op.op === "convolve")
    return convolutionAt(graph, args[0]);
  return op.op === "convolve" && op.of === "output" ? { map: op.map, w: args[0], y: args[1] } : null;
}

/** The layers that act on each value by itself, behind layer `l` and read by nothing else. */
function stageBehind(layers: readonly Resolved[], l: number, statistics: Statistics): number[] {
  const stage: number[] = [];
  for (let at = l; ;) {
    const readers = layers.flatMap((layer, i) => (layer.from.includes(at + 1) ? [i] : []));
    const [next] = readers;
    if (readers.length !== 1 || !isElementwise(layers[next], statistics)) return stage;
    stage.push(next);
    at = next;
  }
}

function isElementwise({ kind }: Resolved, statistics: Statistics): boolean {
  if (Object.hasOwn(activations, kind) || Object.hasOwn(kinked, kind)) return true;
  const steady = kind === "batchNorm" || kind === "dropout" || kind === "channelDropout";
  return steady && statistics === "prediction";
}

/** Evaluates a row in f64: values, back-signals, convolutions and their slopes. */
export function traceOf(built: LossGraph, layers: readonly Resolved[], statistics: Statistics): Trace {
  const found = convolutionsOf(built);
  const derived = gradient(built.graph, built.loss, built.layers);
  const stages = found.map((c, l) => (c ? stageBehind(layers, l, statistics) : []));
  const outputs: Record<string, NodeId> = { loss: built.loss };
  let graph = derived.graph;
  built.layers.forEach((id, l) => {
    outputs[`y${l}`] = id;
    const v = derived.gradients[l];
    if (v !== null) outputs[`v${l}`] = v;
    const c = found[l];
    if (c === null) return;
    outputs[`w${l}`] = c.w;
    outputs[`x${l}`] = c.y;
    const last = stages[l].at(-1);
    if (last === undefined || built.layers[last] === id) return;
    // of a chain of elementwise layers, the gradient of the sum of its values is the diagonal of its Jacobian
    const b = new GraphBuilder(graph);
    const ones = b.broadcast(b.constant(1), b.type(built.layers[last]));
    const sloped = gradient(b.build({}), built.layers[last], [id], ones);
    graph = sloped.graph;
    const [slope] = sloped.gradients;
    if (slope !== null) outputs[`s${l}`] = slope;
  });
  const values = evaluate({ nodes: graph.nodes, outputs }, built.inputs, built.rows);
  const zeros = (l: number): Float64Array => new Float64Array(values[`y${l}`].length);
  return {
    loss: values.loss[0],
    outputs: layers.map((_, l) => values[`y${l}`]),
    backSignals: layers.map((_, l) => values[`v${l}`] ?? zeros(l)),
    convolutions: found.map((c, l) => {
      if (c === null) return null;
      const { op } = graph.nodes[c.w];
      const steady = stages[l].length === 0 || built.layers[stages[l].at(-1) ?? l] === built.layers[l];
      return {
        map: c.map,
        w: values[`w${l}`],
        y: values[`x${l}`],
        filter: op.op === "input" ? op.name : null,
        stage: stages[l],
        slope: values[`s${l}`] ?? (steady ? zeros(l).fill(1) : zeros(l)),
      };
    }),
  };
}

/** The loss with one tensor replaced, in f64. */
export const lossWith = ({ graph, inputs, rows }: LossGraph, name: string, data: ArrayLike<number>): number =>
  evaluate(graph, { ...inputs, [name]: data }, rows).loss[0];

/** The gradient of each parameter by the compiled program, in float32; none where the model has none. */
export async function compiledGradients(built: LossGraph): Promise<ReadonlyMap<string, Float32Array>> {
  const { parameters, inputs, rows } = built;
  if (parameters.length === 0) return new Map();
  const derived = gradient(
    built.graph,
    built.loss,
    parameters.map((p) => p.node),
  );
  const outputs: Record<string, NodeId> = { loss: built.loss };
  const named = (name: string): string => `gradient/${name}`;
  derived.gradients.forEach((g, i) => {
    if (g !== null) outputs[named(parameters[i].name)] = g;
  });
  const graph = inBlocks({ nodes: derived.graph.nodes, outputs });
  const program = compile(
    { explain: graph },
    { batch: rows, lanes: laneAxis([graph], rows), schedule: chooseBackend().schedule },
  );
  const { floats, bits, run } = await loadProgram(program);
  writeRows(floats, bits, program, rows);
  for (const { op, type } of built.graph.nodes) {
    if (op.op !== "input" || !(op.name in program.tensors)) continue;
    const place = program.tensors[op.name];
    if (type.space === "sample") samplesAt(floats, place, program.batch).write(inputs[op.name], rows);
    else weightView(floats, place).set(inputs[op.name]);
  }
  run("explain");
  return new Map(
    parameters.map(({ name, node }) => [
      name,
      named(name) in program.tensors
        ? weightView(floats, program.tensors[named(name)]).slice()
        : new Float32Array(size(built.graph.nodes[node].type.shape)),
    ]),
  );
}
