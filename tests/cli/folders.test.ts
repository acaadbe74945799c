import { mkdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { cli, tsText, workshop } from "./harness.ts";

const shop = workshop();
const short = ["--model", "chain", "--filters", "3", "--epochs", "2", "--json"];

/** The same rows as .tsv. */
const tsv = (rows: number): string =>
  tsText(rows)
    .split("\n")
    .slice(4, -1)
    .map((line) => {
      const [values, label] = line.split(":");
      return [label === "up" ? 1 : 2, ...values.split(",")].join("\t");
    })
    .join("\n") + "\n";

function folder(name: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(shop.path(name));
  for (const [file, text] of Object.entries(files)) shop.put(`${name}/${file}`, text);
  return shop.path(name);
}

interface Json {
  readonly test: { readonly accuracy: number } | null;
  readonly weightsSha256: string;
}
const json = (stdout: string): Json => JSON.parse(stdout) as Json;

describe("train FOLDER with NAME_TRAIN and NAME_TEST", () => {
  it("trains on the one and tests on the other, to the bits of both files given by name, and says so", async () => {
    const both = folder("Waves", {
      "Waves_TRAIN.ts": tsText(20),
      "Waves_TEST.ts": tsText(7),
      "README.md": "about",
    });
    const run = await cli(["train", both, ...short, "--out", shop.path("pair")]);
    expect(run.code).toBe(0);
    expect(run.stderr.split("\n")[0]).toBe(
      `note: ${both}: Waves_TRAIN.ts is the training part, Waves_TEST.ts the test part`,
    );
    expect(run.stderr).toContain("test 7 rows");
    const named = await cli([
      "train",
      `${both}/Waves_TRAIN.ts`,
      "--test",
      `${both}/Waves_TEST.ts`,
      ...short,
      "--out",
      shop.path("named"),
    ]);
    expect(json(run.stdout).weightsSha256).toBe(json(named.stdout).weightsSha256);
    expect(json(run.stdout).test).toEqual(json(named.stdout).test);
    expect(run.stdout).toContain('"test":{"loss"');
  });

  it("of several formats takes the first that has both parts, and names what it leaves out", async () => {
    const both = folder("Several", {
      "Several_TRAIN.tsv": tsv(10),
      "Several_TEST.tsv": tsv(4),
      "Several_TRAIN.ts": tsText(20),
      "SeveralDimension1_TRAIN.ts": tsText(20),
      "SeveralDimension1_TEST.ts": tsText(20),
    });
    const { stderr, stdout } = await cli(["inspect", both, "--json"]);
    const note =
      `${both}: Several_TRAIN.tsv is the training part, Several_TEST.tsv the test part; ` +
      "SeveralDimension1_TEST.ts, SeveralDimension1_TRAIN.ts, Several_TRAIN.ts are left out";
    expect(stderr).toBe(`note: ${note}\n`);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 10, test: { rows: 4 }, notes: [note] });
  });

  it("takes names in any case, and evaluates and predicts on the test part", async () => {
    const both = folder("lower", { "waves_train.tsv": tsv(10), "waves_test.tsv": tsv(6) });
    const out = shop.path("lowered");
    expect((await cli(["train", both, ...short, "--out", out])).code).toBe(0);
    const evaluated = await cli(["evaluate", out, both, "--json"]);
    expect(evaluated.stdout).toContain('"rows":6');
    expect(evaluated.stderr).toContain("waves_test.tsv the test part");
    expect((await cli(["predict", out, both])).stdout.split("\n")).toHaveLength(8);
  });

  it("refuses one part without the other, and two data sets in one folder", async () => {
    const half = folder("half", { "Waves_TRAIN.ts": tsText(4) });
    expect((await cli(["train", half])).stderr).toBe(
      `toeplitz: ${half}: Waves_TRAIN.ts has no Waves_TEST.ts beside it; put it there, or give one file\n`,
    );
    const two = folder("two", {
      "A_TRAIN.ts": tsText(4),
      "A_TEST.ts": tsText(4),
      "B_TRAIN.ts": tsText(4),
      "B_TEST.ts": tsText(4),
    });
    expect(await cli(["train", two])).toMatchObject({
      code: 2,
      stderr: `toeplitz: ${two}: it holds 2 data sets by the names of its files (A, B); give the training file of one, and its test file with --test\n`,
    });
  });

  it("says that --test F and --folds leave its test part out", async () => {
    const both = folder("own", { "W_TRAIN.ts": tsText(20), "W_TEST.ts": tsText(6) });
    const drawn = await cli(["train", both, "--test", "0.2", ...short, "--out", shop.path("drawn")]);
    expect(drawn.stderr).toContain(
      `note: ${both} has a test part of its own (6 rows): --test 0.2 is in its place\n`,
    );
    const folds = await cli(["train", both, "--folds", "2", ...short, "--out", shop.path("folds")]);
    expect(folds.stderr).toContain(`note: the test part of ${both} (6 rows) is left out: --folds tests`);
  });
});

describe("the folder of a run in place of its model file", () => {
  const data = shop.put("waves.ts", tsText(20));
  const run = shop.path("run");
  beforeAll(async () => {
    expect((await cli(["train", data, ...short, "--seeds", "2", "--out", shop.path("seeds")])).code).toBe(0);
    expect((await cli(["train", data, ...short, "--out", run])).code).toBe(0);
  });

  it("evaluate, predict, explain and reproduce say of it what they say of the file", async () => {
    for (const verb of ["evaluate", "predict", "explain"]) {
      const [folderSaid, fileSaid] = [
        await cli([verb, run, data]),
        await cli([verb, `${run}/model.safetensors`, data]),
      ];
      expect(folderSaid).toEqual(fileSaid);
      expect(folderSaid.code).toBe(0);
    }
    expect((await cli(["reproduce", run, data])).code).toBe(0);
  });

  it("train --init takes it, to the bits of the file", async () => {
    const [a, b] = [
      await cli(["train", data, "--init", run, "--epochs", "1", "--json", "--out", shop.path("a")]),
      await cli([
        "train",
        data,
        "--init",
        `${run}/model.safetensors`,
        "--epochs",
        "1",
        "--json",
        "--out",
        shop.path("b"),
      ]),
    ];
    expect(a.code).toBe(0);
    expect(json(a.stdout).weightsSha256).toBe(json(b.stdout).weightsSha256);
    expect(readFileSync(`${shop.path("a")}/model.safetensors`).length).toBeGreaterThan(0);
  });

  it("of a folder without a model says what to give", async () => {
    const empty = folder("empty", {});
    expect((await cli(["evaluate", empty, data])).stderr).toBe(
      `toeplitz: ${empty}: the folder holds no model.safetensors; give a model file or the folder of a run\n`,
    );
    const seeds = shop.path("seeds");
    expect((await cli(["predict", seeds, data])).stderr).toBe(
      `toeplitz: ${seeds}: the folder holds no model.safetensors; its folders do, one a run; give one, such as ${seeds}/seed-0\n`,
    );
    const cut = folder("cut", { "log.jsonl": "", checkpoint: "" });
    expect((await cli(["predict", cut, data])).stderr).toContain(
      "its run has not ended: go on with it by train --resume",
    );
  });
});
