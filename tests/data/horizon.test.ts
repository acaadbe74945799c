/** Forecasts: windows whose answers are what comes after them. */
import { describe, expect, it } from "vitest";
import { fromArrays, slidingWindows, splitRows, type Dataset } from "../../src/index.ts";
import { gather } from "../../src/data/dataset.ts";
import { cli, workshop } from "../cli/harness.ts";

/** Channel a counts up, b is 100 more. */
const series = (length: number): Dataset =>
  fromArrays({
    name: "s",
    series: [[Array.from({ length }, (_, t) => t), Array.from({ length }, (_, t) => 100 + t)]],
    labels: ["x"],
    channelNames: ["a", "b"],
  });

describe("windows with a horizon", () => {
  it("are answered with the values after them, of the channels named, channel after channel", () => {
    const data = slidingWindows(series(10), { window: 4, hop: 2, horizon: 2, target: ["b"] });
    expect([data.rows, data.channels, data.length]).toEqual([3, 2, 4]);
    expect([...gather(data, [2]).series]).toEqual([4, 5, 6, 7, 104, 105, 106, 107]);
    expect(data.answers).toEqual({
      kind: "values",
      outputs: 2,
      targets: Float64Array.of(104, 105, 106, 107, 108, 109),
    });
    expect(data.notes).toEqual([
      "targets: 2 positions of b after each window",
      "the answers of the series themselves are left out",
    ]);
    const both = slidingWindows(series(6), { window: 4, horizon: 2 });
    expect([...both.targets]).toEqual([4, 5, 104, 105]);
  });

  it("leave out those with a missing value among their targets, and say so", () => {
    const whole = series(10);
    const gap = whole.with({ series: whole.series.map((x) => (x === 105 ? NaN : x)) });
    const data = slidingWindows(gap, { window: 4, hop: 1, horizon: 1, target: ["b"] });
    expect([...data.targets]).toEqual([104, 106, 107, 108, 109]);
    expect(data.notes).toContain("1 window with a missing value among the targets left out");
  });

  it("are split by time so that no target of one part is in another", () => {
    const data = slidingWindows(series(40), { window: 4, hop: 1, horizon: 3, target: ["a"] });
    const { train, test } = splitRows(data, 0.25, 0, { by: "time" });
    const starts = data.spans?.start ?? new Int32Array(0);
    const end = Math.max(...Array.from(train, (row) => starts[row] + 4 + 3));
    expect(Math.min(...Array.from(test, (row) => starts[row]))).toBeGreaterThanOrEqual(end);
  });

  it("are refused where a channel is not there, and where none fits", () => {
    expect(() => slidingWindows(series(10), { window: 4, horizon: 2, target: ["c"] })).toThrow(
      's: there is no channel "c" (target); they are a, b',
    );
    expect(() => slidingWindows(series(10), { window: 9, horizon: 2 })).toThrow(
      "s: the longest series has 10 positions, and a window 9 and 2 after it; give a shorter window or horizon",
    );
    expect(() => slidingWindows(series(40_000), { window: 1, hop: 1, horizon: 20_000 })).toThrow(
      "s: 20000 windows with 40000 target values each are more than 134217728; raise hop, or shorten the horizon",
    );
  });
});

describe("--horizon", () => {
  const shop = workshop();
  const lines = Array.from({ length: 200 }, (_, t) => `${t},${Math.sin(t / 3).toFixed(4)},${t % 5}`);
  const file = shop.put("load.csv", `t,load,day\n${lines.join("\n")}\n`);
  const how = ["--time", "t", "--window", "16", "--hop", "1", "--horizon", "4", "--target", "load"];

  it("trains a forecast, evaluates it, and predicts what comes after the last window", async () => {
    const out = shop.path("r");
    const words = ["--model", "minirocket", "--test", "0.2", "--out", out, "--json"];
    const trained = await cli(["train", file, ...how, ...words]);
    expect(trained.code).toBe(0);
    const { test } = JSON.parse(trained.stdout) as { test: { r2: number } };
    expect(test.r2).toBeGreaterThan(0.9);
    const scored = await cli(["evaluate", out, file, ...how, "--json"]);
    expect(JSON.parse(scored.stdout)).toMatchObject({ rows: 181 });
    const said = await cli(["predict", out, file, "--time", "t", "--window", "16", "--hop", "1", "--json"]);
    const last = JSON.parse(said.stdout.trim().split("\n").at(-1) ?? "") as { row: number; values: number[] };
    expect([last.row, last.values.length]).toEqual([184, 4]);
    expect(Math.abs(last.values[0] - Math.sin(200 / 3))).toBeLessThan(0.1);
  });

  it.each([
    [
      ["--time", "t", "--horizon", "4"],
      "--horizon is given without --window; a forecast is of what comes after a window; give both",
    ],
    [
      ["--time", "t", "--window", "16", "--horizon", "4", "--label", "day"],
      "FILE: horizon and label are both given; a window is answered with what comes after it, or a class; give one",
    ],
    [
      ["--time", "t", "--window", "16", "--horizon", "0"],
      '--horizon is "0"; it is a whole number of at least 1 or a time (2s, 500ms), such as 24',
    ],
  ])("refuses %j", async (words, message) => {
    const { code, stderr } = await cli(["train", file, ...words]);
    expect([code, stderr]).toEqual([2, `toeplitz: ${message.replace("FILE", file)}\n`]);
  });
});
