/** `explain --why`: an answer divided among positions and channels, as text and as JSON, and what it refuses. */
import { beforeAll, describe, expect, it } from "vitest";
import { dataset, encodeModel, fit, layers as L, model, type Attribution } from "../../../src/index.ts";
import { bumps } from "../../training/shared.ts";
import { cli, tsText, workshop } from "../harness.ts";

const shop = workshop();
let [net, data] = ["", ""];

beforeAll(async () => {
  data = shop.put("rows.ts", tsText(6, { classes: ["up", "down"] }));
  const run = shop.path("run");
  const trained = await cli(["train", data, "--model", "fcn", "--epochs", "2", "--out", run, "--quiet"]);
  expect(trained).toMatchObject({ code: 0, stderr: "" });
  net = run;
});

describe("explain --why", () => {
  it("says what the answer is made of, in lines for people", async () => {
    const { code, stdout, stderr } = await cli(["explain", net, data, "--row", "2", "--why", "--rate", "10"]);
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(/^row 2 of .*rows\.ts: the model says (up|down) \(0\.\d{4}\)$/);
    expect(lines[1]).toMatch(
      /^why the logit of (up|down) is -?[\d.]+: integrated gradients, compared with zero \(0 in the model's units\)$/,
    );
    expect(lines[2]).toMatch(
      /^the contributions sum to [+-][\d.e-]+; above the baseline it is [+-][\d.e-]+ \(off by 0\.\d{3} %, \d+ gradients\)$/,
    );
    expect(lines[3]).toMatch(/^positions 0 to [\d.]+ s$/);
    expect(stdout).toMatch(/channel 0 {2}sum [+-]/);
    expect(stdout).toMatch(/most {5}[\d.]+( to [\d.]+)? s \([+-]/);
  });

  it("prints the attribution with --json, of the class that is asked for", async () => {
    const words = [
      "explain",
      net,
      data,
      "--row",
      "1",
      "--why",
      "occlusion",
      "--class",
      "down",
      "--baseline",
      "mean",
    ];
    const { code, stdout } = await cli([...words, "--json"]);
    expect(code).toBe(0);
    const why = JSON.parse(stdout) as Attribution & { readonly schema: number };
    expect(why).toMatchObject({
      schema: 1,
      row: 1,
      method: "occlusion",
      target: "down",
      baseline: "mean",
      of: "logit",
    });
    expect(why.values[0]).toHaveLength(why.signal[0].length);
    expect(why.perChannel[0]).toBeCloseTo(
      why.perPosition.reduce((a, b) => a + b, 0),
      10,
    );
    const other = await cli(["explain", net, data, "--row", "1", "--why", "--baseline", "1", "--json"]);
    // a row compared with itself has no contributions
    expect((JSON.parse(other.stdout) as Attribution).values[0].every((x) => x === 0)).toBe(true);
  });

  it("explains values and positions", async () => {
    const rows = bumps({ rows: 6, length: 12, classes: 2 });
    const values = rows.with({
      answers: { kind: "values", targets: Float64Array.of(1, 2, 3, 4, 5, 6), outputs: 1 },
    });
    const regression = model(values, (x) =>
      L.dense(L.tanh(L.conv1d(x, { filters: 2, kernelSize: 3 })), { units: 1 }),
    );
    const file = shop.put(
      "values.safetensors",
      encodeModel((await fit(regression, values, { steps: 3 })).model),
    );
    const table = shop.put(
      "plain.csv",
      `${Array.from({ length: 12 }, (_, t) => `t${t}`).join(",")}\n${Array.from(rows.series.subarray(0, 12)).join(",")}\n`,
    );
    const said = await cli(["explain", file, table, "--why"]);
    expect(said.code, said.stderr).toBe(0);
    expect(said.stdout.split("\n").slice(0, 2)).toEqual([
      expect.stringMatching(/^row 0 of \S+plain\.csv: the model says [\d.]+$/),
      expect.stringMatching(/^why value 0 is [\d.]+: integrated gradients, compared with zero/),
    ]);

    const labels = Int32Array.from({ length: 6 * 12 }, (_, i) => Number(rows.series[i] > 1));
    const each = dataset({
      name: "each",
      series: rows.series,
      channels: 1,
      length: 12,
      answers: { kind: "positions", classes: ["low", "high"], labels, positions: 12 },
    });
    const positions = model(each, (x) => L.conv1d(x, { filters: 2, kernelSize: 3, padding: "same" }));
    const segments = shop.put(
      "each.safetensors",
      encodeModel((await fit(positions, each, { steps: 3 })).model),
    );
    const ts = shop.put(
      "short.ts",
      `@problemName a\n@univariate true\n@classLabel true a b\n@data\n${Array.from(rows.series.subarray(0, 12)).join(",")}:a\n${Array.from(rows.series.subarray(12, 24)).join(",")}:b\n`,
    );
    const none = await cli(["explain", segments, ts, "--why"]);
    expect(none).toMatchObject({
      code: 2,
      stderr: "toeplitz: the model says a class at each of 12 positions; give position, from 0 to 11\n",
    });
    const one = await cli(["explain", segments, ts, "--why", "gradient", "--position", "5"]);
    expect(one.stdout).toMatch(/at position 5 is/);
    expect(one.code).toBe(0);
  });

  it.each<[string[], string]>([
    [["--why", "lime"], '--why "lime" is unknown'],
    [["--class", "up"], "--class goes with --why; give --why, or leave it out"],
    [["--why", "--class", "upp"], 'class "upp" is unknown (did you mean up?); it is one of'],
    [["--why", "--position", "3"], "position is for models of a class a position; leave it out"],
    [
      ["--why", "--baseline", "median"],
      '--baseline is "median"; it is zero, mean or the number of a row of DATA, such as 0',
    ],
    [["--why", "--baseline", "6"], "--baseline is 6; "],
    [
      ["--why", "gradient", "--baseline", "mean"],
      "baseline goes with integratedGradients, inputTimesGradient, occlusion, not with gradient",
    ],
    [["--why", "--row", "6"], "--row is 6; "],
  ])("refuses %j in one line", async (words, message) => {
    const { code, stdout, stderr } = await cli(["explain", net, data, ...words]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
