import { describe, expect, it } from "vitest";
import { npy } from "../../readers/bytes.ts";
import { cli, workshop } from "../harness.ts";

const shop = workshop();
const toy = shop.put(
  "toy.ts",
  "@problemName toy\n@classLabel true up down\n@data\n1,2,3,4:up\n2,3,4,5:up\n4,?,2,1:down\n3,2:down\n",
);

describe("inspect", () => {
  it("shows shapes, lengths, gaps, classes with a spark line each, and what train would use", async () => {
    const { code, stdout, stderr } = await cli(["inspect", toy]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(
      [
        `toy (${toy})`,
        "  rows      4 rows",
        "  channels  1",
        "  lengths   2 to 4 values, the middle one 4",
        "  missing   1 value in 1 row",
        "  values    1 to 5",
        "  classes   2",
        "",
        "  class  rows    share  mean",
        "  up        2  50.00 %  ▁▃▆█",
        "  down      2  50.00 %  █▄▄▁",
        "",
        `toeplitz train ${toy}   would use fcn, 300 epochs, batch 4, adam 0.001, cosine, crossEntropy, normalize channel, fill linear, length 4, pad zero, at end`,
        "",
      ].join("\n"),
    );
  });

  it("prints one JSON object, with the test part of a source that has one", async () => {
    const { stdout } = await cli(["inspect", "mnist1d", "--json"]);
    const told = JSON.parse(stdout);
    expect([told.schema, told.rows, told.channels, told.length, told.test.rows]).toEqual([
      1, 4000, 1, 40, 1000,
    ]);
    expect(told.classes[1]).toEqual({ name: "1", count: 396 });
    expect(told.missing).toEqual({ values: 0, rows: 0 });
    expect(told.train).toMatchObject({ model: "mnist1d-cnn", length: { steps: 6000 }, batch: 100 });
  });

  it("tells targets, and rows without an answer, which train does not take", async () => {
    const targets = shop.put("r.ts", "@targetLabel true\n@data\n1,2:0.5\n3,4:1.5\n5,6:4\n");
    expect((await cli(["inspect", targets])).stdout).toContain(
      "  targets   1 a row: 0.5 to 4, the middle one 1.5, mean 2\n",
    );
    const none = shop.put("recording.npy", npy("<f4", [3], [1, 2, 3]));
    expect((await cli(["inspect", none])).stdout).toContain(
      "  answers   none: rows have no class and no target\n",
    );
    expect(JSON.parse((await cli(["inspect", none, "--json"])).stdout)).toMatchObject({
      answers: null,
      train: null,
    });
  });

  it("says on stderr and in its JSON how the data were read, and so do train, evaluate, predict and explain", async () => {
    const cube = Array.from({ length: 24 }, (_, i) => (i * i) % 7);
    const array = shop.put("x.npy", npy("<f4", [4, 3, 2], cube));
    shop.put("y.npy", npy("<i4", [4], [0, 1, 0, 1]));
    const note =
      `${array}: shape (4, 3, 2) is taken as [rows, time, channels], 2 channels of 3 values, by the rule that the shorter of the ` +
      "last two axes is the channels; if it is not so, give --axes rows,channels,time (axes in code)";
    const whole = `${shop.path("y.npy")}: y are whole numbers: taken as 2 classes; --answers values for regression`;
    const { stdout, stderr } = await cli(["inspect", array, "--json"]);
    expect(JSON.parse(stdout).notes).toEqual([note, whole]);
    expect(stderr).toBe(`note: ${note}\nnote: ${whole}\n`);
    const model = shop.path("axes/model.safetensors");
    for (const words of [
      ["train", array, "--epochs", "1", "--model", "fcn", "--out", shop.path("axes")],
      ["evaluate", model, array],
      ["predict", model, array],
      ["explain", model, array],
    ])
      expect(await cli(words)).toMatchObject({ code: 0, stderr: expect.stringContaining(`note: ${note}\n`) });
    const said = await cli(["inspect", array, "--json", "--axes", "rows,channels,time"]);
    expect([JSON.parse(said.stdout).channels, JSON.parse(said.stdout).notes, said.stderr]).toEqual([
      3,
      [whole],
      `note: ${whole}\n`,
    ]);
    expect((await cli(["inspect", array, "--axes", "time,rows"])).code).toBe(2);
  });

  it("names what train, evaluate and explain do not take", async () => {
    const model = shop.path("run/model.safetensors");
    const clean = shop.put("clean.ts", "@classLabel true a b\n@data\n1,2,3:a\n3,2,1:b\n1,3,4:a\n4,2,0:b\n");
    await cli(["train", clean, "--epochs", "1", "--model", "fcn", "--out", shop.path("run"), "--quiet"]);
    const none = shop.put("unlabelled.npy", npy("<f4", [2, 3], [1, 2, 3, 4, 5, 6]));
    for (const words of [
      ["train", none],
      ["evaluate", model, none],
      ["explain", model, none],
    ])
      expect(await cli(words)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/rows have no class/),
      });
  });

  it("refuses what cannot be read in one line, and shows examples in its help", async () => {
    const { code, stderr } = await cli(["inspect", shop.path("nope.ts")]);
    expect([code, stderr]).toEqual([
      2,
      `toeplitz: ${shop.path("nope.ts")}: cannot read it: there is no such file or folder; check the path\n`,
    ]);
    expect((await cli(["inspect", "--help"])).stdout).toMatch(
      /Examples:\n {2}toeplitz inspect GunPoint_TRAIN\.ts/,
    );
  });
});
