/** What a plot draws of a long series is exactly the least and the largest of its samples. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extremes, pyramidOf, stretch } from "../../studio/ui/pyramid.ts";
import { byKey, within, zoomed } from "../../studio/ui/stretch.ts";

/** Series with gaps, spikes and runs, longer than two levels. */
const series = fc
  .tuple(
    fc.integer({ min: 0, max: 9000 }),
    fc.integer({ min: 1, max: 2 ** 31 }),
    fc.double({ min: 0, max: 1 }),
  )
  .map(([length, seed, gaps]) => {
    let state = seed;
    const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
    const values = new Float64Array(length);
    let isGap = false;
    for (let i = 0; i < length; i++) {
      if (random() < 0.02) isGap = random() < gaps;
      values[i] = isGap ? NaN : random() < 0.001 ? 1e6 * random() : random() - 0.5;
    }
    return values;
  });

function brute(values: Float64Array, from: number, to: number): [number, number] {
  const numbers = values.subarray(Math.max(0, from), Math.max(0, to)).filter((value) => !Number.isNaN(value));
  return numbers.length === 0
    ? [NaN, NaN]
    : [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];
}

describe("pyramid", () => {
  it("has the least and the largest of 16 samples, then of 256", () => {
    const values = Float64Array.from({ length: 300 }, (_, i) => i);
    const { levels } = pyramidOf(values);
    expect(levels).toHaveLength(1);
    expect([...levels[0].subarray(0, 4)]).toEqual([0, 15, 16, 31]);
    expect([...levels[0].subarray(-2)]).toEqual([288, 299]);
    expect(pyramidOf(new Float64Array(5000)).levels.map(({ length }) => length)).toEqual([626, 40]);
  });

  it("finds the extremes of any stretch as looking at each of its samples does", () => {
    fc.assert(
      fc.property(
        series,
        fc.integer({ min: -5, max: 9100 }),
        fc.integer({ min: -5, max: 9100 }),
        (values, a, b) => {
          const [from, to] = [Math.min(a, b), Math.max(a, b)];
          expect(extremes(pyramidOf(values), from, to)).toEqual(brute(values, from, to));
        },
      ),
      { numRuns: 400 },
    );
  });

  it("draws every sample once, each bin by its extremes, and a gap as none", () => {
    fc.assert(
      fc.property(
        series,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 500 }),
        (values, a, b, width) => {
          const [from, to] = [Math.min(a, b) * values.length, Math.max(a, b) * values.length];
          const { x, y } = stretch([pyramidOf(values)], from, to, width);
          expect(y[0]).toHaveLength(x.length);
          expect(x.length).toBeLessThanOrEqual(2 * width + 8);
          expect(x.every((at, i) => i === 0 || at >= x[i - 1])).toBe(true);
          const numbers = y[0].filter((value) => value !== null);
          const [least, most] = brute(values, Math.floor(from), Math.ceil(to));
          if (to > from && !Number.isNaN(least)) {
            expect(Math.min(...numbers)).toBeLessThanOrEqual(least);
            expect(Math.max(...numbers)).toBeGreaterThanOrEqual(most);
          }
          const all = new Set(values);
          expect(numbers.filter((value) => !all.has(value))).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("shows a spike of one sample among ten million", () => {
    const values = new Float32Array(10_000_000);
    values[7_654_321] = 5;
    const { x, y } = stretch([pyramidOf(values)], 0, values.length, 1000);
    const at = y[0].indexOf(5);
    expect(Math.abs(x[at] - 7_654_321)).toBeLessThanOrEqual(10_000);
    expect(y[0].filter((value) => value === 5)).toHaveLength(1);
  });

  it("leaves a gap where a shorter series has ended", () => {
    const { x, y } = stretch(
      [pyramidOf(Float64Array.of(1, 2, 3, 4)), pyramidOf(Float64Array.of(5))],
      0,
      4,
      100,
    );
    expect(x).toEqual([0, 1, 2, 3]);
    expect(y).toEqual([
      [1, 2, 3, 4],
      [5, null, null, null],
    ]);
  });
});

describe("stretch", () => {
  it("stays within the series, of at least 8 samples", () => {
    expect(within({ from: -50, to: 50 }, 1000)).toEqual({ from: 0, to: 100 });
    expect(within({ from: 990, to: 1090 }, 1000)).toEqual({ from: 900, to: 1000 });
    expect(within({ from: 500, to: 501 }, 1000)).toEqual({ from: 496.5, to: 504.5 });
    expect(within({ from: -9, to: 5000 }, 1000)).toEqual({ from: 0, to: 1000 });
    expect(within({ from: 0, to: 5 }, 3)).toEqual({ from: 0, to: 3 });
  });

  it("zooms about the sample under the mouse", () => {
    expect(zoomed({ from: 0, to: 100 }, 0.5, 20)).toEqual({ from: 10, to: 60 });
  });

  it("moves by keys", () => {
    const now = { from: 100, to: 200 };
    expect(byKey("ArrowRight", now, 1000)).toEqual({ from: 110, to: 210 });
    expect(byKey("Home", now, 1000)).toEqual({ from: 0, to: 100 });
    expect(byKey("End", now, 1000)).toEqual({ from: 900, to: 1000 });
    expect(byKey("-", now, 1000)).toEqual({ from: 50, to: 250 });
    expect(byKey("x", now, 1000)).toBeNull();
  });
});
