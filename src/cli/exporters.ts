/** What `toeplitz export` writes, by the ending of the file: one list. */
import { basename, dirname, extname, join } from "node:path";
import type { AnyModel } from "../formats/modelFile.ts";
import { grouped } from "./format.ts";
import { InputError } from "../data/errors.ts";
import { encodeC } from "../export/c/c.ts";
import { encodeStreamC } from "../export/c/stream.ts";
import type { CodeKind } from "../export/c/code.ts";
import { encodeHtml } from "../export/html/html.ts";
import { encodeMjs, schedule } from "../export/mjs.ts";
import type { WasmPlace } from "../export/sheet.ts";
import { streamPart, type StreamAsked } from "../export/stream.ts";
import type { NetworkFields } from "../models/network.ts";
import type { Preparation } from "../models/preparation.ts";

/** Options of the verb beside the file. */
export interface ExportOptions {
  /** Of .onnx: rows of any length, where no layer holds to one. */
  readonly anyLength?: true;
  /** Of .mjs: where its WebAssembly is. */
  readonly wasm?: WasmPlace;
  /** Of .c: what its code is for. */
  readonly code?: CodeKind;
  /** Of .mjs and .c: it streams too; of a network that answers whole series, for a hop. */
  readonly stream?: true | number;
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
  /** The options that it has a use for; others are refused. */
  readonly uses: readonly (keyof ExportOptions)[];
  /** Throws InputError for models that cannot be written so, with what there is instead. */
  write(model: AnyModel, options: ExportOptions & { readonly to: string }): Promise<Exported> | Exported;
}

/** What the files of a program are called: the asked one without its ending. */
const nameOf = (to: string): string => basename(to, extname(to));
const beside = (to: string, file: string): string => join(dirname(to), file);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

/** Weights for PyTorch, by whichever of its forms. */
const torch = (what: string, encoder: () => Promise<(fields: NetworkFields) => Uint8Array>): Exporter => ({
  what,
  uses: [],
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

const askedOf = (stream: true | number): StreamAsked => (stream === true ? {} : { hop: stream });

const isNone = (preparation: Preparation): boolean =>
  preparation.kind === "none" && Object.keys(preparation).length === 1;

export const exporters: Readonly<Record<string, Exporter>> = {
  ".onnx": {
    what: "ONNX, for onnxruntime and others: rows in raw units in, logits and probabilities out",
    uses: ["anyLength"],
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
  ".mjs": {
    what: "a module for Node, Deno, Bun, browsers and workers, with its types (.d.mts)",
    uses: ["wasm", "stream"],
    async write(model, { to, wasm: place = "inside", stream }) {
      const part = stream && (await streamPart(model, basename(to), askedOf(stream), { schedule }));
      const { module, types, wasm } = encodeMjs(model, nameOf(to), place, part || undefined);
      return {
        files: [
          { path: to, bytes: bytesOf(module) },
          { path: beside(to, `${nameOf(to)}.d.mts`), bytes: bytesOf(types) },
          ...(place === "beside" ? wasm.map(({ file, bytes }) => ({ path: beside(to, file), bytes })) : []),
        ],
        notes: [
          `import { load } from "./${basename(to)}"; const model = await load(); model.${stream ? "stream().push(samples)" : "predict(row)"}`,
        ],
      };
    },
  },
  ".html": {
    what: "a page that works without a network: a file, the microphone or motion in, the answer out",
    uses: [],
    write(model, { to }) {
      return { files: [{ path: to, bytes: bytesOf(encodeHtml(model, nameOf(to))) }], notes: [] };
    },
  },
  ".c": {
    what: "C99 with its header and a test program, for anything with a C compiler",
    uses: ["code", "stream"],
    async write(model, { to, code, stream }) {
      const name = nameOf(to);
      const { source, header, test, flash, ram, products } = stream
        ? await encodeStreamC(model, name, askedOf(stream), code)
        : await encodeC(model, name, code);
      return {
        files: [
          { path: to, bytes: bytesOf(source) },
          { path: beside(to, `${name}.h`), bytes: bytesOf(header) },
          { path: beside(to, `${name}_test.c`), bytes: bytesOf(test) },
        ],
        notes: [
          `${kilobytes(flash)} of weights, ${kilobytes(ram)} of memory, ${grouped(products)} multiplications ${stream ? "a run" : "a row"}`,
          `check it where it will run: cc -std=c99 -O2 ${name}.c ${name}_test.c -lm && ./a.out`,
        ],
      };
    },
  },
};
