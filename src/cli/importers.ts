/** What `toeplitz import` reads, by the ending of the file: one list. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import type { ModelFields } from "../formats/modelFile.ts";
import { fileError, readBytes } from "../node.ts";

/** Options of the verb beside the files. */
export interface ImportFlags {
  /** Class names in the order of the outputs. */
  readonly classes?: readonly string[];
  /** The outputs are the values of a regression. */
  readonly values?: true;
  /** Positions of a row, where the file leaves them open. */
  readonly length?: number;
  /** The output that is read, where there are several. */
  readonly output?: string;
}

export interface Importer {
  /** What is read, in a few words, for --help. */
  readonly what: string;
  /** Throws InputError for what no model here can be, with the first place in the file and the remedy. */
  read(
    path: string,
    flags: ImportFlags,
  ): Promise<{ readonly model: ModelFields; readonly notes: readonly string[] }>;
}

export const importers: Readonly<Record<string, Importer>> = {
  ".onnx": {
    what: "ONNX: a network of one dimension, by its nodes; a file of toeplitz, as it was",
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
