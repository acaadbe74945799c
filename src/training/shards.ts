/**
 * A batch as shards: whatever the number of processes, the same rows are in the same shard, and what is computed of a shard
 * follows from its rows, the weights and its number alone.
 */
import { batchSizes } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { permutation } from "../numerics/threefry.ts";
import type { Ranks } from "./ranks.ts";
import { shardsOf, type Span } from "./shardTree.ts";

/** The stream of Threefry that shuffles the rows of shards: "SD". */
const SHARD_STREAM = 0x5344;

/** The most shards of a batch. */
export const MOST_SHARDS = 4096;

/** How a run is spread. */
export interface Spread {
  /** Shards of a batch. */
  readonly shards: number;
  /** Who else has some of them. */
  readonly ranks: Ranks;
}

/** The shards of this process. */
export const ownShards = ({ shards, ranks }: Spread): Span => shardsOf(shards, ranks);

/** Whether a row belongs to one of the shards: rows are dealt out to them in turn. */
export const isRowOf = ({ shards }: Spread, own: Span, row: number): boolean =>
  row % shards >= own.from && row % shards < own.to;

/** The rows of one batch: of every own shard, in order, and how many the whole batch has. */
export interface DealtBatch {
  /** Row numbers, a list each own shard. */
  readonly own: readonly Int32Array[];
  /** Rows of all shards. */
  readonly rows: number;
}

/**
 * The batches of an epoch. Row i belongs to shard i mod S; a fresh shuffle of each shard's rows a seed and epoch; the rows of
 * the batches, of `batchSizes`, are taken from the shards in turn, so that those of a batch differ by one row at most.
 */
export function* dealtOrder(
  rows: number,
  batch: number,
  { seed, epoch }: { readonly seed: number; readonly epoch: number },
  spread: Spread,
): Generator<DealtBatch> {
  const { shards } = spread;
  const { from, to } = ownShards(spread);
  const orders = Array.from({ length: to - from }, (_, k) => {
    const shard = from + k;
    const count = Math.max(0, Math.ceil((rows - shard) / shards));
    return permutation(count, seed, SHARD_STREAM, epoch * shards + shard).map((i) => i * shards + shard);
  });
  /** How many of the first `count` places are a shard's. */
  const before = (count: number, shard: number): number => Math.max(0, Math.ceil((count - shard) / shards));
  let at = 0;
  for (const size of batchSizes(rows, batch)) {
    const end = at + size;
    yield {
      own: orders.map((order, k) => order.subarray(before(at, from + k), before(end, from + k))),
      rows: size,
    };
    at = end;
  }
}

/** Throws InputError where a batch has no row for each shard, or ranks cannot have as many shards each. */
export function checkShards(shards: number, rowsOfBatch: number, { size }: Ranks): void {
  if (!(Number.isInteger(shards) && shards >= 1 && shards <= MOST_SHARDS))
    throw new InputError(`shards is ${shards}; it is a whole number from 1 to ${MOST_SHARDS}`);
  if (shards > rowsOfBatch)
    throw new InputError(
      `shards is ${shards}, but a batch has ${rowsOfBatch} rows; give at most as many shards as rows, or a larger batch`,
    );
  if (shards % size !== 0)
    throw new InputError(
      `${shards} shards cannot be dealt out to ${size} ranks; give a number of ranks that divides ${shards}, or other shards`,
    );
}
