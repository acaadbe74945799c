/**
 * A model from an ONNX file. One that `encodeOnnx` wrote is taken from its metadata and tensors, as it was; any other is read
 * node by node into layers. Nothing in a file is trusted, and nothing in it is code.
 */
import { InputError } from "../../data/errors.ts";
import { ModelError } from "../../layers/model.ts";
import type { Signal } from "../../layers/layer.ts";
import { limits } from "../../layers/limits.ts";
import type { NetworkFields } from "../../models/network.ts";
import { VERSION } from "../../models/version.ts";
import { printable } from "../../data/printable.ts";
import type { ModelFields } from "../modelFile.ts";
import { LayerList } from "./layerList.ts";
import { layerOf, lineOf, plain, shown, valueAt, type Any, type Axis, type Value } from "./node.ts";
import { isUnchanged, ownMetadata, ownModel } from "./own.ts";
import type { Parsed } from "./schema.ts";
import { ConstantBudget, isReal, Unreadable, type External } from "./tensors.ts";
import { inlined, walk } from "./walk.ts";
import { decode, newBudget, WireError, type Budget } from "./wire.ts";

/** The options of `decodeOnnx`. */
export interface ImportOptions {
  /** What errors call the file. Default: "the ONNX file". */
  readonly file?: string;
  /** Class names in the order of the outputs. Default: "0", "1", ... */
  readonly classes?: readonly string[];
  /** Whether the outputs are classes or the values of a regression. Default: classes, of one output a value. */
  readonly answers?: "classes" | "values";
  /** Positions of a row, where the file leaves them open. */
  readonly length?: number;
  /** The output that is read, where there are several. Default: the first. */
  readonly output?: string;
  /** The bytes of a file beside it that holds tensors, by the name that it has there. Default: such tensors are refused. */
  readonly external?: External;
}

/** A model that was read, and what a person should know of how, a line each. */
export interface Imported {
  /** What `encodeModel` and `network` take. */
  readonly model: ModelFields;
  /** What was taken for what, and what was left out. */
  readonly notes: readonly string[];
}

/** The opsets whose operators are known. */
const OPSETS = { least: 7, most: 24 } as const;

/**
 * The model in an ONNX file. Of a file that `encodeOnnx` wrote, it is the model that was written: the same layers, weights,
 * classes, channel names and preparation, so `predict` gives the same bits. Of any other, layers that compute what its
 * nodes do, without preparation; a softmax (or sigmoid) at the end is what `predict` does by itself, and left off.
 *
 * @throws InputError for what is no ONNX file, with the first node that no layer computes, and for options that do not fit
 */
export function decodeOnnx(bytes: Uint8Array, options: ImportOptions = {}): Imported {
  const { file = "the ONNX file" } = options;
  const budget = newBudget();
  const model = parsed("Model", bytes, budget, file);
  if (model.graph === undefined || model.irVersion === undefined)
    throw new InputError(
      `${file}: it is no ONNX file: it has no ${model.graph ? "version" : "graph"}; give a .onnx file`,
    );
  const graph = parsed("Graph", model.graph, budget, file);
  const own = ownMetadata(model);
  if (own && isUnchanged(model)) {
    refuseForOwn(options, file);
    return { model: ownModel(own, graph.tensors, file), notes: [] };
  }
  const changed = own
    ? [
        "another program changed the graph since toeplitz wrote it: it is read by its nodes, without the model that it was" +
          ("temperature" in own
            ? "; its logits are without its temperature, its output probabilities has it"
            : ""),
      ]
    : [];
  try {
    const { model: read, notes } = networkOf(model, graph, options, file);
    return { model: read, notes: [...changed, ...notes] };
  } catch (error) {
    if (error instanceof Unreadable || error instanceof ModelError)
      throw new InputError(`${file}: ${lineOf(error)}`);
    throw error;
  }
}

function parsed<Name extends "Model" | "Graph">(
  name: Name,
  bytes: Uint8Array,
  budget: Budget,
  file: string,
): Parsed<Name> {
  try {
    return decode(name, bytes, budget);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new InputError(`${file}: it is no ONNX file, or is cut short: ${lineOf(error)}`);
  }
}

/** Our own files have it all. */
function refuseForOwn({ classes, answers, length, output }: ImportOptions, file: string): void {
  const given = Object.entries({ classes, answers, length, output }).find(([, value]) => value !== undefined);
  if (given) throw new InputError(`${file}: toeplitz wrote it, with its ${given[0]}; leave ${given[0]} out`);
}

function networkOf(
  model: Parsed<"Model">,
  graph: Parsed<"Graph">,
  options: ImportOptions,
  file: string,
): { model: NetworkFields; notes: string[] } {
  const opset = model.opsets.find(({ domain = "" }) => domain === "" || domain === "ai.onnx")?.version ?? 1;
  if (!(opset >= OPSETS.least && opset <= OPSETS.most))
    throw new InputError(
      `${file}: its operators are of opset ${opset}; ${OPSETS.least} to ${OPSETS.most} are read; export it anew`,
    );
  if (graph.sparse.length > 0)
    throw new InputError(`${file}: it has sparse tensors; export it with dense ones`);
  const nodes = inlined(graph.nodes, model.functions, file);
  const input = inputOf(graph, nodes, options, file);
  const list = new LayerList(input.signal);
  const context = { list, budget: new ConstantBudget(), external: options.external, opset, rows: input.rows };
  const names = graph.outputs.map(({ name = "" }) => name);
  const output = options.output ?? names[0] ?? "";
  if (!names.includes(output))
    throw new InputError(`${file}: it has no output ${shown(output)}; its outputs are ${listed(names)}`);
  const inputs = new Map<string, Any>([[input.name, valueAt(list, 0, input.axes)]]);
  const found = walk(nodes, { inputs, tensors: graph.tensors, output }, context, file);
  const { fields, notes } = answered(list, found, graph.name || "network", options, file);
  const others = names.filter((name) => name !== output);
  return {
    model: { ...fields, preparation: { kind: "none" }, provenance: provenanceOf(model) },
    notes: [
      ...input.notes,
      ...(others.length > 0 ? [`the output ${shown(output)} is read; ${listed(others)} left out`] : []),
      ...notes,
    ],
  };
}

const listed = (names: readonly string[]): string =>
  names.slice(0, 8).map(shown).join(", ") + (names.length > 8 ? ", …" : "") || "none";

/** Where the model comes from, as text that is fit to print. */
function provenanceOf({ producer, producerVersion }: Parsed<"Model">): Record<string, string> {
  const by = printable([producer, producerVersion].filter(Boolean).join(" ").slice(0, 200));
  return { toeplitz: VERSION, importedFrom: by === "" ? "ONNX" : `ONNX of ${by}` };
}

interface Input {
  readonly name: string;
  readonly signal: Signal;
  readonly axes: readonly Axis[];
  /** Rows of a call where the file fixes them, else NaN. */
  readonly rows: number;
  readonly notes: readonly string[];
}

/** The one input and how rows lie in it. */
function inputOf(
  graph: Parsed<"Graph">,
  nodes: readonly Parsed<"Node">[],
  { length }: ImportOptions,
  file: string,
): Input {
  const stored = new Set(graph.tensors.map(({ name }) => name));
  const given = graph.inputs.filter(({ name }) => !stored.has(name));
  if (given.length !== 1)
    throw new InputError(
      `${file}: it has ${given.length} inputs (${listed(given.map(({ name = "" }) => name))}); a model here has one`,
    );
  const [{ name = "", type }] = given;
  const where = `${file}: its input ${shown(name)}`;
  if (!isReal(type?.tensor?.element)) throw new InputError(`${where} is no tensor of real numbers`);
  const dims = (type?.tensor?.shape?.dims ?? []).map(({ value }) =>
    value !== undefined && value > 0 ? value : NaN,
  );
  const shape = dims.map((d) => (Number.isNaN(d) ? "?" : d)).join(", ");
  if (dims.length < 2 || dims.length > 4)
    throw new InputError(
      `${where} has the dimensions [${shape}]; rows are [n, channels, positions], [n, positions] or images of one row`,
    );
  const axes =
    axesOf(dims, name, nodes) ??
    fault(`${where} has the dimensions [${shape}]; of images one row or column is read`);
  const size = (axis: Axis): number => (axes.includes(axis) ? dims[axes.indexOf(axis)] : 1);
  const channels = size("c");
  const own = size("t");
  if (Number.isNaN(channels))
    throw new InputError(
      `${where} has the dimensions [${shape}]: its channels are open; export it with their number`,
    );
  if (
    length !== undefined &&
    !(Number.isSafeInteger(length) && length >= 1 && length <= limits.rowValues.most)
  )
    throw new InputError(`length is ${length}; it is a whole number from 1 to ${limits.rowValues.most}`);
  if (!Number.isNaN(own) && length !== undefined && length !== own)
    throw new InputError(`${where} is of ${own} positions, not ${length}; leave the length out`);
  const positions = Number.isNaN(own) ? length : own;
  if (positions === undefined)
    throw new InputError(
      `${where} has the dimensions [${shape}]: its length is open; give it (--length N, length of decodeOnnx)`,
    );
  const turned = axes.indexOf("t") === 1 && axes.includes("c");
  return {
    name,
    signal: { channels, length: positions },
    axes,
    rows: dims[0],
    notes: turned
      ? [
          "the file takes rows as [positions][channels]; the model takes them as [channels][positions], as all do here",
        ]
      : [],
  };
}

function fault(what: string): never {
  throw new InputError(what);
}

const CHANNELS_FIRST = [
  "Conv",
  "ConvTranspose",
  "Pad",
  "Reshape",
  "Unsqueeze",
  "BatchNormalization",
  "InstanceNormalization",
  "MaxPool",
  "AveragePool",
  "GlobalAveragePool",
];

/** What the axes of an input of some dimensions go over. */
function axesOf(
  dims: readonly number[],
  name: string,
  nodes: readonly Parsed<"Node">[],
): readonly Axis[] | null {
  if (dims.length === 2) return ["n", "t"];
  if (dims.length === 3) {
    // a transposition before what takes channels first says that they stand last
    const readers = (of: string): readonly Parsed<"Node">[] =>
      nodes.filter(({ inputs }) => inputs.includes(of));
    const turns = ({ op, attributes, outputs: [out = ""] }: Parsed<"Node">): boolean =>
      op === "Transpose" &&
      attributes[0]?.ints.join() === "0,2,1" &&
      readers(out).every((reader) => CHANNELS_FIRST.includes(reader.op ?? ""));
    const turned = readers(name).length > 0 && readers(name).every(turns);
    return turned ? ["n", "t", "c"] : ["n", "c", "t"];
  }
  if (dims[2] === 1) return ["n", "c", "1", "t"];
  return dims[3] === 1 ? ["n", "c", "t", "1"] : null;
}

type Answered = Pick<NetworkFields, "model" | "weights" | "classes" | "answers">;

/** The layers up to an output, and what its numbers mean. */
function answered(
  list: LayerList,
  found: Any,
  name: string,
  { classes, answers }: ImportOptions,
  file: string,
): { fields: Answered; notes: string[] } {
  if (found.kind === "constant") throw new InputError(`${file}: its output does not follow from its input`);
  const value = plain(found);
  const last = layerOf(value);
  if (last === 0) throw new InputError(`${file}: its output is its input; there is nothing to compute`);
  requireOrder(value, file);
  const layer = list.at(last);
  const { channels, length } = value.signal;
  const end = layer?.spec.kind;
  const regression =
    answers === "values" ||
    (answers === undefined && classes === undefined && channels * length === 1 && end !== "sigmoid");
  if (regression && classes)
    throw new InputError(`${file}: outputs are classes or values; leave classes or values out`);
  const notes: string[] = [];
  const fromZero = layer?.spec.from[0] ?? 0;
  const strip = !regression && fromZero > 0 && (end === "softmax" || (end === "sigmoid" && length === 1));
  const count = classes?.length ?? channels;
  if (!regression && count !== channels && count !== channels * length)
    throw new InputError(
      `${file}: it has ${channels} outputs and ${count} class names were given; give one an output`,
    );
  const names = classes ?? Array.from({ length: channels }, (_, k) => String(k));
  const twice = names.findIndex((one, k) => one === "" || names.indexOf(one) < k);
  if (twice >= 0)
    throw new InputError(
      `${file}: classes: ${shown(names[twice])} is there twice or empty; names are distinct`,
    );
  const made = list.model(printable(name).slice(0, 200), strip ? fromZero : last);
  if (regression)
    return {
      fields: { ...made, classes: [], answers: "values" },
      notes: [
        `its outputs are taken as ${channels * length} ${channels * length === 1 ? "value" : "values"}`,
      ],
    };
  const several = strip && end === "sigmoid";
  const what = several
    ? "the log odds of several classes a row"
    : length > 1
      ? "the logits of a class a position"
      : "the logits of classes";
  if (strip) notes.push(`its last ${end} is left off: predict applies it`);
  if (!classes)
    notes.push(
      `its outputs are taken as ${what}, called 0 to ${channels - 1}; name them by classes, or say that they are values`,
    );
  return { fields: { ...made, classes: names, ...(several && { answers: "multiLabel" as const }) }, notes };
}

/** Outputs of a row in an order that a model here has: channels, then positions. */
function requireOrder(value: Value, file: string): void {
  if (value.axes.includes("tc"))
    throw new InputError(
      `${file}: its outputs are in the order position, channel; put a Transpose before the last reshape`,
    );
}
