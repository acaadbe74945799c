/** Principal components by points whose directions a hand can see, and by their definition. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plane, type Embedding } from "../../../src/index.ts";

const of = (rows: readonly (readonly number[])[]): Embedding => ({
  layer: "x",
  channels: rows[0].length,
  length: 1,
  values: Float32Array.from(rows.flat()),
});

describe("rows in the plane", () => {
  it("on a line have their distances along it, all of the variance, and nothing beside it", () => {
    // (3, 4) / 5 is the direction; the middle is at (3, 4)
    const { points, explained } = plane(
      of([
        [0, 0],
        [3, 4],
        [6, 8],
      ]),
    );
    [-5, 0, 5].forEach((x, i) => expect(points[i][0]).toBeCloseTo(x, 12));
    points.forEach(([, y]) => expect(y).toBeCloseTo(0, 9));
    expect(explained[0]).toBeCloseTo(1, 12);
    expect(explained[1]).toBeCloseTo(0, 12);
  });

  it("has the sign that makes the largest loading positive", () => {
    const { points } = plane(
      of([
        [0, 0, 9],
        [0, 0, -9],
        [1, -2, 0],
        [-1, 2, 0],
      ]),
    );
    [9, -9, 0, 0].forEach((x, i) => expect(points[i][0]).toBeCloseTo(x, 9));
    // second: (1, -2) / root 5, whose largest part is made positive: (-1, 2) / root 5
    [0, 0, -Math.sqrt(5), Math.sqrt(5)].forEach((y, i) => expect(points[i][1]).toBeCloseTo(y, 9));
  });

  it("of rows that do not vary, of one row and of one column is told as it is", () => {
    expect(
      plane(
        of([
          [1, 2],
          [1, 2],
        ]),
      ),
    ).toEqual({
      points: [
        [0, 0],
        [0, 0],
      ],
      explained: [0, 0],
    });
    expect(plane(of([[5, 5, 5]])).points).toEqual([[0, 0]]);
    const { points, explained } = plane(of([[1], [3]]));
    expect(points.map(([x]) => x)).toEqual([-1, 1]);
    expect(explained).toEqual([1, 0]);
    expect(() => plane(of([[NaN], [1]]))).toThrow("values that are not finite");
  });

  it("is the best plane: no other two directions explain more, and its axes are not correlated", () => {
    const row = fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 3, maxLength: 25 }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (rows, turn) => {
          const { points, explained } = plane(of(rows));
          const mean = rows[0].map((_, j) => rows.reduce((sum, r) => sum + r[j], 0) / rows.length);
          const x = rows.map((r) => r.map((v, j) => v - mean[j]));
          const total = x.flat().reduce((sum, v) => sum + v * v, 0);
          const cross = points.reduce((sum, [a, b]) => sum + a * b, 0);
          expect(Math.abs(cross)).toBeLessThan(1e-6 * (total + 1));
          // another plane, turned between the axes
          const [c, s] = [Math.cos(turn), Math.sin(turn)];
          const other = [
            [c, s, 0, 0],
            [0, 0, c, s],
          ].reduce(
            (sum, d) => sum + x.reduce((t, r) => t + r.reduce((u, v, j) => u + v * d[j], 0) ** 2, 0),
            0,
          );
          expect((explained[0] + explained[1]) * total).toBeGreaterThanOrEqual(other - 1e-6 * (total + 1));
          expect(explained[0]).toBeGreaterThanOrEqual(explained[1] - 1e-9);
        },
      ),
      { numRuns: 100 },
    );
  });
});
