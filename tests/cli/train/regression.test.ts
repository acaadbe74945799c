/** `train` and the other verbs on rows with target values: the frequency of a sine from 32 samples of it. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadFile as loadAny, readDataset } from "../../../src/node.ts";
import type { Network } from "../../../src/models/network.ts";
import { cli, tsText, workshop } from "../harness.ts";

const shop = workshop();

/** A saved network. */
async function loadFile(file: string): Promise<Network> {
  const model = await loadAny(file);
  if (model.kind === "network") return model;
  throw new Error(`${file} is no network`);
}

/** Rows sin(2 pi f t / 32 + phase) with the target f, from 1 to 5, in an order that is not that of f. */
function sines(rows: number, phase: number): string {
  const lines = ["@problemName Sines", "@targetLabel true", "@data"];
  for (let row = 0; row < rows; row++) {
    const f = 1 + (4 * ((row * 7) % rows)) / rows;
    const values = Array.from({ length: 32 }, (_, t) =>
      Math.sin((2 * Math.PI * f * t) / 32 + phase).toFixed(6),
    );
    lines.push(`${values.join(",")}:${f}`);
  }
  return `${lines.join("\n")}\n`;
}

const train = shop.put("sines_TRAIN.ts", sines(40, 0));
const test = shop.put("sines_TEST.ts", sines(19, 0.1));
const classes = shop.put("waves.ts", tsText(8, { length: 32 }));
const chain = ["--model", "chain", "--filters", "5,5"];
const figures = ["loss", "accuracy", "rmse", "mae", "r2"];

interface Scores {
  readonly loss: number;
  readonly accuracy: null;
  readonly rmse: number;
  readonly mae: number;
  readonly r2: number;
}
interface Result {
  readonly train: Scores;
  readonly validation: Scores;
  readonly test: Scores;
  readonly baselines: { readonly majority: number; readonly nearest: number };
  readonly weightsSha256: string;
}

/** What a run that must be done prints. */
async function told(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(words);
  expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
  return stdout;
}

describe("train on target values", () => {
  const out = shop.path("run");
  const model = `${out}/model.safetensors`;
  const words = ["train", train, "--test", test, ...chain, "--epochs", "60", "--validation", "0.2"];

  it("learns them, by the squared error and standardised, better than both baselines", async () => {
    const kept = ["--keep", "best", "--monitor", "rmse", "--out", out, "--json"];
    const { stdout, stderr, code } = await cli([...words, ...kept]);
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as Result;
    const { targets: scales } = await loadFile(model);
    const [deviation] = (scales ?? { deviation: [NaN] }).deviation;
    expect(deviation).toBeGreaterThan(1.1); // that of 1 to 5 in equal steps is 1.15
    expect(deviation).toBeLessThan(1.3);
    for (const part of ["train", "validation", "test"] as const) {
      const scores = result[part];
      expect(Object.keys(scores)).toEqual(figures);
      expect(scores.accuracy).toBeNull();
      expect(scores.loss).toBeCloseTo((scores.rmse / deviation) ** 2, 12);
      expect(scores.mae).toBeLessThanOrEqual(scores.rmse);
    }
    expect(result.test.rmse).toBeLessThan(result.baselines.majority / 2);
    expect(result.test.r2).toBeGreaterThan(0.75);
    expect(stderr).toContain("1 target a row; test 19 rows");
    expect(stderr).toContain("meanSquaredError, normalize channel, targets standardize\n");
    expect(stderr).toMatch(/loss \S+ {2}validation \S+ RMSE \S+ /);
    expect(stderr).not.toContain("accuracy");
  });

  it("logs no accuracy, and the validation metrics of every epoch; the best epoch by rmse is kept", () => {
    const log = readFileSync(`${out}/log.jsonl`, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { accuracy: null; validation: Scores });
    expect(log).toHaveLength(60);
    expect(log.every(({ accuracy, validation }) => accuracy === null && validation.accuracy === null)).toBe(
      true,
    );
    const result = JSON.parse(readFileSync(`${out}/result.json`, "utf8")) as Result;
    expect(result.validation.rmse).toBe(Math.min(...log.map(({ validation }) => validation.rmse)));
    const report = readFileSync(`${out}/report.html`, "utf8");
    expect(report).toContain("Predicted against true values");
    const heads = [...report.matchAll(/<th scope="col">([^<]*)<\/th>/g)].map(([, head]) => head);
    expect(heads.slice(0, 6)).toEqual([
      "epoch",
      "steps",
      "loss",
      "validation loss",
      "validation RMSE",
      "learning rate",
    ]);
    expect(report.toLowerCase()).not.toContain("accuracy");
  });

  it("evaluate and predict tell values of the saved model", async () => {
    const result = JSON.parse(readFileSync(`${out}/result.json`, "utf8")) as Result;
    expect(JSON.parse(await told("evaluate", model, test, "--json"))).toEqual({
      schema: 1,
      rows: 19,
      ...result.test,
    });
    expect(await told("evaluate", model, test)).toMatch(
      /: 19 rows\nloss \S+, RMSE \S+, MAE \S+, R2 0\.\d{4}\n$/,
    );
    const said = (await told("predict", model, test)).trim().split("\n");
    expect(said[0]).toBe("row,value");
    const { targets } = await readDataset(test);
    const errors = said.slice(1).map((line, row) => Number(line.split(",")[1]) - targets[row]);
    const rmse = Math.sqrt(errors.reduce((sum, e) => sum + e * e, 0) / errors.length);
    expect(rmse).toBeCloseTo(result.test.rmse, 12);
  });

  it("reproduce meets it, and compare shows its RMSE", async () => {
    const again = await told("reproduce", model, train, "--test", test, "--quiet");
    expect(again).toMatch(/^met: .*\n.*\ntest {7}loss \S+, RMSE \S+, MAE \S+, R2 \S+\n$/);
    expect(await told("compare", out)).toMatch(/chain {2}RMSE \d\.\d+/);
  });

  it("goes on from a checkpoint to the same bits", async () => {
    const whole = ["train", train, ...chain, "--epochs", "6", "--schedule", "constant", "--json"];
    const once = JSON.parse(await told(...whole, "--out", shop.path("once"))) as Result;
    await told(...whole, "--epochs", "3", "--out", shop.path("twice"));
    const words = ["train", train, "--epochs", "6", "--resume", "--out", shop.path("twice"), "--json"];
    const twice = JSON.parse(await told(...words)) as Result;
    expect(twice.weightsSha256).toBe(once.weightsSha256);
    expect(twice.train).toEqual(once.train);
  });

  it("--folds and --seeds give mean and deviation of RMSE, and baselines as RMSE", async () => {
    const several = ["train", train, ...chain, "--epochs", "2", "--folds", "2", "--seeds", "2"];
    const json = JSON.parse(await told(...several, "--out", shop.path("s"), "--json")) as {
      runs: Result[];
      mean: Result;
      deviation: Result;
    };
    expect(json.runs).toHaveLength(4);
    const mean = json.runs.reduce((sum, run) => sum + run.test.rmse, 0) / 4;
    expect(json.mean.test.rmse).toBeCloseTo(mean, 12);
    expect(Object.keys(json.deviation.test)).toEqual(figures);
    const text = await told(...several, "--out", shop.path("t"));
    expect(text).toMatch(/train loss +RMSE +test loss +RMSE\n/);
    expect(text).toMatch(/on test: mean value RMSE 1\.\d+, nearest neighbour RMSE \d\.\d+\n/);
  });

  it("takes the losses of values, whose own value is the loss that is shown", async () => {
    for (const loss of ["meanAbsoluteError", "huber"]) {
      const words = [
        "train",
        train,
        "--test",
        test,
        ...chain,
        "--epochs",
        "2",
        "--loss",
        loss,
        "--json",
        "--targets",
        "raw",
      ];
      const { test: scores } = JSON.parse(await told(...words, "--out", shop.path(loss))) as Result;
      if (loss === "huber") expect(scores.loss).toBeLessThan(scores.rmse ** 2 / 2);
      else expect(scores.loss).toBeCloseTo(scores.mae, 12);
    }
  });

  it("tells RMSE of targets times 1,000 as 1,000 times as much, and --targets raw does not", async () => {
    const large = shop.put(
      "thousands.ts",
      sines(40, 0).replaceAll(/:(\S+)$/gm, (_, f) => `:${1000 * Number(f)}`),
    );
    const rmse = async (data: string, ...more: readonly string[]): Promise<number> => {
      const words = ["train", data, ...chain, "--epochs", "20", ...more, "--json"];
      const out = shop.path(`scale-${data === large}-${more.length}`);
      return (JSON.parse(await told(...words, "--out", out)) as Result).train.rmse;
    };
    expect((await rmse(large)) / (await rmse(train))).toBeCloseTo(1000, 1);
    expect(await rmse(large, "--targets", "raw")).toBeGreaterThan(2000); // 20 epochs are not enough to reach 3,000
    const log = readFileSync(shop.path("scale-true-0/log.jsonl"), "utf8");
    expect((JSON.parse(log.split("\n")[0]) as { loss: number }).loss).toBeLessThan(10);
    const again = await told("reproduce", shop.path("scale-true-2/model.safetensors"), large, "--quiet");
    expect(again).toMatch(/^met: /);
  });

  it("has an output a target: two columns of a CSV, in a model of two values", async () => {
    const lines = Array.from({ length: 12 }, (_, r) => `${r},${r + 1},${r % 5},${r},${-2 * r}`);
    const csv = shop.put("two.csv", ["v0,v1,v2,a,b", ...lines].join("\n"));
    const at = ["--target", "a,b"];
    const words = ["train", csv, ...at, ...chain.slice(0, 2), "--filters", "2", "--epochs", "2"];
    expect(await told(...words, "--out", shop.path("two"))).toContain("RMSE");
    const said = await told("predict", shop.path("two/model.safetensors"), csv, ...at, "--json");
    expect((JSON.parse(said.split("\n")[0]) as { values: number[] }).values).toHaveLength(2);
    const { stderr, code } = await cli([
      "evaluate",
      shop.path("two/model.safetensors"),
      csv,
      "--target",
      "a",
    ]);
    const errors = stderr.split("\n").filter((line) => !line.startsWith("note: "));
    expect([code, errors]).toEqual([2, [expect.stringMatching(/1 target value each.*2 target/), ""]]);
  });

  it("inspect says what train would use", async () => {
    expect(await told("inspect", train)).toContain("cosine, meanSquaredError, normalize channel");
    const { train: used } = JSON.parse(await told("inspect", train, "--json")) as { train: object };
    expect(used).toMatchObject({ model: "fcn", loss: "meanSquaredError" });
  });

  it("goes on, and reproduces, in the units that it was begun with", async () => {
    const raw = ["train", train, ...chain, "--epochs", "4", "--schedule", "constant", "--targets", "raw"];
    const out = shop.path("raw");
    await told(...raw, "--out", out);
    const more = ["train", train, "--resume", "--out", out, "--epochs", "6"];
    const other = await cli([...more, "--targets", "standardize"]);
    expect([other.code, other.stderr]).toEqual([
      2,
      `toeplitz: --targets is "standardize", but the run in ${out} was begun with "raw"; leave it out, or start another run with --out or --force\n`,
    ]);
    await told(...more);
    expect((await loadFile(`${out}/model.safetensors`)).targets).toBeUndefined();
    expect(await told("reproduce", `${out}/model.safetensors`, train, "--quiet")).toMatch(/^met: /);
  });

  const refused: readonly (readonly [string, readonly string[], string])[] = [
    [
      "--loss crossEntropy",
      ["train", train, "--loss", "crossEntropy"],
      `--loss crossEntropy wants rows with classes, but ${train} has target values; use --loss meanSquaredError, meanAbsoluteError, huber`,
    ],
    [
      "--label-smoothing",
      ["train", train, "--label-smoothing", "0.1"],
      `--label-smoothing is for classes, but ${train} has target values; leave it out`,
    ],
    [
      "--targets for classes",
      ["train", classes, "--targets", "raw"],
      `targets is "raw", but rows of ${classes} have no target values; leave it out`,
    ],
    [
      "--monitor accuracy",
      ["train", train, "--monitor", "accuracy"],
      `monitor is "accuracy"; for ${train} it is one of loss, mae, rmse, r2`,
    ],
    [
      "a model with a value a position",
      ["train", train, "--model", "unet1d"],
      `the model unet1d has 32 outputs; ${train} has 1 targets a row`,
    ],
    [
      "test rows with classes",
      ["train", train, "--test", classes],
      `${classes}: rows have classes, but those of the training set ${train} have 1 target value each; docs/data.md says where each format has its answers`,
    ],
    [
      "test rows with values where classes are learned",
      ["train", classes, "--test", test],
      `${test}: rows have 1 target value each, but those of the training set ${classes} have classes; docs/data.md says where each format has its answers`,
    ],
    [
      "classes for a model of values",
      ["evaluate", model, classes],
      `${classes}: rows have classes, but those of the model ${model} have 1 target value each; docs/data.md says where each format has its answers`,
    ],
  ];
  it.each(refused)("refuses %s in one line, and writes nothing", async (_name, line, message) => {
    const folder = shop.path("refused");
    const { code, stdout, stderr } = await cli([...line, ...(line[0] === "train" ? ["--out", folder] : [])]);
    expect([code, stdout, stderr]).toEqual([2, "", `toeplitz: ${message}\n`]);
    expect(existsSync(folder)).toBe(false);
  });
});
