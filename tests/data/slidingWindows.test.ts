import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromArrays } from "../../src/data/fromArrays.ts";
import { slidingWindows } from "../../src/data/slidingWindows.ts";
import { chunks, dataset, gather, type Dataset } from "../../src/data/dataset.ts";
import { InputError } from "../../src/data/errors.ts";
import { holdOut } from "../../src/data/split.ts";

const two = fromArrays({
  series: [
    [
      [0, 1, 2, 3, 4, 5, 6],
      [10, 11, 12, 13, 14, 15, 16],
    ],
    [
      [20, 21, 22, 23, 24, 25, 26],
      [30, 31, 32, 33, 34, 35, 36],
    ],
  ],
  labels: ["a", "b"],
});

/** The parts, or null where there is too little to split. */
function splitOf(data: Dataset, fraction: number): ReturnType<typeof holdOut> | null {
  try {
    return holdOut(data, fraction, 0);
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

describe("slidingWindows", () => {
  it("cuts each row: windows of 4 with hop 2 begin at 0 and 2, and position 6 fills none", () => {
    const data = slidingWindows(two, { window: 4, hop: 2 });
    expect([data.rows, data.channels, data.length]).toEqual([4, 2, 4]);
    expect([...gather(data, [1]).series]).toEqual([2, 3, 4, 5, 12, 13, 14, 15]);
    expect([...gather(data, [2]).series]).toEqual([20, 21, 22, 23, 30, 31, 32, 33]);
    expect([...data.labels]).toEqual([0, 0, 1, 1]);
    expect([...(data.spans?.start ?? [])]).toEqual([0, 2, 0, 2]);
    expect([...(data.spans?.series ?? [])]).toEqual([0, 0, 1, 1]);
  });

  it("do not overlap where no hop is given", () => {
    expect([...(slidingWindows(two, { window: 3 }).spans?.start ?? [])]).toEqual([0, 3, 0, 3]);
  });

  it("end where a shorter row ends; a row shorter than a window has none", () => {
    const ragged = two.with({ lengths: Int32Array.of(7, 3) });
    expect(slidingWindows(ragged, { window: 4 }).rows).toBe(1);
    expect(() => slidingWindows(ragged, { window: 8 })).toThrow(
      "arrays: the longest series has 7 positions, and a window 8; give a shorter window",
    );
  });

  it("cut labels a position like the values", () => {
    const data = fromArrays({ series: [[1, 2, 3, 4]], labels: [["x", "y", "y", "x"]] });
    const cut = slidingWindows(data, { window: 2, hop: 1 });
    expect([...cut.labels]).toEqual([0, 1, 1, 1, 1, 0]);
  });

  it("refuses a window of 0 and a hop of 1.5", () => {
    expect(() => slidingWindows(two, { window: 0 })).toThrow(
      "window is 0; it is a whole number of at least 1",
    );
    expect(() => slidingWindows(two, { window: 2, hop: 1.5 })).toThrow("hop is 1.5; it is a whole number");
  });

  it("never mixes two rows, nor what is trained on and what is held back", () => {
    // every value says its row and its time
    const lengthsOf = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        lengthsOf,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        (lengths, window, hop, fraction) => {
          fc.pre(lengths.some((n) => n >= window));
          const length = Math.max(...lengths);
          const series = Float64Array.from({ length: lengths.length * length }, (_, i) => {
            const [row, time] = [Math.floor(i / length), i % length];
            return time < lengths[row] ? 1000 * row + time : NaN;
          });
          const rows = dataset({
            name: "property",
            series,
            channels: 1,
            length,
            lengths: Int32Array.from(lengths),
            answers: { kind: "classes", classes: ["x"], labels: new Int32Array(lengths.length) },
          });
          const data = slidingWindows(rows, { window, hop });
          for (const { series: values, rows: count } of chunks(data))
            for (let i = 0; i < count; i++)
              for (let t = 1; t < window; t++) expect(values[i * window + t]).toBe(values[i * window] + t);
          const parts = splitOf(data, fraction);
          fc.pre(parts !== null);
          if (parts === null) return;
          const seen = new Set([...chunks(parts.train)].flatMap((part) => [...part.series]));
          for (const part of chunks(parts.held)) expect(part.series.some((x) => seen.has(x))).toBe(false);
        },
      ),
    );
  });

  it("cuts labels a position like the values, and refuses labels that are not one a value", () => {
    const answers = (positions: number) =>
      ({
        kind: "positions",
        classes: ["a", "b"],
        labels: Int32Array.from({ length: positions }, (_, i) => i % 2),
        positions,
      }) as const;
    const series = Float64Array.of(0, 1, 2, 3, 4, 5);
    const row = dataset({ name: "r", series, channels: 1, length: 6, answers: answers(6) });
    const cut = slidingWindows(row, { window: 3, hop: 2 });
    expect([...cut.labels]).toEqual([0, 1, 0, 0, 1, 0]);
    const other = row.with({ answers: answers(4) });
    expect(() => slidingWindows(other, { window: 3 })).toThrow(
      "r: rows have 6 values and 4 labels; windows want a label a value; make the counts agree",
    );
  });
});
