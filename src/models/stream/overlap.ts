/**
 * Windows that overlap, computed once. Where a layer's positions depend on neither end of a window, they are those of the
 * whole series: the layers up to there run over the series chunk by chunk, a chunk a hop. What depends on an end is computed
 * for each window, from as much of it as it depends on, and so is every layer that reads the whole window: a global pool, a
 * dense layer. Sums are those of a prediction, in the same order.
 *
 * A layer is shared where a hop is a multiple of its stride, so that its positions fall on the same samples in every window,
 * and where it has positions that the next window has too.
 */
import { GraphBuilder } from "../../graph/build.ts";
import type { Graph, NodeId } from "../../graph/ops.ts";
import { largestOf } from "../../numerics/extremes.ts";
import { kindOf, type Resolved } from "../../layers/model.ts";
import type { Signal } from "../../layers/layer.ts";
import { positionsOf } from "./flow.ts";
import { chunkNodes, chunkOutput, layerSites } from "./graphs.ts";
import { planStream, type StreamPlan } from "./plan.ts";
import { streamingOf, type Reach } from "./rules.ts";

/** A signal of shared layers, as a window sees it. */
interface Shared {
  readonly length: number;
  readonly stride: number;
  /** Positions of a window that depend on its beginning, and on its end. */
  readonly left: number;
  readonly right: number;
}

export interface OverlapPlan {
  readonly plan: StreamPlan;
  /** Samples that stand for the time before the first one, so that chunks end where windows do. */
  readonly lead: number;
  readonly graph: Graph;
  /** Multiply-adds of a hop, over those of a whole window. */
  readonly share: number;
}

const SAME: Reach = { stride: 1, low: 0, high: 0, after: 0, beyond: null };

/** How windows of a model share what they have in common; null where they share nothing. */
export function planOverlap(
  layers: readonly Resolved[],
  input: Signal,
  hop: number,
  name: string,
): OverlapPlan | null {
  const known = sharedSignals(layers, input, hop);
  const shared = layers.filter((_, l) => known[l + 1] !== null);
  if (shared.length === 0) return null;
  /** Numbers of shared signals among themselves. */
  const numbers = new Map(known.flatMap((s, signal) => (s === null ? [] : [signal])).map((s, i) => [s, i]));
  const ownFrom = (f: number): number => numbers.get(f) ?? 0;
  const renumbered = shared.map((layer): Resolved => ({ ...layer, from: layer.from.map(ownFrom) }));
  const frontier = [
    ...new Set(layers.flatMap((layer, l) => (known[l + 1] === null ? layer.from : []))),
  ].filter((f) => known[f] !== null);
  if (known[layers.length] !== null) return null;
  const lead = (hop - (input.length % hop)) % hop;
  const inside = new Map<number, Inside>();
  const plan = planStream(renumbered, input.channels, name, {
    lag: lead,
    ends: "unread",
    also: (flows) =>
      [0, ...frontier].map((f) => {
        const s = known[f] as Shared;
        const { stride, lag } = flows[ownFrom(f)];
        const made = (lead + input.length) / stride - lag;
        const end = f === 0 ? s.length : Math.min(s.length - s.right, made);
        const begin = f === 0 ? 0 : s.left;
        inside.set(f, { begin, end, after: made - end });
        return { signal: ownFrom(f), positions: made - begin - hop / stride };
      }),
  });
  if ([...inside.values()].some(({ begin, end }) => end <= begin)) return null;
  const window: WindowOf = { layers, known, plan, ownFrom, inside, frontier, hop };
  const { graph, work } = hopGraph(window, renumbered);
  const whole = layers.reduce((sum, layer) => sum + workOf(layer, layer.output.length), 0);
  return { plan, lead, graph, share: work / whole };
}

/** The positions of a window that come from the series, and how many the series has made after the last of them. */
interface Inside {
  readonly begin: number;
  readonly end: number;
  readonly after: number;
}

/** About the multiply-adds of so many positions of a layer. */
const workOf = (layer: Resolved, positions: number): number => {
  const { length, channels } = layer.output;
  const all = kindOf(layer.kind).multiplyAdds?.(layer.inputs, layer.options) ?? 0;
  return (all / length) * positions + channels * positions;
};

/** What is shared of each signal, the input first; null of what is not. */
function sharedSignals(layers: readonly Resolved[], input: Signal, hop: number): (Shared | null)[] {
  const known: (Shared | null)[] = [{ length: input.length, stride: 1, left: 0, right: 0 }];
  for (const layer of layers) known.push(sharedOf(layer, known, hop));
  return known;
}

function sharedOf(layer: Resolved, known: readonly (Shared | null)[], hop: number): Shared | null {
  const how = streamingOf(layer);
  const inputs = layer.from.flatMap((f) => known[f] ?? []);
  if (how.kind === "whole" || inputs.length < layer.from.length) return null;
  const [x] = inputs;
  if (inputs.some((y) => y.stride !== x.stride || y.length !== x.length)) return null;
  const { length } = layer.output;
  if (how.kind === "pointwise")
    return {
      ...x,
      left: largestOf(inputs.map((y) => y.left)),
      right: largestOf(inputs.map((y) => y.right)),
    };
  const { stride: s, low, high } = how.reach;
  const stride = x.stride * s;
  const left = Math.max(0, Math.ceil((x.left - low) / s));
  const last = Math.min(length - 1, Math.floor((x.length - 1 - x.right - high) / s));
  const right = length - 1 - last;
  // what a hop adds is less than what it keeps
  return hop % stride === 0 && length - left - right > hop / stride ? { length, stride, left, right } : null;
}

interface WindowOf {
  readonly layers: readonly Resolved[];
  readonly known: readonly (Shared | null)[];
  readonly plan: StreamPlan;
  readonly ownFrom: (signal: number) => number;
  readonly inside: ReadonlyMap<number, Inside>;
  /** Shared signals that other layers read. */
  readonly frontier: readonly number[];
  readonly hop: number;
}

/** A tensor in which a window is put together. */
const windowName = (signal: number): string => `window/${signal}`;

/** What a hop computes: a chunk of the shared layers, the window's ends, and the other layers over the window. */
function hopGraph(
  w: WindowOf,
  renumbered: readonly Resolved[],
): { readonly graph: Graph; readonly work: number } {
  const { layers, known, plan, ownFrom, inside, hop } = w;
  const b = new GraphBuilder();
  const siteOf = layerSites(b, layers);
  const blocks = hop / plan.block;
  const { pasts, outputs: histories } = chunkNodes(b, plan, siteOf, blocks, blocks);
  const outputs: Record<string, NodeId> = { ...histories };
  let work = renumbered.reduce(
    (sum, layer, l) => sum + workOf(layer, positionsOf(plan.flows[l + 1], plan, blocks)),
    0,
  );
  /** Positions of the window, from `begin` up to `end`, that are in the history of a signal. */
  const fromSeries = (signal: number, begin: number, end: number): NodeId => {
    const h = plan.histories.findIndex((x) => x.signal === ownFrom(signal));
    const { end: last, after } = inside.get(signal) as Inside;
    const { stride } = plan.flows[ownFrom(signal)];
    const made = plan.histories[h].positions + hop / stride;
    return b.stretch(pasts.get(h) as NodeId, made - after - (last - begin), end - begin);
  };
  const ends = (side: Side): ReadonlyMap<number, NodeId> => {
    const made = endNodes(b, w, side, siteOf, (begin, end) => fromSeries(0, begin, end));
    work += made.work;
    return made.nodes;
  };
  const [left, right] = [ends("left"), ends("right")];
  const signals = new Map<number, NodeId>();
  for (const signal of w.frontier) {
    const { begin, end } = inside.get(signal) as Inside;
    const { length } = known[signal] as Shared;
    const middle = fromSeries(signal, begin, end);
    if (begin === 0 && end === length) {
      signals.set(signal, middle);
      continue;
    }
    const [, channels] = b.type(middle).shape;
    let whole = b.put(b.input(windowName(signal), "sample", [1, channels, length]), middle, begin);
    const first = left.get(signal);
    const last = right.get(signal);
    if (first !== undefined) whole = b.put(whole, first, 0);
    if (last !== undefined) whole = b.put(whole, last, end);
    outputs[windowName(signal)] = whole;
    signals.set(signal, whole);
  }
  layers.forEach((layer, l) => {
    if (known[l + 1] !== null) return;
    work += workOf(layer, layer.output.length);
    const inputs = layer.from.map((f) => signals.get(f) as NodeId);
    signals.set(l + 1, kindOf(layer.kind).nodes(siteOf(layer, inputs)));
  });
  outputs[chunkOutput(blocks)] = signals.get(layers.length) as NodeId;
  return { graph: b.build(outputs), work };
}

type Side = "left" | "right";

/**
 * The positions at an end of the window that depend on it, of each frontier signal: the layers over the samples at that end
 * alone, padded there and not towards the middle.
 */
function endNodes(
  b: GraphBuilder,
  { layers, known, inside, frontier }: WindowOf,
  side: Side,
  siteOf: ReturnType<typeof layerSites>,
  samples: (begin: number, end: number) => NodeId,
): { readonly nodes: ReadonlyMap<number, NodeId>; readonly work: number } {
  const counts = new Map<number, number>();
  const want = (signal: number, count: number): void => {
    if (count > 0) counts.set(signal, Math.max(count, counts.get(signal) ?? 0));
  };
  const atEnd = (signal: number): number => {
    const { begin, end } = inside.get(signal) as Inside;
    return side === "left" ? begin : (known[signal] as Shared).length - end;
  };
  for (const signal of frontier) want(signal, atEnd(signal));
  const reachOf = (layer: Resolved): Reach => {
    const how = streamingOf(layer);
    return how.kind === "windowed" ? how.reach : SAME;
  };
  for (let l = layers.length - 1; l >= 0; l--) {
    const count = counts.get(l + 1) ?? 0;
    const { stride, low, high } = reachOf(layers[l]);
    for (const f of count > 0 ? layers[l].from : []) {
      const { length } = known[f] as Shared;
      const own = (known[l + 1] as Shared).length;
      const wanted =
        side === "left" ? stride * (count - 1) + high + 1 : length - stride * (own - count) - low;
      want(f, Math.min(length, wanted));
    }
  }
  const made = new Map<number, NodeId>();
  let work = 0;
  const of = (signal: number, count: number): NodeId => {
    const node = made.get(signal) as NodeId;
    const [, , length] = b.type(node).shape;
    return length === count ? node : b.stretch(node, side === "left" ? 0 : length - count, count);
  };
  const whole = (known[0] as Shared).length;
  const first = counts.get(0) ?? 0;
  if (first > 0) made.set(0, side === "left" ? samples(0, first) : samples(whole - first, whole));
  layers.forEach((layer, l) => {
    const count = counts.get(l + 1) ?? 0;
    if (count === 0) return;
    const how = streamingOf(layer);
    const { stride, low, high } = reachOf(layer);
    const own = (known[l + 1] as Shared).length;
    const inputs = layer.from.map((f) => {
      const { length } = known[f] as Shared;
      const wanted =
        side === "left" ? stride * (count - 1) + high + 1 : length - stride * (own - count) - low;
      return of(f, Math.min(length, wanted));
    });
    const site = siteOf(layer, inputs);
    const options = how.kind === "windowed" ? how.atEnd(side) : layer.options;
    made.set(l + 1, kindOf(layer.kind).nodes({ ...site, options }));
    work += workOf(layer, count);
  });
  const nodes = frontier.flatMap((f): (readonly [number, NodeId])[] => {
    const count = atEnd(f);
    return count > 0 ? [[f, of(f, count)]] : [];
  });
  return { nodes: new Map(nodes), work };
}
