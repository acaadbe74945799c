import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alone } from "../../src/training/ranks.ts";
import { dealtOrder } from "../../src/training/shards.ts";
import { addInto, shardsOf, subtreesOf, sumTree, TreeSum } from "../../src/training/shardTree.ts";

const spans = (all: readonly { readonly from: number; readonly to: number }[]): string[] =>
  all.map(({ from, to }) => `${from}-${to}`);

describe("the tree of shards", () => {
  it("splits at the largest power of two below the size", () => {
    expect(spans(subtreesOf(6, { from: 0, to: 3 }))).toEqual(["0-2", "2-3"]);
    expect(spans(subtreesOf(6, { from: 2, to: 4 }))).toEqual(["2-4"]);
    expect(spans(subtreesOf(8, { from: 4, to: 8 }))).toEqual(["4-8"]);
    expect(spans(subtreesOf(7, { from: 0, to: 7 }))).toEqual(["0-7"]);
  });

  it("adds in its order: (1 + 2^-24) + (2^-24 + 2^-24) rounds otherwise than from left to right", () => {
    const values = [1, 2 ** -24, 2 ** -24, 2 ** -24].map((x) => Float32Array.of(x));
    const tree = new TreeSum(4, 1);
    values.forEach((x, shard) => tree.add(shard, x));
    expect(spans(tree.parts.map(({ of }) => of))).toEqual(["0-4"]);
    // 1 + 2^-24 is 1 (ties to even), 2^-24 + 2^-24 is 2^-23
    expect(tree.parts[0].sum[0]).toBe(1 + 2 ** -23);
  });

  it("gives one sum, whatever the ranks that divide the shards", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 0, max: 1000 }), (shards, seed) => {
        const values = Array.from({ length: shards }, (_, k) =>
          Float32Array.from({ length: 3 }, (_, j) => Math.sin(seed + 7 * k + j) * 10 ** (k % 5)),
        );
        const sums = Array.from({ length: shards }, (_, k) => k + 1)
          .filter((size) => shards % size === 0)
          .map((size) => {
            const parts = Array.from({ length: size }, (_, rank) => {
              const own = shardsOf(shards, { rank, size });
              const tree = new TreeSum(shards, 3);
              for (let k = own.from; k < own.to; k++) tree.add(k, values[k]);
              expect(spans(tree.parts.map(({ of }) => of))).toEqual(spans(subtreesOf(shards, own)));
              return tree.parts;
            }).flat();
            return [...sumTree(shards, parts, addInto)];
          });
        for (const sum of sums) expect(sum).toEqual(sums[0]);
      }),
    );
  });
});

describe("the order of shards", () => {
  it("takes every row once an epoch, each shard its own, and rows of a batch from all in turn", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 8 }),
        (rows, batch, shards) => {
          const seen: number[] = [];
          for (const { own, rows: size } of dealtOrder(
            rows,
            batch,
            { seed: 3, epoch: 1 },
            { shards, ranks: alone },
          )) {
            expect(own.reduce((sum, part) => sum + part.length, 0)).toBe(size);
            const sizes = own.map((part) => part.length);
            expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
            own.forEach((part, shard) => {
              for (const row of part) expect(row % shards).toBe(shard);
              seen.push(...part);
            });
          }
          expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i));
        },
      ),
    );
  });
});
