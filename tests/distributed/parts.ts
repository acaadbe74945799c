/** The shards' sums of a rank, made so that every number of ranks has the same shards. */
import type { RankPart, Ranks } from "../../src/training/ranks.ts";
import { addInto, shardsOf, subtreesOf, sumTree } from "../../src/training/shardTree.ts";

/** Floats between -1 and 1 of many sizes, the same for a seed. */
export function randomFloats(length: number, seed: number): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * 2 ** (state % 13);
  });
}

/** The subtrees of a rank, each summed by itself. */
export function partsOf(
  shards: number,
  { rank, size }: { rank: number; size: number },
  shard: (n: number) => Float32Array,
): RankPart[] {
  return subtreesOf(shards, shardsOf(shards, { rank, size })).map((of) => {
    const { from, to } = of;
    const leaves = Array.from({ length: to - from }, (_, n) => ({
      of: { from: n, to: n + 1 },
      sum: shard(from + n).slice(),
    }));
    return { of, sum: sumTree(to - from, leaves, addInto) };
  });
}

/** One process by itself. */
export const alone = (): Ranks => ({
  rank: 0,
  size: 1,
  sum: (_shards, [whole], into) => {
    into.set(whole.sum);
    return { progress: () => undefined, done: async () => {} };
  },
  gather: async (bytes) => [bytes],
});
