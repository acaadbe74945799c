import { describe, expect, it } from "vitest";
import { loadFile } from "../../../src/node.ts";
import { cli, tsText, workshop } from "../harness.ts";

const shop = workshop();
const data = shop.put("waves_TRAIN.ts", tsText(20));

describe("train --model auto", () => {
  it("chooses within a budget, tells and records it, and trains what naming the model trains", async () => {
    const out = shop.path("auto");
    const words = ["train", data, "--seed", "3"];
    const run = await cli([...words, "--model", "auto", "--budget", "0.001", "--out", out, "--json"]);
    expect([run.code, run.stderr.includes("chosen: minirocket.")]).toEqual([0, true]);
    expect(run.stderr).toContain("minirocket: 100.00 % (5 folds in ");
    expect(run.stderr).toContain("--model minirocket trains the same weights anywhere");
    const result = JSON.parse(run.stdout) as Record<string, unknown> & {
      choice: { trials: { model: string }[] };
    };
    expect(result).toMatchObject({
      model: "minirocket",
      choice: { model: "minirocket", metric: "accuracy", folds: 5, budgetSeconds: 0.001 },
    });
    expect(result.choice.trials.map(({ model }) => model)).toContain("inception");
    const { provenance } = await loadFile(`${out}/model.safetensors`);
    expect(provenance.command).toBe(`train ${data} --seed 3 --model minirocket --out ${out} --json`);
    expect(JSON.parse(provenance.choice)).toEqual(result.choice);
    const named = await cli([...words, "--model", "minirocket", "--out", shop.path("named"), "--json"]);
    expect((JSON.parse(named.stdout) as typeof result).weightsSha256).toBe(result.weightsSha256);
    expect((await cli(["reproduce", `${out}/model.safetensors`, data])).stdout).toMatch(/^met: /);
  });

  it("passes over what does not take the rows: the first network has all the time that it wants", async () => {
    const short = shop.put("short_TRAIN.ts", tsText(10, { length: 5 }));
    const words = ["--model", "auto", "--budget", "0.001", "--threads", "1", "--json", "--quiet"];
    const { code, stdout } = await cli(["train", short, "--out", shop.path("short"), ...words]);
    expect(code).toBe(0);
    const result = JSON.parse(stdout) as { model: string; choice: { trials: object[] } };
    expect(result).toMatchObject({ model: "fcn", epochs: 300, choice: { model: "fcn" } });
    expect(result.choice.trials[0]).toMatchObject({
      note: "minirocket takes series of at least 9 values; these have 5; give longer series",
    });
    const { provenance } = await loadFile(`${shop.path("short")}/model.safetensors`);
    expect([JSON.parse(provenance.choice), provenance.command]).toEqual([
      result.choice,
      `train ${short} --out ${shop.path("short")} --model fcn --threads 1 --json --quiet`,
    ]);
  });

  it.each([
    [
      ["--model", "auto", "--epochs", "3"],
      "--epochs does not apply to --model auto, which trains the model that it chooses by that model's own recipe; leave it out, or name the model",
    ],
    [
      ["--model", "auto", "--resume"],
      "--resume does not apply to --model auto, which trains the model that it chooses by that model's own recipe; leave it out, or name the model",
    ],
    [
      ["--model", "auto", "--seeds", "3"],
      "--seeds does not apply to --model auto, which trains the model that it chooses by that model's own recipe; leave it out, or name the model",
    ],
    [
      ["--model", "fcn", "--budget", "3"],
      "--budget is of --model auto, which chooses a model within it; leave it out",
    ],
    [["--model", "auto", "--budget", "0"], '--budget is "0"; it is a number above 0, such as 300'],
  ])("refuses %j", async (words, message) => {
    expect(await cli(["train", data, "--quiet", "--out", shop.path("refused"), ...words])).toEqual({
      code: 2,
      stdout: "",
      stderr: `toeplitz: ${message}\n`,
    });
    expect(shop.has("refused")).toBe(false);
  });
});

describe("train --model multirocket-hydra", () => {
  it("fits and saves what evaluate, predict and reproduce take, and export refuses by name", async () => {
    const out = shop.path("hydra");
    const run = await cli(["train", data, "--model", "multirocket-hydra", "--out", out, "--json"]);
    expect(run.code).toBe(0);
    expect(run.stderr).toContain("training  ridge regression in closed form");
    expect(JSON.parse(run.stdout)).toMatchObject({
      model: "multirocket-hydra",
      steps: 0,
      train: { accuracy: 1 },
    });
    const model = `${out}/model.safetensors`;
    expect((await cli(["reproduce", model, data])).stdout).toMatch(/^met: /);
    expect((await cli(["predict", model, data])).stdout).toMatch(/^row,label,p,.*\n0,up,/);
    const exported = await cli(["export", model, "--to", shop.path("m.onnx")]);
    expect([exported.code, exported.stderr]).toEqual([
      2,
      expect.stringContaining("multirocket-hydra has no graph of ONNX's operators") as unknown,
    ]);
  });
});
