/** Where trials come from: Sobol's points against a hand and against SciPy, TPE against random search. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { samplers } from "../../../src/training/sweep/samplers.ts";
import { sobol, SOBOL_DIMENSIONS } from "../../../src/training/sweep/sobol.ts";
import type { Point, Space } from "../../../src/training/sweep/space.ts";

const unit = { kind: "uniform", low: 0, high: 1 } as const;

describe("Sobol's sequence", () => {
  it("begins as a hand draws it: halves, then quarters, in Gray code's order", () => {
    const first = Array.from({ length: 8 }, (_, i) => sobol(i, 3));
    expect(first).toEqual([
      [0, 0, 0],
      [0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25],
      [0.25, 0.75, 0.75],
      [0.375, 0.375, 0.625],
      [0.875, 0.875, 0.125],
      [0.625, 0.125, 0.875],
      [0.125, 0.625, 0.375],
    ]);
  });

  it("has SciPy's points (qmc.Sobol, scramble=False) in all its dimensions", () => {
    const of64 = (i: number): number[] => sobol(i, SOBOL_DIMENSIONS).map((x) => Math.floor(64 * x));
    expect(of64(37)).toEqual([59, 41, 37, 59, 49, 19, 11, 51, 39, 11, 1, 5, 37, 55, 7, 31, 51, 27, 3, 9, 61]);
    expect(of64(63)).toEqual([
      1, 51, 23, 29, 55, 9, 37, 9, 53, 37, 27, 43, 35, 49, 21, 49, 5, 25, 61, 15, 15,
    ]);
  });

  it("puts one of 2^k points into each of 2^k intervals of every coordinate, whatever the seed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (k, seed) => {
        const count = 2 ** k;
        const points = Array.from({ length: count }, (_, i) => sobol(i, SOBOL_DIMENSIONS, seed));
        for (let d = 0; d < SOBOL_DIMENSIONS; d++)
          expect(new Set(points.map((p) => Math.floor(p[d] * count))).size).toBe(count);
      }),
      { numRuns: 30 },
    );
  });

  it("refuses more dimensions than it has numbers for", () => {
    expect(() => sobol(0, 22)).toThrow(/the space has 22 parameters; sobol is of at most 21/);
  });
});

/** The least of a function of the unit cube that a sampler finds with so many points, eight drawn at a time. */
function leastOf(
  sampler: keyof typeof samplers,
  space: Space,
  f: (point: Point) => number,
  { trials, seed }: { trials: number; seed: number },
): number {
  const tried: { point: Point; cost: number }[] = [];
  for (let first = 0; first < trials; first += 8) {
    const ranked = tried.toSorted((a, b) => a.cost - b.cost).map(({ point }) => point);
    const pending: Point[] = [];
    for (let trial = first; trial < Math.min(trials, first + 8); trial++)
      pending.push(samplers[sampler](space, seed, trial, { ranked, pending: [...pending] }));
    tried.push(...pending.map((point) => ({ point, cost: f(point) })));
  }
  return Math.min(...tried.map(({ cost }) => cost));
}

const seeds = Array.from({ length: 60 }, (_, seed) => seed);
const meanOf = (sampler: keyof typeof samplers, space: Space, f: (p: Point) => number, trials = 40): number =>
  seeds.reduce((sum, seed) => sum + leastOf(sampler, space, f, { trials, seed }), 0) / seeds.length;

describe("tree-structured Parzen estimators", () => {
  it("find the least of (u - 0.7)^2 nearer than random points do, in the mean of 60 seeds", () => {
    const f = ([u]: Point): number => (u - 0.7) ** 2;
    const [random, tpe] = [meanOf("random", { u: unit }, f), meanOf("tpe", { u: unit }, f)];
    expect(tpe).toBeLessThan(random / 3);
  });

  it("find a valley of two numbers and a choice that random points find seldom", () => {
    const space: Space = { u: unit, v: unit, c: { kind: "choice", values: ["a", "b", "c", "d"] } };
    const f = ([u, v, c]: Point): number =>
      (u - 0.2) ** 2 + (v - 0.9) ** 2 + (Math.floor(4 * c) === 2 ? 0 : 0.3);
    expect(meanOf("tpe", space, f)).toBeLessThan(meanOf("random", space, f) / 2);
  });

  it("propose within the cube, the same for the same trials, whatever these were", () => {
    const space: Space = {
      m: { kind: "choice", values: ["x", "y"] },
      u: { ...unit, when: { m: ["x"] } },
    };
    const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(place, place), { minLength: 10, maxLength: 30 }), (ranked) => {
        const point = samplers.tpe(space, 3, 50, { ranked, pending: [] });
        expect(point.every((u) => u >= 0 && u < 1)).toBe(true);
        expect(samplers.tpe(space, 3, 50, { ranked, pending: [] })).toEqual(point);
      }),
    );
  });

  it("have these bits, on every machine", () => {
    const ranked = Array.from({ length: 12 }, (_, i) => [i / 12, ((i * 5) % 12) / 12]);
    const space: Space = { u: unit, v: unit };
    expect(samplers.tpe(space, 1, 12, { ranked, pending: [] })).toMatchInlineSnapshot(`
      [
        0.003992830044497506,
        0.024872460423220222,
      ]
    `);
  });
});
