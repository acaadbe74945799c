/**
 * A model as one ECMAScript module: WebAssembly with the weights in its memory, the sheet, and the runtime that is the same in all.
 * What is written follows from the model alone, byte for byte.
 */
import { deflateSync } from "fflate";
import { encodeModule } from "../backends/wasm/module.ts";
import { printableJson } from "../data/printable.ts";
import type { AnyModel } from "../formats/modelFile.ts";
import type { Ensemble } from "../models/ensemble.ts";
import type { Network } from "../models/network.ts";
import { VERSION } from "../models/version.ts";
import { whole } from "../vector/partition.ts";
import { registers16, type Schedule } from "../vector/schedule.ts";
import { base64 } from "./base64.ts";
import { declarations } from "./declarations.ts";
import { oneRow, type OneRow } from "./oneRow.ts";
import { loadSync } from "./runtime.ts";
import { runtimeText } from "./runtimeText.ts";
import type { StreamPart } from "./stream.ts";
import * as streaming from "./streamRuntime.ts";
import { streamRuntimeText } from "./streamRuntimeText.ts";
import type { Sheet, WasmPlace } from "./sheet.ts";
import { networksOf, sheetOf } from "./sheetOf.ts";

const PAGE = 65536;

/** Small tiles: half the code of larger ones, and no slower for one row (docs/measurements.md). */
export const schedule: Schedule = {
  ...registers16,
  blockSignal: (channels, positions) => ({
    channels: Math.min(channels, 2),
    positions: Math.min(positions, 2),
  }),
};

export interface MjsFiles {
  /** The module's text. */
  readonly module: string;
  /** Its types, for TypeScript. */
  readonly types: string;
  /** The networks' WebAssembly, under the names of files where it is beside. */
  readonly wasm: readonly { readonly file: string; readonly bytes: Uint8Array<ArrayBuffer> }[];
  readonly sheet: Sheet;
}

/**
 * A model as a module whose file is called `name`.mjs; with `stream` (`streamPart`, with the schedule here) one that streams.
 *
 * @throws InputError for MiniRocket; Error where the module's answers to its golden rows are not the model's
 */
export function encodeMjs(
  model: AnyModel,
  name: string,
  place: WasmPlace = "inside",
  stream?: StreamPart,
): MjsFiles {
  const networks = networksOf(model, `${name}.mjs`);
  const rows = networks.map((network) => oneRow(network, { schedule }));
  const sheet: Sheet = {
    ...sheetOf(
      model as Network | Ensemble,
      networks,
      rows.map(({ program }) => program),
    ),
    ...(stream && { stream: stream.sheet }),
  };
  const wasm = [
    ...rows.map((row, k) => ({
      file: rows.length === 1 ? `${name}.wasm` : `${name}.${k + 1}.wasm`,
      bytes: wasmOf(row),
    })),
    ...(stream ? [{ file: `${name}.stream.wasm`, bytes: wasmOf(stream) }] : []),
  ];
  (stream ? streaming.loadSync : loadSync)(
    sheet,
    wasm.map(({ bytes }) => bytes),
  ).selfTest();
  const sources =
    place === "inside"
      ? `[${wasm.map(({ bytes }) => `toeplitz.bytesOf("${base64(deflateSync(bytes, { level: 9 }))}")`).join(", ")}]`
      : `[${wasm.map(({ file }) => `new URL(${printableJson(`./${encodeURIComponent(file)}`)}, import.meta.url)`).join(", ")}]`;
  const module = [
    `// The ${model.kind} ${printableJson(sheet.name)}, written by toeplitz ${VERSION}: import { load } from ${printableJson(`./${name}.mjs`)}; (await load()).predict(row)`,
    stream ? streamRuntimeText : runtimeText,
    `const sheet = ${inScript(sheet)};`,
    "export const { name, classes, channelNames, answers } = sheet;",
    place === "inside" ? `const wasm = ${sources};` : `const wasm = () => ${sources};`,
    ...(place === "inside"
      ? [
          "export const load = () => toeplitz.load(sheet, wasm);",
          "export const loadSync = () => toeplitz.loadSync(sheet, wasm);",
        ]
      : [
          "const listed = (given) => (Array.isArray(given) ? given : [given]);",
          "export const load = (given = wasm()) => toeplitz.load(sheet, listed(given));",
          "export const loadSync = (given) => toeplitz.loadSync(sheet, listed(given));",
        ]),
    "",
  ].join("\n");
  return { module, types: declarations(sheet, place), wasm, sheet };
}

/** JSON that may stand in a script of a page. */
export const inScript = (value: object): string => printableJson(value).replaceAll("<", "\\u003c");

/** A network's module, with a memory of its own that holds the weights. */
function wasmOf({ program, data }: OneRow): Uint8Array<ArrayBuffer> {
  const pages = Math.ceil(program.arenaBytes / PAGE);
  const segments = data.map(({ offset, words }) => ({
    offset,
    bytes: new Uint8Array(words.buffer, words.byteOffset, words.byteLength),
  }));
  return encodeModule(whole(program), pages, 0, segments).slice();
}
