import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cli, tsText, workshop } from "../harness.ts";

const shop = workshop();
const data = shop.put("waves_TRAIN.ts", tsText(10));
const train = (...words: readonly string[]): readonly string[] => [
  "train",
  data,
  "--model",
  "inceptiontime",
  ...words,
];

describe("train --model inceptiontime", () => {
  it("trains five networks, and saves what evaluate and predict take and explain refuses", async () => {
    const out = shop.path("run");
    const run = await cli(train("--test", data, "--steps", "2", "--out", out, "--json"));
    expect(run.stderr).toContain(": inceptiontime (2,102,250 parameters) on ");
    expect(run.stderr).toContain("5 networks of 2 steps, batch 10, adam 0.001, cosine");
    expect(run.stderr).toMatch(/step 10\/10 {2}loss/);
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      schema: 1,
      model: "inceptiontime",
      parameters: 5 * 420_450,
      epochs: 10,
      steps: 10,
      seed: 0,
      out,
    });
    const log = readFileSync(`${out}/log.jsonl`, "utf8").trim().split("\n");
    const members = log.map((line) => (JSON.parse(line) as { member: number }).member);
    expect(members).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    const file = `${out}/model.safetensors`;
    const { test } = JSON.parse(run.stdout) as { test: { loss: number; accuracy: number } };
    const said = await cli(["evaluate", file, data, "--json"]);
    expect(JSON.parse(said.stdout)).toMatchObject({ schema: 1, rows: 10, ...test });
    expect((await cli(["predict", file, data])).stdout).toMatch(/^row,label,p,.*\n0,(up|down),0\.\d{6},/);
    expect(await cli(["explain", file, data])).toEqual({
      code: 2,
      stdout: "",
      stderr:
        `toeplitz: ${file}: it holds an ensemble of 5 networks, and one is explained at a time; ` +
        "give a single network, as --model inception trains\n",
    });
    expect((await cli(["train", data, "--init", file, "--out", shop.path("x")])).stderr).toBe(
      `toeplitz: --init ${file}: it is an ensemble, whose networks each have weights of their own; give a single network\n`,
    );
  }, 240_000);

  it("refuses seeds that have no five members and options of other models, before it writes", async () => {
    const refused = async (...words: readonly string[]): Promise<string> =>
      (await cli(train("--out", shop.path("refused"), ...words))).stderr;
    expect(await refused("--seed", "4000000000")).toBe(
      "toeplitz: seed is 4000000000; of an ensemble of 5 it is a whole number from 0 to 858993458\n",
    );
    expect(await refused("--filters", "3")).toContain("--filters and --activation belong to --model chain");
    expect(await refused("--reinit", "conv1d")).toBe(
      "toeplitz: --reinit does not apply to --model inceptiontime, whose networks differ in where they start; " +
        "leave it out or give --model inception\n",
    );
    expect(shop.has("refused")).toBe(false);
  });
});
