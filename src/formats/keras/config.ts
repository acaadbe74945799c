/**
 * The layers of a Keras model from its configuration: a Sequential or a functional model with one input and one output, as Keras
 * 2 (`.h5`) and 3 (`.keras`, `.h5`) write it. What comes of it is a list of layers in the order of the file, each with the
 * names of those that it reads.
 */

import { quote } from "../../data/quote.ts";

export interface KerasLayer {
  /** Its class, such as `Conv1D`. */
  readonly kind: string;
  readonly name: string;
  readonly from: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
}

export interface KerasModel {
  readonly name: string;
  /** Positions (null where any) and channels of a row. */
  readonly input: readonly [length: number | null, channels: number];
  readonly layers: readonly KerasLayer[];
  readonly output: string;
}

type Json = Readonly<Record<string, unknown>>;
type Refuse = (what: string) => never;

const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** The name that stands for the input of a row. */
export const INPUT = "";

/** The most that a configuration may list. */
const MOST_LAYERS = 2000;

/** Reads a configuration; `refuse` throws. Nothing in it is trusted. */
export function kerasModel(value: unknown, refuse: Refuse): KerasModel {
  if (!isJson(value) || !isJson(value.config)) return refuse("its configuration is no model of Keras");
  const { class_name: kind, config } = value;
  const list = config.layers;
  if (!Array.isArray(list) || list.length === 0 || list.length > MOST_LAYERS)
    return refuse(`its configuration has no list of 1 to ${MOST_LAYERS} layers`);
  const layers = list.map((layer: unknown, i) => {
    const own = isJson(layer) && isJson(layer.config) ? layer.config : null;
    const className = isJson(layer) ? textOf(layer.class_name) : null;
    if (!isJson(layer) || !own || className === null)
      return refuse(`layer ${i + 1} of its configuration is none`);
    const name = textOf(own.name) ?? textOf(layer.name) ?? `layer ${i + 1}`;
    return { kind: className, name, config: own, nodes: layer.inbound_nodes };
  });
  const title = textOf(config.name) ?? "keras";
  if (kind === "Sequential") {
    const own = layers.filter((layer) => layer.kind !== "InputLayer");
    const first = layers[0].config;
    const shape =
      first.batch_shape ??
      first.batch_input_shape ??
      (isJson(value.build_config) ? value.build_config.input_shape : null);
    return {
      name: title,
      input: inputOf(shape, refuse),
      layers: own.map(({ kind: className, name, config: options }, i) => ({
        kind: className,
        name,
        config: options,
        from: [i === 0 ? INPUT : own[i - 1].name],
      })),
      output: own[own.length - 1]?.name ?? INPUT,
    };
  }
  if (kind !== "Functional" && kind !== "Model")
    return refuse(
      `it is a ${quote(String(kind))}, and only Sequential and functional models say their layers`,
    );
  const inputs = endsOf(config.input_layers);
  const outputs = endsOf(config.output_layers);
  if (inputs.length !== 1 || outputs.length !== 1)
    return refuse(`it has ${inputs.length} inputs and ${outputs.length} outputs; one of each is read`);
  const start = layers.find(({ name }) => name === inputs[0]);
  const shape = start?.config.batch_shape ?? start?.config.batch_input_shape;
  const named = (name: string): string => (name === inputs[0] ? INPUT : name);
  return {
    name: title,
    input: inputOf(shape, refuse),
    layers: layers
      .filter((layer) => layer !== start)
      .map(({ nodes, ...layer }) => ({ ...layer, from: readsOf(nodes, layer.name, refuse).map(named) })),
    output: named(outputs[0]),
  };
}

/** `["name", 0, 0]`, or a list of such. */
function endsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  if (typeof value[0] === "string") return [value[0]];
  return value.flatMap((end: unknown) => (Array.isArray(end) && typeof end[0] === "string" ? [end[0]] : []));
}

/** The layers that one reads, of Keras 2 `[[["a", 0, 0, {}], ...]]`, of Keras 3 `[{args: [tensor or list of tensors]}]`. */
function readsOf(nodes: unknown, name: string, refuse: Refuse): string[] {
  if (!Array.isArray(nodes) || nodes.length !== 1)
    return refuse(
      `layer ${quote(name)} is used ${Array.isArray(nodes) ? nodes.length : 0} times; each is used once`,
    );
  const [node] = nodes as unknown[];
  if (Array.isArray(node)) return endsOf(node);
  const args = isJson(node) && Array.isArray(node.args) ? (node.args as unknown[]) : [];
  const [first] = args;
  const tensors: unknown[] = Array.isArray(first) ? first : args.slice(0, 1);
  return tensors.flatMap((tensor) => {
    const history = isJson(tensor) && isJson(tensor.config) ? tensor.config.keras_history : null;
    return endsOf(history);
  });
}

/** `[null, length, channels]`. */
function inputOf(shape: unknown, refuse: Refuse): [number | null, number] {
  const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;
  if (
    Array.isArray(shape) &&
    shape.length === 3 &&
    isSize(shape[2]) &&
    (shape[1] === null || isSize(shape[1]))
  )
    return [shape[1], shape[2]];
  return refuse("its input is no [batch, positions, channels]; rows of positions and channels are read");
}
