/**
 * Models as plain data: an input and a list of layers, each with the numbers of the layers that it reads (0 is the
 * input, i the i-th layer). The last layer is the output. `model()` writes one from functions; `checkModel` reads one
 * from JSON and names the layer that is wrong.
 */
import type { GraphBuilder } from "../graph/build.ts";
import { GraphTooLarge } from "../graph/mix.ts";
import type { NodeId } from "../graph/ops.ts";
import { size } from "../numerics/tensor.ts";
import { kinds, type Kind } from "./kinds.ts";
import { above, limits } from "./limits.ts";
import type { LayerKind, Mode, Parameter, Signal, State } from "./layer.ts";
import { LayerError, readOptions, show, type Options } from "./options.ts";

/** A layer of a model as data. */
export interface LayerSpec {
  /** What it computes: the name of a layer function, such as `conv1d`. */
  readonly kind: Kind;
  /** The layers that it reads, by number: 0 is the input of the model, i the i-th layer. */
  readonly from: readonly number[];
  /** As the layer function takes them; what is left out has its default. */
  readonly options: Options;
}

/**
 * A model as plain data: what it takes, and its layers in order. The last layer is the output, and every other one is
 * read by a later layer.
 */
export interface Model {
  /** Says that the JSON is a model. */
  readonly format: "toeplitz-model";
  /** Of the format. */
  readonly version: 1;
  /** What it was made by, for people and file names. */
  readonly name: string;
  /** Channels and positions of a row. */
  readonly input: Signal;
  /** In an order in which each reads earlier ones alone. */
  readonly layers: readonly LayerSpec[];
}

/** A layer with everything that follows from its options and inputs. */
export interface Resolved {
  readonly name: string;
  readonly kind: Kind;
  readonly from: readonly number[];
  readonly options: unknown;
  readonly inputs: readonly Signal[];
  readonly output: Signal;
  readonly parameters: readonly Parameter[];
  readonly state: readonly State[];
}

/** What is wrong with a model: the layer, the actual value, the rule and the remedy, in one line. */
export class ModelError extends Error {
  /** The name of the class, to tell errors apart by. */
  override readonly name = "ModelError";
}

type AnyKind = LayerKind<unknown>;
export const kindOf = (kind: Kind): AnyKind => kinds[kind] as unknown as AnyKind;

function requireFits(output: Signal, parameters: readonly Parameter[]): void {
  if (!(output.channels * output.length <= limits.rowValues.most))
    throw new LayerError(
      `${output.channels} x ${output.length} values a row are more than ${limits.rowValues.most}`,
    );
  const large = parameters.find((p) => !(size(p.shape) <= limits.parameterValues.most));
  if (large)
    throw new LayerError(
      `${large.name} of ${large.shape.join(" x ")} is more than ${limits.parameterValues.most}`,
    );
}

/** Refuses a model of more than `limits` say, by the layer that goes beyond them. */
class Budget {
  #terms = 0;
  #work = 0;

  /** Refuses more layers, and more of what they read. */
  static begin(layers: readonly { readonly from: readonly number[] }[]): Budget {
    const reads = layers.reduce((sum, { from }) => sum + from.length, 0);
    const fault = above("layers", layers.length) ?? above("reads", reads);
    if (fault !== null) throw new ModelError(`the model has ${fault}`);
    return new Budget();
  }

  add(rules: AnyKind, inputs: readonly Signal[], options: unknown): void {
    this.#terms += rules.terms?.(inputs, options) ?? 0;
    this.#work += rules.multiplyAdds?.(inputs, options) ?? 0;
    const fault = above("terms", this.#terms) ?? above("work", this.#work);
    if (fault !== null) throw new LayerError(`the model has up to it ${fault}`);
  }
}

/** Refuses a model without layers, and one with a layer that nothing reads: it could never learn. */
export function requireUsed({ layers }: Model): void {
  if (layers.length === 0) throw new ModelError("the model has no layers; it has at least one");
  const read = new Set(layers.flatMap(({ from }) => from));
  const unused = layers.findIndex((_, i) => i < layers.length - 1 && !read.has(i + 1));
  if (unused >= 0)
    throw new ModelError(
      `layer ${unused + 1} (${layers[unused].kind}): nothing reads it; the last layer is the output, and depends on all others`,
    );
}

/** Shapes, parameters and names of every layer; throws ModelError. */
export function resolve(model: Model): Resolved[] {
  const budget = Budget.begin(model.layers);
  return model.layers.map(resolver(model.input, budget));
}

/** Resolves the layers of a model one after another, each when it is given; throws ModelError. */
export function resolver(input: Signal, budget = Budget.begin([])): (layer: LayerSpec) => Resolved {
  const signals: Signal[] = [input];
  const counts = new Map<string, number>();
  try {
    requireFits(input, []);
  } catch (error) {
    throw error instanceof LayerError ? new ModelError(`input: ${error.message}`) : error;
  }
  return ({ kind, from, options: given }) => {
    const i = signals.length - 1;
    const where = `layer ${i + 1} (${kind})`;
    try {
      const rules = kindOf(kind);
      if (rules.inputs === "several" ? from.length < 2 : from.length !== rules.inputs)
        throw new LayerError(
          `takes ${rules.inputs === "several" ? "two or more" : rules.inputs} inputs, got ${from.length}`,
        );
      const inputs = from.map((f) => {
        if (!Number.isInteger(f) || f < 0 || f > i)
          throw new LayerError(`reads layer ${show(f)}; it can read 0 to ${i}`);
        return signals[f];
      });
      const options = readOptions(rules.options, given);
      const output = rules.shape(inputs, options);
      const parameters = rules.parameters?.(inputs, options) ?? [];
      requireFits(output, parameters);
      budget.add(rules, inputs, options);
      signals.push(output);
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      return {
        name: `${kind}_${count}`,
        kind,
        from,
        options,
        inputs,
        output,
        parameters,
        state: rules.state?.(inputs, options) ?? [],
      };
    } catch (error) {
      if (error instanceof LayerError) throw new ModelError(`${where}: ${error.message}`);
      throw error;
    }
  };
}

/** The same model with every option of its layers said, defaults too; throws ModelError. */
export const wholeModel = (model: Model): Model => ({
  ...model,
  layers: resolve(model).map(({ kind, from, options }) => ({ kind, from, options: options as Options })),
});

/** What is wrong with the input of a model, or null. */
export function inputFault(input: unknown): string | null {
  const { channels, length } = Object(input) as Readonly<Record<string, unknown>>;
  const isSize = (n: unknown): boolean => Number.isInteger(n) && Number(n) >= 1 && Number(n) <= LONGEST_SIDE;
  return isSize(channels) && isSize(length)
    ? null
    : `input is ${show(input)}; it has channels and length, whole numbers of at least 1`;
}

/** Of an input, in channels and in positions; their product has a limit of its own. */
export const LONGEST_SIDE = 2 ** 31;
/** What says that JSON is a model. */
export const MODEL_FORMAT = "toeplitz-model";
export const MODEL_VERSION = 1;
/** Of a model's name, which stands in lines and file names, in UTF-16 units. */
const LONGEST_NAME = 200;

/** A model from JSON; throws ModelError for anything else. */
export function checkModel(value: unknown): Model {
  const fail = (what: string): never => {
    throw new ModelError(`not a model: ${what}`);
  };
  const isRecord = (x: unknown): x is Record<string, unknown> =>
    typeof x === "object" && x !== null && !Array.isArray(x);
  if (!isRecord(value)) return fail("it is no JSON object");
  if (value.format !== MODEL_FORMAT || value.version !== MODEL_VERSION)
    return fail(
      `format is ${show(value.format)} and version ${show(value.version)}, not "${MODEL_FORMAT}" and ${MODEL_VERSION}`,
    );
  const { layers } = value;
  const wrongInput = inputFault(value.input);
  if (wrongInput) return fail(wrongInput);
  const { channels, length } = value.input as Signal;
  if (!Array.isArray(layers) || layers.length === 0) return fail("layers is no list of at least one layer");
  const tooMany = above("layers", layers.length);
  if (tooMany !== null) return fail(`it has ${tooMany}`);
  const checked = layers.map((layer: unknown, i): LayerSpec => {
    if (!isRecord(layer)) return fail(`layer ${i + 1} is no object`);
    const { kind, from, options } = layer;
    if (typeof kind !== "string" || !Object.hasOwn(kinds, kind))
      return fail(`layer ${i + 1} is of kind ${show(kind)}; kinds are ${Object.keys(kinds).join(", ")}`);
    if (!Array.isArray(from) || !from.every((f) => Number.isInteger(f)))
      return fail(`layer ${i + 1} (${kind}): from is ${show(from)}; it lists the layers that it reads`);
    if (options !== undefined && !isRecord(options))
      return fail(`layer ${i + 1} (${kind}): options is ${show(options)}`);
    return { kind: kind as Kind, from: from as number[], options: (options ?? {}) as Options };
  });
  const { name = "model" } = value;
  if (typeof name !== "string") return fail(`name is ${show(name)}; it is text`);
  const model: Model = {
    format: MODEL_FORMAT,
    version: MODEL_VERSION,
    name: name.slice(0, LONGEST_NAME),
    input: { channels, length },
    layers: checked,
  };
  resolve(model);
  requireUsed(model);
  return model;
}

/**
 * The number of trainable values of a model; running statistics do not count.
 *
 * @throws ModelError
 */
export const parameterCount = (model: Model): number =>
  resolve(model)
    .flatMap((layer) => layer.parameters)
    .reduce((sum, p) => sum + size(p.shape), 0);

/** Full names of a layer's tensors: `conv1d_1.filter`. */
export const tensorName = (layer: Resolved, tensor: { readonly name: string }): string =>
  `${layer.name}.${tensor.name}`;

/** Scalars of a training graph whose layers draw random numbers: whole numbers, written as bits before a step. */
export const RANDOM_SEED = "random.seed";
export const RANDOM_STEP = "random.step";
/** The rows of a whole batch, where its statistics are taken over all of its shards. */
export const BATCH_ROWS = "batchRows";
/** The input that says of so many positions which are a row's own and which its padding. */
export const maskName = (length: number): string => `mask/${length}`;
/** The positions that such an input is of; null for another name. */
export function maskLength(name: string): number | null {
  const [, length] = /^mask\/(\d+)$/.exec(name) ?? [];
  return length === undefined ? null : Number(length);
}
/** Streams of Threefry from here on belong to layers, one each (those of parameters begin at 0x10000). */
const LAYER_STREAM = 0x40000000;
const one = ["weight", [1, 1, 1]] as const;

export interface ModelNodes {
  readonly output: NodeId;
  /** The output of each layer, in order. */
  readonly layers: readonly NodeId[];
  /** What each state becomes, by full name; empty in prediction. */
  readonly updates: Readonly<Record<string, NodeId>>;
}

/** Adds a model's nodes to a graph; `mode` may differ by layer, `tensor` makes the input of a parameter or state from its full name. */
export function modelNodes(
  b: GraphBuilder,
  layers: readonly Resolved[],
  input: NodeId,
  mode: Mode | ((layer: Resolved) => Mode),
  tensor: (name: string, shape: readonly [number, number, number]) => NodeId,
  statistics: "ofGraph" | "ofAllShards" = "ofGraph",
): ModelNodes {
  const outputs: NodeId[] = [input];
  const updates: Record<string, NodeId> = {};
  for (const [index, layer] of layers.entries()) {
    const find = (list: readonly (Parameter | State)[]) => {
      return (name: string): NodeId => {
        const found = list.find((p) => p.name === name);
        if (!found) throw new Error(`${layer.name} has no ${name}`);
        return tensor(tensorName(layer, found), found.shape);
      };
    };
    const nodes = (): NodeId =>
      kindOf(layer.kind).nodes({
        b,
        mode: typeof mode === "string" ? mode : mode(layer),
        options: layer.options,
        inputs: layer.from.map((f) => outputs[f]),
        shapes: layer.inputs,
        parameter: find(layer.parameters),
        state: find(layer.state),
        update: (name, value) => {
          updates[`${layer.name}.${name}`] = value;
        },
        rows:
          statistics === "ofGraph"
            ? { count: () => b.rows(), sum: (a, axes) => b.sum(a, axes) }
            : { count: () => b.input(BATCH_ROWS, ...one), sum: (a, axes) => b.shards(b.sum(a, axes)) },
        own: () => {
          const [{ length }] = layer.inputs;
          return b.input(maskName(length), "sample", [1, 1, length]);
        },
        random: (shape) =>
          b.random(shape, LAYER_STREAM + index, b.input(RANDOM_SEED, ...one), b.input(RANDOM_STEP, ...one)),
      });
    try {
      outputs.push(nodes());
    } catch (error) {
      if (!(error instanceof GraphTooLarge)) throw error;
      throw new ModelError(`layer ${index + 1} (${layer.kind}): ${error.message}; make the model smaller`);
    }
  }
  return { output: outputs[outputs.length - 1], layers: outputs.slice(1), updates };
}
