/** What a hidden layer makes of rows: the model up to that layer, compiled at its first use. */
import { resolve, type Model, type Resolved } from "../layers/model.ts";
import { matchRows } from "../data/matchChannels.ts";
import { chunks, Dataset, type RawRows } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { unknownWord } from "../data/suggest.ts";
import { joined } from "./predictions.ts";
import { predictor, type Predictor } from "./predictor.ts";
import type { Preparation } from "./preparation.ts";
import type { Runtime } from "./runtime.ts";
import type { Weights } from "./weights.ts";

/** What a layer makes of rows, as prediction computes it: batch norms by their running statistics, no dropout. */
export interface Embedding {
  /** The layer's name, as `summary` has it: `globalAveragePool_1`. */
  readonly layer: string;
  /** Channels of its output. */
  readonly channels: number;
  /** Positions of its output; 1 behind a global pool. */
  readonly length: number;
  /** The output's values, `[rows, channels, length]`, row-major; without a unit. */
  readonly values: Float32Array;
}

/** The features of rows by a layer: see `Network.embed`. */
export type Embed = (rows: RawRows | Dataset, layer?: string) => Promise<Embedding>;

/** `embed` of a trained model; each layer is compiled once. */
export function embedder(
  fields: {
    readonly model: Model;
    readonly channelNames?: readonly string[];
    readonly preparation: Preparation;
    readonly weights: Weights;
  },
  runtime: Runtime,
): Embed {
  const { model, channelNames, preparation, weights } = fields;
  const whose = `the model ${model.name}`;
  const layers = resolve(model);
  const compiled = new Map<number, Promise<Predictor>>();
  return async (rows, name) => {
    const at = name === undefined ? beforeHead(layers, whose) : layerNamed(layers, name, whose);
    const known = compiled.get(at);
    const started =
      known ?? predictor(upTo(layers, at), { input: model.input, weights, preparation }, runtime);
    if (!known) compiled.set(at, started);
    const run = await started;
    const batches = rows instanceof Dataset ? chunks(rows) : [rows];
    const parts = Array.from(batches, (batch) => run(matchRows(channelNames, batch, whose)));
    const { channels, length } = layers[at].output;
    return { layer: layers[at].name, channels, length, values: joined(parts) };
  };
}

/** The index of the layer that the head reads, which is the last layer with parameters. */
function beforeHead(layers: readonly Resolved[], whose: string): number {
  const head = layers.findLast(({ parameters }) => parameters.length > 0) ?? layers[layers.length - 1];
  const [from] = head.from;
  if (from > 0) return from - 1;
  throw new InputError(`${whose} has no layer before its head, ${head.name}; name a layer`);
}

function layerNamed(layers: readonly Resolved[], name: string, whose: string): number {
  const names = layers.map((layer) => layer.name);
  const at = names.indexOf(name);
  if (at >= 0) return at;
  throw new InputError(`${whose}: ${unknownWord("layer", name, names)}`);
}

/** The layers that a layer's output follows from, and it as the last; they keep their names and change their numbers. */
export function upTo(layers: readonly Resolved[], last: number): Resolved[] {
  const needed = new Set([last + 1]);
  for (let i = last; i >= 0; i--) if (needed.has(i + 1)) for (const f of layers[i].from) needed.add(f);
  const numbers = new Map([[0, 0]]);
  const kept = layers.flatMap((layer, i) => (needed.has(i + 1) ? [{ layer, number: i + 1 }] : []));
  kept.forEach(({ number }, i) => numbers.set(number, i + 1));
  return kept.map(({ layer }) => ({ ...layer, from: layer.from.map((f) => numbers.get(f) ?? 0) }));
}
