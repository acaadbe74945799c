import { readFileSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readRecorded } from "../../../src/cli/train/recorded.ts";
import { encodeModel } from "../../../src/formats/modelFile.ts";
import { loadFile } from "../../../src/node.ts";
import { cli, tsText, workshop } from "../harness.ts";

const shop = workshop();
const data = shop.put("waves.ts", tsText(20));
const other = shop.put("other.ts", tsText(20, { length: 12, classes: ["up", "flat"] }));
const chain = ["--model", "chain", "--filters", "3,3"];

async function train(name: string, ...words: string[]): Promise<string> {
  const out = shop.path(name);
  expect(await cli(["train", data, "--out", out, "--quiet", ...words])).toMatchObject({ code: 0 });
  return `${out}/model.safetensors`;
}
const hashOf = async (file: string): Promise<string> => (await loadFile(file)).provenance.weightsSha256;

describe("reproduce", () => {
  it("meets the weights of a run with many settings, on another back end too", async () => {
    const many =
      "--epochs 5 --batch 7 --optimizer sgd --lr 0.05 --schedule step --warmup 0.1 --label-smoothing 0.1 --clip-norm 1 " +
      "--ema 0.9 --validation 0.2 --keep best --monitor accuracy --patience 3 --augment jitter=0.05,shift=2 --seed 7 --normalize sample";
    const file = await train("many", ...chain, ...many.split(" "));
    const run = await cli(["reproduce", file, data, "--test", data, "--backend", "reference", "--quiet"]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toMatch(
      /^met: \d+ steps in \S+ s on reference\nweights {4}sha256 [0-9a-f]{64}\ntest {7}loss/,
    );
    expect(run.stdout).toContain(await hashOf(file));
    const json = JSON.parse((await cli(["reproduce", file, data, "--json", "--quiet"])).stdout) as object;
    expect(json).toMatchObject({ schema: 1, met: true, weightsSha256: await hashOf(file), test: null });
  });

  it("meets a minirocket, a run from other weights, and one that was interrupted", async () => {
    const rocket = await train("rocket", "--model", "minirocket", "--validation", "0.2");
    expect((await cli(["reproduce", rocket, data])).stdout).toMatch(/^met: \S+ s on javascript\n/);

    const start = await train("start", ...chain, "--epochs", "2");
    const tuned = await train("tuned", "--init", start, "--freeze", "conv1d_1", "--epochs", "3");
    expect((await cli(["reproduce", tuned, data, "--quiet"])).stdout).toMatch(/^met: 6 steps/);
    expect((await cli(["reproduce", tuned, data, "--init", tuned])).stderr).toMatch(
      /^toeplitz: --init \S+: its weights hash to \S+, but the run of \S+ started from \S+; give that model\n$/,
    );
    expect((await cli(["reproduce", start, data, "--init", tuned])).stderr).toContain(
      "started from its seed",
    );

    const out = shop.path("interrupted");
    const words = ["train", data, ...chain, "--steps", "1000000", "--out", out, "--quiet"];
    expect((await cli(words, (first) => void setTimeout(first, 150))).code).toBe(130);
    const stopped = await cli(["reproduce", `${out}/model.safetensors`, data, "--quiet"]);
    expect(stopped).toMatchObject({ code: 0 });
  });

  it("refuses test rows of another shape before it trains", async () => {
    const file = await train("shape", ...chain, "--epochs", "1");
    const short = shop.put("short.ts", tsText(4, { length: 8 }));
    const run = await cli(["reproduce", file, data, "--test", short]);
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toMatch(/^toeplitz: \S+short\.ts: rows have 1 x 8 values [^\n]*\n$/);
  });

  it("draws the rows of --test F and --folds again", async () => {
    const part = await train("part", ...chain, "--epochs", "3", "--test", "0.25");
    const run = await cli(["reproduce", part, data, "--quiet"]);
    expect(run.stdout).toMatch(/^met: 3 steps/);
    const { test } = JSON.parse(readFileSync(shop.path("part/result.json"), "utf8")) as {
      test: { accuracy: number };
    };
    expect(run.stdout).toContain(`accuracy ${(100 * test.accuracy).toFixed(2)} %`);
    const words = [
      "train",
      data,
      ...chain,
      "--epochs",
      "2",
      "--folds",
      "2",
      "--out",
      shop.path("folds"),
      "--quiet",
    ];
    expect(await cli(words)).toMatchObject({ code: 0 });
    const second = await cli(["reproduce", shop.path("folds/fold-2/model.safetensors"), data, "--quiet"]);
    expect(second.stdout).toMatch(/^met: 2 steps/);
    const rocket = await train("rocketPart", "--model", "minirocket", "--test", "0.25");
    expect((await cli(["reproduce", rocket, data])).stdout).toMatch(/^met: \S+ s on javascript\n/);
  });

  it("reads DATA as the run did, but takes no query from a file", async () => {
    const lines = Array.from({ length: 24 }, (_, t) => `${t},${t % 2 ? "a" : "b"},${t % 2},${t},${-t}`);
    const table = shop.put("table.csv", `id,class,x0,x1,x2\n${lines.join("\n")}\n`);
    const words = (name: string): string[] => [
      "train",
      table,
      "--label",
      "class",
      ...chain.slice(0, 3),
      "2",
      "--epochs",
      "2",
      "--quiet",
      "--out",
      shop.path(name),
    ];
    const columns = [...words("table"), "--channels", "x"];
    expect(await cli(columns)).toMatchObject({ code: 0 });
    const again = await cli(["reproduce", shop.path("table/model.safetensors"), table, "--quiet"]);
    expect(again.stdout).toMatch(/^met: 4 steps/);
    const sql = "select * exclude (id) from data";
    expect(await cli([...words("query"), "--sql", sql])).toMatchObject({ code: 0 });
    const query = ["reproduce", shop.path("query/model.safetensors"), table, "--quiet"];
    expect((await cli(query)).stderr).toBe(
      `toeplitz: ${query[1]}: its run read its data with --sql '${sql}'; a query that stands in a file is never run; ` +
        "if you trust it, give the same --sql again\n",
    );
    expect((await cli([...query, "--sql", sql])).stdout).toMatch(/^met: 4 steps/);
  });

  it("says with exit code 1 where the weights are others", async () => {
    const file = await train("once", ...chain, "--epochs", "3");
    const made = await loadFile(file);
    if (made.kind !== "network") throw new Error("a network");
    const settings = made.provenance.settings.replace('"seed":0', '"seed":1');
    const changed = shop.put(
      "changed.safetensors",
      encodeModel({ ...made, provenance: { ...made.provenance, settings } }),
    );
    const run = await cli(["reproduce", changed, data, "--quiet"]);
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(
      /^not met: 6 steps .*\nweights {4}sha256 (\S+)\nin file {4}sha256 (?!\1)\S+\n$/,
    );
  });

  it("refuses other data, a file without settings, and weights that were changed, in one line", async () => {
    const file = await train("refused", ...chain, "--epochs", "1");
    const hash = (await loadFile(file)).provenance.dataSha256;
    expect((await cli(["reproduce", file, other])).stderr).toMatch(
      new RegExp(
        `^toeplitz: \\S+other.ts: the data's hash is [0-9a-f]{64}, but \\S+ was trained on data of hash ${hash}; give that data\\n$`,
      ),
    );
    const made = await loadFile(file);
    if (made.kind !== "network") throw new Error("a network");
    const { settings, ...older } = made.provenance;
    const old = shop.put("old.safetensors", encodeModel({ ...made, provenance: older }));
    expect((await cli(["reproduce", old, data])).stderr).toBe(
      `toeplitz: ${old}: it holds no settings of its training: an older toeplitz made it, or code did; train it again\n`,
    );
    const fit = JSON.parse(made.provenance.settings).fit as Record<string, unknown>;
    const changed = (more: object): string => JSON.stringify({ fit: { ...fit, ...more }, members: 1 });
    for (const [text, why] of [
      ["{", "is no JSON"],
      ["7", "is 7; it is an object"],
      ["null", "is null; it is an object"],
      ['{"fit":{}}', "fit.batch is missing; it is a whole number from 1 to 9007199254740991"],
      [
        changed({ optimizer: { kind: "toString" } }),
        'fit.optimizer.kind is "toString"; it is one of sgd, adam, adamW, rmsProp',
      ],
      [changed({ augment: 1 }), "fit.augment is 1; it is a list"],
      [changed({ batch: -1 }), "fit.batch is -1; it is a whole number from 1 to 9007199254740991"],
      [changed({ constructor: 1 }), 'fit has "constructor", which this toeplitz does not know'],
      [JSON.stringify({ fit, members: 1e9 }), "members is 1000000000; it is a whole number from 1 to 100"],
      ["[".repeat(100_000), "is nested more than 32 levels deep"],
    ]) {
      const bad = shop.put(
        "bad.safetensors",
        encodeModel({ ...made, provenance: { ...older, settings: text } }),
      );
      expect(await cli(["reproduce", bad, data])).toMatchObject({
        code: 2,
        stderr: `toeplitz: ${bad}: the settings of its training cannot be read (${why}); it is no model that this toeplitz saved\n`,
      });
    }
    // recorded before there was a choice: its convolutions were direct
    const { convolution, ...direct } = fit;
    expect(convolution).toBe("fast");
    expect(readRecorded(JSON.stringify({ fit: direct, members: 1 }), "m").fit.convolution).toBe("direct");
    const weights = made.weights.map((w, i) => (i === 0 ? { ...w, data: w.data.map((x) => x + 1) } : w));
    const moved = shop.put("moved.safetensors", encodeModel({ ...made, weights }));
    expect((await cli(["reproduce", moved, data])).stderr).toMatch(
      /its weights hash to \S+, but it says \S+; it is not/,
    );
    expect(settings).toContain('"fit"');
  });
});

describe("compare", () => {
  it("puts figures, best epochs, courses and the settings that differ side by side", async () => {
    await train("a", ...chain, "--epochs", "6", "--validation", "0.2", "--test", data);
    await train("b", ...chain, "--epochs", "4", "--lr", "0.5");
    const folders = [shop.path("a"), shop.path("b")];
    const { code, stdout } = await cli(["compare", ...folders]);
    expect(code).toBe(0);
    const result = JSON.parse(readFileSync(`${folders[0]}/result.json`, "utf8")) as {
      test: { accuracy: number };
    };
    expect(stdout).toMatch(
      new RegExp(`^${folders[0]} +chain +${(100 * result.test.accuracy).toFixed(2)} % `, "m"),
    );
    expect(stdout).toMatch(/^fit.optimizer.learningRate +0.01 +0.5$/m);
    expect(stdout).toMatch(/^fit.epochs +6 +4$/m);
    expect(stdout).toMatch(/^fit.validation +0.2 +-$/m);
    expect(stdout).not.toMatch(/^fit.batch/m);
    const json = JSON.parse((await cli(["compare", ...folders, "--json"])).stdout) as {
      runs: { best: { by: string }; epochs: number; test: object | null }[];
      differing: string[];
    };
    expect(json.differing).toEqual(
      expect.arrayContaining(["fit.epochs", "fit.optimizer.learningRate", "fit.validation"]),
    );
    expect(json.runs.map((r) => [r.best.by, r.epochs, r.test === null])).toEqual([
      ["validation", 6, false],
      ["training", 4, true],
    ]);
  });
  it("shows a run that was cut off by its log alone, and refuses what is no run", async () => {
    const cut = await train("cut", ...chain, "--epochs", "3");
    rmSync(cut);
    rmSync(shop.path("cut/result.json"));
    expect((await cli(["compare", shop.path("cut")])).stdout).toMatch(
      /^\S+cut +- +- +- +- +\d+\.\d+ % +3 +3 /m,
    );
    shop.put("cut/result.json", "{");
    expect((await cli(["compare", shop.path("cut")])).stderr).toMatch(
      /result.json: it is not what train writes \(is no JSON\); [^\n]*\n$/,
    );
    expect((await cli(["compare", data])).stderr).toBe(
      `toeplitz: ${data}: it is a file; compare takes folders of runs; give its folder\n`,
    );
    expect((await cli(["compare", shop.path("nowhere")])).stderr).toContain(
      "there is no such file or folder",
    );
  });
});
