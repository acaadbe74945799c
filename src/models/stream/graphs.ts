/**
 * A stream as graphs: of a plan, what a chunk of so many blocks computes. Each windowed layer is the same op as in the
 * model's own graph, over [history | chunk] and without padding, so its sums are the same sums in the same order: the bits
 * of a stream are those of a prediction by construction, on whatever runs them.
 *
 * Histories are inputs that the graph changes where they lie (`put`): a caller moves each on by the chunk's positions
 * before the next run, or lets it slide along a longer tensor.
 */
import { GraphBuilder } from "../../graph/build.ts";
import type { Graph, NodeId } from "../../graph/ops.ts";
import type { Shape } from "../../numerics/tensor.ts";
import { kindOf, maskName, tensorName, type Resolved } from "../../layers/model.ts";
import type { Site } from "../../layers/layer.ts";
import { INPUT, OUTPUT, tensorInput } from "../graphs.ts";
import { positionsOf } from "./flow.ts";
import type { StreamPlan } from "./plan.ts";
import type { Beyond } from "./rules.ts";

export const historyName = (h: number): string => `history/${h}`;
/** The input and output of chunks of so many blocks. */
export const chunkInput = (blocks: number): string => `${INPUT}/${blocks}`;
export const chunkOutput = (blocks: number): string => `${OUTPUT}/${blocks}`;
/** The input that says which of a chunk's positions of a signal exist: 1, else 0. */
export const existsName = (signal: number, blocks: number): string => `exists/${signal}/${blocks}`;

/** What a chunk of `blocks` blocks computes; `most` blocks is the largest chunk of the program. */
export function chunkGraph(plan: StreamPlan, blocks: number, most: number): Graph {
  const b = new GraphBuilder();
  const layers = plan.steps.map(({ layer }) => layer);
  const { signals, outputs } = chunkNodes(b, plan, layerSites(b, layers), blocks, most);
  return b.build({ ...outputs, [chunkOutput(blocks)]: signals[signals.length - 1] });
}

/** What the nodes of a chunk are, by signal and by history; histories are outputs too. */
export interface ChunkNodes {
  readonly signals: readonly NodeId[];
  readonly pasts: ReadonlyMap<number, NodeId>;
  readonly outputs: Readonly<Record<string, NodeId>>;
}

/** Adds a chunk's nodes. */
export function chunkNodes(
  b: GraphBuilder,
  plan: StreamPlan,
  siteOf: ReturnType<typeof layerSites>,
  blocks: number,
  most: number,
): ChunkNodes {
  const { flows, steps, histories } = plan;
  const outputs: Record<string, NodeId> = {};
  const signals: NodeId[] = [];
  const pasts = new Map<number, NodeId>();
  const add = (node: NodeId): void => {
    const signal = signals.push(node) - 1;
    histories.forEach(({ signal: of, positions, beyond, masked }, h) => {
      if (of !== signal) return;
      const { channels } = flows[signal];
      const shape: Shape = [1, channels, positions + positionsOf(flows[signal], plan, most)];
      const part = masked && beyond !== null ? covered(b, node, existsName(signal, blocks), beyond) : node;
      const past = b.put(b.input(historyName(h), "sample", shape), part, positions);
      pasts.set(h, past);
      outputs[historyName(h)] = past;
    });
  };
  add(b.input(chunkInput(blocks), "sample", [1, flows[0].channels, positionsOf(flows[0], plan, blocks)]));
  steps.forEach(({ layer, windowed, reads }, l) => {
    const count = positionsOf(flows[l + 1], plan, blocks);
    const inputs = reads.map(({ signal, history }) =>
      history === null ? signals[signal] : (pasts.get(history) ?? 0),
    );
    if (windowed) return add(windowed(siteOf(layer, inputs), reads[0].offset, count));
    const present = inputs.map((id, i) =>
      reads[i].history === null ? id : b.stretch(id, reads[i].offset, count),
    );
    add(kindOf(layer.kind).nodes(siteOf(layer, present)));
  });
  return { signals, pasts, outputs };
}

/** What a layer's nodes are made from: its tensors, and inputs of whatever lengths they have. */
export function layerSites(
  b: GraphBuilder,
  layers: readonly Resolved[],
): (layer: Resolved, inputs: readonly NodeId[]) => Site<unknown> {
  const tensor = tensorInput(b, layers);
  return (layer, inputs) => {
    const find = (name: string): NodeId => {
      const found = [...layer.parameters, ...layer.state].find((p) => p.name === name);
      if (!found) throw new Error(`${layer.name} has no ${name}`);
      return tensor(tensorName(layer, found), found.shape);
    };
    const shapes = inputs.map((id) => ({ channels: b.type(id).shape[1], length: b.type(id).shape[2] }));
    return {
      b,
      mode: "predict",
      options: layer.options,
      inputs,
      shapes,
      parameter: find,
      state: find,
      update: () => undefined,
      rows: { count: () => b.rows(), sum: (a, axes) => b.sum(a, axes) },
      own: () => b.input(maskName(shapes[0].length), "sample", [1, 1, shapes[0].length]),
      random: () => {
        throw new Error("a prediction has no random numbers");
      },
    };
  };
}

/** A signal with what stands beside it in place of positions that do not exist. */
function covered(b: GraphBuilder, x: NodeId, name: string, beyond: Beyond): NodeId {
  const exists = b.input(name, "sample", [1, 1, b.type(x).shape[2]]);
  const zero = b.constant(0);
  const outside = {
    "0": () => zero,
    "-0": () => b.map("neg", zero),
    "-Infinity": () => b.constant(-Infinity),
  }[beyond]();
  return b.map("selectLt", exists, b.constant(0.5), outside, x);
}
