/** `train --calibrate`, `--find-lr`, `predict --unknown` and the figures of `evaluate`, as a user meets them. */
import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cli, workshop } from "../harness.ts";

const { path, put, has } = workshop();
/** Two classes that overlap, so that some rows are called wrong. */
const lines = Array.from({ length: 60 }, (_, r) => {
  const up = r % 2;
  const noise = (t: number): number => Math.sin(r * 12.9898 + t * 78.233) * 1.4;
  return [up, `p${r % 3}`, ...Array.from({ length: 12 }, (_v, t) => (up * 0.4 + noise(t)).toFixed(4))].join(
    ",",
  );
});
const head = ["class", "who", ...Array.from({ length: 12 }, (_, t) => `t${t}`)].join(",");
const data = put("rows.csv", [head, ...lines, ""].join("\n"));
const how = [data, "--label", "class", "--group", "who"] as const;
const small = ["--model", "chain", "--filters", "3,3", "--epochs", "4"] as const;

describe("train --calibrate", () => {
  it("keeps a temperature in the model; weights and labels are those of the run without it", async () => {
    const common = [...how, ...small, "--validation", "0.3", "--split", "class", "--json"] as const;
    const plain = await cli(["train", ...common, "--out", path("plain")]);
    const calm = await cli(["train", ...common, "--calibrate", "--out", path("calm")]);
    expect(calm.stderr).toContain(
      "note: 18 validation rows say little of a temperature; from 100 on it is to be relied on",
    );
    expect(calm.stderr).toMatch(
      /temperature \d+\.\d+ from 18 validation rows: calibration error \(ECE\) there 0\.\d+ before, 0\.\d+ after/,
    );
    const [a, b] = [plain, calm].map(({ stdout }) => JSON.parse(stdout) as { weightsSha256: string });
    expect(b.weightsSha256).toBe(a.weightsSha256);
    const said = async (run: string): Promise<{ label: string; probabilities: number[] }[]> =>
      (await cli(["predict", path(run), ...how, "--json"])).stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { label: string; probabilities: number[] });
    const [before, after] = [await said("plain"), await said("calm")];
    expect(after.map(({ label }) => label)).toEqual(before.map(({ label }) => label));
    expect(after[0].probabilities).not.toEqual(before[0].probabilities);
    const text = readFileSync(path("calm/report.html"), "utf8");
    for (const id of ["calibration", "findings", "response"]) expect(text).toContain(`<section id="${id}">`);
  });

  it("is what all figures of the run, explain and reproduce are at", async () => {
    const common = [...how, ...small, "--validation", "0.3", "--split", "class", "--calibrate"] as const;
    const run = await cli(["train", ...common, "--test", data, "--out", path("all"), "--json", "--quiet"]);
    const { train, validation, test } = JSON.parse(run.stdout) as Record<string, { loss: number }>;
    // 42 rows that were learned from and 18 that were held back are the 60 that are tested
    expect(42 * train.loss + 18 * validation.loss).toBeCloseTo(60 * test.loss, 10);

    const one = put("one.csv", [head, lines[0], ""].join("\n"));
    const own = [one, "--label", "class", "--group", "who"] as const;
    const told = JSON.parse((await cli(["explain", path("calm"), ...own, "--json"])).stdout) as {
      loss: number;
      probabilities: number[];
      temperature: number;
    };
    const scored = JSON.parse((await cli(["evaluate", path("calm"), ...own, "--json"])).stdout) as {
      loss: number;
      temperature: number;
    };
    expect(told.loss).toBeCloseTo(scored.loss, 5);
    expect(told.loss).toBeCloseTo(-Math.log(told.probabilities[0]), 12);
    expect(told.temperature).toBe(scored.temperature);

    const again = await cli(["reproduce", path("calm"), ...how, "--quiet"]);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain(`\ntemperature ${scored.temperature}\n`);
  });

  it("is refused by name without validation rows, of target values, and of minirocket", async () => {
    const bare = await cli(["train", ...how, ...small, "--calibrate", "--out", path("none")]);
    expect(bare.code).toBe(2);
    expect(bare.stderr).toContain(
      "--calibrate fits a temperature on rows that are held back; give --validation F, such as --validation 0.2",
    );
    const values = await cli([
      "train",
      data,
      "--target",
      "t11",
      "--group",
      "who",
      "--calibrate",
      "--validation",
      "0.3",
      "--out",
      path("none"),
    ]);
    expect(values.code).toBe(2);
    expect(values.stderr).toContain("--calibrate is for one class a row or position, and rows of ");
    const rocket = await cli([
      "train",
      ...how,
      "--model",
      "minirocket",
      "--calibrate",
      "--validation",
      "0.3",
      "--out",
      path("none"),
    ]);
    expect(rocket.code).toBe(2);
    expect(rocket.stderr).toContain("--calibrate does not apply to --model minirocket");
    expect(has("none")).toBe(false);
  });
});

describe("evaluate", () => {
  it("says the figures of classes and of each group, as text and as JSON", async () => {
    const text = (await cli(["evaluate", path("calm"), ...how])).stdout;
    expect(text).toMatch(
      /balanced accuracy \d+\.\d+ %, 95 % interval of the accuracy \d+\.\d+ % to \d+\.\d+ %, macro-F1 0\.\d+, AUROC 0\.\d+, calibration error \(ECE\) 0\.\d+/,
    );
    expect(text).toMatch(/group {2,}rows {2,}accuracy {2,}95 % interval {2,}wrong/);
    const found = JSON.parse((await cli(["evaluate", path("calm"), ...how, "--json"])).stdout) as Record<
      string,
      unknown
    >;
    expect(Object.keys(found)).toEqual([
      "schema",
      "rows",
      "loss",
      "accuracy",
      "balancedAccuracy",
      "f1",
      "auroc",
      "ece",
      "accuracyInterval",
      "confusion",
      "classes",
      "temperature",
      "groups",
    ]);
    const pairs = found.confusion as { actual: string; predicted: string; count: number }[];
    expect(pairs.reduce((sum, { count }) => sum + count, 0)).toBe(60);
    const right = pairs.filter((p) => p.actual === p.predicted).reduce((sum, { count }) => sum + count, 0);
    expect(right / 60).toBeCloseTo(found.accuracy as number, 12);
    const groups = found.groups as { group: string; rows: number }[];
    expect(groups.map(({ group, rows }) => `${group} ${rows}`)).toEqual(["p0 20", "p1 20", "p2 20"]);
  });

  it("is what result.json has of the test rows", async () => {
    await cli(["train", ...how, ...small, "--test", data, "--out", path("tested")]);
    const { test } = JSON.parse(readFileSync(path("tested/result.json"), "utf8")) as {
      test: Record<string, unknown>;
    };
    expect(Object.keys(test)).toEqual([
      "loss",
      "accuracy",
      "balancedAccuracy",
      "f1",
      "auroc",
      "ece",
      "accuracyInterval",
      "confusion",
    ]);
    expect(readFileSync(path("tested/report.html"), "utf8")).toContain('<section id="groups">');
  });
});

describe("predict --unknown", () => {
  it("calls rows unknown whose largest probability is below it, with that probability", async () => {
    const all = (await cli(["predict", path("calm"), ...how])).stdout.trim().split("\n").slice(1);
    const sorted = all.map((line) => Number(line.split(",")[3])).toSorted((a, b) => a - b);
    const threshold = (sorted[20] + sorted[21]) / 2;
    expect(sorted[21]).toBeGreaterThan(sorted[20]);
    const rows = (await cli(["predict", path("calm"), ...how, "--unknown", String(threshold)])).stdout
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(","));
    const unknown = rows.filter(([, , label]) => label === "unknown");
    expect(unknown.length).toBeGreaterThan(0);
    expect(unknown.length).toBeLessThan(60);
    for (const [, , label, p, ...each] of rows) {
      const largest = each.map(Number).reduce((a, b) => Math.max(a, b));
      expect(Number(p)).toBe(largest);
      expect(label === "unknown").toBe(largest < threshold);
    }
    const wrong = await cli(["predict", path("calm"), ...how, "--unknown", "2"]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(
      '--unknown is "2"; it is a fraction of 1, at least 0 and below 1, such as 0.5',
    );
  });
});

describe("train --find-lr", () => {
  it("prints rates, losses and a suggestion, the same each time, and leaves no file", async () => {
    const words = ["train", ...how, "--model", "chain", "--filters", "3,3", "--find-lr", "--quiet"] as const;
    const before = readdirSync(path("."));
    const first = await cli([...words, "--out", path("calm")]);
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/^chain on .*: \d+ steps, one a rate, from 1\.0e-6 to /);
    expect(first.stdout).toContain("smoothed loss");
    expect(first.stdout).toMatch(
      /suggestion (--lr [\d.e-]+: a tenth of the rate of the least smoothed loss|none)/,
    );
    expect((await cli([...words, "--out", path("calm")])).stdout).toBe(first.stdout);
    expect(readdirSync(path("."))).toEqual(before);
    const json = JSON.parse((await cli([...words, "--json"])).stdout) as { rates: number[]; model: string };
    expect(json.model).toBe("chain");
    expect(json.rates.length).toBeGreaterThan(10);
  });

  it("is refused beside what runs are made of", async () => {
    const { code, stderr } = await cli(["train", ...how, ...small, "--find-lr", "--seeds", "3"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--find-lr trains nothing, and --seeds is about runs; leave one of them out");
  });
});
