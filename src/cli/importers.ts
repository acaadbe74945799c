/** What `toeplitz import` reads, by the ending of the file: one list. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import type { ModelFields } from "../formats/modelFile.ts";
import { fileError, readBytes } from "../node.ts";
import { importTarget, type TargetFlags } from "./importTarget.ts";

/** Options of the verb beside the files. */
export interface ImportFlags extends TargetFlags {
  /** ONNX: the outputs are the values of a regression. */
  readonly values?: true;
  /** ONNX: the output that is read, where there are several. */
  readonly output?: string;
  /** Weights alone: a JSON file of names, theirs to ours. */
  readonly names?: string;
}

export interface Importer {
  /** What is read, in a few words, for --help. */
  readonly what: string;
  /** The options that say something of such a file; others are refused. */
  readonly flags: readonly (keyof ImportFlags)[];
  /** Throws InputError for what no model here can be, with the first place in the file and the remedy. */
  read(
    path: string,
    flags: ImportFlags,
  ): Promise<{ readonly model: ModelFields; readonly notes: readonly string[] }>;
}

const torch = (what: string, form: "safetensors" | "pt"): Importer => ({
  what,
  flags: ["model", "names", "classes", "outputs", "channels", "length"],
  async read(path, { names, ...options }) {
    const { importTorch, nameMap } = await import("../formats/pytorch/importWeights.ts");
    const { fields, notes } = importTorch(await readBytes(path), form, {
      target: await importTarget(options),
      names:
        names === undefined ? undefined : nameMap(new TextDecoder().decode(await readBytes(names)), names),
      file: path,
    });
    return { model: fields, notes };
  },
});

const keras = (what: string, form: "keras" | "h5"): Importer => ({
  what,
  flags: ["classes", "length"],
  async read(path, { classes, length }) {
    const { importKeras } = await import("../formats/keras/importKeras.ts");
    const { readHdf5 } = await import("../readers/node/hdf5.ts");
    const { fields, notes } = importKeras(await readBytes(path), form, {
      hdf5: readHdf5,
      file: path,
      classes,
      length,
    });
    return { model: fields, notes };
  },
});

const PT = "PyTorch's torch.save(model.state_dict(), FILE), for the layers of --model";

export const importers: Readonly<Record<string, Importer>> = {
  ".onnx": {
    what: "ONNX: a network of one dimension, by its nodes; a file of toeplitz, as it was",
    flags: ["classes", "values", "length", "output"],
    async read(path, { classes, values, length, output }) {
      const { decodeOnnx } = await import("../formats/onnx/decode.ts");
      return decodeOnnx(await readBytes(path), {
        file: path,
        external: besides(path),
        ...(classes && { classes }),
        ...(values && { answers: "values" }),
        ...(length !== undefined && { length }),
        ...(output !== undefined && { output }),
      });
    },
  },
  ".safetensors": torch("a state dict of PyTorch, for the layers of --model", "safetensors"),
  ".pt": torch(PT, "pt"),
  ".pth": torch("the same", "pt"),
  ".keras": keras("a network of Keras 3: Sequential or functional, of layers of one dimension", "keras"),
  ".h5": keras("the same as one HDF5 file, of Keras 2 too", "h5"),
};

/** Reads files in the folder of another, each once; links out of it, and what is no file, are refused. */
function besides(path: string): (name: string) => Uint8Array {
  const known = new Map<string, Uint8Array>();
  return (name) => {
    const found = known.get(name);
    if (found) return found;
    const refuse = (what: string): never => {
      throw new InputError(`${path}: its data in ${quote(name)} are not read: ${what}`);
    };
    let bytes: Uint8Array;
    try {
      const full = join(realpathSync(dirname(path)), name);
      if (realpathSync(full) !== full)
        refuse("a link leads to it; put the file itself beside the model file");
      if (!statSync(full).isFile()) refuse("it is no file");
      bytes = readFileSync(full);
    } catch (error) {
      throw fileError(error, join(dirname(path), name), "read");
    }
    known.set(name, bytes);
    return bytes;
  };
}
