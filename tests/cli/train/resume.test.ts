import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RunFolder } from "../../../src/cli/train/runFolder.ts";
import { loadCheckpoint, saveCheckpoint } from "../../../src/node.ts";
import { architectures, fit } from "../../../src/index.ts";
import { bumps } from "../../training/shared.ts";
import { cli, tsText, workshop, type Outcome } from "../harness.ts";

const shop = workshop();
const train = shop.put("waves_TRAIN.ts", tsText(20));
const test = shop.put("waves_TEST.ts", tsText(8));
const chain = ["--model", "chain", "--filters", "3,3"];
const read = (out: string, name: string): string => readFileSync(`${out}/${name}`, "latin1");
const lines = (out: string): object[] =>
  read(out, "log.jsonl")
    .trim()
    .split("\n")
    .map((line) => ({ ...(JSON.parse(line) as object), seconds: 0 }));

/** Runs until the log has some lines, and interrupts. */
function interrupted(out: string, words: readonly string[]): Promise<Outcome> {
  return cli(words, (first) => {
    const look = setInterval(() => {
      if (!existsSync(`${out}/log.jsonl`) || read(out, "log.jsonl").split("\n").length < 3) return;
      clearInterval(look);
      first();
    }, 5);
  });
}

describe("train --resume", () => {
  it("goes on after Ctrl-C to the same model file and log as the run that was left alone", async () => {
    const out = shop.path("one");
    const words = [
      "train",
      train,
      "--test",
      test,
      ...chain,
      "--epochs",
      "2000",
      "--batch",
      "7",
      "--keep",
      "best",
    ];
    const all = [...words, "--out", out, "--quiet"];
    expect((await cli(all)).code).toBe(0);
    renameSync(out, shop.path("whole"));

    const first = await interrupted(out, all);
    expect(first.code).toBe(130);
    const [, step, line] = /go on from step (\d+) with: toeplitz (.*)\n$/.exec(first.stderr) ?? [];
    expect(Number(step)).toBeLessThan(6000);
    expect(line).toBe(`${all.join(" ")} --resume`);
    const second = await interrupted(out, [
      "train",
      train,
      "--out",
      out,
      "--resume",
      "--checkpoint-every",
      "0",
    ]);
    expect(second.code).toBe(130);
    expect(second.stderr).toContain(`  resume    from step ${Number(step).toLocaleString("en-US")}\n`);
    const last = await cli([...all, "--resume"]);
    expect(last).toMatchObject({ code: 0, stderr: "" });
    expect(last.stdout).toMatch(/^test +\S+ +\S+ %$/m);
    expect(read(out, "model.safetensors")).toBe(read(shop.path("whole"), "model.safetensors"));
    expect(lines(out)).toEqual(lines(shop.path("whole")));

    const again = await cli(["train", train, "--out", out, "--resume", "--json"]);
    expect(again.code).toBe(0);
    expect(again.stderr).toContain(`the run in ${out} had ended at step 6000: this is its result\n`);
    expect(JSON.parse(again.stdout)).toMatchObject({ steps: 6000, epochs: 2000 });
    expect(lines(out)).toHaveLength(2000);
  });

  it("starts a run where there is none, in the default folder too", async () => {
    const out = shop.path("fresh");
    const run = await cli(["train", train, ...chain, "--epochs", "2", "--out", out, "--resume"]);
    expect(run.code).toBe(0);
    expect(run.stderr).toContain("  resume    no checkpoint is there: the run starts\n");
    writeFileSync(`${out}/log.jsonl`, "{}\n");
    rmSync(`${out}/model.safetensors`);
    rmSync(`${out}/checkpoint`);
    expect((await cli(["train", train, ...chain, "--epochs", "2", "--out", out, "--resume"])).code).toBe(0);
    expect(lines(out)).toHaveLength(2);
  });

  it("makes a run longer, as if it had been asked for so at first", async () => {
    const words = ["train", train, ...chain, "--schedule", "constant", "--batch", "7", "--quiet", "--json"];
    const hash = ({ stdout }: Outcome): unknown =>
      (JSON.parse(stdout) as { weightsSha256: string }).weightsSha256;
    const whole = await cli([...words, "--steps", "20", "--out", shop.path("twenty")]);
    expect((await cli([...words, "--steps", "10", "--out", shop.path("ten")])).code).toBe(0);
    const rest = await cli([
      "train",
      train,
      "--steps",
      "20",
      "--out",
      shop.path("ten"),
      "--resume",
      "--json",
      "--quiet",
    ]);
    expect(hash(rest)).toBe(hash(whole));
    expect(lines(shop.path("ten"))).toEqual(lines(shop.path("twenty")));
    const cut = (out: string): string =>
      read(shop.path(out), "model.safetensors").replaceAll(/twenty|ten/g, "");
    expect(cut("ten")).toContain("--steps 20");
  });

  it("refuses, in one line, options and data that are others, and leaves the run as it is", async () => {
    const out = shop.path("other");
    const begun = ["train", train, ...chain, "--epochs", "2", "--quiet", "--out", out];
    expect((await cli(begun)).code).toBe(0);
    const before = read(out, "checkpoint") + read(out, "log.jsonl") + read(out, "model.safetensors");
    const said = async (...words: string[]): Promise<string> => {
      const run = await cli(["train", train, "--out", out, "--resume", "--quiet", ...words]);
      expect(run).toMatchObject({ code: 2, stdout: "" });
      return run.stderr;
    };
    const rest = "; leave it out, or start another run with --out or --force\n";
    expect(await said("--seed", "1")).toBe(
      `toeplitz: --seed is 1, but the run in ${out} was begun with 0${rest}`,
    );
    expect(await said("--lr", "0.5")).toBe(
      `toeplitz: optimizer.learningRate is 0.5, but 0.01 in the run in ${out}${rest}`,
    );
    expect(await said("--numerics", "fused")).toBe(
      `toeplitz: --numerics is "fused", but the run in ${out} was begun with "strict"${rest}`,
    );
    expect(await said("--filters", "3,5")).toBe(
      `toeplitz: --filters is [3,5], but the run in ${out} was begun with [3,3]${rest}`,
    );
    expect(await said("--model", "fcn")).toBe(
      `toeplitz: --model is "fcn", but the run in ${out} was begun with "chain"${rest}`,
    );
    expect(await said("--epochs", "3")).toMatch(
      /^toeplitz: the run is to have 6 steps, but 4 in the checkpoint, .* its cosine/,
    );
    // of six rows the batch would be another too, which is not what was done wrong
    for (const rows of [22, 6]) {
      const others = shop.put("others_TRAIN.ts", tsText(rows));
      const other = await cli(["train", others, "--out", out, "--resume", "--quiet"]);
      expect(other.stderr).toMatch(/^toeplitz: the checkpoint is of other data \(sha256 [^\n]*\n$/);
    }
    const again = ["train", train, "--out", out, "--resume", "--lr", "0.01", "--quiet"];
    expect((await cli(again)).code).toBe(0);
    expect(read(out, "checkpoint") + read(out, "log.jsonl") + read(out, "model.safetensors")).toBe(before);
    expect((await cli([...again, "--threads", "2", "--backend", "wasm"])).code).toBe(0);

    rmSync(`${out}/checkpoint`);
    expect(await said()).toBe(
      `toeplitz: ${out}: it holds a run (model.safetensors) without a checkpoint, so there is nothing to resume; ` +
        "give --force to start it over or --out another folder\n",
    );
  });

  it("refuses a damaged, a cut and an empty checkpoint, and one of other software", async () => {
    const out = shop.path("damaged");
    expect((await cli(["train", train, ...chain, "--epochs", "2", "--quiet", "--out", out])).code).toBe(0);
    const bytes = readFileSync(`${out}/checkpoint`);
    const said = async (content: Uint8Array): Promise<string> => {
      writeFileSync(`${out}/checkpoint`, content);
      const run = await cli(["train", train, "--out", out, "--resume"]);
      expect(run).toMatchObject({ code: 2, stdout: "" });
      return run.stderr;
    };
    const rest = "no run can go on from it: put back a copy or start the run over\n";
    const sum = `toeplitz: ${out}/checkpoint: its SHA-256 is not the one that it holds: it is damaged or cut short; ${rest}`;
    const at = bytes.length - 10;
    expect(await said(Uint8Array.from(bytes, (b, i) => (i === at ? b ^ 1 : b)))).toBe(sum);
    expect(await said(bytes.subarray(0, 1000))).toBe(sum);
    expect(await said(new Uint8Array(0))).toBe(`toeplitz: ${out}/checkpoint: it is empty; ${rest}`);
    expect(await said(readFileSync(`${out}/model.safetensors`))).toBe(
      `toeplitz: ${out}/checkpoint: it does not begin as a checkpoint does; ${rest}`,
    );
    const data = bumps({ rows: 9, length: 24, classes: 3 });
    const net = architectures.chain(data, { filters: [3] });
    const file = shop.path("own");
    const checkpoint = { save: (c: Parameters<typeof saveCheckpoint>[0]) => saveCheckpoint(c, file) };
    const run = await fit(net, data, { steps: 3, checkpoint });
    expect((await fit(net, data, { steps: 3, resume: await loadCheckpoint(file) })).weightsSha256).toBe(
      run.weightsSha256,
    );
    expect(await said(readFileSync(file))).toBe(
      `toeplitz: ${out}/checkpoint: toeplitz train did not write it; go on with it by fit, in code\n`,
    );
  });
});

describe("a folder that cannot be written any more", () => {
  it("says so once, keeps the checkpoint before, and catches up with the log later", async () => {
    const out = shop.path("full");
    const said: string[] = [];
    const run = new RunFolder(out, (text) => said.push(text));
    run.make();
    const data = bumps({ rows: 9, length: 24, classes: 3 });
    const blocked = (name: string): void => {
      rmSync(`${out}/${name}`, { force: true });
      mkdirSync(`${out}/${name}/in the way`, { recursive: true });
    };
    const { model } = await fit(architectures.chain(data, { filters: [3] }), data, {
      steps: 5,
      batch: 9,
      checkpoint: { everySeconds: 0, save: (c) => run.saveCheckpoint(c, {}) },
      onEpoch(event) {
        if (event.epoch === 3) blocked("log.jsonl");
        if (event.epoch === 4) blocked("checkpoint");
        run.log(event);
      },
    });
    expect(said).toEqual([
      `warning: ${out}/log.jsonl: cannot write it: it is a folder, not a file; check the path; its lines wait until it can be written, and training goes on`,
      `warning: ${out}/checkpoint: cannot write it: it is a folder, not a file; check the path; the one of step 3 stays, and training goes on`,
    ]);
    expect(run.savedSteps).toBe(3);
    rmSync(`${out}/log.jsonl`, { recursive: true });
    run.log({ epoch: 6 });
    await run.save(model);
    const log = read(out, "log.jsonl").trim().split("\n");
    expect(log.map((line) => (JSON.parse(line) as { epoch: number }).epoch)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
