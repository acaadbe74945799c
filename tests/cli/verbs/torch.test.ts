/** Weights to PyTorch and back, by the command line. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { encodeModel, load, type Network, type NetworkFields } from "../../../src/index.ts";
import { checkModel, type Model } from "../../../src/layers/model.ts";
import { importTorch } from "../../../src/formats/pytorch/importWeights.ts";
import { cli, workshop } from "../harness.ts";

const shop = workshop();
const folder = fileURLToPath(new URL("../../formats/pytorch/", import.meta.url));
const { cases } = JSON.parse(readFileSync(`${folder}cases.json`, "utf8")) as {
  cases: Record<string, { model: Model }>;
};
const model = checkModel(cases.sequential.model);
const fields: NetworkFields = {
  ...importTorch(readFileSync(`${folder}sequential.pt`), "pt", { target: { model }, file: "f" }).fields,
  classes: ["a", "b", "c"],
  preparation: { kind: "channel", mean: [1, 2], deviation: [3, 4] },
};
const saved = shop.put("saved.safetensors", encodeModel(fields));
const layers = shop.put("net.json", JSON.stringify(model));
const read = async (path: string): Promise<Network> =>
  (await load(readFileSync(path), { backend: "reference" })) as Network;
const PREPARED =
  "the preparation of rows (channel) is no part of PyTorch's weights: what goes in there has to be prepared alike\n";

describe("export to PyTorch, import from it", () => {
  it.each([".pt", ".safetensors"])(
    "a saved model goes out as %s, and its weights come back into it",
    async (ending) => {
      const there = shop.path(`there${ending}`);
      const { code, stdout, stderr } = await cli(["export", saved, "--to", there]);
      expect([code, stdout, stderr]).toEqual([
        0,
        `${there}: ${readFileSync(there).length} bytes\n`,
        PREPARED,
      ]);
      const back = shop.path(`back${ending}.safetensors`);
      const again = await cli(["import", there, "--model", saved, "--out", back]);
      expect(again).toEqual({
        code: 0,
        stdout: `sequential: 2 x 16 -> classes a, b, c; ${back}\n`,
        stderr: "2 of num_batches_tracked passed over: nothing is computed from them\n",
      });
      const [before, after] = [await read(saved), await read(back)];
      expect(after.weights).toEqual(before.weights);
      expect([after.classes, after.preparation, after.model]).toEqual([
        before.classes,
        before.preparation,
        before.model,
      ]);
    },
  );

  it("safetensors that were exported need no --model", async () => {
    const there = shop.path("alone.safetensors");
    await cli(["export", saved, "--to", there]);
    const back = shop.path("alone-back.safetensors");
    expect((await cli(["import", there, "--out", back])).code).toBe(0);
    expect((await read(back)).preparation).toEqual(fields.preparation);
  });

  it("layers from a JSON file, classes from an option, one JSON object", async () => {
    const out = shop.path("json.safetensors");
    const words = [
      "import",
      `${folder}checkpoint.pt`,
      "--model",
      layers,
      "--classes",
      "x, y,z",
      "--out",
      out,
      "--json",
    ];
    const { code, stdout } = await cli(words);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      model: "sequential",
      classes: ["x", "y", "z"],
      out,
    });
    expect((await read(out)).classes).toEqual(["x", "y", "z"]);
  });

  it("names from a file", async () => {
    const names = shop.put(
      "names.json",
      JSON.stringify({
        early: "conv1d_1",
        late: "conv1d_2",
        before: "batchNorm_1",
        after: "batchNorm_2",
        head: "dense_1",
        unwanted: null,
      }),
    );
    const out = shop.path("named.safetensors");
    const words = ["import", `${folder}shuffled.pt`, "--model", layers, "--out", out];
    expect((await cli([...words, "--names", names])).code).toBe(0);
    expect(shop.has("named.safetensors")).toBe(true);
    const { code, stderr } = await cli(words);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("the file has outside of modules (unwanted 3) and the model nothing for it"),
    ]);
  });

  const sequential = `${folder}sequential.pt`;
  it.each<[string, string[], string]>([
    [
      "no layers",
      [sequential],
      "weights alone do not say what computes with them; give the layers by --model, a name, a JSON file or a model that toeplitz saved",
    ],
    [
      "no shape",
      [sequential, "--model", "fcn"],
      "--model fcn is made for rows of a shape; give --length and --classes (or --outputs, of values), and --channels where there are several",
    ],
    [
      "an architecture that it is not",
      [sequential, "--model", "fcn", "--length", "16", "--channels", "2", "--outputs", "3"],
      "the model has conv1d_1 (bias 128, weight 128x2x8)",
    ],
    [
      "a shape of a file",
      [sequential, "--model", layers, "--length", "16"],
      `--length is what ${layers} says already; leave it out`,
    ],
    [
      "classes of a saved model",
      [sequential, "--model", saved, "--classes", "a,b,c"],
      `--classes is what ${saved} says already; leave it out`,
    ],
    [
      "classes too few",
      [sequential, "--model", layers, "--classes", "a,b"],
      `--classes names 2, but ${layers} has 3 outputs; each has a name`,
    ],
    [
      "a class twice",
      [sequential, "--model", layers, "--classes", "a,a,b"],
      "the metadata's classes name one twice",
    ],
    ["classes without a model", [sequential, "--classes", "a,b,c"], "--classes goes with --model; give both"],
    [
      "classes and values",
      [sequential, "--model", "fcn", "--classes", "a,b,c", "--outputs", "3"],
      "--outputs is of values and --classes of classes; give one of them",
    ],
    [
      "an option too many",
      [layers.replace("net.json", "x.pt"), "--model", layers, "--hop", "2"],
      "unknown option '--hop'",
    ],
    ["another ending", ["net.h6"], 'net.h6: nothing is read with the ending ".h6"; it is one of '],
    ["a file that is not there", ["none.pt", "--model", layers], "none.pt"],
    [
      "no archive",
      [layers.replace("net.json", "text.pt"), "--model", layers],
      "it is no zip archive, as torch.save writes",
    ],
    [
      "no names",
      [sequential, "--model", layers, "--names", layers],
      "it is no JSON object of names, theirs to ours",
    ],
  ])("%s: one line, nothing written", async (name, words, message) => {
    shop.put("text.pt", "hello");
    const out = shop.path(`${name}.safetensors`);
    const { code, stdout, stderr } = await cli(["import", ...words, "--out", out]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n").length).toBe(1);
    expect(shop.has(`${name}.safetensors`)).toBe(false);
  });

  it("an --out of another ending, and an export onto the model itself, are refused", async () => {
    expect((await cli(["import", sequential, "--model", layers, "--out", "a.pt"])).stderr).toContain(
      `--out a.pt: a model file beside ${sequential}, with the ending .safetensors; name one`,
    );
    expect((await cli(["export", saved, "--to", saved])).stderr).toContain(
      "it is the model itself, which would be lost",
    );
  });

  it("reproduce says of an imported model that nothing of its training is known", async () => {
    const { code, stderr } = await cli(["reproduce", saved, "mnist1d"]);
    expect(code).toBe(2);
    expect(stderr.trim().split("\n").length).toBe(1);
  });
});

describe("import from Keras", () => {
  const keras = fileURLToPath(new URL("../../formats/keras/", import.meta.url));
  it.each(["functional.keras", "functional.h5"])("%s, with its layers", async (name) => {
    const out = shop.path(`${name}.safetensors`);
    const { code, stdout, stderr } = await cli([
      "import",
      `${keras}${name}`,
      "--classes",
      "a,b",
      "--out",
      out,
    ]);
    expect([code, stdout]).toEqual([0, `functional: 2 x 13 -> classes a, b; ${out}\n`]);
    expect(stderr).toContain("the softmax at the end is left to predict");
    expect((await read(out)).weights.length).toBeGreaterThan(10);
  });

  it("an option that says nothing of it, and a file that is none, are refused in one line", async () => {
    const out = shop.path("none.safetensors");
    const words = ["import", `${keras}functional.keras`, "--out", out];
    expect((await cli([...words, "--model", layers])).stderr).toContain(
      "--model says nothing of a .keras file; leave it out",
    );
    const bad = await cli(["import", `${keras}bad-weights.h5`, "--out", out]);
    expect([bad.code, bad.stderr.trim().split("\n").length]).toEqual([2, 1]);
    expect(shop.has("none.safetensors")).toBe(false);
  });
});
