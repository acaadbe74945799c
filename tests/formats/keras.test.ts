/** Networks from Keras: files in its layout with what numpy computes of them (scripts/keras/files.py). */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { unzipSync, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { importKeras, type KerasImport } from "../../src/formats/keras/importKeras.ts";
import { InputError, network } from "../../src/index.ts";
import { readHdf5 } from "../../src/readers/node/hdf5.ts";
import { distance, values } from "../pytorch/vectors.ts";

const folder = fileURLToPath(new URL("./keras/", import.meta.url));
const file = (name: string): Uint8Array => readFileSync(folder + name);
const { rows, length, channels, outputs } = JSON.parse(readFileSync(`${folder}cases.json`, "utf8")) as {
  rows: number;
  length: number;
  channels: number;
  outputs: Record<string, string>;
};
const floats = (text: string): Float32Array =>
  new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);
/** The rows as [channels, positions]. */
const given = values("x", rows * length * channels);
const series = Float64Array.from({ length: given.length }, (_, i) => {
  const [n, c, t] = [Math.floor(i / (channels * length)), Math.floor(i / length) % channels, i % length];
  return given[(n * length + t) * channels + c];
});
const formOf = (name: string) => (name.endsWith(".h5") ? "h5" : "keras");
const read = (name: string, bytes = file(name), options: Partial<KerasImport> = {}) =>
  importKeras(bytes, formOf(name), { hdf5: readHdf5, file: name, ...options });

describe("files of Keras", () => {
  it.each(["sequential.keras", "sequential.h5", "functional.keras", "functional.h5"])(
    "%s gives what its layers compute",
    async (name) => {
      const { fields } = read(name);
      const net = await network(fields, { backend: "reference" });
      expect(distance(net.outputs({ series, rows }), floats(outputs[name.split(".")[0]]))).toBeLessThan(1e-6);
    },
  );

  it("a softmax at the end of a classifier is left to predict", async () => {
    const { fields, notes } = read("functional.keras", undefined, { classes: ["a", "b"] });
    const net = await network(fields, { backend: "reference" });
    expect(notes[0]).toBe("the softmax at the end is left to predict, which takes it of every classifier");
    const probabilities = net.predictRows({ series, rows }).flatMap((row) => row.probabilities);
    expect(distance(probabilities, floats(outputs.functional))).toBeLessThan(1e-6);
  });

  /** The `.keras` with its configuration changed. */
  function changed(name: string, change: (config: KerasConfig) => void): Uint8Array {
    const entries = unzipSync(file(name));
    const config = JSON.parse(new TextDecoder().decode(entries["config.json"])) as KerasConfig;
    change(config);
    return zipSync({ ...entries, "config.json": new TextEncoder().encode(JSON.stringify(config)) });
  }
  const layersOf = (config: KerasConfig) => config.config.layers;

  it.each<[string, Uint8Array, string]>([
    [
      "a layer of another class",
      changed("sequential.keras", (c) => void (layersOf(c)[2].class_name = "LSTM")),
      'layer "bn" ("LSTM"): no layer of that class is read; those that are: Conv1D, ',
    ],
    [
      "weights of another shape",
      changed("sequential.keras", (c) => void (layersOf(c)[1].config.filters = 5)),
      'layer "first" has weights of [4, 2, 4], and its configuration wants [4, 2, 5]',
    ],
    [
      "another activation",
      changed("sequential.keras", (c) => void (layersOf(c)[1].config.activation = "hard_sigmoid")),
      'layer "first" ("Conv1D"): its activation is "hard_sigmoid"; linear, relu, ',
    ],
    [
      "any length",
      changed("sequential.keras", (c) => void (layersOf(c)[0].config.batch_shape = [null, null, 2])),
      "its input has any number of positions; say how many by --length",
    ],
    [
      "pictures",
      changed("sequential.keras", (c) => void (layersOf(c)[0].config.batch_shape = [null, 8, 8, 3])),
      "its input is no [batch, positions, channels]; rows of positions and channels are read",
    ],
    [
      "a class of its own",
      changed("sequential.keras", (c) => void (c.class_name = "MyModel")),
      'it is a "MyModel", and only Sequential and functional models say their layers',
    ],
    [
      "a layer before the one that it reads",
      changed("functional.keras", (c) => void (c.config.layers = layersOf(c).toReversed())),
      ", which is no layer before it",
    ],
    [
      "a pool behind Flatten",
      changed("functional.keras", (c) => void (layersOf(c)[16].class_name = "GlobalMaxPooling1D")),
      'layer "act" ("GlobalMaxPooling1D"): behind Flatten a dense layer is read, and nothing else',
    ],
    [
      "no configuration",
      zipSync({ a: new Uint8Array(1) }),
      "it has no config.json and model.weights.h5, as Keras 3 saves them",
    ],
  ])("%s is refused", (name, bytes, message) => {
    expect(() => read("f.keras", bytes), name).toThrow(InputError);
    expect(() => read("f.keras", bytes)).toThrow(message);
  });

  it("weights alone are refused", () => {
    expect(() => read("bad-weights.h5")).toThrow(
      'bad-weights.h5: it holds weights without their layers (no model_config); save the whole model: model.save("FILE.keras")',
    );
    expect(() => read("none.h5", new Uint8Array(64))).toThrow(
      "none.h5: it is no HDF5 file that can be read, or damaged; save the model again",
    );
  });
});

interface KerasLayerJson {
  class_name: string;
  config: Record<string, unknown>;
}
interface KerasConfig {
  class_name: string;
  config: { layers: KerasLayerJson[] };
}
