import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadFile } from "../../../src/node.ts";
import { wav } from "../../readers/bytes.ts";
import { cli, tsText, workshop } from "../harness.ts";

const shop = workshop();
const train = shop.put("waves_TRAIN.ts", tsText(20));
const test = shop.put("waves_TEST.ts", tsText(8));
const chain = ["--model", "chain", "--filters", "3", "--epochs", "2", "--quiet"];

interface Numbers {
  readonly loss: number;
  readonly accuracy: number;
}
interface One {
  readonly name?: string;
  readonly fold?: number;
  readonly seed: number;
  readonly test: Numbers;
  readonly weightsSha256: string;
  readonly out: string;
  readonly baselines: { readonly on: string; readonly majority: number; readonly nearest: number | null };
}
interface Several {
  readonly runs: readonly One[];
  readonly mean: { readonly test: Numbers; readonly validation: Numbers | null };
  readonly deviation: { readonly test: Numbers };
  readonly out: string;
}
const json = async <T>(...words: string[]): Promise<T> => {
  const { code, stdout, stderr } = await cli(["train", ...words, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as T;
};

describe("train --seeds", () => {
  it("trains each seed as a run of its own in its own folder, and tells mean and deviation", async () => {
    const out = shop.path("seeds");
    const all = await json<Several>(
      train,
      "--test",
      test,
      ...chain,
      "--seeds",
      "3",
      "--seed",
      "4",
      "--out",
      out,
    );
    expect(all.runs.map((r) => [r.name, r.seed, r.out])).toEqual(
      [4, 5, 6].map((s) => [`seed-${s}`, s, `${out}/seed-${s}`]),
    );
    const alone = await json<One>(train, ...chain, "--seed", "5", "--out", shop.path("alone"));
    expect(all.runs[1].weightsSha256).toBe(alone.weightsSha256);
    expect((await loadFile(`${out}/seed-5/model.safetensors`)).provenance.seed).toBe("5");
    const losses = all.runs.map((r) => r.test.loss);
    const mean = (losses[0] + losses[1] + losses[2]) / 3;
    expect(all.mean.test.loss).toBeCloseTo(mean, 12);
    const squares = losses.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    expect(all.deviation.test.loss).toBeCloseTo(Math.sqrt(squares / 2), 12);
    expect(all).toMatchObject({ schema: 1, out, mean: { validation: null } });
  });

  it("says a line a run on stderr and a table on stdout", async () => {
    const words = [...chain.slice(0, -1), "--seeds", "2", "--out", shop.path("table")];
    const { code, stdout, stderr } = await cli(["train", train, "--test", test, ...words]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/\n2 runs: seed-0 to seed-1\n/);
    expect(stderr).toMatch(/\nrun 2 of 2 {2}seed-1 {2}train \S+ % {2}test \S+ % {2}\S+ s\n$/);
    expect(stderr.match(/chain \(/g)).toHaveLength(1); // the settings, once
    expect(stdout).toMatch(/^chain on \S+: 2 runs in /);
    expect(stdout).toMatch(
      /\nseed-1 .* %\nmean .* %\ndeviation .* %\nbaselines {2}on test: commonest class 50.00 %/,
    );
  });

  it("writes nothing where a folder of a later run holds another run", async () => {
    const out = shop.path("taken");
    await json(train, ...chain, "--out", `${out}/seed-1`);
    const { code, stderr } = await cli(["train", train, ...chain, "--seeds", "2", "--out", out]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${out}/seed-1: it holds another run (`);
    expect(shop.has("taken/seed-0")).toBe(false);
    await json(train, ...chain, "--seeds", "2", "--out", out, "--force");
  });

  it("ends with 130 where it is interrupted, with the table of the runs that are done", async () => {
    const words = ["train", train, ...chain, "--seeds", "2", "--out", shop.path("ended"), "--json"];
    let listeners = 0; // the first is of all runs
    const { code, stdout, stderr } = await cli(words, (first) => void (++listeners === 3 && first()));
    expect(code).toBe(130);
    expect(stderr).toContain("ended in seed-1: 1 of 2 runs done\n");
    expect((JSON.parse(stdout) as Several).runs).toHaveLength(1);
  });

  it("goes on with --resume: what is done stays, what was stopped goes on, the rest is trained", async () => {
    const words = [train, "--test", "0.2", ...chain, "--seeds", "3", "--seed", "2"];
    const whole = await json<Several>(...words, "--out", shop.path("whole"));
    const out = shop.path("stopped");
    let listeners = 0; // the first is of all runs
    const stop = await cli(["train", ...words, "--out", out], (first) => void (++listeners === 3 && first()));
    expect([stop.code, shop.has("stopped/seed-2"), shop.has("stopped/seed-4")]).toEqual([130, true, false]);
    expect((await cli(["train", ...words, "--out", out])).stderr).toContain("it holds another run");
    const { runs: resumed } = await json<Several>(...words, "--out", out, "--resume");
    expect(resumed.map((r) => r.weightsSha256)).toEqual(whole.runs.map((r) => r.weightsSha256));
    expect(resumed.map((r) => r.test)).toEqual(whole.runs.map((r) => r.test));
    expect((await cli(["train", train, "--out", `${out}/seed-2`, "--resume"])).stderr).toContain(
      "its run is one of several; go on with all of them, by their command line and --resume",
    );
  });

  it("takes minirocket too", async () => {
    const words = [train, "--test", test, "--model", "minirocket", "--quiet", "--seeds", "2"];
    const { runs } = await json<Several>(...words, "--out", shop.path("rocket"));
    expect(runs.map((r) => r.name)).toEqual(["seed-0", "seed-1"]);
    expect(runs[0].weightsSha256).not.toBe(runs[1].weightsSha256);
  });
});

describe("train --folds", () => {
  it("tests every row once, and keeps the fold in the model", async () => {
    const out = shop.path("folds");
    const all = await json<Several>(train, ...chain, "--folds", "4", "--out", out);
    expect(all.runs.map((r) => [r.name, r.fold, r.baselines.on])).toEqual(
      [1, 2, 3, 4].map((f) => [`fold-${f}`, f, "test"]),
    );
    const { provenance } = await loadFile(`${out}/fold-2/model.safetensors`);
    expect(provenance).toMatchObject({
      rows: "15",
      split: '{"by":"class","gap":0,"seed":0,"folds":4,"fold":2}',
    });
  });

  it("with --seeds trains each fold from each seed, on the same rows", async () => {
    const words = [train, ...chain, "--folds", "2", "--seeds", "2", "--out", shop.path("both")];
    const { runs } = await json<Several>(...words);
    expect(runs.map((r) => r.name)).toEqual([
      "fold-1-seed-0",
      "fold-1-seed-1",
      "fold-2-seed-0",
      "fold-2-seed-1",
    ]);
    expect(runs[0].baselines).toEqual(runs[1].baselines);
  });

  it("keeps each speaker of recordings on one side", async () => {
    const folder = shop.path("voices");
    mkdirSync(folder);
    for (const [c, word] of ["yes", "no"].entries())
      for (const speaker of ["ann", "bob", "cid", "dot"])
        for (const take of [0, 1]) {
          const samples = Array.from(
            { length: 24 },
            (_, t) => (c ? 9 * t : 5) + speaker.charCodeAt(0) - 96 + take,
          );
          writeFileSync(join(folder, `${word}_${speaker}_${take}.wav`), wav({ bits: 8 }, samples));
        }
    const out = shop.path("speakers");
    await json<Several>(folder, ...chain, "--folds", "4", "--out", out);
    const { provenance } = await loadFile(`${out}/fold-3/model.safetensors`);
    expect(provenance).toMatchObject({
      rows: "12",
      split: '{"by":"group","gap":0,"seed":0,"folds":4,"fold":3}',
    });
    const five = await cli(["train", folder, ...chain, "--folds", "5", "--out", out]);
    expect(five.stderr).toContain(
      "the rows are of 4 groups; 5 folds by group wants at least 5; split by class, or",
    );
  });

  it("selects nothing by the fold's test part: another one leaves its weights as they are", async () => {
    const words = [...chain, "--folds", "2", "--validation", "0.25", "--keep", "best"];
    const first = await json<Several>(train, ...words, "--out", shop.path("a"));
    const lines = readFileSync(train, "utf8").split("\n");
    const from = lines.indexOf("@data") + 1;
    const other = async (row: number): Promise<boolean[]> => {
      const changed = lines.map((line, i) => (i === from + row ? line.replace(/^[^,]+/, "50") : line));
      const file = shop.put(`changed${row}.ts`, changed.join("\n"));
      const { runs } = await json<Several>(file, ...words, "--out", shop.path(`b${row}`));
      return runs.map((r, i) => r.weightsSha256 === first.runs[i].weightsSha256);
    };
    // each row is tested in one fold, which it leaves alone, and learned or validated on in the other
    for (const row of [0, 7, 12]) expect((await other(row)).filter(Boolean)).toHaveLength(1);
  });
});

describe("train --test F", () => {
  it("holds a fraction of every class back, and says how in the model", async () => {
    const out = shop.path("fraction");
    const run = await json<One>(train, ...chain, "--test", "0.2", "--seed", "3", "--out", out);
    const { provenance } = await loadFile(`${out}/model.safetensors`);
    expect(provenance).toMatchObject({
      rows: "16",
      split: '{"by":"class","gap":0,"seed":3,"test":0.2}',
    });
    expect(run.baselines).toMatchObject({ on: "test", majority: 0.5 });
  });

  it("by time tests on the last rows, with a gap", async () => {
    const out = shop.path("time");
    await json(train, ...chain, "--test", "0.2", "--split", "time", "--gap", "3", "--out", out);
    expect((await loadFile(`${out}/model.safetensors`)).provenance.rows).toBe("13");
  });
});

describe("baselines and notes", () => {
  it("are on the validation part where there is no test part, and none where there is neither", async () => {
    const run = await json<One>(train, ...chain, "--validation", "0.2", "--out", shop.path("validated"));
    expect(run.baselines).toEqual({ on: "validation", majority: 0.5, nearest: 1 });
    expect((await json<One>(train, ...chain, "--out", shop.path("plain"))).baselines).toBeNull();
  });

  it("tells of test rows that are training rows, and of a rare class", async () => {
    const loud = [...chain.slice(0, -1), "--out"];
    const same = await cli(["train", train, "--test", train, ...loud, shop.path("same")]);
    expect(same.stderr).toContain("note: 20 of 20 test rows are in the training part too, value for value: ");
    const text = tsText(40).replaceAll(/:down\n/g, (end, at: number, all: string) =>
      all.slice(0, at).includes(":down") ? ":up\n" : end,
    );
    const rare = await cli(["train", shop.put("rare.ts", text), ...loud, shop.path("rare")]);
    expect(rare.stderr).toContain(
      'note: class "down" has 1 training row, "up" has 39: accuracy says little of the rare class',
    );
  });

  it("tells of rows of folds that repeat others", async () => {
    const text = tsText(20);
    const file = shop.put("twice.ts", text + text.slice(text.indexOf("@data") + 6));
    const words = ["train", file, ...chain.slice(0, -1), "--folds", "2", "--out", shop.path("twice")];
    expect((await cli(words)).stderr).toContain("note: 30 rows of 40 repeat another row's values: ");
  });
});

describe("train refuses", () => {
  it.each([
    [
      ["--folds", "2", "--test", "0.2"],
      "--folds tests on the rows of DATA, a fold at a time; leave --test out",
    ],
    [["--folds", "1"], '--folds is "1"; it is a whole number of at least 2, such as 5'],
    [["--folds", "30"], "DATA has 20 rows; 30 folds want as many; give fewer folds"],
    [
      ["--test", "1.5"],
      '--test is "1.5"; it is a file, or a fraction of the rows above 0 and below 1, such as 0.2 (of a file with that name, ./1.5)',
    ],
    [
      ["--seeds", "3", "--seed", "4294967294"],
      "--seeds 3 from --seed 4294967294 on goes beyond 4294967295; give a smaller --seed",
    ],
    [
      ["--split", "time"],
      "--split says how rows are drawn by --test F, --folds or --validation; give one of them",
    ],
    [
      ["--gap", "2", "--test", test],
      "--gap says how rows are drawn by --test F, --folds or --validation; give one of them",
    ],
    [["--gap", "2", "--test", "0.2"], "gap belongs to a split by time; this one is by class"],
    [["--split", "group", "--test", "0.2"], "DATA has no groups to split by; name them, or split by class"],
    [
      ["--split", "time", "--folds", "2"],
      "folds and a split by time exclude each other: a fold would learn from what comes after it; hold the last part back",
    ],
  ])("%j", async (words, message) => {
    const out = shop.path("refused");
    expect(await cli(["train", train, ...chain, "--out", out, ...words])).toEqual({
      code: 2,
      stdout: "",
      stderr: `toeplitz: ${message.replace("DATA has", `${train} has`)}\n`,
    });
    expect(shop.has("refused")).toBe(false);
  });
});
