/** The exchange of sums, over transports of one process. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chunksOf, Exchange, piecesOf } from "../../src/distributed/exchange.ts";
import { Patience } from "../../src/distributed/patience.ts";
import type { PendingSum } from "../../src/training/ranks.ts";
import { network } from "./network.ts";
import { partsOf, randomFloats } from "./parts.ts";

const patience = (timeoutMs = 20_000): Patience =>
  new Patience(timeoutMs, (rank) => `rank ${rank} on host${rank}`);

const exchanges = (size: number, pieceFloats?: number, looks?: () => number): readonly Exchange[] =>
  network(size, looks).map((transport) => new Exchange(transport, patience(), { pieceFloats }));

/** The sum that every rank has of shards' vectors. */
async function summed(
  shards: number,
  size: number,
  shard: (n: number) => Float32Array,
  place: "apart" | "first part" = "apart",
  pieceFloats?: number,
  looks?: () => number,
): Promise<readonly Float32Array[]> {
  return await Promise.all(
    exchanges(size, pieceFloats, looks).map(async (ranks) => {
      const parts = partsOf(shards, ranks, shard);
      const into = place === "apart" ? new Float32Array(parts[0].sum.length).fill(NaN) : parts[0].sum;
      const before = parts.map(({ sum }) => sum.slice());
      await ranks.sum(shards, parts, into).done();
      if (place === "apart") expect(parts.map(({ sum }) => sum)).toEqual(before);
      return into;
    }),
  );
}

/** What one process has. */
const whole = (shards: number, shard: (n: number) => Float32Array): Float32Array =>
  partsOf(shards, { rank: 0, size: 1 }, shard)[0].sum;

const bits = (vector: Float32Array): Uint32Array =>
  new Uint32Array(vector.buffer, vector.byteOffset, vector.length);

describe("Chunks and pieces", () => {
  test("are multiples of 16 floats, but for the last", () => {
    expect(chunksOf(100, 4)).toEqual([
      { from: 0, to: 32 },
      { from: 32, to: 64 },
      { from: 64, to: 96 },
      { from: 96, to: 100 },
    ]);
    expect(chunksOf(20, 4).map(({ from, to }) => to - from)).toEqual([16, 4, 0, 0]);
    expect(chunksOf(0, 2)).toEqual([
      { from: 0, to: 0 },
      { from: 0, to: 0 },
    ]);
    expect(piecesOf({ from: 32, to: 100 }, 32)).toEqual([
      { from: 32, to: 64 },
      { from: 64, to: 96 },
      { from: 96, to: 100 },
    ]);
    expect(piecesOf({ from: 7, to: 7 }, 16)).toEqual([]);
  });
});

describe("A sum over ranks", () => {
  test("adds in the tree's order, whoever has which shards", async () => {
    // e is half of what 1 can be told from: (1 + e) + (e + e) = 1 + 2e, but ((1 + e) + e) + e = 1
    const e = 2 ** -24;
    const shards = [1, e, e, e, 0, 0, 0, 0];
    for (const size of [1, 2, 4, 8])
      for (const sum of await summed(8, size, (n) => Float32Array.of(shards[n])))
        expect([size, sum[0]]).toEqual([size, 1 + 2 ** -23]);
  });

  test("has the same bits on any number of ranks, in any pieces, however messages come", async () => {
    const cases = fc.record({
      shards: fc.integer({ min: 1, max: 12 }),
      divisor: fc.nat(),
      length: fc.integer({ min: 0, max: 300 }),
      pieceFloats: fc.constantFrom(16, 48, 2 ** 18),
      place: fc.constantFrom("apart" as const, "first part" as const),
      delays: fc.array(fc.nat(5), { minLength: 1, maxLength: 20 }),
      seed: fc.nat(1000),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ shards, divisor, length, pieceFloats, place, delays, seed }) => {
        const sizes = Array.from({ length: shards }, (_, n) => n + 1).filter((n) => shards % n === 0);
        const size = sizes[divisor % sizes.length];
        const shard = (n: number): Float32Array => randomFloats(length, seed + 100 * n);
        let at = 0;
        const looks = (): number => delays[at++ % delays.length];
        const expected = bits(whole(shards, shard));
        for (const sum of await summed(shards, size, shard, place, pieceFloats, looks))
          expect(bits(sum)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test("keeps subnormal numbers, infinities and the sign of zero", async () => {
    const rows = [Float32Array.of(2 ** -149, Infinity, -0, 3e38), Float32Array.of(2 ** -149, 1, -0, 3e38)];
    for (const sum of await summed(2, 2, (n) => rows[n]))
      expect([...sum]).toEqual([2 ** -148, Infinity, -0, Infinity]);
  });

  test("sends 2 (R - 1) / R of a vector where each rank has one subtree", async () => {
    for (const size of [2, 4, 8]) {
      const ranks = exchanges(size);
      await Promise.all(
        ranks.map(async (each) => {
          const parts = partsOf(8, each, (n) => randomFloats(1024, n));
          await each.sum(8, parts, new Float32Array(1024)).done();
        }),
      );
      expect(ranks.map(({ sent }) => sent)).toEqual(ranks.map(() => (2 * (size - 1) * 4096) / size));
    }
  });

  test("moves on by itself while others are waited for, several at a time", async () => {
    const ranks = exchanges(2, 16);
    const lengths = [100, 1, 64];
    const pending: PendingSum[][] = [];
    const sums = ranks.map((each, n) => {
      const into = lengths.map((length) => new Float32Array(length));
      pending[n] = into.map((place, k) =>
        each.sum(
          4,
          partsOf(4, each, (shard) => randomFloats(place.length, 10 * k + shard)),
          place,
        ),
      );
      return into;
    });
    for (let look = 0; look < 30; look++) for (const each of pending.flat()) each.progress();
    const expected = lengths.map((length, k) => whole(4, (shard) => randomFloats(length, 10 * k + shard)));
    expect(sums).toEqual([expected, expected]);
    await Promise.all(
      pending.map(async (own) => {
        for (const each of own) await each.done();
      }),
    );
  });

  test("takes no parts but those of its shards", () => {
    const [first] = exchanges(2);
    const part = { of: { from: 0, to: 1 }, sum: new Float32Array(4) };
    expect(() => first.sum(4, [part], new Float32Array(4))).toThrow("not those of this rank's shards");
    expect(() => first.sum(3, [part], new Float32Array(4))).toThrow(
      "3 shards cannot be shared out among 2 ranks",
    );
  });
});

describe("A gathering", () => {
  test("gives what every rank has, in the order of ranks", async () => {
    const gathered = await Promise.all(
      exchanges(3).map(async (ranks) => await ranks.gather(new Uint8Array(ranks.rank * 2).fill(ranks.rank))),
    );
    const expected = [new Uint8Array(0), Uint8Array.of(1, 1), Uint8Array.of(2, 2, 2, 2)];
    expect(gathered).toEqual([expected, expected, expected]);
  });
});

describe("A rank that is silent", () => {
  const cut = network(3, undefined, (rank) => rank === 2);

  test("is named by all others after the time-out, and those that wait with them are not", async () => {
    const line =
      "rank 2 on host2 has sent nothing for 0.2 s: it hangs, or its network is cut; end the run and go on with --resume";
    const waiting = cut.slice(0, 2).map(async (transport) => {
      const ranks = new Exchange(transport, patience(200));
      const parts = partsOf(3, ranks, (n) => randomFloats(100, n));
      await ranks.sum(3, parts, new Float32Array(100)).done();
    });
    const ends = await Promise.allSettled(waiting);
    expect(ends.map((end) => (end.status === "rejected" ? String(end.reason) : "done"))).toEqual([
      `RankError: ${line}`,
      `RankError: ${line}`,
    ]);
  });

  test("is named at a gathering too", async () => {
    const ranks = new Exchange(cut[0], patience(100));
    const other = new Exchange(cut[1], patience(100)).gather(new Uint8Array(1)).catch(() => null);
    await expect(ranks.gather(new Uint8Array(1))).rejects.toThrow(
      "rank 2 on host2 has sent nothing for 0.1 s",
    );
    await other;
  });

  test("leaves the event loop its turns while it is waited for", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    const ranks = new Exchange(cut[0], patience(300));
    await expect(ranks.barrier()).rejects.toThrow("rank 1 on host1, rank 2 on host2 have sent nothing");
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
  });
});
