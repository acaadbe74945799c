/**
 * Class activation maps: of a network that ends with a global average pool and a dense layer, a class's logit is its bias plus a
 * sum over positions, which is the map (Zhou, Khosla, Lapedriza, Oliva, Torralba, "Learning deep features for discriminative
 * localization", 2016): M(t) = sum over channels c of w[k, c] a[c, t] / n. With the network's own pool the sum is exact.
 */
import { InputError } from "../../data/errors.ts";
import type { Kind } from "../../layers/kinds.ts";
import { resolve, type Model, type Resolved } from "../../layers/model.ts";
import { maskOf } from "../../models/masks.ts";
import type { Weights } from "../../models/weights.ts";
import { always, type PreparedRow } from "./rows.ts";
import { fieldsOf } from "./receptiveField.ts";

/** Where a network's map comes from. */
export interface MapSource {
  /** What the pool reads: a layer, or null where it is the input. */
  readonly layer: string | null;
  readonly channels: number;
  readonly positions: number;
  /** Of the dense layer, `[outputs, channels]`; null where the pool is the last layer, whose channels are the outputs. */
  readonly filter: Float32Array | null;
  /** Whether the pool leaves padding out. */
  readonly ignores: boolean;
  /** The input position that each of the pool's positions is drawn at. */
  readonly places: readonly number[];
  /** What should be said of the places. */
  readonly note: string;
}

/** Layers that change nothing in prediction, or the shape alone. */
const PASSING: readonly Kind[] = ["dropout", "channelDropout", "identity", "flatten"];

/** The end of a network that a map can be made of; throws InputError where it has no such end. */
export function mapSourceOf(model: Model, weights: Weights): MapSource {
  const layers = resolve(model);
  const through = (number: number): Resolved | null => {
    let at = number;
    while (at > 0 && PASSING.includes(layers[at - 1].kind)) [at] = layers[at - 1].from;
    return at > 0 ? layers[at - 1] : null;
  };
  const last = through(layers.length);
  const dense = last?.kind === "dense" ? last : null;
  const pool = dense ? through(dense.from[0]) : last;
  if (pool?.kind !== "globalAveragePool")
    throw new InputError(
      `classActivation: the model ${model.name} does not end with a global average pool and a dense layer, so it has no map of ` +
        "a class; take integratedGradients, occlusion, inputTimesGradient or gradient",
    );
  const [from] = pool.from;
  const [{ channels, length: positions }] = pool.inputs;
  const layer = from > 0 ? layers[from - 1].name : null;
  const filter = dense && (weights.find(({ name }) => name === `${dense.name}.filter`)?.data ?? null);
  const ignores = (pool.options as { readonly ignore?: string }).ignore === "padding";
  return { layer, channels, positions, filter, ignores, ...placesOf(model, layer, positions) };
}

/**
 * Each position at the centre of what it sees, where these centres lie within the row; else (causal networks, which see far
 * back) at its own place among the positions, as far along as it is in the layer.
 */
function placesOf(model: Model, layer: string | null, positions: number): Pick<MapSource, "places" | "note"> {
  const { length } = model.input;
  if (layer === null) return { places: Array.from({ length }, (_, t) => t), note: "" };
  const fields = fieldsOf(model, layer);
  const seen = Array.from({ length: positions }, (_, p) => fields(p) ?? ([p, p] as const));
  const width = seen.reduce((most, [from, to]) => Math.max(most, to - from + 1), 1);
  const centres = seen.map(([from, to]) => (from + to) / 2);
  const alike = seen.map((_, p) => Math.min(length - 1, ((p + 0.5) * length) / positions - 0.5));
  const inside = centres.every((at) => at >= -1 && at <= length);
  // an even filter's centre is half a position off, which is no place of its own
  const places = inside ? centres.map((at, p) => (Math.abs(at - alike[p]) < 1 ? alike[p] : at)) : alike;
  const where = inside ? "at the centre of these" : "at its own place among the positions";
  return {
    places,
    note: `a value of the map sees ${Math.min(width, length)} of ${length} positions, and is drawn ${where}`,
  };
}

/**
 * The map of one output over the input's positions, `[1, length]`, from what the pool reads of a row, `[channels, positions]`:
 * each value is spread evenly over the own positions that are nearest to its place, so that the sum stays.
 */
export function classActivationContributions(
  { filter, channels, positions, ignores, places }: MapSource,
  features: Float32Array,
  row: PreparedRow,
  output: number,
): Float64Array {
  const own = ignores ? maskOf(always(row.extent), 1, row.length, positions) : null;
  const counted = own ? own.reduce((sum, x) => sum + x, 0) : positions;
  const map = Float64Array.from({ length: positions }, (_, p) => {
    if (own?.[p] === 0) return 0;
    if (filter === null) return features[output * positions + p] / counted;
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += filter[output * channels + c] * features[c * positions + p];
    return sum / counted;
  });
  return spread(map, places, row);
}

/** Each value over the own positions whose nearest place is its own; where none is, at the own position nearest to it. */
function spread(map: Float64Array, places: readonly number[], { length, extent }: PreparedRow): Float64Array {
  const [from, to] = extent;
  const values = new Float64Array(length);
  if (from >= to) return values;
  const cells = map.map(() => 0);
  const nearest = new Int32Array(length).fill(-1);
  let p = 0;
  for (let t = from; t < to; t++) {
    while (p + 1 < places.length && Math.abs(places[p + 1] - t) < Math.abs(places[p] - t)) p++;
    nearest[t] = p;
    cells[p]++;
  }
  for (let t = from; t < to; t++) values[t] = map[nearest[t]] / cells[nearest[t]];
  map.forEach((x, i) => {
    if (cells[i] > 0) return;
    values[Math.min(to - 1, Math.max(from, Math.round(places[i])))] += x;
  });
  return values;
}
