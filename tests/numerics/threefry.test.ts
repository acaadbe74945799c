import { describe, expect, test } from "vitest";
import { scalarOps } from "../../src/numerics/scalar.ts";
import {
  normal,
  permutation,
  randomBits,
  threefry2x32,
  threefryWord,
  uniform,
} from "../../src/numerics/threefry.ts";

describe("Threefry-2x32-20", () => {
  // The known-answer file of Random123 (kat_vectors, threefry2x32 20 rounds): key, counter, output.
  test.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ])("key %j, counter %j gives %j", (key, counter, output) => {
    expect(threefry2x32(key[0], key[1], counter[0], counter[1])).toEqual(output);
    const word = threefryWord(scalarOps, key[0] | 0, key[1] | 0, counter[0] | 0, counter[1] | 0);
    expect(word >>> 0).toBe(output[0]);
  });

  test("the key is (seed, stream), the counter (step, index), the draw is word 0", () => {
    expect(randomBits(1, 2, 3, 4)).toBe(threefry2x32(1, 2, 3, 4)[0]);
    expect(uniform(1, 2, 3, 4)).toBe(threefry2x32(1, 2, 3, 4)[0] / 2 ** 32);
  });

  test.each([-1, 0.5, 2 ** 32, NaN])("refuses the seed %d in one line", (seed) => {
    expect(() => randomBits(seed, 0, 0, 0)).toThrow(
      new RangeError(`seed must be an integer from 0 to 4294967295, got ${seed}`),
    );
  });

  test("uniform and normal draws have the moments of their laws", () => {
    const n = 100_000;
    const moments = (draw: (i: number) => number): number[] => {
      const sums = [0, 0, 0];
      for (let i = 0; i < n; i++) for (let p = 0; p < 3; p++) sums[p] += draw(i) ** (p === 2 ? 4 : p + 1) / n;
      return sums;
    };
    const flat = moments((i) => uniform(7, 0, 0, i));
    expect(Math.abs(flat[0] - 1 / 2)).toBeLessThan(0.004);
    expect(Math.abs(flat[1] - 1 / 3)).toBeLessThan(0.004);
    const gauss = moments((i) => normal(7, 1, 0, i));
    expect(Math.abs(gauss[0])).toBeLessThan(0.012);
    expect(Math.abs(gauss[1] - 1)).toBeLessThan(0.02);
    expect(Math.abs(gauss[2] - 3)).toBeLessThan(0.15);
  });
});

describe("permutation", () => {
  test("holds each index once, and depends on seed, stream and step", () => {
    const order = permutation(1000, 1, 2, 3);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(order).toEqual(permutation(1000, 1, 2, 3));
    for (const other of [
      permutation(1000, 2, 2, 3),
      permutation(1000, 1, 3, 3),
      permutation(1000, 1, 2, 4),
    ]) {
      expect(other).not.toEqual(order);
    }
  });

  test("the six orders of three things come equally often", () => {
    const counts = new Map<string, number>();
    for (let step = 0; step < 6000; step++) {
      const order = permutation(3, 0, 0, step).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });

  test("lengths 0 and 1, and a length that is none", () => {
    expect(permutation(0, 0, 0, 0)).toEqual(new Int32Array(0));
    expect(permutation(1, 0, 0, 0)).toEqual(new Int32Array(1));
    expect(() => permutation(1.5, 0, 0, 0)).toThrow(
      "a permutation needs an integer length from 0 to 2147483647, got 1.5",
    );
  });
});
