/**
 * Processes that train one network together, each with some of the shards of every batch. Training sees this and no
 * more; `distributed/` has them over MPI.
 */
import { addInto, sumTree, type Span } from "./shardTree.ts";

/** The ranks of a run, as one of them sees them. Every rank calls the same functions in the same order. */
export interface Ranks {
  /** Which one this is, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /**
   * Begins to sum vectors of all ranks in the order of the shards' tree. `parts`: the sums of the subtrees that this rank
   * has, in order; `into`: where the whole sum goes, as long as each of them. None of them may be touched before it is done.
   * Several may be under way, and are waited for in any order.
   */
  sum(shards: number, parts: readonly RankPart[], into: Float32Array): PendingSum;
  /** What every rank gives, in the order of ranks; lengths may differ. */
  gather(bytes: Uint8Array): Promise<readonly Uint8Array[]>;
}

/** The sum of a subtree of the shards. */
export interface RankPart {
  /** Which shards. */
  readonly of: Span;
  /** Their sum. */
  readonly sum: Float32Array;
}

/** A sum that is under way. */
export interface PendingSum {
  /** Moves it on without waiting, where there is something to do. */
  progress(): void;
  /** Waits for its end. Throws RankError where a rank is gone or stays silent for too long. */
  done(): Promise<void>;
}

/** A rank that is gone or does not answer. Its message is one line that names it and says how to go on. */
export class RankError extends Error {
  /** The name of the class, to tell errors apart by. */
  override readonly name = "RankError";
}

/** One process by itself: its sums are done at once. */
export const alone: Ranks = {
  rank: 0,
  size: 1,
  sum(shards, parts, into) {
    into.set(sumTree(shards, parts, addInto));
    return { progress: () => undefined, done: () => Promise.resolve() };
  },
  gather: (bytes) => Promise.resolve([bytes]),
};
