/** `toeplitz export` and `toeplitz import`: networks that leave and come in. */
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { architectures } from "../../../src/index.ts";
import { encodeModel } from "../../../src/formats/modelFile.ts";
import { ELEMENT } from "../../../src/formats/onnx/schema.ts";
import { encode } from "../../../src/formats/onnx/wire.ts";
import { networkOf } from "../../formats/onnx/harness.ts";
import { cli, workshop } from "../harness.ts";

const shop = workshop();
const classes = ["up", "down"];
const fields = networkOf(
  architectures.tcn({ channels: 1, length: 30, classes }, { channels: 4, levels: 2 }),
  {
    classes,
    preparation: {
      kind: "channel",
      mean: [1],
      deviation: [2],
      length: 30,
      pad: "zero",
      at: "end",
      fill: "linear",
    },
  },
);
const MODEL = shop.put("model.safetensors", encodeModel(fields));

describe("toeplitz export", () => {
  it("writes ONNX and says what whoever runs it has to know", async () => {
    const to = shop.path("out.onnx");
    const { code, stdout, stderr } = await cli(["export", MODEL, "--to", to]);
    const size = readFileSync(to).length;
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${to}: ${size} bytes\n` });
    expect(stderr).toBe(
      "missing values (NaN) are not filled in by the graph: fill them in before (the model's preparation says linear)\n" +
        "rows of a call are of one length, whichever that is: of unequal rows, give those of each length by themselves\n",
    );
  });

  it("refuses an ending that it does not write, and a length that is not free", async () => {
    expect(await cli(["export", MODEL, "--to", "x.txt"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        '--to x.txt: nothing is written with the ending ".txt"; it is one of .onnx',
      ) as string,
    });
    const fixed = shop.put(
      "fixed.safetensors",
      encodeModel(networkOf(architectures.mnist1dCnn({ channels: 1, length: 40, classes }), { classes })),
    );
    const { code, stderr } = await cli(["export", fixed, "--to", shop.path("any.onnx"), "--any-length"]);
    expect(code).toBe(2);
    expect(stderr).toContain(
      "the model mnist1d-cnn does not take rows of 80 values: dense_1 has filter 2 x 25 x 5",
    );
    expect(shop.has("any.onnx")).toBe(false);
  });
});

describe("toeplitz import", () => {
  it("gives a model of ours back, byte for byte", async () => {
    const [file, out] = [shop.path("there.onnx"), shop.path("back.safetensors")];
    await cli(["export", MODEL, "--to", file]);
    const { code, stdout, stderr } = await cli(["import", file, "--out", out]);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `tcn: 1 x 30 -> classes up, down; ${out}\n`,
      stderr: "",
    });
    expect(Buffer.compare(readFileSync(out), readFileSync(MODEL))).toBe(0);
  });

  const pytorch = (name: string): string =>
    new URL(`../../formats/onnx/pytorch/${name}`, import.meta.url).pathname;

  it("reads a network of PyTorch, with the names that are given", async () => {
    const out = shop.path("lenet.safetensors");
    const { code, stdout, stderr } = await cli([
      "import",
      pytorch("03.onnx"),
      "--out",
      out,
      "--classes",
      "walk,run,fall",
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(`torch_jit: 2 x 24 -> classes walk, run, fall; ${out}\n`);
  });

  it("says how outputs are taken, and what is missing, in one line", async () => {
    const told = await cli(["import", pytorch("03.onnx"), "--out", shop.path("l.safetensors"), "--json"]);
    expect(JSON.parse(told.stdout)).toMatchObject({
      schema: 1,
      model: "torch_jit",
      takes: { channels: 2, length: 24 },
      classes: ["0", "1", "2"],
      notes: [
        "its outputs are taken as the logits of classes, called 0 to 2; name them by classes, or say that they are values",
      ],
    });
    const open = [pytorch("04.onnx"), "--out", shop.path("v.safetensors")];
    const { code, stderr } = await cli(["import", ...open]);
    expect(code).toBe(2);
    expect(stderr).toContain(
      'its input "x" has the dimensions [?, 2, ?]: its length is open; give it (--length N',
    );
    expect(await cli(["import", ...open, "--length", "24"])).toMatchObject({ code: 0 });
    expect(await cli(["import", "x.txt", "--out", shop.path("x.safetensors")])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'x.txt: nothing is read with the ending ".txt"; it is one of .onnx',
      ) as string,
    });
    const damaged = shop.put("damaged.onnx", readFileSync(pytorch("03.onnx")).subarray(0, 500));
    expect(await cli(["import", damaged, "--out", shop.path("d.safetensors")])).toMatchObject({
      code: 2,
      stdout: "",
    });
    expect(shop.has("d.safetensors")).toBe(false);
  });

  const outside = (location: string): Uint8Array =>
    encode("Model", {
      irVersion: 8,
      opsets: [{ version: 13 }],
      graph: encode("Graph", {
        nodes: [{ op: "Conv", inputs: ["x", "w"], outputs: ["y"] }],
        inputs: [
          {
            name: "x",
            type: { tensor: { element: 1, shape: { dims: [{ name: "n" }, { value: 1 }, { value: 4 }] } } },
          },
        ],
        outputs: [{ name: "y" }],
        tensors: [
          {
            name: "w",
            dims: [2, 1, 1],
            type: ELEMENT.float,
            location: 1,
            external: [{ key: "location", value: location }],
          },
        ],
      }),
    });

  it("reads data beside the file, and refuses links, folders and what is elsewhere", async () => {
    shop.put("w.bin", new Uint8Array(Float32Array.of(1, 2).buffer));
    mkdirSync(shop.path("folder"));
    symlinkSync(shop.path("w.bin"), shop.path("link.bin"));
    const out = shop.path("external.safetensors");
    const tried = async (location: string) =>
      cli(["import", shop.put("e.onnx", outside(location)), "--out", out]);
    expect(await tried("w.bin")).toMatchObject({ code: 0 });
    for (const [location, line] of [
      ["link.bin", "a link leads to it; put the file itself beside the model file"],
      ["folder", "it is no file"],
      ["none.bin", "there is no such file"],
      ["../w.bin", "only files in the folder of the model file are read"],
      ["/etc/hostname", "only files in the folder of the model file are read"],
    ] as const)
      expect(await tried(location)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(line) as string,
      });
  });
});
