/** What `toeplitz export` writes, by the ending of the file: one list. */
import { basename, dirname, extname, join } from "node:path";
import type { AnyModel } from "../formats/modelFile.ts";
import { decimals, grouped, percent, plural } from "./format.ts";
import type { Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { encodeC } from "../export/c/c.ts";
import type { CFiles, CodeKind } from "../export/c/code.ts";
import { encodeStreamC } from "../export/c/stream.ts";
import { encodeHtml } from "../export/html/html.ts";
import { encodeMjs, schedule } from "../export/mjs.ts";
import { encodeInt8, type Int8Scores } from "../export/int8/encode.ts";
import type { WasmPlace } from "../export/sheet.ts";
import { streamPart, type StreamAsked } from "../export/stream.ts";
import type { Evaluation, NetworkFields } from "../models/network.ts";
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
  /** Of .c: the rows by which it is quantised. */
  readonly int8?: string;
  /** With int8: how much accuracy (R2 of values) may be lost. */
  readonly maxLoss?: number;
  /** With int8: written whatever is lost. */
  readonly force?: true;
}

/** What an exporter gets: the options, and the rows that `int8` names. */
export interface Order extends ExportOptions {
  readonly to: string;
  readonly rows?: Dataset;
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
  write(model: AnyModel, order: Order): Promise<Exported> | Exported;
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
    const { preparation, temperature } = model;
    const encode = await encoder();
    return {
      files: [{ path: to, bytes: encode(model) }],
      notes: [
        ...(temperature === undefined
          ? []
          : [
              `the temperature ${decimals(temperature)} is no part of PyTorch's weights: divide logits by it before softmax`,
            ]),
        ...(isNone(preparation)
          ? []
          : [
              `the preparation of rows (${preparation.kind}${preparation.length === undefined ? "" : ", to one length"}) is no part of PyTorch's weights: what goes in there has to be prepared alike`,
            ]),
      ],
    };
  },
});

/** What may be lost of accuracy, or of R2, where nothing else is said. */
export const MAX_LOSS = 0.02;

/** What is said of int8 beside float. */
function scoresText({ float, int8, agreement }: Int8Scores, source: string): string {
  const same = Number.isNaN(agreement) ? "" : `, the same class for ${percent(agreement)}`;
  const words = ({ accuracy, r2 }: Evaluation): string =>
    r2 === undefined ? `accuracy ${percent(accuracy)}` : `R2 ${decimals(r2)}`;
  return `on ${plural(float.rows, "row")} of ${source} ${words(float)} in float, ${words(int8)} in int8${same}`;
}

/** What is wrong with that; null where no more is lost than may be. */
function lossFault({ float, int8 }: Int8Scores, most: number): string | null {
  const loss = (float.r2 ?? float.accuracy) - (int8.r2 ?? int8.accuracy);
  if (loss <= most) return null; // NaN is more
  return `int8 loses ${decimals(loss)}, more than ${most}; give rows as the model will see them, a larger --max-loss, or --force`;
}

/** C and what is beside it. */
function cFiles(
  to: string,
  { source, header, test }: Pick<CFiles, "source" | "header" | "test">,
  notes: readonly string[],
): Exported {
  const name = nameOf(to);
  return {
    files: [
      { path: to, bytes: bytesOf(source) },
      { path: beside(to, `${name}.h`), bytes: bytesOf(header) },
      { path: beside(to, `${name}_test.c`), bytes: bytesOf(test) },
    ],
    notes: [...notes, `check it where it will run: cc -std=c99 -O2 ${name}.c ${name}_test.c -lm && ./a.out`],
  };
}
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
    uses: ["code", "int8", "maxLoss", "force", "stream"],
    async write(model, { to, code, rows, maxLoss = MAX_LOSS, force, stream }) {
      const name = nameOf(to);
      if (stream && rows) throw new InputError(`${to}: int8 does not stream; leave --stream or --int8 out`);
      const float = stream
        ? await encodeStreamC(model, name, askedOf(stream), code)
        : await encodeC(model, name, code);
      const { flash, ram, products } = float;
      if (!rows)
        return cFiles(to, float, [
          `${kilobytes(flash)} of weights, ${kilobytes(ram)} of memory, ${grouped(products)} multiplications ${stream ? "a run" : "a row"}`,
        ]);
      const int8 = await encodeInt8(model, name, rows, code);
      const said = scoresText(int8.scores, rows.name);
      const fault = lossFault(int8.scores, maxLoss);
      if (fault !== null && !force) throw new InputError(`${to}: ${said}: ${fault}; nothing is written`);
      return cFiles(to, int8, [
        ...(fault === null ? [] : [`warning: ${fault}`]),
        said,
        `${kilobytes(int8.flash)} of weights instead of ${kilobytes(flash)}, ${kilobytes(int8.ram)} of memory instead of ${kilobytes(ram)}`,
      ]);
    },
  },
};
