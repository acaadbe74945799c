/**
 * What a model's training computes, as graphs: gradients of the loss (with the running statistics moved on), the
 * optimizer's step, prediction. Their inputs and outputs meet by name in one arena.
 */
import { packFloats } from "../compiler/compile.ts";
import { GraphBuilder } from "../graph/build.ts";
import { gradient } from "../graph/gradient.ts";
import { cutAtShards } from "../graph/shards.ts";
import { GraphTooLarge } from "../graph/mix.ts";
import type { Graph, NodeId } from "../graph/ops.ts";
import { modelNodes, tensorName, type Resolved } from "../layers/model.ts";
import { InputError } from "../data/errors.ts";
import { lossNode, lossTerms, type LossTerms } from "./losses.ts";
import type { Loss } from "../models/scores/loss.ts";
import { optimizerGraph, type AnyOptimizer } from "./optimizers.ts";
import {
  ends,
  gradientName,
  INPUT,
  OUTPUT,
  parametersOf,
  predictGraph,
  ROW_WEIGHTS,
  stateName,
  TARGET,
  tensorInput,
} from "../models/graphs.ts";
import { names, type UpdateRules } from "./updateRules.ts";

/** What a shard's loss is divided by, with that of the others, where its targets say; else so much a row (`lossPerRow`). */
export const LOSS_COUNT = "lossCount";

/** What batches may have beside rows and answers. */
export interface Asked {
  readonly weighted?: "rows";
  readonly unlabelled?: "ignored";
}

/** Graphs of a model's training, by entry. */
export const trainingGraphs = (
  layers: readonly Resolved[],
  loss: Loss,
  optimizer: AnyOptimizer,
  rules: UpdateRules & Asked = {},
): Record<string, Graph> => ({
  gradients: within(() => gradientGraph(layers, loss, rules)),
  apply: optimizerGraph(optimizer, floatsOf(layers), rules),
  predict: predictGraph(layers),
});

/** Of which rows the statistics of a batch are, where it is in shards: of each shard for itself, or of all. */
export type ShardStatistics = "ofShard" | "ofAllShards";

/** A part of a shard's gradients, an entry of its own. */
export interface ShardSegment {
  readonly entry: string;
  /** Weights that are summed over the shards after it, by name: the next reads the sums. */
  readonly summed: readonly string[];
  /** Names of the gradients that are whole after it. */
  readonly gradients: readonly string[];
}

const segmentEntry = (at: number): string => `gradients${at}`;

/** What a shard is computed by. */
export interface ShardGraphs {
  readonly graphs: Readonly<Record<string, Graph>>;
  readonly segments: readonly ShardSegment[];
  /** What divides the loss for each row; null where it is the result `lossCount`. */
  readonly perRow: number | null;
}

/**
 * Graphs of one shard of a batch: its loss is a sum, with what divides it as `lossCount`, and its gradients are that sum's.
 * The gradients are as many entries as there are sums over the shards within, and one.
 */
export function shardGraphs(
  layers: readonly Resolved[],
  loss: Loss,
  optimizer: AnyOptimizer,
  rules: UpdateRules & Asked & { readonly statistics: ShardStatistics },
): ShardGraphs {
  const segments = cutAtShards(within(() => gradientGraph(layers, loss, rules)));
  const entries = segments.map(({ graph }, at) => [segmentEntry(at), graph] as const);
  const gradientNames = parametersOf(layers).map(({ name }) => gradientName(name));
  const apply = optimizerGraph(optimizer, floatsOf(layers), { ...rules, shared: true });
  return {
    graphs: { ...Object.fromEntries(entries), apply, predict: predictGraph(layers) },
    perRow: lossPerRow(layers, loss, rules),
    segments: segments.map(({ graph, summed }, at) => ({
      entry: segmentEntry(at),
      summed,
      gradients: gradientNames.filter((name) => name in graph.outputs),
    })),
  };
}

const floatsOf = (layers: readonly Resolved[]): number =>
  packFloats(parametersOf(layers).map(({ shape }) => ({ space: "weight", shape })));

/** A graph that is no larger than there can be; throws InputError. */
function within(build: () => Graph): Graph {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof GraphTooLarge)) throw error;
    throw new InputError(`the model is too large to train: ${error.message}; make it smaller`);
  }
}

/** Whether a layer has parameters and all are frozen. */
const isFrozen = (layer: Resolved, freeze: readonly string[]): boolean =>
  layer.parameters.length > 0 &&
  layer.parameters.every((p) => freeze.some((prefix) => names(prefix, tensorName(layer, p))));

const summedLoss = (b: GraphBuilder, { sum, sign }: LossTerms): NodeId =>
  sign < 0 ? b.map("neg", sum) : sum;

/** What divides a loss for each row of a shard; null where the rows' targets say. */
function lossPerRow(layers: readonly Resolved[], loss: Loss, asked: Asked): number | null {
  const b = new GraphBuilder();
  const { output } = ends(layers);
  const of = (name: string): NodeId => b.input(name, "sample", output);
  const { count } = lossTerms(b, loss, of(OUTPUT), of(TARGET), { unlabelled: asked.unlabelled });
  return "perRow" in count ? count.perRow : null;
}

function gradientGraph(
  layers: readonly Resolved[],
  loss: Loss,
  {
    freeze = [],
    weighted,
    unlabelled,
    statistics,
  }: Asked & { readonly freeze?: readonly string[]; readonly statistics?: ShardStatistics },
): Graph {
  const b = new GraphBuilder();
  const { input, output: out } = ends(layers);
  const x = b.input(INPUT, "sample", input);
  const tensor = tensorInput(b, layers);
  const { output, updates } = modelNodes(
    b,
    layers,
    x,
    (layer) => (isFrozen(layer, freeze) ? "predict" : "train"),
    tensor,
    statistics === "ofAllShards" ? "ofAllShards" : "ofGraph",
  );
  const terms = {
    rowWeights: weighted && b.input(ROW_WEIGHTS, "sample", [1, 1, 1]),
    unlabelled,
  };
  const target = b.input(TARGET, "sample", out);
  const shard = statistics === undefined ? null : lossTerms(b, loss, output, target, terms);
  const lossValue = shard ? summedLoss(b, shard) : lossNode(b, loss, output, target, terms);
  const counts: Record<string, NodeId> =
    shard && "node" in shard.count ? { [LOSS_COUNT]: shard.count.node } : {};
  const parameters = parametersOf(layers);
  const by = parameters.map((p) => tensor(p.name, p.shape));
  const outputs: Record<string, NodeId> = { loss: lossValue, output, ...counts };
  const { graph, gradients } = gradient(b.build(outputs), lossValue, by);
  parameters.forEach((p, i) => {
    const g = gradients[i];
    if (g === null) throw new Error(`the loss does not depend on ${p.name}`);
    outputs[gradientName(p.name)] = g;
  });
  for (const [name, id] of Object.entries(updates)) outputs[stateName(name)] = id;
  return { nodes: graph.nodes, outputs };
}
