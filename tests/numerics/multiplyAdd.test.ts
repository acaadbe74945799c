import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { multiplyAdd } from "../../src/numerics/multiplyAdd.ts";

/** A float as a whole number times 2^-300. */
const SCALE = 300n;
function whole(x: number): bigint {
  let [value, under] = [x, 0n];
  while (!Number.isInteger(value)) {
    value *= 2;
    under++;
  }
  return BigInt(value) << (SCALE - under);
}

/** The float nearest to a whole number times 2^-600, ties to even, found among the neighbours of an estimate. */
function nearest(exact: bigint): number {
  const estimate = Math.fround(Number(exact >> 400n) * 2 ** -200);
  const word = new Int32Array(1);
  const float = new Float32Array(word.buffer);
  let best = estimate;
  let distance = -1n;
  for (let step = -3; step <= 3; step++) {
    float[0] = estimate === 0 ? 0 : estimate;
    word[0] += step;
    const candidates = estimate === 0 ? [step * 2 ** -149] : [float[0]];
    for (const x of candidates.filter(Number.isFinite)) {
      const away = (whole(x) << 300n) - exact;
      const far = away < 0n ? -away : away;
      float[0] = x;
      if (distance < 0n || far < distance || (far === distance && (word[0] & 1) === 0))
        [best, distance] = [x, far];
    }
  }
  return best;
}

const floats = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e15), max: Math.fround(1e15) }),
  fc.integer({ min: -(2 ** 24), max: 2 ** 24 }).map((n) => n / 2 ** 12),
  fc.integer({ min: -64, max: 64 }).map((n) => n * 2 ** -149),
);

describe("multiplyAdd", () => {
  it("rounds once where f64 rounds twice", () => {
    // 2^24 + 1 = 97 x 172961 is a tie between floats: 2^-60 more breaks it upwards, but f64 drops that, and the tie goes to even
    expect(multiplyAdd(2 ** -60, 97, 172961)).toBe(2 ** 24 + 2);
    expect(Math.fround(2 ** -60 + 97 * 172961)).toBe(2 ** 24);
    expect([0, -(2 ** -60)].map((sum) => multiplyAdd(sum, 97, 172961))).toEqual([2 ** 24, 2 ** 24]);
    expect(multiplyAdd(-(2 ** -60), -97, 172961)).toBe(-(2 ** 24) - 2);
  });

  it("is the nearest float of the exact value, ties to even", () => {
    fc.assert(
      fc.property(floats, floats, floats, (sum, x, y) => {
        const [s, a, b] = [sum, x, y].map(Math.fround);
        const exact = (whole(s) << 300n) + whole(a) * whole(b);
        const got = multiplyAdd(s, a, b);
        fc.pre(Number.isFinite(got));
        expect(got + 0).toBe(nearest(exact) + 0);
      }),
      { numRuns: 3000 },
    );
  });

  it("keeps what is not finite", () => {
    expect(multiplyAdd(1, Infinity, 0)).toBeNaN();
    expect(multiplyAdd(-Infinity, Infinity, 1)).toBeNaN();
    expect(multiplyAdd(1, Infinity, -1)).toBe(-Infinity);
    expect(multiplyAdd(3e38, 3e38, 3e38)).toBe(Infinity);
    expect(Object.is(multiplyAdd(-0, 0, -1), -0)).toBe(true);
  });
});
