/** Options of `train` that prepare rows, and what the other verbs make of rows of other lengths. */
import { beforeAll, describe, expect, it } from "vitest";
import { loadFile } from "../../../src/node.ts";
import { cli, tsText, workshop } from "../harness.ts";

const shop = workshop();
const data = shop.put("waves.ts", tsText(20));
const long = shop.put("long.ts", tsText(10, { length: 15 }));
const model = shop.path("run/model.safetensors");
const prepared = ["--length", "10", "--pad", "edge", "--detrend", "--normalize", "minmax"];

describe("train with --length", () => {
  let stderr: string;
  beforeAll(async () => {
    const words = ["train", data, "--test", long, ...prepared, "--steps", "3", "--out", shop.path("run")];
    const run = await cli(words);
    expect(run.code).toBe(0);
    ({ stderr } = run);
  });

  it("says what is done to rows, and once that longer test rows are cut", () => {
    expect(stderr).toContain("\n  prepare   detrend linear, length 10, pad edge, at end\n");
    expect(stderr).toContain("crossEntropy, normalize minmax\n");
    expect(stderr.split(`${long}: 10 rows of more than 10 values, cut to that\n`).length).toBe(2);
  });

  it("keeps it in the model and in its provenance", async () => {
    const network = await loadFile(model);
    expect(network.model.input).toEqual({ channels: 1, length: 10 });
    expect(network.takes).toEqual({ channels: 1, length: 10, lengths: "padded", missing: "refused" });
    const { fit } = JSON.parse(network.provenance.settings) as { fit: { prepare: object } };
    expect(fit.prepare).toEqual({ detrend: "linear", length: 10, pad: "edge", at: "end" });
  });

  it("evaluates, predicts and explains rows of any length", async () => {
    const short = shop.put("short.ts", tsText(6, { length: 4 }));
    for (const rows of [short, data, long]) {
      expect((await cli(["evaluate", model, rows, "--json"])).code).toBe(0);
      const explained = await cli(["explain", model, rows, "--row", "1", "--json"]);
      expect((JSON.parse(explained.stdout) as { input: number[] }).input.length).toBe(10);
    }
    expect(await cli(["predict", model, short])).toMatchObject({ code: 0, stderr: "" });
    const cut = await cli(["predict", model, long]);
    expect(cut.stdout.split("\n").length).toBe(12);
    expect(cut.stderr).toBe(`${long}: 10 rows of more than 10 values, cut to that\n`);
  });

  it("goes with --init, which keeps the preparation unless another is given", async () => {
    const out = ["--steps", "1", "--out", shop.path("again")];
    const { stderr: kept } = await cli(["train", long, "--init", model, ...out]);
    expect(kept).toContain("\n  prepare   detrend linear, length 10, pad edge, at end\n");
    const other = await cli(["train", long, "--init", model, "--length", "10", ...out, "--force"]);
    expect(other.stderr).toContain("\n  prepare   length 10, pad zero, at end\n");
    expect(
      (await cli(["train", long, "--init", model, "--length", "12", ...out, "--force"])).stderr,
    ).toContain("the model takes rows of 1 x 10 (channels x length), but");
  });
});

it("--resample stretches rows of every length to one", async () => {
  const out = shop.path("stretched");
  const { stderr } = await cli([
    "train",
    data,
    "--test",
    long,
    "--resample",
    "20",
    "--steps",
    "1",
    "--out",
    out,
  ]);
  expect(stderr).toContain("\n  prepare   resample 20\n");
  expect(stderr).not.toContain("cut");
  expect((await loadFile(`${out}/model.safetensors`)).takes.lengths).toBe("resampled");
});

it("--fill zero gives the model a mask channel, and goes with minirocket too", async () => {
  const out = shop.path("masked");
  await cli(["train", data, "--fill", "zero", "--steps", "1", "--out", out]);
  expect((await loadFile(`${out}/model.safetensors`)).model.input).toEqual({ channels: 2, length: 12 });
  const rocket = shop.path("rocket");
  const words = ["train", data, "--test", long, "--model", "minirocket", "--pad", "mean", "--out", rocket];
  const { code, stderr } = await cli(words);
  expect([code, stderr.includes("\n  prepare   length 12, pad mean, at end\n")]).toEqual([0, true]);
  expect((await cli(["evaluate", `${rocket}/model.safetensors`, long])).code).toBe(0);
});
