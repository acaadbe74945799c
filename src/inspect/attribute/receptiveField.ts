/**
 * Which positions of the input a unit can see, from the graph itself: positions are followed back through each operation, as
 * intervals, so it holds for every layer, and for paths that join.
 */
import { GraphBuilder } from "../../graph/build.ts";
import { rowsOf, type Rows } from "../../graph/mix.ts";
import type { ConvolveMap, Graph, NodeId } from "../../graph/ops.ts";
import { InputError } from "../../data/errors.ts";
import { unknownWord } from "../../data/suggest.ts";
import { modelNodes, resolve, type Model } from "../../layers/model.ts";
import { INPUT, tensorInput } from "../../models/graphs.ts";

/** The first and the last of some positions, both included; null: none. */
export type ReceptiveField = readonly [from: number, to: number] | null;

/**
 * The first and last position of the input, both included, that a unit of a layer can see: what stands at `position` of the
 * layer's output, of any channel, in prediction. Padding is not counted. Null where the unit sees padding alone. `layer` is a name
 * as `summary` has it: `conv1d_2`.
 *
 * @throws InputError for a layer or a position that there is not, ModelError where the model is none
 */
export function receptiveField(model: Model, layer: string, position: number): ReceptiveField {
  const field = fieldsOf(model, layer)(position);
  if (field === null) return null;
  const last = model.input.length - 1;
  const [from, to] = [Math.max(0, field[0]), Math.min(last, field[1])];
  return from <= to ? [from, to] : null;
}

/** By position of a layer's output, what it can see, padding of convolutions counted as positions beyond the ends. */
export function fieldsOf(model: Model, layer: string): (position: number) => ReceptiveField {
  const layers = resolve(model);
  const at = layers.findIndex(({ name }) => name === layer);
  if (at < 0)
    throw new InputError(
      unknownWord(
        "layer",
        layer,
        layers.map(({ name }) => name),
      ),
    );
  const b = new GraphBuilder();
  const x = b.input(INPUT, "sample", [1, model.input.channels, model.input.length]);
  const nodes = modelNodes(b, layers, x, "predict", tensorInput(b, layers));
  const graph = b.build({});
  const { length } = layers[at].output;
  const maps = new Map<NodeId, Rows>();
  return (position) => {
    if (!(Number.isInteger(position) && position >= 0 && position < length))
      throw new InputError(
        `position is ${position}; ${layer} has ${length}: a whole number from 0 to ${length - 1}`,
      );
    return seenFrom(graph, maps, nodes.layers[at], position, x);
  };
}

const joined = (a: ReceptiveField, b: ReceptiveField): ReceptiveField =>
  a === null ? b : b === null ? a : [Math.min(a[0], b[0]), Math.max(a[1], b[1])];

/** What of node `x` stands behind one position of node `id`. */
function seenFrom(
  { nodes }: Graph,
  maps: Map<NodeId, Rows>,
  id: NodeId,
  position: number,
  x: NodeId,
): ReceptiveField {
  const seen = new Map<NodeId, ReceptiveField>([[id, [position, position]]]);
  for (let n = id; n > x; n--) {
    const own = seen.get(n) ?? null;
    if (own === null) continue;
    const { op, args, type } = nodes[n];
    args.forEach((a, slot) => {
      if (nodes[a].type.space !== "sample") return;
      const length = nodes[a].type.shape[2];
      const whole: ReceptiveField = [0, length - 1];
      const read = (): ReceptiveField => {
        switch (op.op) {
          case "convolve":
            return throughConvolve(op.of, op.map, own);
          case "mix": {
            const rows = maps.get(n) ?? rowsOf(op.segments);
            maps.set(n, rows);
            return throughMix(rows, own);
          }
          case "reduce":
            return op.axes.includes("t") ? whole : own;
          case "reshape":
            return length === type.shape[2] ? own : whole;
          case "put":
            return slot === 0 ? own : [own[0] - op.first, own[1] - op.first];
          default:
            return length === 1 ? whole : own;
        }
      };
      seen.set(a, joined(seen.get(a) ?? null, read()));
    });
  }
  return seen.get(x) ?? null;
}

/** A convolution reads s i - p to s i - p + d (f - 1); one that is transposed, the i whose taps meet the position. */
function throughConvolve(of: string, m: ConvolveMap, [from, to]: readonly [number, number]): ReceptiveField {
  const span = m.dilation * (m.taps - 1);
  if (of === "output") return [m.stride * from - m.padding, m.stride * to - m.padding + span];
  if (of === "filter") return [0, m.length - 1];
  const least = Math.max(0, Math.ceil((from + m.padding - span) / m.stride));
  const most = Math.min(m.outLength - 1, Math.floor((to + m.padding) / m.stride));
  return least <= most ? [least, most] : null;
}

/** Positions beyond the ends, which padding of convolutions counts, are those of the ends here. */
function throughMix(rows: Rows, [from, to]: readonly [number, number]): ReceptiveField {
  const inside = (t: number): number => Math.min(rows.length - 1, Math.max(0, t));
  let found: ReceptiveField = null;
  for (let t = inside(from); t <= inside(to); t++)
    for (const [position] of rows[t]) found = joined(found, [position, position]);
  return found;
}
