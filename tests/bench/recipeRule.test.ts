/** The rule by which a default recipe moves, and the file of runs that it is asked of. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { deviationOf, differenceOf, isBeyond, moves, overSets } from "../../bench/recipeRule.ts";
import type { Line } from "../../bench/recipes.ts";
import { root } from "../house/house.ts";

const base = [0.8, 0.9, 0.7]; // 0.8 ± 0.1
const pair = (set: string, other: readonly number[], of: readonly number[] = base) => ({
  set,
  base: of,
  other,
});

describe("a set", () => {
  it("is better or worse beyond the larger deviation of both variants, not by it", () => {
    expect(deviationOf(base)).toBeCloseTo(0.1, 12);
    expect(deviationOf([0.5])).toBe(0);
    expect(differenceOf(pair("a", [0.92, 0.92, 0.92]))).toBeCloseTo(0.12, 12);
    expect(isBeyond(pair("a", [0.92, 0.92, 0.92]), 1)).toBe(true);
    expect(isBeyond(pair("a", [0.92, 0.92, 0.92]), -1)).toBe(false);
    expect(isBeyond(pair("a", [0.89, 0.89, 0.89]), 1)).toBe(false);
    expect(isBeyond(pair("a", [0.68, 0.68, 0.68]), -1)).toBe(true);
    // 0.9 of others that vary by 0.2
    expect(isBeyond(pair("a", [1.1, 0.9, 0.7], [0.8, 0.8, 0.8]), 1)).toBe(false);
  });
});

describe("a default", () => {
  const steady = [0.5, 0.5, 0.5];

  it("is compared by the mean over the sets, seed by seed, of the seeds that all have", () => {
    const mean = overSets([pair("a", [0.6, 0.7, 0.5], steady), pair("b", [0.5, 0.4], [0.5, 0.6])]);
    expect(mean).toHaveLength(2);
    expect(mean[0]).toBeCloseTo(0.05, 12);
    expect(mean[1]).toBeCloseTo(0, 12);
  });

  it("moves where that is above its deviation and no set is worse beyond its own", () => {
    expect(moves([pair("a", [0.6, 0.62, 0.61], steady)])).toBe(true);
    // 0.02 ± 0.0265
    expect(moves([pair("a", [0.5, 0.55, 0.51], steady)])).toBe(false);
    // better in the mean, and one set worse
    expect(moves([pair("a", [0.7, 0.72, 0.71], steady), pair("b", [0.48, 0.49, 0.48], steady)])).toBe(false);
  });
});

describe("bench/recipes.jsonl", () => {
  const lines = readFileSync(`${root}bench/recipes.jsonl`, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

  it("has each run once, with an accuracy and a hash", () => {
    const keys = lines.map(({ model, set, variant, seed }) => `${model} ${set} ${variant} ${seed}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(lines.filter(({ accuracy }) => !(accuracy > 0 && accuracy <= 1))).toEqual([]);
    expect(lines.filter(({ weightsSha256 }) => !/^[0-9a-f]{64}$/.test(weightsSha256))).toEqual([]);
  });
});
