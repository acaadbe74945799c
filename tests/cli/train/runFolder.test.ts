/** A run's folder that is put away, replaced or prepared by somebody else while the run trains. */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { RunFolder } from "../../../src/cli/train/runFolder.ts";
import { cli, tsText, workshop } from "../harness.ts";

const shop = workshop();
const begun = (name: string): { run: RunFolder; said: string[]; out: string } => {
  const out = shop.path(name);
  const said: string[] = [];
  const run = new RunFolder(out, (text) => said.push(text));
  run.make("new");
  run.log({ epoch: 1, loss: 1 });
  return { run, said, out };
};
const log = (out: string): string => readFileSync(`${out}/log.jsonl`, "utf8");
const lines = '{"epoch":1,"loss":1}\n{"epoch":2,"loss":1}\n';

describe("the folder of a run", () => {
  it("that was removed is made again with the whole log", () => {
    const { run, said, out } = begun("removed");
    rmSync(out, { recursive: true });
    run.log({ epoch: 2, loss: 1 });
    expect(log(out)).toBe(lines);
    expect(said).toEqual([
      `warning: ${out}: the folder, or its lock, was put away while the run trained; it is made again`,
    ]);
    run.close();
    expect(readdirSync(out)).toEqual(["log.jsonl"]);
  });

  it("whose lock alone was removed goes on in its place", () => {
    const { run, out } = begun("unlocked");
    rmSync(`${out}/run.lock`);
    run.log({ epoch: 2, loss: 1 });
    expect([log(out), run.path]).toEqual([lines, out]);
    run.close();
  });

  it("that holds another run by now is left alone: the run goes on beside it", () => {
    const { run, said, out } = begun("replaced");
    renameSync(out, `${out}-moved`);
    mkdirSync(out);
    writeFileSync(`${out}/model.safetensors`, "another's");
    run.log({ epoch: 2, loss: 1 });
    expect(run.path).toBe(`${out}-2`);
    expect(run.model).toBe(`${out}-2/model.safetensors`);
    expect([log(`${out}-2`), readdirSync(out)]).toEqual([lines, ["model.safetensors"]]);
    expect(said[0]).toContain(`put away while the run trained; it goes on in ${out}-2`);
    run.close();
  });

  it("that is a file by now is left alone, and the run goes on beside it", () => {
    const { run, said, out } = begun("filed");
    renameSync(out, `${out}-moved`);
    writeFileSync(out, "precious");
    run.log({ epoch: 2, loss: 1 });
    expect([run.path, log(`${out}-2`), readFileSync(out, "utf8")]).toEqual([`${out}-2`, lines, "precious"]);
    expect(said[0]).toContain(`it goes on in ${out}-2`);
    run.close();
  });

  it("in which another process trains by now is left alone too", () => {
    const { run, out } = begun("taken");
    const other = { pid: process.ppid, host: hostname(), since: "2025-01-02T03:04:05.000Z" };
    writeFileSync(`${out}/run.lock`, JSON.stringify(other));
    run.log({ epoch: 2, loss: 1 });
    expect([run.path, log(`${out}-2`)]).toEqual([`${out}-2`, lines]);
    run.close();
    expect(JSON.parse(readFileSync(`${out}/run.lock`, "utf8"))).toEqual(other);
  });

  it("writes through no link that somebody has put there", () => {
    const { run, out } = begun("linked");
    shop.put("victim", "precious");
    rmSync(`${out}/log.jsonl`);
    symlinkSync(shop.path("victim"), `${out}/log.jsonl`);
    run.log({ epoch: 2, loss: 1 });
    expect([log(out), readFileSync(shop.path("victim"), "utf8")]).toEqual([lines, "precious"]);
    run.close();
  });

  it("loses what killed processes left in it, whoever they were", async () => {
    const data = shop.put("waves.ts", tsText(20));
    const out = shop.path("leftovers");
    mkdirSync(out);
    writeFileSync(`${out}/.toeplitz-1-00000000-0-${"0".repeat(16)}.tmp`, "half");
    const words = [
      "train",
      data,
      "--model",
      "chain",
      "--filters",
      "3",
      "--steps",
      "2",
      "--quiet",
      "--out",
      out,
    ];
    expect((await cli(words)).code).toBe(0);
    expect(readdirSync(out).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

describe("a folder of several runs", () => {
  it("is held as long as they go: another process is refused in all of it, and between two runs too", async () => {
    const data = shop.put("waves.ts", tsText(20));
    const out = shop.path("seeds");
    mkdirSync(out);
    const other = { pid: process.ppid, host: hostname(), since: "2025-01-02T03:04:05.000Z" };
    writeFileSync(`${out}/run.lock`, JSON.stringify(other));
    const words = [
      "train",
      data,
      "--model",
      "chain",
      "--filters",
      "3",
      "--steps",
      "2",
      "--quiet",
      "--out",
      out,
    ];
    for (const more of [["--seeds", "2"], ["--seeds", "2", "--force"], ["--folds", "2"], ["--force"]])
      expect(await cli([...words, ...more])).toMatchObject({
        code: 2,
        stderr: `toeplitz: ${out}: process ${process.ppid} trains in it since ${other.since}; wait until it ends, or give --out another folder\n`,
      });
    rmSync(`${out}/run.lock`);
    expect((await cli([...words, "--seeds", "2"])).code).toBe(0);
    expect(readdirSync(out)).toEqual(["seed-0", "seed-1"]);
  });

  it("ends before the next run where an interrupt comes when one is done", async () => {
    const data = shop.put("waves.ts", tsText(20));
    const out = shop.path("between");
    const words = ["train", data, "--model", "minirocket", "--quiet", "--seeds", "3", "--out", out];
    let first = true;
    const { code, stderr } = await cli(words, (interrupt) => {
      if (first) interrupt();
      first = false;
    });
    expect([code, stderr]).toEqual([130, "ended before seed-0: 0 of 3 runs done\n"]);
  });
});
