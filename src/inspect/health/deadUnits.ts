/**
 * Channels of a network that say nothing on rows: 0 behind a relu whatever comes in, at the ends of a tanh or sigmoid, or one value
 * throughout. The network runs as in prediction, once, and gives the extremes of each channel alone.
 */
import { compile } from "../../compiler/compile.ts";
import { gather, type Dataset } from "../../data/dataset.ts";
import { matchChannels } from "../../data/matchChannels.ts";
import { GraphBuilder } from "../../graph/build.ts";
import type { NodeId } from "../../graph/ops.ts";
import type { Kind } from "../../layers/kinds.ts";
import { modelNodes, resolve, type Resolved } from "../../layers/model.ts";
import { ends, INPUT, OUTPUT, tensorInput } from "../../models/graphs.ts";
import type { NetworkFields } from "../../models/network.ts";
import { passOf, placedWeights, throughParts } from "../../models/predictor.ts";
import { requireShape, takesOf } from "../../models/takes.ts";
import { chooseBackend, loadProgram, type Runtime } from "../../models/runtime.ts";
import { weightView } from "../../vector/arena.ts";
import { LANES } from "../../vector/layout.ts";

/** What a channel that says nothing is. */
export type DeadKind = "dead" | "saturated" | "constant";

/** The channels of a layer that say nothing. */
export interface DeadUnits {
  /** The layer's name. */
  readonly layer: string;
  /**
   * `dead`: 0 at all positions of all rows; `saturated`: within 1 % of an end of its range at 99 of 100 positions or more;
   * `constant`: one value at all positions of all rows.
   */
  readonly kind: DeadKind;
  /** Their numbers, from 0. */
  readonly channels: readonly number[];
  /** Which part of the layer's channels they are. */
  readonly share: number;
}

/** Ends of the ranges of what saturates. */
const RANGES: Partial<Record<Kind, readonly [least: number, most: number]>> = {
  tanh: [-1, 1],
  softsign: [-1, 1],
  sigmoid: [0, 1],
  hardsigmoid: [0, 1],
};
const RELU_LIKE: readonly Kind[] = ["relu", "relu6"];

/** How near to an end, in parts of half the range, and at how many positions. */
const NEAR = 0.01;
const AT = 0.99;

/** Layers that are looked at: activations, and whatever has parameters. */
const isWatched = ({ kind, parameters }: Resolved): boolean =>
  parameters.length > 0 || RELU_LIKE.includes(kind) || kind in RANGES;

/** At most so many rows, spread evenly. */
export const ROWS = 512;

/** The options of `deadUnits`. */
export interface DeadUnitOptions extends Pick<Runtime, "backend"> {
  /** The most rows that are looked at, spread evenly over the data. Default: 512. */
  readonly rows?: number;
}

/**
 * The channels that say nothing on the rows, layer by layer; of rows whose values vary, such channels cost and do not serve.
 *
 * @throws InputError for rows that the network does not take
 */
export async function deadUnits(
  network: NetworkFields,
  data: Dataset,
  { rows = ROWS, backend }: DeadUnitOptions = {},
): Promise<DeadUnits[]> {
  const { model, weights, preparation, channelNames } = network;
  const matched = matchChannels(channelNames, data, `the model ${model.name}`).data;
  requireShape(matched, takesOf(preparation, model.input));
  const layers = resolve(model);
  const watched = layers.filter(isWatched);
  if (watched.length === 0) return [];
  const program = compile(
    { predict: watchingGraph(layers) },
    { batch: LANES, lanes: "samples", schedule: chooseBackend(backend).schedule, fixedWeights: true },
  );
  const executable = await loadProgram(program, backend, 1);
  for (const [name, values] of placedWeights(layers, weights, program))
    weightView(executable.floats, program.tensors[name]).set(values);
  executable.run("weights");
  const pass = passOf(program, executable);
  const every = Math.max(1, Math.ceil(matched.rows / rows));
  const some = Array.from({ length: Math.ceil(matched.rows / every) }, (_, i) => i * every);
  const run = throughParts({ input: model.input, preparation }, pass.width, () => pass);
  const values = run(gather(matched, some));
  const over = (column: number, join: (a: number, b: number) => number): number => {
    let joined = values[column];
    for (let at = column + pass.width; at < values.length; at += pass.width)
      joined = join(joined, values[at]);
    return joined;
  };
  executable.dispose();
  let at = 0;
  return watched.flatMap((layer) => {
    const { channels } = layer.output;
    const first = at;
    at += (layer.kind in RANGES ? 3 : 2) * channels;
    const kindAt = (k: number): DeadKind | null => {
      const most = over(first + k, Math.max);
      const least = -over(first + channels + k, Math.max);
      if (RELU_LIKE.includes(layer.kind) && most === 0 && least === 0) return "dead";
      const near = layer.kind in RANGES ? over(first + 2 * channels + k, (a, b) => a + b) : 0;
      if (near >= AT * some.length) return "saturated";
      return most === least && some.length * layer.output.length > 1 ? "constant" : null;
    };
    const kinds = Array.from({ length: channels }, (_, k) => kindAt(k));
    return (["dead", "saturated", "constant"] as const).flatMap((kind): DeadUnits[] => {
      const own = kinds.flatMap((found, k) => (found === kind ? [k] : []));
      return own.length > 0 ? [{ layer: layer.name, kind, channels: own, share: own.length / channels }] : [];
    });
  });
}

/** The network with one output: of each watched layer and channel the largest value, the negative least, and the part near an end. */
function watchingGraph(layers: readonly Resolved[]): ReturnType<GraphBuilder["build"]> {
  const b = new GraphBuilder();
  const x = b.input(INPUT, "sample", ends(layers).input);
  const { layers: nodes } = modelNodes(b, layers, x, "predict", tensorInput(b, layers));
  const parts = layers.flatMap((layer, l): NodeId[] => {
    if (!isWatched(layer)) return [];
    const y = nodes[l];
    const both = [b.max(y, ["t"]), b.max(b.map("neg", y), ["t"])];
    const range = RANGES[layer.kind];
    if (!range) return both;
    const middle = b.constant((range[0] + range[1]) / 2);
    const far = b.map("abs", b.map("sub", y, middle));
    const bound = b.constant(((range[1] - range[0]) / 2) * (1 - NEAR));
    const is = b.map("selectLt", far, bound, b.constant(0), b.constant(1));
    const part = b.map("mul", b.sum(is, ["t"]), b.constant(1 / layer.output.length));
    return [...both, part];
  });
  return b.build({ [OUTPUT]: b.concat(parts) });
}
