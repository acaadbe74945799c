/** What `toeplitz import` reads, by the ending of the file: one list. */
import type { NetworkFields } from "../models/network.ts";
import { readBytes } from "../node.ts";

/** Options of the verb beside the files. */
export interface ImportOptions {
  /** The layers: an architecture, a JSON file or a saved model. */
  readonly model?: string;
  /** A JSON file of names, theirs to ours. */
  readonly names?: string;
  readonly classes?: readonly string[];
  readonly outputs?: number;
  readonly channels?: number;
  readonly length?: number;
}

export interface Imported {
  readonly fields: NetworkFields;
  /** What a person should know of them, a line each. */
  readonly notes: readonly string[];
}

export interface Importer {
  /** What is read, in a few words, for --help. */
  readonly what: string;
  /** Throws InputError for what cannot be read so, with what there is instead. */
  read(path: string, options: ImportOptions): Promise<Imported>;
}

const torch = (what: string, form: "safetensors" | "pt"): Importer => ({
  what,
  async read(path, { names, ...options }) {
    const { importTorch, nameMap } = await import("../formats/pytorch/importWeights.ts");
    const { importTarget } = await import("./importTarget.ts");
    return importTorch(await readBytes(path), form, {
      target: await importTarget(options),
      names:
        names === undefined ? undefined : nameMap(new TextDecoder().decode(await readBytes(names)), names),
      file: path,
    });
  },
});

const PT = "PyTorch's torch.save(model.state_dict(), FILE), for the layers of --model";

export const importers: Readonly<Record<string, Importer>> = {
  ".safetensors": torch("a state dict of PyTorch, for the layers of --model", "safetensors"),
  ".pt": torch(PT, "pt"),
  ".pth": torch("the same", "pt"),
};
