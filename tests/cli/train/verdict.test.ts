import { describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { verdictOf, type Verdict } from "../../../src/cli/train/verdict.ts";
import { fromArrays } from "../../../src/index.ts";
import { cli, tsText, workshop } from "../harness.ts";

const shop = workshop();
/** Rows whose commonest class has three of four. */
const rows = fromArrays({ series: [[1], [2], [3], [4]], labels: ["a", "a", "a", "b"] });
const values = fromArrays({ series: [[1], [2]], targets: [1, 2] });
const of = (accuracy: number): { loss: number; accuracy: number } => ({ loss: 1, accuracy });
const codes = (verdict: readonly Verdict[]): string[] => verdict.map(({ code }) => code);

describe("verdictOf", () => {
  const judged = (test: number, majority: number, nearest: number | null, train = 1): Verdict[] =>
    verdictOf(
      { train: of(train), validation: of(0), test: of(test), baselines: { on: "test", majority, nearest } },
      rows,
    );

  it("names each baseline that is at least as good on the rows tested on", () => {
    expect(judged(0.9, 0.5, 0.8)).toEqual([]);
    expect(codes(judged(0.5, 0.5, 0.4))).toEqual(["commonest"]);
    expect(codes(judged(0.9, 0.5, 0.9))).toEqual(["nearest"]);
    expect(codes(judged(0.4, 0.5, 0.9))).toEqual(["commonest", "nearest"]);
    expect(codes(judged(0.9, 0.5, null))).toEqual([]);
    expect(judged(0.5, 0.75, null)[0].text).toBe(
      "the commonest class is at least as good as the model on the test rows (75.00 %; the model 50.00 %): " +
        "the model has learned nothing that holds for these rows",
    );
  });

  it("takes validation rows where none are tested on, and says nothing without either", () => {
    const baselines = { on: "validation", majority: 0.5, nearest: 0.9 } as const;
    const figures = { train: of(1), validation: of(0.8), test: null, baselines };
    expect(codes(verdictOf(figures, rows))).toEqual(["nearest"]);
    expect(verdictOf(figures, rows)[0].text).toContain("on the validation rows");
    expect(verdictOf({ ...figures, validation: null, baselines: null }, rows)).toEqual([]);
  });

  it("says where a tenth of what the commonest class leaves is not learned: 77.5 % of 75 % and 25 %", () => {
    const none = { validation: null, test: null, baselines: null };
    expect(codes(verdictOf({ train: of(0.77), ...none }, rows))).toEqual(["misfit"]);
    expect(codes(verdictOf({ train: of(0.78), ...none }, rows))).toEqual([]);
    expect(verdictOf({ train: of(0.75), ...none }, rows)[0].text).toMatch(
      /^the model does not fit its own training rows \(accuracy 75\.00 %, the commonest class 75\.00 %\): /,
    );
  });

  it("of values compares RMSE, where less is better, and R2", () => {
    const score = (rmse: number, r2: number) => ({ loss: 1, accuracy: NaN, rmse, mae: 1, r2 });
    const judge = (rmse: number, r2: number): string[] =>
      codes(
        verdictOf(
          {
            train: score(1, r2),
            validation: null,
            test: score(rmse, 0),
            baselines: { on: "test", majority: 2, nearest: 3 },
          },
          values,
        ),
      );
    expect(judge(1, 0.9)).toEqual([]);
    expect(judge(2, 0.9)).toEqual(["commonest"]);
    expect(judge(3, 0.05)).toEqual(["commonest", "nearest", "misfit"]);
  });
});

describe("train", () => {
  /** Labels that nothing in the rows says. */
  const noise = (count: number, shift: number): string =>
    tsText(count)
      .split("\n")
      .map((line, i) =>
        line.includes(":")
          ? line
              .replace(/:.*/, `:${(i * 7 + shift) % 3 === 0 ? "up" : "down"}`)
              .replaceAll(/-?[\d.]+,/g, (_, at: number) => `${((i * 31 + at * 17 + shift) % 11) - 5},`)
          : line,
      )
      .join("\n");

  it("says it last, in --json, in result.json, of several runs and of minirocket", async () => {
    const data = shop.put("noise_TRAIN.ts", noise(30, 0));
    const test = shop.put("noise_TEST.ts", noise(24, 5));
    const words = ["train", data, "--test", test, "--quiet"];
    const chain = ["--model", "chain", "--filters", "3", "--epochs", "1", "--lr", "0.000001"];
    const run = await cli([...words, ...chain, "--out", shop.path("said")]);
    const last = run.stdout.trim().split("\n").at(-1) ?? "";
    expect(last).toMatch(/^VERDICT {4}the model does not fit its own training rows \(accuracy /);
    const json = await cli([...words, ...chain, "--json", "--out", shop.path("json")]);
    const { verdict } = JSON.parse(json.stdout) as { verdict: Verdict[] };
    expect(codes(verdict)).toContain("misfit");
    expect(run.stdout).toContain(`VERDICT    ${verdict[0].text}\n`);
    const result = JSON.parse(readFileSync(shop.path("json/result.json"), "utf8")) as { verdict: Verdict[] };
    expect(result.verdict).toEqual(verdict);
    const several = await cli([...words, ...chain, "--seeds", "2", "--out", shop.path("several")]);
    expect(several.stdout).toContain(
      "VERDICT    in 2 of 2 runs the model does not fit its own training rows",
    );
    const rocket = await cli([...words, "--model", "minirocket", "--json", "--out", shop.path("rocket")]);
    expect(JSON.parse(rocket.stdout)).toHaveProperty("verdict");
  });

  it("says nothing where the model is the better one", async () => {
    // the nearest neighbour of a row follows its large middle values, which say nothing of the class
    const text = (count: number, shift: number): string =>
      "@classLabel true up down\n@data\n" +
      Array.from({ length: count }, (_, n) => {
        const level = ((n * 13 + shift) % 17) * 3;
        const step = n % 2 ? 1 : -1;
        return `${[0, step, 0, step, 0, step].map((x) => level + x).join(",")}:${n % 2 ? "up" : "down"}\n`;
      }).join("");
    const words = [shop.put("good_TRAIN.ts", text(34, 0)), "--test", shop.put("good_TEST.ts", text(20, 1.5))];
    const run = await cli([
      "train",
      ...words,
      "--model",
      "fcn",
      "--epochs",
      "30",
      "--json",
      "--quiet",
      "--out",
      shop.path("good"),
    ]);
    const { test, baselines, verdict } = JSON.parse(run.stdout) as {
      test: { accuracy: number };
      baselines: { nearest: number; majority: number };
      verdict: Verdict[];
    };
    expect(verdict).toEqual([]);
    expect(test.accuracy).toBeGreaterThan(Math.max(baselines.nearest, baselines.majority));
  });

  it("tells of rows on both sides before the banner, those of a validation part too", async () => {
    const data = shop.put("waves_TRAIN.ts", tsText(20));
    const words = ["train", data, "--model", "chain", "--filters", "3", "--epochs", "1"];
    const leak = await cli([...words, "--test", data, "--out", shop.path("leak")]);
    expect(leak.stderr.split("\n")[0]).toBe(
      "note: 20 of 20 test rows are in the training part too, value for value: the test figure says nothing of those",
    );
    const held = await cli([...words, "--validation", "0.2", "--out", shop.path("held")]);
    expect(held.stderr.split("\n").slice(0, 2)).toEqual([
      "note: 10 rows of 20 repeat another row's values: the validation part may test what was learned by heart",
      expect.stringMatching(/^toeplitz \S+: chain/),
    ]);
  });
});
