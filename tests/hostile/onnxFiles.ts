/**
 * ONNX files of right form with a few things in them changed: numbers, names, operators, attributes, tensors, nodes more or
 * less. They begin as PyTorch's own files and as ours, whose metadata are changed too under a hash that is right.
 */
import { readdirSync, readFileSync } from "node:fs";
import { architectures, fromArrays, miniRocket } from "../../src/index.ts";
import { encodeOnnx } from "../../src/formats/onnx/encode.ts";
import { GRAPH_KEY } from "../../src/formats/onnx/metadata.ts";
import { messages, type Message, type MessageName, type Parsed } from "../../src/formats/onnx/schema.ts";
import { decode, encode, newBudget } from "../../src/formats/onnx/wire.ts";
import { sha256 } from "../../src/numerics/sha256.ts";
import { networkOf } from "../formats/onnx/harness.ts";
import { mutated, NUMBERS, type Random } from "./random.ts";

const folder = new URL("../formats/onnx/pytorch/", import.meta.url);
const waves = fromArrays({
  series: Array.from({ length: 6 }, (_, n) => [
    Array.from({ length: 12 }, (_t, t) => Math.sin((1 + (n % 2)) * t + n)),
  ]),
  labels: Array.from({ length: 6 }, (_, n) => String(n % 2)),
});
const task = { channels: 1, length: 24, classes: ["a", "b"] } as const;
let made: readonly Uint8Array[] | undefined;

/** Files to begin with; made at the first use. */
export function onnxFiles(): readonly Uint8Array[] {
  made ??= [
    ...readdirSync(folder)
      .filter((name) => name.endsWith(".onnx"))
      .map((name) => new Uint8Array(readFileSync(new URL(name, folder)))),
    ...[
      architectures.tcn(task, { channels: 3, levels: 2 }),
      architectures.wavenet(task, { residual: 3, skip: 4 }),
      architectures.mnist1dCnn(task),
      architectures.unet1d(task, { filters: 2, depth: 2 }),
    ].map((model) =>
      encodeOnnx(
        networkOf(model, {
          classes: task.classes,
          preparation: {
            kind: "channel",
            mean: [1],
            deviation: [2],
            length: task.length,
            pad: "edge",
            at: "centre",
          },
        }),
      ),
    ),
    encodeOnnx(miniRocket(waves, { features: 84 })),
  ];
  return made;
}

const OPS = (
  "Conv ConvTranspose Gemm MatMul Add Sub Mul Div Pow Sqrt Erf Neg Abs Log Relu Softmax LogSoftmax MaxPool AveragePool GlobalAveragePool " +
  "ReduceMean ReduceSum ReduceMax Reshape Flatten Transpose Squeeze Unsqueeze Expand Slice Split Gather Concat Pad Resize Upsample Cast " +
  "Shape Constant ConstantOfShape Range Where Greater Less Or Identity Dropout Clip PRelu BatchNormalization InstanceNormalization " +
  "LayerNormalization GroupNormalization LSTM If"
).split(" ");
const ATTRIBUTES =
  "axis axes perm pads strides dilations kernel_shape group auto_pad mode keepdims epsilon alpha to start end ceil_mode allowzero value scales split".split(
    " ",
  );
const WORDS = [
  "",
  "SAME_UPPER",
  "reflect",
  "linear",
  "wrap",
  "\u001b[2J",
  "\u202e",
  "\n",
  "__proto__",
  "x".repeat(5000),
  "\0",
  "constructor",
];
const WHOLE = [...NUMBERS.filter((n) => Number.isSafeInteger(n)), 9, 24, 2 ** 62];

/** Messages below one, each with its name. */
function below(
  name: MessageName,
  message: object,
  found: [MessageName, Record<string, unknown>][] = [],
): typeof found {
  const fields = message as Record<string, unknown>;
  found.push([name, fields]);
  for (const [key, [, type]] of Object.entries(messages[name]) as [string, readonly [number, string]][]) {
    const item = type.replace("[]", "");
    if (!Object.hasOwn(messages, item) || fields[key] === undefined) continue;
    for (const inner of item === type ? [fields[key]] : (fields[key] as unknown[]))
      below(item as MessageName, inner as object, found);
  }
  return found;
}

function changedScalar(
  r: Random,
  type: string,
  own: unknown,
  names: readonly string[],
  key: string,
): unknown {
  switch (type) {
    case "int":
      return r.chance(0.5) && typeof own === "number" ? own + r.pick([-1, 1, 2]) : r.pick(WHOLE);
    case "text":
      if (key === "op") return r.pick(OPS);
      if (key === "name" && r.chance(0.5)) return r.pick(ATTRIBUTES);
      return r.chance(0.8) && names.length > 0 ? r.pick(names) : r.pick(WORDS);
    case "bytes": {
      const bytes = own instanceof Uint8Array ? own.slice() : new Uint8Array(8);
      if (r.chance(0.3)) return bytes.subarray(0, r.int(bytes.length + 1));
      for (let i = r.int(8); i >= 0 && bytes.length > 0; i--) bytes[r.int(bytes.length)] = r.int(256);
      return bytes;
    }
    default:
      return r.pick([...NUMBERS, NaN, Infinity, -Infinity]);
  }
}

/** One to three things in a graph changed. */
function changedGraph(r: Random, graph: Parsed<"Graph">): Message<"Graph"> {
  const copy = structuredClone(graph);
  const names = [
    ...graph.nodes.flatMap((n) => [...n.inputs, ...n.outputs]),
    ...graph.tensors.map((t) => t.name ?? ""),
  ];
  for (let edits = 1 + r.int(3); edits > 0; edits--) {
    const all = below("Graph", copy);
    // nodes and what is in them are where most is read
    const inner = all.filter(([n]) => ["Node", "Attribute", "Tensor"].includes(n));
    const [name, message] = r.pick(r.chance(0.5) || inner.length === 0 ? all : inner);
    const fields = Object.entries(messages[name]) as [string, readonly [number, string]][];
    const [key, [, type]] = r.pick(fields);
    const item = type.replace("[]", "");
    const isMessage = Object.hasOwn(messages, item);
    if (item === type) {
      if (isMessage)
        message[key] = r.chance(0.5)
          ? undefined
          : structuredClone(
              r.pick(
                below("Graph", copy)
                  .filter(([n]) => n === item)
                  .map(([, m]) => m)
                  .concat({}),
              ),
            );
      else message[key] = r.chance(0.1) ? undefined : changedScalar(r, item, message[key], names, key);
      continue;
    }
    const list = [...((message[key] as unknown[] | undefined) ?? [])];
    const at = r.int(list.length + 1);
    const how = r.int(4);
    if (how === 0) list.splice(at, 1);
    else if (how === 1 && list.length > 0) list.splice(at, 0, structuredClone(r.pick(list)));
    else if (how === 2 && list.length > 1) list.push(...list.splice(r.int(list.length), 1));
    else if (!isMessage) list[Math.min(at, list.length)] = changedScalar(r, item, list[at], names, key);
    message[key] = list;
  }
  return copy;
}

/** A file with something changed: mostly within the graph, at times in the metadata, at times in its bytes. */
export function changedOnnx(r: Random): Uint8Array {
  const bytes = r.pick(onnxFiles());
  if (r.chance(0.1)) {
    const copy = bytes.slice(0, r.chance(0.3) ? r.int(bytes.length) : bytes.length);
    for (let i = r.int(6); i >= 0; i--) copy[r.int(copy.length)] = r.int(256);
    return copy;
  }
  const model = decode("Model", bytes, newBudget());
  const graph = decode("Graph", model.graph ?? new Uint8Array(), newBudget());
  const changed = encode("Graph", r.chance(0.85) ? changedGraph(r, graph) : graph);
  const functions =
    r.chance(0.1) && model.functions.length > 0
      ? model.functions.map((f) => ({
          ...f,
          nodes:
            changedGraph(r, { ...graph, nodes: f.nodes, tensors: [], inputs: [], outputs: [] }).nodes ?? [],
        }))
      : model.functions;
  const metadata = model.metadata.map(({ key = "", value = "" }) => ({
    key,
    value:
      key === GRAPH_KEY && r.chance(0.7)
        ? sha256(changed)
        : r.chance(0.1) && key !== GRAPH_KEY
          ? text(r, value)
          : value,
  }));
  const opsets = r.chance(0.05) ? [{ domain: "", version: r.pick(WHOLE) }] : model.opsets;
  return encode("Model", { ...model, graph: changed, functions, metadata, opsets });
}

/** JSON within metadata, changed as data. */
function text(r: Random, value: string): string {
  try {
    return JSON.stringify(mutated(r, JSON.parse(value) as unknown)) ?? "";
  } catch {
    return r.pick(WORDS);
  }
}
