/**
 * What a run goes forward by: batches in their order, each a step. One process takes a batch whole; in shards, it takes those
 * that it has, alone or with other ranks.
 */
import { epochOrder, gather, type Batch, type Dataset } from "../data/dataset.ts";
import { prepare } from "../models/preparation.ts";
import { augment } from "./augment.ts";
import { firstNonFinite } from "./diverged.ts";
import type { Plan } from "./plan.ts";
import { countRight } from "./scoring.ts";
import type { Sharded } from "./sharded.ts";
import { dealtOrder, isRowOf, ownShards, type DealtBatch, type Spread } from "./shards.ts";
import type { Trainer } from "./trainerApi.ts";

/** What a step gave. */
export interface Taken {
  /** The mean loss of the batch, before the step. */
  readonly loss: number;
  /** Rows of the batch. */
  readonly rows: number;
  /** Those whose class was right. */
  readonly right: number;
  /** Whether all outputs were numbers. */
  readonly isFinite: boolean;
  /** How long the step took, in milliseconds. */
  readonly ms: number;
  /** Whether another rank is asked to end. */
  readonly stop: boolean;
  /** Where what is no number was met first. */
  readonly where: () => Promise<string>;
}

/** Takes steps: `O` is what it knows the rows of a batch by. */
export interface Stepper<O> {
  /** What has the weights. */
  readonly trainer: Trainer;
  /** The batches of an epoch. */
  orders(epoch: number): Iterable<O>;
  /** A step; `stop`: this process is asked to end after it. */
  step(order: O, stop: boolean): Taken | Promise<Taken>;
  /** Outputs of rows in prediction mode, `[rows, outputs]`, with the weights as they stand. */
  outputs(rows: Dataset): Promise<Float32Array>;
  /** Ends its threads and frees its code. */
  dispose(): void;
}

/** Rows of a step: as they are, or prepared and augmented; `draw` is what random numbers count by. */
function batchOf(plan: Plan, order: ArrayLike<number>, draw: number): Batch {
  const { train, model, preparation, options } = plan;
  const batch = gather(train, order);
  if (!options.augment?.length) return batch;
  const { channels, length } = model.input;
  const series = Float64Array.from(prepare(preparation, batch, model.input));
  const site = { channels, length, classes: train.classes.length, seed: options.seed, step: draw };
  const lengths = batch.lengths ?? new Int32Array(batch.rows).fill(train.length);
  return augment({ ...batch, series, lengths, prepared: true }, options.augment, site);
}

const inputsOf = ({ model, preparation }: Plan, batch: Batch): Float32Array =>
  batch.prepared ? Float32Array.from(batch.series) : prepare(preparation, batch, model.input);

/** A batch a step. */
export function wholeStepper(plan: Plan, t: Trainer): Stepper<Int32Array> {
  const { train, options, model } = plan;
  return {
    trainer: t,
    orders: (epoch) => epochOrder(train.rows, options.batch, options.seed, epoch),
    step(order) {
      const batch = batchOf(plan, order, t.steps);
      const began = performance.now();
      const { loss, outputs } = t.step(batch);
      return {
        loss,
        rows: order.length,
        right: countRight(outputs, batch),
        isFinite: outputs.every(Number.isFinite),
        ms: performance.now() - began,
        stop: false,
        where: () => firstNonFinite(model, t.weights("current"), inputsOf(plan, batch)),
      };
    },
    outputs: (rows) => Promise.resolve(outputsOf(t, rows)),
    dispose: () => t.dispose(),
  };
}

/** A batch in shards. */
export function shardedStepper(plan: Plan, s: Sharded, spread: Spread): Stepper<DealtBatch> {
  const { train, options, model } = plan;
  const { shards, ranks } = spread;
  const own = ownShards(spread);
  const t = s.first;
  return {
    trainer: t,
    orders: (epoch) => dealtOrder(train.rows, options.batch, { seed: options.seed, epoch }, spread),
    async step(order, stop) {
      const batches = order.own.map((rows, k) =>
        rows.length > 0 ? batchOf(plan, rows, t.steps * shards + own.from + k) : null,
      );
      const began = performance.now();
      const taken = await s.step(batches, order.rows, stop);
      const weights = t.weights("current");
      return {
        ...taken,
        rows: order.rows,
        ms: performance.now() - began,
        async where() {
          const found: string[] = [];
          for (const batch of batches)
            if (batch) found.push(await firstNonFinite(model, weights, inputsOf(plan, batch)));
          // a rank whose own rows show nothing says that it is the loss
          const named = found.find((where) => where !== "the loss") ?? "the loss";
          const all = await ranks.gather(new TextEncoder().encode(named));
          const texts = all.map((bytes) => new TextDecoder().decode(bytes));
          return texts.find((where) => where !== "the loss") ?? "the loss";
        },
      };
    },
    async outputs(rows) {
      const mine = Int32Array.from(
        Array.from({ length: rows.rows }, (_, row) => row).filter((row) => isRowOf(spread, own, row)),
      );
      if (ranks.size === 1) return outputsOf(t, rows);
      const outputs = mine.length > 0 ? outputsOf(t, rows, mine) : new Float32Array(0);
      const parts = await ranks.gather(new Uint8Array(outputs.buffer, 0, outputs.byteLength));
      return dealtBack(parts, rows.rows, spread);
    },
    dispose: () => s.dispose(),
  };
}

/** Outputs of some rows, in batches of the trainer's. */
function outputsOf(t: Trainer, data: Dataset, rows?: Int32Array): Float32Array {
  const count = rows?.length ?? data.rows;
  const { batch } = t.program;
  let outputs = new Float32Array(0);
  for (let from = 0; from < count; from += batch) {
    const some = Array.from(
      { length: Math.min(batch, count - from) },
      (_, i) => rows?.[from + i] ?? from + i,
    );
    const part = t.forward(gather(data, some));
    const width = part.length / some.length;
    if (from === 0) outputs = new Float32Array(count * width);
    outputs.set(part, from * width);
  }
  return outputs;
}

/** Rows of all ranks in their order, from those of each. */
function dealtBack(parts: readonly Uint8Array[], rows: number, spread: Spread): Float32Array {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  const width = bytes / 4 / rows;
  const floats = parts.map((part) => new Float32Array(part.slice().buffer));
  const next = parts.map(() => 0);
  const outputs = new Float32Array(width * rows);
  const each = spread.shards / spread.ranks.size;
  for (let row = 0; row < rows; row++) {
    const rank = Math.floor((row % spread.shards) / each);
    outputs.set(floats[rank].subarray(next[rank] * width, ++next[rank] * width), row * width);
  }
  return outputs;
}
