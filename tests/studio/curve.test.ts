/** What the Train view draws and types, apart from any browser. */
import { describe, expect, it } from "vitest";
import { commandOf, shellWord, sourceOf } from "../../studio/views/train/command.ts";
import { emptyCurve, MOST_POINTS, withPoint } from "../../studio/views/train/curve.ts";

describe("a curve in bounded memory", () => {
  it("has every value while there are few, and means of neighbours where there are many", () => {
    let curve = emptyCurve;
    for (let i = 1; i < MOST_POINTS; i++) curve = withPoint(curve, i, i);
    expect([curve.x.length, curve.x[0], curve.y[0]]).toEqual([MOST_POINTS - 1, 1, 1]);
    curve = withPoint(curve, MOST_POINTS, MOST_POINTS);
    expect([curve.x.length, curve.fold]).toEqual([MOST_POINTS / 2, 2]);
    expect([curve.x[0], curve.y[0], curve.x.at(-1), curve.y.at(-1)]).toEqual([2, 1.5, 1000, 999.5]);
    for (let i = MOST_POINTS + 1; i <= 100 * MOST_POINTS; i++) curve = withPoint(curve, i, 7);
    expect(curve.x.length).toBeLessThan(MOST_POINTS);
    expect(curve.y.at(-1)).toBe(7);
  });
});

describe("the command line of a run", () => {
  it("has the data as they are read, the part to test on, and what was given, as a shell takes it", () => {
    const fields = [
      { name: "epochs", flag: "--epochs", kind: "text" },
      { name: "detrend", flag: "--detrend", kind: "flag" },
    ].map((field) => ({ about: "", group: "", words: [], fallback: null, models: [], ...field }) as never);
    const command = commandOf({
      source: sourceOf(["my data.csv"], ""),
      reading: { seriesBy: ["a", "b"], header: false, rate: 50 },
      parts: { test: 0.2, validation: 0, seed: 0, by: "", gap: "" },
      model: "fcn",
      options: { epochs: "3", detrend: "yes", absent: "1" },
      fields,
    });
    expect(command).toBe(
      "toeplitz train 'my data.csv' --series-by a,b --no-header --rate 50 --test 0.2 --model fcn --epochs 3 --detrend",
    );
  });

  it("names two parts of a set by their files, more files by their folder, and what is built in by its name", () => {
    expect(sourceOf(["Gun_TEST.ts", "Gun_TRAIN.ts"], "")).toEqual({
      data: "Gun_TRAIN.ts",
      test: "Gun_TEST.ts",
    });
    expect(sourceOf(["words/yes/a.wav", "words/no/b.wav"], "")).toEqual({ data: "words", test: null });
    expect(sourceOf([], "mnist1d")).toEqual({ data: "mnist1d", test: null });
    expect(shellWord("it's")).toBe("'it'\\''s'");
  });
});
