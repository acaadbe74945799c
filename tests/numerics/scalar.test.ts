import { describe, expect, test } from "vitest";
import { max, min } from "../../src/numerics/ops.ts";
import { fromBits, scalarOps as o, toBits } from "../../src/numerics/scalar.ts";
import { treeSum16 } from "../../src/numerics/tree.ts";

const NAN = toBits(NaN);

describe("scalarOps", () => {
  test("floats are binary32, rounded to nearest even", () => {
    expect(fromBits(o.add(toBits(16777216), toBits(1)))).toBe(16777216);
    expect(fromBits(o.add(toBits(16777216), toBits(3)))).toBe(16777220);
    expect(fromBits(o.div(toBits(1), toBits(3)))).toBe(Math.fround(1 / 3));
    expect(fromBits(o.mul(toBits(2 ** -100), toBits(2 ** -49)))).toBe(2 ** -149);
    expect(fromBits(o.sqrt(toBits(2)))).toBe(Math.fround(Math.SQRT2));
    expect(toBits(1)).toBe(0x3f800000);
  });

  test("comparisons give masks, false on NaN; -0 equals +0", () => {
    const [one, two] = [toBits(1), toBits(2)];
    expect([o.lt(one, two), o.lt(two, one), o.le(one, one), o.eq(one, two)]).toEqual([-1, 0, -1, 0]);
    expect([o.lt(NAN, one), o.le(one, NAN), o.eq(NAN, NAN)]).toEqual([0, 0, 0]);
    expect(o.eq(toBits(-0), toBits(0))).toBe(-1);
    expect([o.select(-1, 5, 6), o.select(0, 5, 6), o.select(0xffff, 0x12345678, 0)]).toEqual([5, 6, 0x5678]);
  });

  test("integers wrap at 32 bits, shifts are logical or arithmetic", () => {
    expect([o.iadd(0x7fffffff, 1), o.isub(-0x80000000, 1)]).toEqual([-0x80000000, 0x7fffffff]);
    expect([o.shl(-1, 31), o.shr(-1, 1), o.shr(-1, 31), o.sar(-8, 1)]).toEqual([
      -0x80000000, 0x7fffffff, 1, -4,
    ]);
    expect([o.rotl(0x12345678, 8), o.rotl(-0x80000000, 1), o.rotl(3, 31)]).toEqual([
      0x34567812,
      1,
      -0x80000000 + 1,
    ]);
    expect([o.igt(1, -1), o.igt(-1, 1), o.ieq(3, 3), o.ieq(3, 4)]).toEqual([-1, 0, -1, 0]);
    expect([o.and(6, 3), o.or(6, 3), o.xor(6, 3), o.andnot(6, 3), o.bits(0xffffffff)]).toEqual([
      2, 7, 5, 4, -1,
    ]);
    expect(fromBits(o.toFloat(-16777216))).toBe(-16777216);
  });

  test("min and max keep their first operand on NaN and on zeros of either sign", () => {
    const [one, two, zero, minusZero] = [1, 2, 0, -0].map(toBits);
    expect([min(o, one, two), min(o, two, one), max(o, one, two), max(o, two, one)]).toEqual([
      one,
      one,
      two,
      two,
    ]);
    expect([min(o, NAN, one), min(o, one, NAN), max(o, NAN, one), max(o, one, NAN)]).toEqual([
      NAN,
      one,
      NAN,
      one,
    ]);
    expect([min(o, zero, minusZero), max(o, minusZero, zero)]).toEqual([zero, minusZero]);
  });
});

describe("treeSum16", () => {
  test("adds i+8, i+4, i+2, i+1 in binary32, and leaves the lanes alone", () => {
    const lanes = Float32Array.from({ length: 16 }, (_, i) => (i === 0 ? 16777216 : i === 8 ? -16777216 : 1));
    // 0 and 8 meet first, so that the other 14 ones are exact; from left to right 2^24 swallows the first seven.
    expect(treeSum16(lanes)).toBe(14);
    expect(lanes[0]).toBe(16777216);
    expect(lanes.reduce((sum, x) => Math.fround(sum + x), 0)).toBe(7);
  });

  test("reads from an offset, and refuses fewer than 16 lanes", () => {
    expect(treeSum16(new Float32Array(40).fill(1, 20), 8)).toBe(4);
    expect(() => treeSum16(new Float32Array(8))).toThrow("treeSum16 needs 16 lanes from offset 0, got 8");
  });
});
