import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadFile } from "../../../src/node.ts";
import { cli, tsText, workshop } from "../harness.ts";

const shop = workshop();
const train = shop.put("waves_TRAIN.ts", tsText(20));
const test = shop.put("waves_TEST.ts", tsText(8));
const chain = ["--model", "chain", "--filters", "3,3", "--epochs", "4"];

/** Of the test rows of classes. */
const FIGURES = [
  "loss",
  "accuracy",
  "balancedAccuracy",
  "f1",
  "auroc",
  "ece",
  "accuracyInterval",
  "confusion",
];

describe("train", () => {
  it("saves a model and a log, and says the result as one JSON object", async () => {
    const out = shop.path("json");
    const run = await cli([
      "train",
      train,
      "--test",
      test,
      ...chain,
      "--validation",
      "0.2",
      "--out",
      out,
      "--json",
      "--quiet",
    ]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    const result = JSON.parse(run.stdout) as Record<string, unknown>;
    expect(Object.keys(result)).toEqual(
      "schema model parameters epochs steps seconds stepMs backend threads numerics convolution seed train validation test baselines verdict weightsSha256 out".split(
        " ",
      ),
    );
    expect(result).toMatchObject({
      schema: 1,
      model: "chain",
      parameters: 4 + 4 + 18,
      epochs: 4,
      steps: 4,
      backend: expect.stringMatching(/^(x64|wasm)$/),
      threads: 1,
      numerics: "strict",
      convolution: "fast",
      seed: 0,
      out,
    });
    expect(Object.keys(result.train as object)).toEqual(["loss", "accuracy"]);
    expect(Object.keys(result.test as object)).toEqual(FIGURES);
    expect(readdirSync(out).sort()).toEqual(
      "checkpoint log.jsonl model.safetensors report.html result.json".split(" "),
    );
    const log = readFileSync(`${out}/log.jsonl`, "utf8")
      .trim()
      .split("\n")
      .map((l) => JSON.parse(l) as object);
    expect(log).toHaveLength(4);
    expect(Object.keys(log[0])).toEqual([
      "epoch",
      "steps",
      "loss",
      "accuracy",
      "validation",
      "learningRate",
      "seconds",
      "backSignals",
    ]);
    const { provenance } = await loadFile(`${out}/model.safetensors`);
    expect(provenance).toMatchObject({
      weightsSha256: result.weightsSha256,
      data: "waves",
      seed: "0",
      settings: expect.stringMatching(/^{"fit":{"epochs":4,"batch":16,"optimizer":{"kind":"adam",/),
      command: expect.stringMatching(
        /^train \S+waves_TRAIN\.ts --test .* --validation 0\.2 --out \S+json --json --quiet$/,
      ),
    });
  });

  it("gives the same weights for the same seed on both back ends, and test rows change nothing", async () => {
    const hash = async (...more: string[]): Promise<unknown> => {
      const run = await cli([
        "train",
        train,
        ...chain,
        "--out",
        shop.path("seed"),
        "--force",
        "--json",
        "--quiet",
        ...more,
      ]);
      return (JSON.parse(run.stdout) as { weightsSha256: string }).weightsSha256;
    };
    const first = await hash();
    expect(await hash("--test", test)).toBe(first);
    expect(await hash("--backend", "reference")).toBe(first);
    expect(await hash("--seed", "1")).not.toBe(first);
  });

  it("prints settings and plain progress to stderr, a summary to stdout", async () => {
    const out = shop.path("plain");
    const run = await cli(["train", train, "--test", test, ...chain, "--out", out]);
    expect(run.stderr).toContain("chain (26 parameters) on ");
    expect(run.stderr).toContain(
      "  training  4 epochs, batch 16, adam 0.01, cosine, crossEntropy, normalize channel\n",
    );
    expect(run.stderr).toMatch(
      / {12}validation 0, keep last, seed 0, (x64|wasm), strict, (1 thread|up to \d+ threads)\n/,
    );
    expect(run.stderr).toMatch(/step 8\/8 {2}loss \S+ {2}accuracy \S+ % {2}\S+ samples\/s {2}0.0 s left\n$/);
    expect(run.stdout).toContain("8 steps (4 epochs)");
    expect(run.stdout).toMatch(/^test +\S+ +\S+ %$/m);
    expect(run.stdout).toContain(`next       toeplitz evaluate ${out}/model.safetensors ${test}\n`);
  });

  it("takes at most the rows that there are in a batch, and says so", async () => {
    const out = shop.path("batch");
    const words = ["--validation", "0.2", "--batch", "100", "--out", out];
    const run = await cli(["train", train, ...chain, ...words]);
    expect(run.stderr).toContain("4 epochs, batch 16, adam");
    expect((await loadFile(`${out}/model.safetensors`)).provenance.settings).toContain('"batch":16,');
  });

  it("keeps the command in the model as a shell reads it back", async () => {
    const out = shop.path("it's a folder");
    expect((await cli(["train", train, ...chain, "--quiet", "--out", out])).code).toBe(0);
    const { command } = (await loadFile(`${out}/model.safetensors`)).provenance;
    expect(command).toBe(`train ${train} ${chain.join(" ")} --quiet --out '${out.replace("'", "'\\''")}'`);
  });

  it("ends after the step that an interrupt comes in, with the model so far saved and exit code 130", async () => {
    const out = shop.path("interrupted");
    const words = ["train", train, ...chain, "--steps", "1000000", "--epochs", "9", "--out", out];
    const run = await cli(words, (first) => void setTimeout(first, 150));
    expect(run.code).toBe(130);
    expect(run.stderr).toContain("interrupted: ending after this step (once more ends at once)\n");
    expect(run.stderr).toMatch(
      /interrupted at step (\d+): the model so far is in \S+model.safetensors; go on from step \1 with: toeplitz train .* --resume\n$/,
    );
    expect((await loadFile(`${out}/model.safetensors`)).classes).toEqual(["up", "down"]);
  });

  it("stops with exit code 3 when training diverges, and names step and layer", async () => {
    const words = [
      "train",
      train,
      "--model",
      "chain",
      "--activation",
      "relu",
      "--filters",
      "3",
      "--lr",
      "1e30",
      "--out",
      shop.path("diverged"),
      "--quiet",
    ];
    const run = await cli(words);
    expect(run).toMatchObject({ code: 3, stdout: "" });
    expect(run.stderr).toMatch(
      /^toeplitz: training diverged at step \d+: the loss is not a number, first seen in \S+; .*; give --force too: \S+ holds the log of this run and its checkpoint of step \d+\n$/,
    );
    expect((await cli(words)).stderr).toContain("it holds another run (checkpoint); give --resume");
    expect((await cli([...words, "--force"])).stderr).not.toContain("--force");
  });

  it("refuses a folder that holds another run, and starts it over with --force", async () => {
    const out = shop.path("again");
    const words = ["train", train, ...chain, "--out", out, "--quiet"];
    expect((await cli(words)).code).toBe(0);
    expect(await cli(words)).toEqual({
      code: 2,
      stdout: "",
      stderr: `toeplitz: ${out}: it holds another run (checkpoint); give --resume to go on with it, --force to start it over or --out another folder\n`,
    });
    expect((await cli([...words, "--force"])).code).toBe(0);
  });

  it("trains a model file, named by the file", async () => {
    const { chain: architecture } = await import("../../../src/layers/architectures/index.ts");
    const json = {
      ...architecture({ channels: 1, length: 12, classes: ["up", "down"] }, { filters: [3] }),
      name: undefined,
    };
    const file = shop.put("mine.json", JSON.stringify(json));
    const run = await cli([
      "train",
      train,
      "--model",
      file,
      "--epochs",
      "1",
      "--out",
      shop.path("own"),
      "--json",
      "--quiet",
    ]);
    expect(JSON.parse(run.stdout)).toMatchObject({ model: "mine", epochs: 1 });
  });

  it("shows the defaults of each model in its help", async () => {
    const { code, stdout } = await cli(["train", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/mnist1d-cnn +6000 steps +100 +adam [\d.]+ +cosine +crossEntropy +channel/);
    expect(stdout).toContain("--keep <WHICH>");
  });
});
