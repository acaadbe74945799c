/** Values that no float32 comes of are refused where they are fitted, with their place and what helps. */
import { describe, expect, it } from "vitest";
import { fromArrays } from "../../src/data/fromArrays.ts";
import { fitPreparation, resolvePrepare } from "../../src/models/preparation.ts";

const rows = (...values: number[]) =>
  fromArrays({ series: [[[0, 0, 0]], [values]], labels: ["a", "b"], name: "far", missing: "NaN" });

describe("values near the ends of what numbers can be", () => {
  it.each([
    [
      "none",
      3.5e38,
      "far: row 1, channel 0, position 2: the value 3.5e+38 (or its negative) is beyond what float32 holds",
    ],
    [
      "none",
      1e-39,
      "far: row 1, channel 0, position 2: the largest value of the channel is 1.0e-39, and what is below 1.2e-38 is lost in float32",
    ],
    ["channel", -1e200, "beyond what normalize channel can take"],
    ["sample", 1e200, "beyond what normalize sample can take"],
    ["channel", 1e-200, "is lost by normalize channel; scale the series up"],
    ["minmax", -1.7e308, "beyond what normalize minmax can take"],
  ] as const)("%s refuses %d", (kind, value, text) => {
    expect(() => fitPreparation(kind, rows(0, 0, value))).toThrow(text);
  });

  it.each([
    ["none", 3.4e38],
    ["none", -2e-38],
    ["channel", 3.4e147],
    ["sample", 1e39],
    ["minmax", 1e300],
  ] as const)("%s takes %d", (kind, value) => {
    expect(fitPreparation(kind, rows(0, 0, value)).kind).toBe(kind);
  });

  it("does not mind missing values and a channel of zeros", () => {
    const data = rows(0, NaN, 0);
    expect(fitPreparation("channel", data, resolvePrepare(data))).toMatchObject({
      mean: [0],
      deviation: [1],
    });
  });
});
