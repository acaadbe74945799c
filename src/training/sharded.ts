/**
 * Steps of batches in shards. A shard's gradients are those of its loss as a sum; they are summed over the shards in the order
 * of one tree, and divided by what the whole batch's loss is divided by. So a step has the same bits on one process and on
 * any number of ranks. Sums begin as soon as the last own shard has what they are of, while the back pass goes on.
 */
import type { Batch } from "../data/dataset.ts";
import { cutEntry } from "../vector/cutEntry.ts";
import { BATCH_ROWS, type Model, type Resolved } from "../layers/model.ts";
import { GRADIENT, PARAMETERS, stateName, statesOf } from "../models/graphs.ts";
import {
  LOSS_COUNT,
  shardGraphs,
  type ShardGraphs,
  type ShardSegment,
  type ShardStatistics,
} from "./graphs.ts";
import type { Learner } from "./learner.ts";
import { losses } from "./losses.ts";
import { optimizers } from "./optimizers.ts";
import type { PendingSum } from "./ranks.ts";
import { countRight } from "./scoring.ts";
import { ownShards, type Spread } from "./shards.ts";
import { TreeSum } from "./shardTree.ts";
import { compileTraining, learnersOf, trainable } from "./trainer.ts";
import type { TrainerOptions } from "./trainerApi.ts";
import { SHARE } from "./updateRules.ts";

/** What a step of a whole batch gives. */
export interface ShardStep {
  /** The mean loss of the batch, before the step. */
  readonly loss: number;
  /** Rows whose class was right. */
  readonly right: number;
  /** Whether all outputs were numbers. */
  readonly isFinite: boolean;
  /** Whether any rank is asked to end. */
  readonly stop: boolean;
}

/** A stretch of the gradient that is whole after a stage, in floats, and its sum. */
interface Slice {
  readonly from: number;
  readonly to: number;
  readonly tree: TreeSum;
}

/** An entry of the program, what is summed over the shards after it, and what of the gradient is then whole. */
interface Stage {
  readonly entry: string;
  readonly summed: {
    readonly names: readonly string[];
    readonly tree: TreeSum;
    readonly sum: Float32Array;
  } | null;
  readonly ready: readonly Slice[];
}

/** Gradients leave in pieces of at least so many bytes: smaller ones cost FCN's step more than they hide (docs/distributed.md). */
const PIECE_BYTES = 2 ** 20;

/** Behind the running statistics: loss, what divides it, rows that were right, outputs that are none, asked to end. */
const COUNTS = 5;

export class Sharded {
  /** What has the weights, and the optimizer's state. */
  readonly first: Learner;
  readonly #learners: readonly Learner[];
  readonly #spread: Spread;
  readonly #stages: readonly Stage[];
  readonly #states: readonly string[];
  readonly #perRow: number | null;
  readonly #sum: Float32Array;
  readonly #tail: { readonly values: Float32Array; readonly tree: TreeSum; readonly sum: Float32Array };

  constructor(
    learners: readonly Learner[],
    layers: readonly Resolved[],
    spread: Spread,
    { segments, perRow }: ShardGraphs,
  ) {
    this.#perRow = perRow;
    [this.first] = learners;
    this.#learners = learners;
    this.#spread = spread;
    this.#states = statesOf(layers).map(({ name }) => stateName(name));
    this.#sum = new Float32Array(this.first.view(GRADIENT).length);
    this.#stages = stagesOf(this.first, spread.shards, segments);
    const length = this.#states.reduce((sum, name) => sum + this.first.view(name).length, COUNTS);
    this.#tail = {
      values: new Float32Array(length),
      tree: new TreeSum(spread.shards, length),
      sum: new Float32Array(length),
    };
  }

  /** One step: the rows of each own shard, null where it has none, and how many rows the whole batch has. */
  async step(own: readonly (Batch | null)[], rows: number, stop: boolean): Promise<ShardStep> {
    const before = this.#states.map((name) => this.first.view(name).slice());
    const pending: PendingSum[] = [];
    const { from } = ownShards(this.#spread);
    const turn = this.#learners.length;
    for (let k = 0; k < own.length; k += turn) {
      const group = own
        .slice(k, k + turn)
        .map((batch, i) => ({ batch, shard: from + k + i, learner: this.#learners[i] }));
      const isLast = k + turn >= own.length;
      for (const { batch, shard, learner } of group)
        if (batch) this.#load(learner, batch, { shard, rows, before });
      for (const stage of this.#stages) {
        for (const { batch, learner } of group) if (batch) learner.run(stage.entry);
        await this.#between(stage, group);
        for (const slice of stage.ready) {
          for (const { batch, shard, learner } of group)
            slice.tree.add(shard, gradientOf(learner, slice, batch !== null));
          if (isLast) pending.push(this.#begin(slice.tree, this.#sum.subarray(slice.from, slice.to)));
        }
        for (const sum of pending) sum.progress();
      }
      for (const { batch, shard, learner } of group)
        this.#tail.tree.add(shard, this.#tailOf(learner, batch, before, stop));
    }
    pending.push(this.#begin(this.#tail.tree, this.#tail.sum));
    for (const sum of pending) await sum.done();
    this.#clear();
    return this.#end(before, rows);
  }

  #load(
    learner: Learner,
    batch: Batch,
    at: { shard: number; rows: number; before: readonly Float32Array[] },
  ): void {
    this.#states.forEach((name, i) => learner.view(name).set(at.before[i]));
    if (BATCH_ROWS in learner.program.tensors) learner.view(BATCH_ROWS)[0] = at.rows;
    learner.load(batch, this.first.steps * this.#spread.shards + at.shard);
  }

  /** Sums over all shards what the next stage reads. */
  async #between(
    { summed }: Stage,
    group: readonly { readonly batch: Batch | null; readonly shard: number; readonly learner: Learner }[],
  ): Promise<void> {
    if (!summed) return;
    const { names, tree, sum } = summed;
    for (const { batch, shard, learner } of group) {
      sum.fill(0);
      if (batch) each(names, learner, (view, at) => sum.set(view, at));
      tree.add(shard, sum);
    }
    const done = this.#begin(tree, sum);
    await done.done();
    tree.clear();
    for (const { learner } of group)
      each(names, learner, (view, at) => view.set(sum.subarray(at, at + view.length)));
  }

  #begin(tree: TreeSum, into: Float32Array): PendingSum {
    const { ranks, shards } = this.#spread;
    return ranks.sum(shards, tree.parts, into);
  }

  /** How far a shard moves the running statistics, times its rows, and its counts. */
  #tailOf(
    learner: Learner,
    batch: Batch | null,
    before: readonly Float32Array[],
    stop: boolean,
  ): Float32Array {
    const { values } = this.#tail;
    values.fill(0);
    const counts = values.length - COUNTS;
    values[counts + 4] = stop ? 1 : 0;
    if (!batch) return values;
    let at = 0;
    this.#states.forEach((name, i) => {
      const view = learner.view(name);
      for (let j = 0; j < view.length; j++) values[at++] = Math.fround(view[j] - before[i][j]) * batch.rows;
    });
    const outputs = learner.outputs(batch.rows);
    values[counts] = learner.view("loss")[0];
    values[counts + 1] = this.#perRow === null ? learner.view(LOSS_COUNT)[0] : batch.rows * this.#perRow;
    values[counts + 2] = countRight(outputs, batch);
    values[counts + 3] = outputs.every(Number.isFinite) ? 0 : 1;
    return values;
  }

  #clear(): void {
    for (const { ready } of this.#stages) for (const { tree } of ready) tree.clear();
    this.#tail.tree.clear();
  }

  /** Moves the running statistics by their mean over the rows, and takes the step, unless the loss is no number. */
  #end(before: readonly Float32Array[], rows: number): ShardStep {
    const { sum } = this.#tail;
    const [loss, count, right, notFinite, stop] = sum.subarray(sum.length - COUNTS);
    let at = 0;
    this.#states.forEach((name, i) => {
      const view = this.first.view(name);
      for (let j = 0; j < view.length; j++) view[j] = before[i][j] + Math.fround(sum[at++] / rows);
    });
    const mean = Math.fround(loss / count);
    if (Number.isFinite(mean)) {
      this.first.view(GRADIENT).set(this.#sum);
      this.first.view(SHARE)[0] = 1 / count;
      this.first.apply();
    }
    this.share();
    return { loss: mean, right, isFinite: notFinite === 0, stop: stop > 0 };
  }

  /** Gives the other learners the weights of the first. */
  share(): void {
    for (const learner of this.#learners.slice(1)) {
      for (const name of [PARAMETERS, ...this.#states]) learner.view(name).set(this.first.view(name));
    }
  }

  dispose(): void {
    for (const learner of this.#learners) learner.dispose();
  }
}

/** The views of some weights, and where each begins where they lie one after another. */
function each(
  names: readonly string[],
  learner: Learner,
  visit: (view: Float32Array, at: number) => void,
): void {
  let at = 0;
  for (const name of names) {
    const view = learner.view(name);
    visit(view, at);
    at += view.length;
  }
}

const zeros = new Map<number, Float32Array>();

/** A stretch of a learner's gradient; zeros of one without rows. */
function gradientOf(learner: Learner, { from, to }: Slice, hasRows: boolean): Float32Array {
  if (hasRows) return learner.view(GRADIENT).subarray(from, to);
  const known = zeros.get(to - from) ?? new Float32Array(to - from);
  zeros.set(to - from, known);
  return known;
}

function stagesOf(learner: Learner, shards: number, segments: readonly ShardSegment[]): Stage[] {
  const base = learner.program.tensors[GRADIENT].offset;
  return segments.map(({ entry, summed, gradients }) => {
    const floats = summed.reduce((sum, name) => sum + learner.view(name).length, 0);
    const slices: { from: number; to: number }[] = [];
    const places = gradients
      .map((name) => learner.program.tensors[name])
      .toSorted((a, b) => a.offset - b.offset);
    for (const { offset, bytes } of places) {
      const from = (offset - base) / 4;
      const to = from + 16 * Math.ceil(bytes / 64); // as packs are laid
      const last = slices.at(-1);
      if (last?.to === from) last.to = to;
      else slices.push({ from, to });
    }
    return {
      entry,
      summed:
        summed.length > 0
          ? { names: summed, tree: new TreeSum(shards, floats), sum: new Float32Array(floats) }
          : null,
      ready: slices.map(({ from, to }) => ({ from, to, tree: new TreeSum(shards, to - from) })),
    };
  });
}

/** Compiles a model for steps in shards; `batch` is the most rows of a whole batch. Throws as `trainer` does. */
export async function sharded(
  model: Model,
  options: TrainerOptions,
  spread: Spread,
  statistics: ShardStatistics,
): Promise<Sharded> {
  const { loss = losses.crossEntropy(), optimizer = optimizers.adam() } = options;
  const layers = trainable(model, options);
  const made = shardGraphs(layers, loss, optimizer, { ...options, statistics });
  const { from, to } = ownShards(spread);
  const batch = Math.ceil(options.batch / spread.shards);
  const arenas = statistics === "ofShard" ? 1 : to - from;
  const own = { ...options, loss, optimizer, batch };
  let program = compileTraining(layers, made.graphs, own);
  // what leaves while the back pass goes on leaves in pieces
  const segments = made.segments.flatMap(({ entry, summed, gradients }) => {
    const cut = cutEntry(program, entry, gradients, spread.ranks.size > 1 ? PIECE_BYTES : Infinity);
    program = cut.program;
    return cut.pieces.map((piece, at) => ({
      entry: piece.entry,
      gradients: piece.whole,
      summed: at === cut.pieces.length - 1 ? summed : [],
    }));
  });
  const learners = await learnersOf(model, layers, program, own, arenas);
  return new Sharded(learners, layers, spread, { ...made, segments });
}
