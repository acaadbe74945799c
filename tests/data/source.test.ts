/** Rows that are not in memory: everything reads them through `gather` and `chunks`, so nothing else changes. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fcn } from "../../src/layers/architectures/fcn.ts";
import { fromArrays } from "../../src/data/fromArrays.ts";
import { dataHash } from "../../src/data/dataHash.ts";
import { chunks, gather, rowsOf, type Dataset, type Source } from "../../src/data/dataset.ts";
import { fit } from "../../src/training/fit.ts";
import { miniRocket } from "../../src/training/rocket.ts";
import { holdOut } from "../../src/data/split.ts";
import { Sha256, sha256 } from "../../src/numerics/sha256.ts";

const inMemory = fromArrays({
  series: Array.from({ length: 40 }, (_, r) => [
    Array.from({ length: 12 }, (_, t) => (r % 2 ? t : -t) + ((r * 7 + t * 3) % 5)),
    Array.from({ length: 12 }, (_, t) => 100 + r + t),
  ]),
  labels: Array.from({ length: 40 }, (_, r) => r % 2),
});

/** The same rows, read through a source. */
function elsewhere(data: Dataset): Dataset {
  const { rows, channels, length, series } = data;
  const source: Source = {
    rows,
    read(row, from, count, into, at) {
      for (let c = 0; c < channels; c++)
        for (let t = 0; t < count; t++)
          into[at + c * count + t] = series[(row * channels + c) * length + from + t];
    },
  };
  return data.with({ series: new Float64Array(0), source });
}

describe("a data set with a source", () => {
  const data = elsewhere(inMemory);

  it("has the source's rows and gives what memory gives", () => {
    expect(data.rows).toBe(40);
    expect(gather(data, [3, 0])).toEqual(gather(inMemory, [3, 0]));
    expect(dataHash(data)).toBe(dataHash(inMemory));
  });

  it("has rows taken out of it as a view, and of that again", () => {
    const some = rowsOf(rowsOf(data, [5, 9, 12, 30]), [3, 1]);
    expect(some.series).toHaveLength(0);
    expect(gather(some, [0, 1])).toEqual(gather(inMemory, [30, 9]));
    expect([...some.labels]).toEqual([0, 1]);
  });

  it("refuses series and a source at once, since one of them would be stale", () => {
    expect(() => data.with({ series: inMemory.series })).toThrow("not both");
  });

  it("trains, validates and evaluates to the same bits", async () => {
    const model = fcn(inMemory);
    const options = { epochs: 1, batch: 8, seed: 1, validation: 0.25 };
    const here = await fit(model, inMemory, options);
    const there = await fit(model, data, options);
    expect(there.weightsSha256).toBe(here.weightsSha256);
    expect(there.validation).toEqual(here.validation);
    expect(there.model.evaluate(data)).toEqual(here.model.evaluate(inMemory));
    expect(miniRocket(data).weightsSha256).toBe(miniRocket(inMemory).weightsSha256);
  });
});

describe("chunks", () => {
  it("are all rows in order, 2^17 values at most where 16 rows are fewer, and say their first row", () => {
    const long = inMemory.with({ series: new Float64Array(40 * 10000), channels: 1, length: 10000 });
    expect(Array.from(chunks(long), ({ first, rows }) => [first, rows])).toEqual([
      [0, 16],
      [16, 16],
      [32, 8],
    ]);
    expect(Array.from(chunks(inMemory), ({ first, rows }) => [first, rows])).toEqual([[0, 40]]);
  });
});

describe("windows held back", () => {
  const windowsOf = (starts: readonly (readonly number[])[], length: number): Dataset =>
    inMemory.with({
      series: new Float64Array(starts.flat().length * length),
      channels: 1,
      length,
      answers: { kind: "classes", classes: ["0", "1"], labels: new Int32Array(starts.flat().length) },
      spans: {
        names: starts.map((_, s) => `s${s}`),
        series: Int32Array.from(starts.flatMap((list, s) => list.map(() => s))),
        start: Int32Array.from(starts.flat()),
      },
    });

  it("are the last of each series, and those that overlap them are dropped", () => {
    // windows of 4 with hop 2: of ten rows of each series the last 3 are held; they begin at 14, so 12 overlaps
    const starts = Array.from({ length: 10 }, (_, i) => 2 * i);
    const { train, held } = holdOut(windowsOf([starts, starts], 4), 0.3, 0);
    expect([...(held.spans?.start ?? [])]).toEqual([14, 16, 18, 14, 16, 18]);
    expect([...(train.spans?.start ?? [])]).toEqual([0, 2, 4, 6, 8, 10, 0, 2, 4, 6, 8, 10]);
    expect([...(held.spans?.series ?? [])]).toEqual([0, 0, 0, 1, 1, 1]);
  });

  it("never overlap what is trained on", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(fc.nat(60), { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        (starts, length, fraction) => {
          fc.pre(starts.some((list) => Math.min(Math.round(list.length * fraction), list.length - 1) > 0));
          const kept = starts.some((list) => {
            const sorted = list.toSorted((x, y) => x - y);
            const later = sorted.slice(
              list.length - Math.min(Math.round(list.length * fraction), list.length - 1),
            );
            return later.length < list.length && (later.length === 0 || sorted[0] + length <= later[0]);
          });
          fc.pre(kept);
          const { train, held } = holdOut(windowsOf(starts, length), fraction, 0);
          const a = train.spans;
          const b = held.spans;
          a?.start.forEach((at, i) =>
            b?.start.forEach((other, j) => {
              if (a.series[i] === b.series[j]) expect(at + length).toBeLessThanOrEqual(other);
            }),
          );
        },
      ),
    );
  });
});

it("SHA-256 in parts is that of the whole", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (parts) => {
      const hash = new Sha256();
      for (const part of parts) hash.update(part);
      expect(hash.digest()).toBe(sha256(Uint8Array.from(parts.flatMap((part) => [...part]))));
    }),
  );
});
