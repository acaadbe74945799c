/** `predict --layer`, `predict --length`, and `train --ignore-padding`. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { fit, layers as L, load, model } from "../../src/index.ts";
import { readDataset, save } from "../../src/node.ts";
import { cli, tsText, workshop } from "./harness.ts";

const shop = workshop();
const data = shop.put("waves.ts", tsText(20));
const file = shop.path("small.safetensors");
const flat = shop.path("flat.safetensors");

beforeAll(async () => {
  const train = await readDataset(data);
  const pooled = model(train, (x) =>
    L.dense(L.globalAveragePool(L.conv1d(x, { filters: 2, kernelSize: 3 })), { units: 2 }),
  );
  const dense = model(train, (x) => L.dense(L.conv1d(x, { filters: 2, kernelSize: 3 }), { units: 2 }));
  await save((await fit(pooled, train, { steps: 5 })).model, file);
  await save((await fit(dense, train, { steps: 5 })).model, flat);
});

describe("predict --layer", () => {
  it("writes a layer's values: a column a channel, or a channel and position", async () => {
    const csv = await cli(["predict", file, data, "--layer", "globalAveragePool_1"]);
    expect(csv).toMatchObject({ code: 0, stderr: "" });
    const [head, first] = csv.stdout.split("\n");
    expect(head).toBe("row,globalAveragePool_1[0],globalAveragePool_1[1]");
    const net = await load(new Uint8Array(readFileSync(file)));
    if (net.kind !== "network") throw new Error("it is a network");
    const train = await readDataset(data);
    const { values } = await net.embed(train);
    expect(first).toBe(`0,${values[0]},${values[1]}`);

    const out = shop.path("features.jsonl");
    const words = ["predict", file, data, "--layer", "conv1d_1"];
    expect((await cli([...words, "--out", out])).code).toBe(0);
    const lines = readFileSync(out, "utf8").trim().split("\n");
    const row = JSON.parse(lines[3]) as { row: number; values: number[] };
    expect([lines.length, row.row, row.values.length]).toEqual([20, 3, 20]);
    expect((await cli(words)).stdout).toMatch(/^row,conv1d_1\[0\]\[0\],conv1d_1\[0\]\[1\],/);
  });

  it("answers a name that no layer has with those there are", async () => {
    expect(await cli(["predict", file, data, "--layer", "conv1d1"])).toEqual({
      code: 2,
      stdout: "",
      stderr:
        'toeplitz: the model model: layer "conv1d1" is unknown (did you mean conv1d_1?); it is one of conv1d_1, globalAveragePool_1, dense_1\n',
    });
    const both = await cli(["predict", file, data, "--layer", "conv1d_1", "--intervals"]);
    expect(both.stderr).toBe("toeplitz: --intervals and --layer are both given; give one\n");
  });

  it("is for a single network", async () => {
    const rocket = shop.path("rocket");
    expect((await cli(["train", data, "--model", "minirocket", "--out", rocket, "--quiet"])).code).toBe(0);
    expect((await cli(["predict", rocket, data, "--layer", "conv1d_1"])).stderr).toMatch(
      /--layer is about the layers of a network, and this is minirocket, which has none; leave it out\n$/,
    );
  });
});

describe("predict --length", () => {
  it("takes longer rows where no layer fixes the length, and says which one does", async () => {
    const long = shop.put("long.ts", tsText(6, { length: 30 }));
    expect((await cli(["predict", file, long])).code).toBe(2);
    const { code, stdout } = await cli(["predict", file, long, "--length", "30"]);
    expect([code, stdout.split("\n").length]).toEqual([0, 8]);
    expect((await cli(["predict", flat, long, "--length", "30"])).stderr).toBe(
      "toeplitz: the model model does not take rows of 30 values: dense_1 has filter 2 x 2 x 10, bias 1 x 2 x 1 for rows of 12, " +
        "and would have filter 2 x 2 x 28, bias 1 x 2 x 1; a model with a global pool before it takes rows of any length\n",
    );
  });
});

describe("train --ignore-padding", () => {
  it("makes the global pools leave padding out, in the model file and for reproduce", async () => {
    const shorter = tsText(8, { length: 7 }).split("@data\n")[1];
    const ragged = shop.put("ragged.ts", tsText(8) + shorter);
    const out = shop.path("ragged");
    const words = ["train", ragged, "--model", "fcn", "--steps", "2", "--quiet", "--out"];
    expect(await cli([...words, out, "--ignore-padding"])).toMatchObject({ code: 0 });
    const net = await load(new Uint8Array(readFileSync(`${out}/model.safetensors`)));
    if (net.kind !== "network") throw new Error("it is a network");
    expect(net.model.layers.find(({ kind }) => kind === "globalAveragePool")?.options).toEqual({
      ignore: "padding",
    });
    expect((await cli(["reproduce", out, ragged, "--quiet"])).code).toBe(0);
    const plain = shop.path("plain");
    expect((await cli([...words, plain])).code).toBe(0);
    const other = await load(new Uint8Array(readFileSync(`${plain}/model.safetensors`)));
    expect(other.provenance.weightsSha256).not.toBe(net.provenance.weightsSha256);
    expect(
      (await cli([...words, shop.path("chain"), "--ignore-padding", "--model", "chain", "--filters", "3,3"]))
        .stderr,
    ).toMatch(
      /the model chain has no globalAveragePool and no globalMaxPool, whose padding could be ignored/,
    );
  });
});
