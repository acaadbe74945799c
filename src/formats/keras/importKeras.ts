/**
 * A network from a file of Keras: `.keras` (a zip archive of the configuration and the weights, Keras 3) or `.h5` (both in one
 * HDF5 file). Only what the configuration says is taken; no code of a file is run.
 */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { Misfit, parseJson } from "../../data/schema.ts";
import { model as draft, type Tensor } from "../../layers/functions.ts";
import { ModelError, resolve, type Model } from "../../layers/model.ts";
import { parametersOf } from "../../models/graphs.ts";
import type { NetworkFields } from "../../models/network.ts";
import { VERSION } from "../../models/version.ts";
import { hashParameters, type Weights } from "../../models/weights.ts";
import { inflate } from "../../readers/inflate.ts";
import { readZip } from "../../readers/zip.ts";
import { INPUT, kerasModel, type KerasLayer, type KerasModel } from "./config.ts";
import { pointwise, rules, type Fill, type WeightsOf } from "./layers.ts";

/** Numbers of an HDF5 file by their path, and its text attributes: what reads it is given. */
export interface Hdf5File {
  readonly text: (name: string) => string | null;
  readonly arrays: ReadonlyMap<
    string,
    { readonly shape: readonly number[]; readonly read: () => Float64Array }
  >;
}

export interface KerasImport {
  readonly hdf5: (bytes: Uint8Array, file: string) => Hdf5File;
  /** What errors call the file. */
  readonly file: string;
  readonly classes?: readonly string[];
  /** Positions of a row, where the configuration leaves them open. */
  readonly length?: number;
}

const SAVE = 'model.save("FILE.keras")';
const REMEDY = { large: `save it again: ${SAVE}`, packed: `save it again: ${SAVE}` };

/** From the bytes of a file. Throws InputError, and trusts nothing in it. */
export function importKeras(
  bytes: Uint8Array,
  form: "keras" | "h5",
  { hdf5, file, classes = [], length }: KerasImport,
): { readonly fields: NetworkFields; readonly notes: readonly string[] } {
  const refuse = (what: string): never => {
    throw new InputError(`${file}: ${what}`);
  };
  const { config, weights } =
    form === "keras" ? ofArchive(bytes, file, hdf5) : ofHdf5(hdf5(bytes, file), file);
  let json: unknown = null;
  try {
    json = parseJson(config);
  } catch (error) {
    if (error instanceof Misfit) return refuse(`its configuration ${error.message}; save it again: ${SAVE}`);
    throw error;
  }
  const keras = kerasModel(json, refuse);
  const { model, tensors, notes } = built(keras, {
    weights,
    length,
    isClassifier: classes.length > 0,
    refuse,
  });
  const provenance = {
    toeplitz: VERSION,
    from: "Keras",
    weightsSha256: hashParameters(tensors, parametersOf(resolve(model)).length),
  };
  return {
    fields: { model, classes, preparation: { kind: "none" }, weights: tensors, provenance },
    notes: [
      ...notes,
      "rows go in as they are, [channels, positions]: what was done to them for Keras has to be done first",
    ],
  };
}

/** The weights of a layer by its name, or by its class and its number among those of that class. */
type Lookup = (layer: KerasLayer, numbered: string) => WeightsOf;
interface Source {
  readonly config: string;
  readonly weights: Lookup;
}

function ofArchive(bytes: Uint8Array, file: string, hdf5: KerasImport["hdf5"]): Source {
  const entries = readZip(bytes, file, inflate, REMEDY);
  const [config, stored] = ["config.json", "model.weights.h5"].map((name) => entries.get(name));
  if (!config || !stored)
    throw new InputError(
      `${file}: it has no config.json and model.weights.h5, as Keras 3 saves them; save it again: ${SAVE}`,
    );
  const { arrays } = hdf5(stored(), `${file}, model.weights.h5`);
  return {
    config: new TextDecoder().decode(config()),
    weights: (layer, numbered) => (_leaf, index, shape) =>
      valuesOf(arrays.get(`layers/${numbered}/vars/${index}`), shape, `${file}: layer ${quote(layer.name)}`),
  };
}

function ofHdf5({ text, arrays }: Hdf5File, file: string): Source {
  const config = text("model_config");
  if (config === null)
    throw new InputError(
      `${file}: it holds weights without their layers (no model_config); save the whole model: ${SAVE}`,
    );
  const byLayer = new Map<
    string,
    [string, { readonly shape: readonly number[]; readonly read: () => Float64Array }][]
  >();
  for (const [path, array] of arrays) {
    const [, layer, leaf] = /^model_weights\/([^/]+)\/(?:.*\/)?([^/]+?)(?::0)?$/.exec(path) ?? [];
    if (layer !== undefined) byLayer.set(layer, [...(byLayer.get(layer) ?? []), [leaf, array]]);
  }
  return {
    config,
    weights: (layer) => (leaf, _index, shape) => {
      const own = byLayer.get(layer.name) ?? [];
      // before Keras 3 a depthwise kernel had a name of its own
      const found = own.find(
        ([name]) => name === leaf || (layer.kind === "DepthwiseConv1D" && name === `depthwise_${leaf}`),
      );
      return valuesOf(found?.[1], shape, `${file}: layer ${quote(layer.name)}`);
    },
  };
}

function valuesOf(
  array: { readonly shape: readonly number[]; readonly read: () => Float64Array } | undefined,
  shape: readonly number[],
  of: string,
): Float64Array {
  if (!array)
    throw new InputError(`${of} has no weights of [${shape.join(", ")}] in the file; save it again: ${SAVE}`);
  if (array.shape.join() !== shape.join())
    throw new InputError(
      `${of} has weights of [${array.shape.join(", ")}], and its configuration wants [${shape.join(", ")}]`,
    );
  const values = array.read();
  const wrong = values.findIndex((x) => !Number.isFinite(Math.fround(x)));
  if (wrong >= 0)
    throw new InputError(`${of} holds ${values[wrong]} (value ${wrong}), no finite number of float32`);
  return values;
}

interface Building {
  readonly weights: Lookup;
  readonly length: number | undefined;
  readonly isClassifier: boolean;
  readonly refuse: (what: string) => never;
}

/** What a layer of Keras has become; behind Flatten the values still lie by channel. */
interface Place {
  readonly x: Tensor;
  readonly flat: boolean;
}

function built(
  keras: KerasModel,
  { weights, length, isClassifier, refuse }: Building,
): { readonly model: Model; readonly tensors: Weights; readonly notes: readonly string[] } {
  const positions = keras.input[0] ?? length;
  if (positions === undefined)
    return refuse("its input has any number of positions; say how many by --length");
  if (keras.input[0] !== null && length !== undefined && length !== keras.input[0])
    return refuse(`its input has ${keras.input[0]} positions, not ${length}; leave --length out`);
  const fills: Fill[] = [];
  const notes: string[] = [];
  const counts = new Map<string, number>();
  const make = (x: Tensor): Tensor => {
    const places = new Map<string, Place>([[INPUT, { x, flat: false }]]);
    for (const layer of keras.layers) {
      const where = (what: string): never =>
        refuse(`layer ${quote(layer.name)} (${quote(layer.kind)}): ${what}`);
      const numbered = numberedName(layer.kind, counts);
      const inputs = layer.from.map(
        (name) => places.get(name) ?? where(`it reads ${quote(name)}, which is no layer before it`),
      );
      if (inputs.length === 0) where("it reads no layer");
      const flat = inputs.some((input) => input.flat);
      if (layer.kind === "Flatten") {
        places.set(layer.name, { x: inputs[0].x, flat: inputs[0].x.length > 1 });
        continue;
      }
      if ((layer.config.data_format ?? "channels_last") !== "channels_last")
        where("its data_format is not channels_last, which alone is read");
      const rule = Object.hasOwn(rules, layer.kind) ? rules[layer.kind] : null;
      if (!rule)
        return where(
          `no layer of that class is read; those that are: ${Object.keys(rules).join(", ")}, Flatten`,
        );
      if (flat && layer.kind !== "Dense" && !pointwise.has(layer.kind))
        where("behind Flatten a dense layer is read, and nothing else");
      const site = {
        inputs: inputs.map((input) => input.x),
        flat,
        config: layer.config,
        weights: weights(layer, numbered),
      };
      const isLast = layer.name === keras.output;
      const softened = isLast && isClassifier && layer.config.activation === "softmax";
      if (softened)
        notes.push("the softmax at the end is left to predict, which takes it of every classifier");
      const config = softened ? { ...layer.config, activation: "linear" } : layer.config;
      if (isLast && isClassifier && layer.kind === "Softmax") {
        notes.push("the softmax at the end is left to predict, which takes it of every classifier");
        places.set(layer.name, inputs[0]);
        continue;
      }
      const y = rule({ ...site, config, keep: (tensors) => void fills.push(tensors), refuse: where });
      places.set(layer.name, { x: y, flat: flat && layer.kind !== "Dense" });
    }
    const end = places.get(keras.output) ?? refuse("its output is none of its layers");
    if (end.flat && end.x.channels > 1)
      return refuse(
        "it ends behind Flatten, whose order of values is another one here; end with a dense layer",
      );
    return end.x;
  };
  try {
    const model = draft({ channels: keras.input[1], length: positions }, make, keras.name.slice(0, 100));
    return { model, tensors: filled(model, fills, refuse), notes };
  } catch (error) {
    if (error instanceof ModelError) return refuse(error.message);
    throw error;
  }
}

/** How Keras 3 calls what is saved: the class in lower case with a number from the second on. */
function numberedName(kind: string, counts: Map<string, number>): string {
  const word = kind
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
  const count = counts.get(word) ?? 0;
  counts.set(word, count + 1);
  return count === 0 ? word : `${word}_${count}`;
}

/** The tensors of each layer that has some, in model order. */
function filled(model: Model, fills: readonly Fill[], refuse: (what: string) => never): Weights {
  const layers = resolve(model);
  const owners = layers.filter(({ parameters, state }) => parameters.length + state.length > 0);
  const of = new Map(owners.map((layer, i) => [layer.name, fills[i]]));
  const tensorsOf = (list: "parameters" | "state"): Weights =>
    owners.flatMap((layer) =>
      layer[list].map(({ name, shape }) => {
        const data = of.get(layer.name)?.[name];
        if (data?.length !== shape[0] * shape[1] * shape[2])
          return refuse(`the weights of ${layer.name} do not fit it`);
        return { name: `${layer.name}.${name}`, shape, data };
      }),
    );
  return [...tensorsOf("parameters"), ...tensorsOf("state")];
}
