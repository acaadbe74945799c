/** Options of `train` beside the recipe, by their results and by the one line that refuses them. */
import { describe, expect, it } from "vitest";
import { loadFile } from "../../../src/node.ts";
import { cli, tsText, workshop } from "../harness.ts";

const shop = workshop();
const data = shop.put("waves_TRAIN.ts", tsText(20));
const three = shop.put("three_TRAIN.ts", tsText(21, { classes: ["up", "down", "flat"] }));
const base = ["--model", "chain", "--filters", "3,3", "--epochs", "4", "--quiet", "--json"];

/** Trains and gives the result's JSON. */
async function train(name: string, ...words: string[]): Promise<Record<string, unknown>> {
  const run = await cli(["train", data, ...base, "--out", shop.path(name), ...words]);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  return JSON.parse(run.stdout) as Record<string, unknown>;
}
const weightsOf = async (name: string) => {
  const network = await loadFile(shop.path(`${name}/model.safetensors`));
  if (network.kind !== "network") throw new Error("no network");
  return network;
};

describe("rules of train", () => {
  it("each changes the weights, and gives the same again", async () => {
    const shas = new Set([(await train("plain")).weightsSha256]);
    const rules = [
      "--weight-decay 0.1",
      "--clip-norm 0.01",
      "--label-smoothing 0.2",
      "--warmup 0.5",
      "--ema 0.9",
      "--augment jitter=0.1,shift=1,mixup=0.4",
      "--optimizer rmsProp",
      "--schedule oneCycle",
      "--freeze conv1d_1",
    ];
    for (const [i, rule] of rules.entries()) {
      const { weightsSha256 } = await train(`rule${i}`, ...rule.split(" "));
      expect((await train(`again${i}`, ...rule.split(" "))).weightsSha256, rule).toBe(weightsSha256);
      shas.add(weightsSha256);
    }
    expect(shas.size).toBe(1 + rules.length);
  });

  it("--patience ends early, --monitor says by what", async () => {
    const words = [
      "--epochs",
      "50",
      "--patience",
      "3",
      "--monitor",
      "f1",
      "--validation",
      "0.3",
      "--lr",
      "1e-9",
    ];
    const run = await train("patient", ...words);
    expect(run.epochs).toBe(4);
    expect(run.validation).toHaveProperty("f1");
  });

  it("--init with --freeze keeps the filters, for other classes too", async () => {
    await train("first");
    const init = shop.path("first/model.safetensors");
    const out = shop.path("tuned");
    const words = ["--init", init, "--freeze", "conv1d", "--epochs", "2", "--out", out];
    const run = await cli(["train", three, ...words]);
    expect(run.code).toBe(0);
    expect(run.stderr).toContain("start     the weights of chain, trained before");
    const [before, after] = [await weightsOf("first"), await weightsOf("tuned")];
    expect(after.classes).toEqual(["up", "down", "flat"]);
    expect(after.preparation).toEqual(before.preparation);
    for (const { name, data: w } of before.weights)
      if (name.startsWith("conv1d")) expect(after.weights.find((x) => x.name === name)?.data).toEqual(w);
  });

  it.each([
    ["--augment jiter=1", '--augment "jiter" is unknown (did you mean jitter?)'],
    ["--augment jitter", "--augment jitter: jitter wants a number, such as jitter=0.05"],
    ["--ema 1", '--ema is "1"; it is a fraction of the average that stays at a step'],
    ["--weight-decay -1", '--weight-decay is "-1"; it is a number of at least 0, such as 0.01'],
    ["--warmup 0.1 --schedule plateau", "--warmup does not go with --schedule plateau"],
    ["--monitor f1", "monitor f1 wants validation rows"],
    ["--freeze conv9", 'freeze names "conv9", which no parameter\'s name begins with'],
    ["--reinit conv1d", "--reinit is given without --init"],
    ["--init nowhere", "nowhere: cannot read it: there is no such file or folder"],
  ])("refuses %s in one line", async (words, message) => {
    const run = await cli(["train", data, ...base, "--out", shop.path("refused"), ...words.split(" ")]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(message);
    expect(run.stderr.trim().split("\n")).toHaveLength(1);
    expect(shop.has("refused")).toBe(false);
  });
});
