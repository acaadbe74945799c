/**
 * A model with its weights as an ONNX file (opset 17), for inference by a peer: just the layer kinds of the workloads.
 * Protocol buffers by hand, since they are a few lines: a field is its number and wire type, then a varint, a float or
 * bytes behind their length.
 */
import { Bytes } from "../numerics/bytes.ts";
import { resolve, type Model } from "../layers/model.ts";
import type { Weights } from "../models/weights.ts";
import { layersOf, type Layer } from "./walk.ts";

const OPSET = 17;
/** The intermediate representation that came with opset 17. */
const IR_VERSION = 8;
const FLOAT = 1;
const INT64 = 7;

type Write = (to: Bytes) => void;
const whole =
  (field: number, value: number): Write =>
  (to) =>
    void to.u32(field << 3).u32(value);
const part =
  (field: number, ...inside: readonly Write[]): Write =>
  (to) =>
    void to.u32((field << 3) | 2).sized((body) => inside.forEach((write) => write(body)));
const bytes = (field: number, content: Uint8Array): Write => part(field, (to) => void to.all(content));
const text = (field: number, content: string): Write => bytes(field, new TextEncoder().encode(content));
const single =
  (field: number, value: number): Write =>
  (to) =>
    void to.u32((field << 3) | 5).all(new Uint8Array(Float32Array.of(value).buffer));

/** AttributeProto: name, f, i, ints, type. */
function attribute(name: string, value: number | readonly number[], type: "int" | "float" = "int"): Write {
  if (typeof value !== "number")
    return part(5, text(1, name), ...value.map((v) => whole(8, v)), whole(20, 7));
  return type === "float"
    ? part(5, text(1, name), single(2, value), whole(20, 1))
    : part(5, text(1, name), whole(3, value), whole(20, 2));
}

/** TensorProto: dims, data_type, name, raw_data. */
const initializer = (name: string, shape: readonly number[], data: Float32Array | BigInt64Array): Write =>
  part(
    5,
    ...shape.map((d) => whole(1, d)),
    whole(2, data instanceof Float32Array ? FLOAT : INT64),
    text(8, name),
    bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );

/** ValueInfoProto of floats; the first dimension is the number of rows, by name. */
const valueInfo = (field: number, name: string, shape: readonly number[]): Write =>
  part(
    field,
    text(1, name),
    part(
      2,
      part(1, whole(1, FLOAT), part(2, part(1, text(2, "n")), ...shape.map((d) => part(1, whole(1, d))))),
    ),
  );

/** Nodes and tensors of a graph on their way. */
class OnnxGraph {
  readonly nodes: Write[] = [];
  readonly tensors: Write[] = [];
  readonly #weights: ReadonlyMap<string, Float32Array>;

  constructor(weights: Weights) {
    this.#weights = new Map(weights.map(({ name, data }) => [name, data]));
  }

  /** Adds a node; its result is named after the layer. */
  node(type: string, inputs: readonly string[], output: string, ...attributes: readonly Write[]): string {
    const ends = [...inputs.map((i) => text(1, i)), text(2, output)];
    this.nodes.push(part(1, ...ends, text(3, output), text(4, type), ...attributes));
    return output;
  }

  tensor(name: string, shape: readonly number[], data: Float32Array | BigInt64Array): string {
    this.tensors.push(initializer(name, shape, data));
    return name;
  }

  values(layer: Layer, name: string): Float32Array {
    const found = this.#weights.get(`${layer.name}.${name}`);
    if (!found) throw new Error(`no weights of ${layer.name}.${name}`);
    return found;
  }

  /** A layer's tensor as it is, under another shape. */
  parameter(layer: Layer, name: string, shape: readonly number[]): string {
    return this.tensor(`${layer.name}.${name}`, shape, this.values(layer, name));
  }
}

/** The filters that a convolution applies: g v / |v| where they are normalised. */
function filtersOf(graph: OnnxGraph, layer: Layer): Float32Array {
  const { options: o } = layer;
  const v = graph.values(layer, "filter");
  if (!o.weightNorm) return v;
  const gain = graph.values(layer, "gain");
  const each = v.length / o.filters;
  return v.map((x, i) => {
    const f = Math.floor(i / each);
    const norm = Math.sqrt(v.subarray(f * each, (f + 1) * each).reduce((sum, a) => sum + a * a, 0));
    return (gain[f] * x) / norm;
  });
}

type Rule = (graph: OnnxGraph, layer: Layer, inputs: readonly string[]) => string;
const plain =
  (type: string, ...attributes: readonly Write[]): Rule =>
  (graph, { name }, inputs) =>
    graph.node(type, inputs, name, ...attributes);
const nothing: Rule = (_graph, _layer, [x]) => x;

const rules: Readonly<Record<string, Rule>> = {
  conv1d: (graph, layer, [x]) => {
    const { options: o } = layer;
    const filter = graph.tensor(
      `${layer.name}.filter`,
      [o.filters, layer.channels / o.groups, o.kernelSize],
      filtersOf(graph, layer),
    );
    const bias = o.bias ? [graph.parameter(layer, "bias", [o.filters])] : [];
    return graph.node(
      "Conv",
      [x, filter, ...bias],
      layer.name,
      attribute("kernel_shape", [o.kernelSize]),
      attribute("strides", [o.stride]),
      attribute("dilations", [o.dilation]),
      attribute("pads", layer.padding),
      attribute("group", o.groups),
    );
  },
  dense: (graph, layer, [x]) => {
    const { options: o, channels, length } = layer;
    const flat = graph.node("Flatten", [x], `${layer.name}.flat`, attribute("axis", 1));
    const weight = graph.parameter(layer, "filter", [o.units, channels * length]);
    const bias = o.bias ? [graph.parameter(layer, "bias", [o.units])] : [];
    return graph.node("Gemm", [flat, weight, ...bias], layer.name, attribute("transB", 1));
  },
  batchNorm: (graph, layer, [x]) => {
    const tensors = ["gamma", "beta", "mean", "variance"].map((name) =>
      graph.parameter(layer, name, [layer.channels]),
    );
    return graph.node(
      "BatchNormalization",
      [x, ...tensors],
      layer.name,
      attribute("epsilon", layer.options.epsilon, "float"),
    );
  },
  maxPool: (graph, layer, [x]) => {
    const { options: o } = layer;
    return graph.node(
      "MaxPool",
      [x],
      layer.name,
      attribute("kernel_shape", [o.size]),
      attribute("strides", [o.stride]),
      attribute("dilations", [o.dilation]),
      attribute("pads", layer.padding),
    );
  },
  crop: (graph, layer, [x]) => {
    const { options: o, length } = layer;
    const bound = (name: string, value: number): string =>
      graph.tensor(`${layer.name}.${name}`, [1], BigInt64Array.of(BigInt(value)));
    const bounds = [bound("from", o.left), bound("to", length - o.right), bound("axis", 2)];
    return graph.node("Slice", [x, ...bounds], layer.name);
  },
  relu: plain("Relu"),
  tanh: plain("Tanh"),
  sigmoid: plain("Sigmoid"),
  add: plain("Add"),
  concat: plain("Concat", attribute("axis", 1)),
  globalAveragePool: (graph, layer, inputs) => {
    if (layer.options.ignore === "padding")
      throw new Error(`${layer.name} leaves padding out, which is not written for ONNX here`);
    return plain("GlobalAveragePool")(graph, layer, inputs);
  },
  dropout: nothing,
  flatten: nothing,
};

/** The file's bytes: input "x" `[n, channels, length]`, output "y" `[n, outputs]`; throws Error for a layer that it has no rule for. */
export function encodeOnnx(model: Model, weights: Weights): Uint8Array {
  const graph = new OnnxGraph(weights);
  const names = ["x"];
  for (const layer of layersOf(model)) {
    const rule = rules[layer.kind] as Rule | undefined;
    if (!rule) throw new Error(`the layer kind ${layer.kind} is not written for ONNX here`);
    names.push(
      rule(
        graph,
        layer,
        layer.from.map((f) => names[f]),
      ),
    );
  }
  const last = resolve(model)[model.layers.length - 1].output;
  graph.node("Flatten", [names[names.length - 1]], "y", attribute("axis", 1));
  const { channels, length } = model.input;
  const proto = part(
    7,
    ...graph.nodes,
    text(2, model.name),
    ...graph.tensors,
    valueInfo(11, "x", [channels, length]),
    valueInfo(12, "y", [last.channels * last.length]),
  );
  const to = new Bytes();
  for (const write of [
    whole(1, IR_VERSION),
    text(2, "toeplitz"),
    proto,
    part(8, text(1, ""), whole(2, OPSET)),
  ])
    write(to);
  return to.view();
}
