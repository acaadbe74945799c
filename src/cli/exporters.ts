/** What `toeplitz export` writes, by the ending of the file: one list. */
import type { AnyModel } from "../formats/modelFile.ts";
import { InputError } from "../data/errors.ts";
import type { NetworkFields } from "../models/network.ts";
import type { Preparation } from "../models/preparation.ts";

/** Options of the verb beside the file. */
export interface ExportOptions {
  /** Rows of any length, where no layer holds to one. */
  readonly anyLength?: true;
}

export interface Exported {
  /** Files to write, the asked one first. */
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** What a person should know of them, a line each. */
  readonly notes: readonly string[];
}

export interface Exporter {
  /** What is written, in a few words, for --help. */
  readonly what: string;
  /** Throws InputError for models that cannot be written so, with what there is instead. */
  write(model: AnyModel, options: ExportOptions & { readonly to: string }): Promise<Exported> | Exported;
}

/** Weights for PyTorch, by whichever of its forms. */
const torch = (what: string, encoder: () => Promise<(fields: NetworkFields) => Uint8Array>): Exporter => ({
  what,
  async write(model, { to }) {
    if (model.kind !== "network")
      throw new InputError(`${to}: a ${model.kind} has no state dict; export a single network`);
    const { preparation } = model;
    const encode = await encoder();
    return {
      files: [{ path: to, bytes: encode(model) }],
      notes: isNone(preparation)
        ? []
        : [
            `the preparation of rows (${preparation.kind}${preparation.length === undefined ? "" : ", to one length"}) is no part of PyTorch's weights: what goes in there has to be prepared alike`,
          ],
    };
  },
});

const isNone = (preparation: Preparation): boolean =>
  preparation.kind === "none" && Object.keys(preparation).length === 1;

export const exporters: Readonly<Record<string, Exporter>> = {
  ".onnx": {
    what: "ONNX, for onnxruntime and others: rows in raw units in, logits and probabilities out",
    async write(model, { to, anyLength }) {
      const { encodeOnnx, onnxNotes } = await import("../formats/onnx/encode.ts");
      const bytes = encodeOnnx(model, { length: anyLength ? "any" : "fixed" });
      return { files: [{ path: to, bytes }], notes: onnxNotes(model) };
    },
  },
  ".safetensors": torch("PyTorch's state dict in safetensors", async () => {
    const { encodeStateDict } = await import("../formats/pytorch/stateDict.ts");
    return encodeStateDict;
  }),
  ".pt": torch("PyTorch's state dict as torch.save writes it", async () => {
    const { encodeTorch } = await import("../formats/pytorch/stateDict.ts");
    return encodeTorch;
  }),
};
