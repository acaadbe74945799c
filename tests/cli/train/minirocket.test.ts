import { describe, expect, it } from "vitest";
import { loadFile } from "../../../src/node.ts";
import { cli, tsText, workshop } from "../harness.ts";

const shop = workshop();
const data = shop.put("waves_TRAIN.ts", tsText(20));

describe("train --model minirocket", () => {
  it("prints schema 1 with no epochs and no steps, and saves what evaluate and predict take", async () => {
    const out = shop.path("run");
    const run = await cli(["train", data, "--test", data, "--model", "minirocket", "--out", out, "--json"]);
    expect(run.code).toBe(0);
    const result = JSON.parse(run.stdout) as Record<string, unknown>;
    expect(result).toMatchObject({
      schema: 1,
      model: "minirocket",
      parameters: 29990, // 9996 biases, 2 x 9996 coefficients, 2 intercepts
      epochs: 0,
      steps: 0,
      stepMs: 0,
      threads: 1,
      numerics: "strict",
      convolution: "fast",
      seed: 0,
      train: { accuracy: 1 },
      validation: null,
      test: { accuracy: 1 },
      out,
    });
    expect(result.weightsSha256).toMatch(/^[0-9a-f]{64}$/);
    const model = `${out}/model.safetensors`;
    expect((await loadFile(model)).provenance.command).toBe(
      `train ${data} --test ${data} --model minirocket --out ${out} --json`,
    );
    expect((await cli(["evaluate", model, data, "--json"])).stdout).toMatch(
      /^\{"schema":1,"rows":20,"loss":[\d.e-]+,"accuracy":1\b/,
    );
    expect((await cli(["predict", model, data])).stdout).toMatch(
      /^row,label,p,.*\n0,up,0\.\d{6},.*\n1,down,0\.\d{6},/,
    );
    expect(await cli(["explain", model, data])).toMatchObject({
      code: 2,
      stderr: `toeplitz: ${model}: it holds a minirocket, which has no layers to explain; give a network, as --model fcn trains\n`,
    });
    expect((await cli(["train", data, "--model", "minirocket", "--out", out])).stderr).toContain(
      "it holds another run",
    );
  });

  it("holds rows back for validation, and prints a table", async () => {
    const { code, stdout } = await cli(
      ["train", data, "--model", "minirocket", "--validation", "0.2", "--quiet"].concat(
        "--out",
        shop.path("b"),
      ),
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^minirocket on \S+: fitted in [\d.]+ \w+, alpha [\d.]+, 29,990 parameters\n/);
    expect(stdout).toMatch(
      /\ntrain +0\.\d+ +100\.00 %\nvalidation +0\.\d+ +100\.00 %\nbaselines +on validation: .*\nweights +sha256 /,
    );
  });

  it.each([
    [
      ["--epochs", "3"],
      "--epochs does not apply to --model minirocket, which has a fit of its own; leave it out",
    ],
    [["--lr", "0.1"], "--lr does not apply to --model minirocket, which has a fit of its own; leave it out"],
    [
      ["--weight-decay", "0"],
      "--weight-decay does not apply to --model minirocket, which has a fit of its own; leave it out",
    ],
    [
      ["--threads", "2"],
      "--threads does not apply to --model minirocket, which has a fit of its own; leave it out",
    ],
    [
      ["--numerics", "fused"],
      "--keep best, --backend, --numerics and --convolution do not apply to --model minirocket, which has a fit of its own; leave them out",
    ],
    [
      ["--backend", "wasm"],
      "--keep best, --backend, --numerics and --convolution do not apply to --model minirocket, which has a fit of its own; leave them out",
    ],
  ])("refuses %j", async (words, message) => {
    const out = shop.path("refused");
    expect(await cli(["train", data, "--model", "minirocket", "--out", out, ...words])).toEqual({
      code: 2,
      stdout: "",
      stderr: `toeplitz: ${message}\n`,
    });
    expect(shop.has("refused")).toBe(false);
  });
});
