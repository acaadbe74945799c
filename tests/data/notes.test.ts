import { describe, expect, it } from "vitest";
import { dataHash } from "../../src/data/dataHash.ts";
import { noted, rowsOf } from "../../src/data/dataset.ts";
import { fromArrays } from "../../src/data/fromArrays.ts";
import { slidingWindows } from "../../src/data/slidingWindows.ts";

const plain = fromArrays({ series: [[1, 2, 3, 4]], labels: ["a"] });

describe("the notes of a data set", () => {
  it("are absent where nothing is to be said", () => {
    expect(plain.notes).toBeUndefined();
    expect(noted(plain, [])).toBe(plain);
  });

  it("go along with its rows, its windows and its other fields, and add up", () => {
    const data = noted(noted(plain, ["a.csv: one"]), ["a.csv: two"]);
    const said = ["a.csv: one", "a.csv: two"];
    expect(data.notes).toEqual(said);
    expect(data.with({ name: "b" }).notes).toEqual(said);
    expect(rowsOf(data, [0]).notes).toEqual(said);
    expect(slidingWindows(data, { window: 2 }).notes).toEqual(said);
  });

  it("are no part of what the data are", () => {
    expect(dataHash(noted(plain, ["x"]))).toBe(dataHash(plain));
  });
});
