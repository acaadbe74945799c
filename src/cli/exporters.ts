/** What `toeplitz export` writes, by the ending of the file: one list. */
import type { AnyModel } from "../formats/modelFile.ts";

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

export const exporters: Readonly<Record<string, Exporter>> = {
  ".onnx": {
    what: "ONNX, for onnxruntime and others: rows in raw units in, logits and probabilities out",
    async write(model, { to, anyLength }) {
      const { encodeOnnx, onnxNotes } = await import("../formats/onnx/encode.ts");
      const bytes = encodeOnnx(model, { length: anyLength ? "any" : "fixed" });
      return { files: [{ path: to, bytes }], notes: onnxNotes(model) };
    },
  },
};
