/** What `toeplitz import` reads, by the ending of the file: one list. */
import type { ModelFields } from "../formats/modelFile.ts";
import { readBytes } from "../node.ts";
import { importTarget, type TargetFlags } from "./importTarget.ts";

/** Options of the verb beside the files. */
export interface ImportFlags extends TargetFlags {
  /** A JSON file of names, theirs to ours. */
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
  ".safetensors": torch("a state dict of PyTorch, for the layers of --model", "safetensors"),
  ".pt": torch(PT, "pt"),
  ".pth": torch("the same", "pt"),
  ".keras": keras("a network of Keras 3: Sequential or functional, of layers of one dimension", "keras"),
  ".h5": keras("the same as one HDF5 file, of Keras 2 too", "h5"),
};
