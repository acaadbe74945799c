/** What a model is exported as, by the ending of the file: one list, for the command line and for the studio. */
import type { AnyModel } from "../formats/modelFile.ts";
import { encodeOnnx, onnxNotes } from "../formats/onnx/encode.ts";
import { encodeStateDict, encodeTorch } from "../formats/pytorch/stateDict.ts";
import { decimals, grouped, percent, plural } from "../data/numberText.ts";
import type { Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { encodeC } from "./c/c.ts";
import type { CFiles, CodeKind } from "./c/code.ts";
import { encodeStreamC } from "./c/stream.ts";
import { encodeHtml } from "./html/html.ts";
import { encodeMjs, schedule } from "./mjs.ts";
import { encodeInt8, type Int8Scores } from "./int8/encode.ts";
import type { WasmPlace } from "./sheet.ts";
import { streamPart, type StreamAsked } from "./stream.ts";
import type { Evaluation, NetworkFields } from "../models/network.ts";
import type { Preparation } from "../models/preparation.ts";

/** What an export may be told beside the file; each exporter says which of it it `uses`. */
export interface ExportOptions {
  /** Of .onnx: rows of any length, where no layer holds to one. */
  readonly anyLength?: true;
  /** Of .mjs: where its WebAssembly is. */
  readonly wasm?: WasmPlace;
  /** Of .c: what its code is for. */
  readonly code?: CodeKind;
  /** Of .mjs and .c: it streams too; of a network that answers whole series, for a hop. */
  readonly stream?: true | number;
  /** Of .c: rows by which it is quantised, to 8 bits; labelled, and with the model's classes. */
  readonly int8?: Dataset;
  /** With int8: how much accuracy (R2 of values) may be lost. */
  readonly maxLoss?: number;
  /** With int8: written whatever is lost. */
  readonly force?: true;
}

/** What an exporter gets. */
export interface ExportOrder extends ExportOptions {
  /** The file's name, with the ending; those beside it are named after it. */
  readonly file: string;
  /** What errors call it. Default: its name. */
  readonly to?: string;
}

/** What an export is. */
export interface Exported {
  /** Files of one folder, the asked one first. */
  readonly files: readonly {
    /** Without a folder. */
    readonly name: string;
    /** What stands in it. */
    readonly bytes: Uint8Array;
  }[];
  /** What a person should know of them, a line each. */
  readonly notes: readonly string[];
}

/** A kind of file that a model is exported as. */
export interface Exporter {
  /** What is written, in a few words, for --help. */
  readonly what: string;
  /** The options that it has a use for; others are refused. */
  readonly uses: readonly (keyof ExportOptions)[];
  /** Throws InputError for models that cannot be written so, with what there is instead. */
  write(model: AnyModel, order: ExportOrder): Promise<Exported> | Exported;
}

/** What the files of a program are called: the asked one without its ending. */
const nameOf = (file: string): string => file.replace(/(?<=.)\.[^.]*$/, "");
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

/** Weights for PyTorch, by whichever of its forms. */
const torch = (what: string, encode: (fields: NetworkFields) => Uint8Array): Exporter => ({
  what,
  uses: [],
  write(model, { file, to = file }) {
    if (model.kind !== "network")
      throw new InputError(`${to}: a ${model.kind} has no state dict; export a single network`);
    const { preparation, temperature } = model;
    return {
      files: [{ name: file, bytes: encode(model) }],
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
  file: string,
  { source, header, test }: Pick<CFiles, "source" | "header" | "test">,
  notes: readonly string[],
): Exported {
  const name = nameOf(file);
  return {
    files: [
      { name: file, bytes: bytesOf(source) },
      { name: `${name}.h`, bytes: bytesOf(header) },
      { name: `${name}_test.c`, bytes: bytesOf(test) },
    ],
    notes: [...notes, `check it where it will run: cc -std=c99 -O2 ${name}.c ${name}_test.c -lm && ./a.out`],
  };
}
const askedOf = (stream: true | number): StreamAsked => (stream === true ? {} : { hop: stream });

const isNone = (preparation: Preparation): boolean =>
  preparation.kind === "none" && Object.keys(preparation).length === 1;

/**
 * What a model is exported as, by the ending of the file: `(await exporters[".c"].write(net, { file: "gun.c" })).files`.
 */
export const exporters: Readonly<Record<string, Exporter>> = {
  ".onnx": {
    what: "ONNX, for onnxruntime and others: rows in raw units in, logits and probabilities out",
    uses: ["anyLength"],
    write(model, { file, anyLength }) {
      const bytes = encodeOnnx(model, { length: anyLength ? "any" : "fixed" });
      return { files: [{ name: file, bytes }], notes: onnxNotes(model) };
    },
  },
  ".safetensors": torch("PyTorch's state dict in safetensors", encodeStateDict),
  ".pt": torch("PyTorch's state dict as torch.save writes it", encodeTorch),
  ".mjs": {
    what: "a module for Node, Deno, Bun, browsers and workers, with its types (.d.mts)",
    uses: ["wasm", "stream"],
    async write(model, { file, wasm: place = "inside", stream }) {
      const part = stream && (await streamPart(model, file, askedOf(stream), { schedule }));
      const { module, types, wasm } = encodeMjs(model, nameOf(file), place, part || undefined);
      return {
        files: [
          { name: file, bytes: bytesOf(module) },
          { name: `${nameOf(file)}.d.mts`, bytes: bytesOf(types) },
          ...(place === "beside" ? wasm.map(({ file: name, bytes }) => ({ name, bytes })) : []),
        ],
        notes: [
          `import { load } from "./${file}"; const model = await load(); model.${stream ? "stream().push(samples)" : "predict(row)"}`,
        ],
      };
    },
  },
  ".html": {
    what: "a page that works without a network: a file, the microphone or motion in, the answer out",
    uses: [],
    write(model, { file }) {
      return { files: [{ name: file, bytes: bytesOf(encodeHtml(model, nameOf(file))) }], notes: [] };
    },
  },
  ".c": {
    what: "C99 with its header and a test program, for anything with a C compiler",
    uses: ["code", "int8", "maxLoss", "force", "stream"],
    async write(model, { file, to = file, code, int8: rows, maxLoss = MAX_LOSS, force, stream }) {
      const name = nameOf(file);
      if (stream && rows) throw new InputError(`${to}: int8 does not stream; leave --stream or --int8 out`);
      const float = stream
        ? await encodeStreamC(model, name, askedOf(stream), code)
        : await encodeC(model, name, code);
      const { flash, ram, products } = float;
      if (!rows)
        return cFiles(file, float, [
          `${kilobytes(flash)} of weights, ${kilobytes(ram)} of memory, ${grouped(products)} multiplications ${stream ? "a run" : "a row"}`,
        ]);
      const int8 = await encodeInt8(model, name, rows, code);
      const said = scoresText(int8.scores, rows.name);
      const fault = lossFault(int8.scores, maxLoss);
      if (fault !== null && !force) throw new InputError(`${to}: ${said}: ${fault}; nothing is written`);
      return cFiles(file, int8, [
        ...(fault === null ? [] : [`warning: ${fault}`]),
        said,
        `${kilobytes(int8.flash)} of weights instead of ${kilobytes(flash)}, ${kilobytes(int8.ram)} of memory instead of ${kilobytes(ram)}`,
      ]);
    },
  },
};
