/**
 * The part of an exported .mjs that is the same in all of them: WebAssembly and a sheet become a model. What `predict` does to rows
 * and outputs is the library's own code; `npm run export:runtime` bundles all of it into `runtimeText.ts`.
 *
 * It asks for nothing but ECMAScript and WebAssembly: an AudioWorklet has no atob, no TextDecoder and no fetch.
 */
import { inflateSync } from "fflate";
import { InputError } from "../data/errors.ts";
import { matchRows } from "../data/matchChannels.ts";
import type { RawRows } from "../data/dataset.ts";
import { meanOutputs } from "../models/meanOutputs.ts";
import { predictionsOf, type Prediction } from "../models/predictions.ts";
import { passOf, throughParts, type Predictor } from "../models/predictor.ts";
import { requireDenormals } from "../models/runtime.ts";
import { inOwnUnits } from "../models/targets.ts";
import { rowsOfSample, takesOf, type Sample, type Takes } from "../models/takes.ts";
import { checksum, goldenRow, type Sheet } from "./sheet.ts";

/** What `load` gives. */
export interface ExportedModel {
  readonly name: string;
  readonly classes: readonly string[];
  readonly channelNames?: readonly string[];
  readonly answers: Sheet["answers"];
  readonly takes: Takes;
  predict(sample: Sample): Prediction;
  predictRows(rows: RawRows): Prediction[];
  outputs(rows: RawRows): Float32Array;
  selfTest(): number;
}

/** A network's module with its memory. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly weights: () => void;
  readonly predict: () => void;
}

export function modelOf(sheet: Sheet, instances: readonly WebAssembly.Instance[]): ExportedModel {
  requireDenormals();
  const { name, channelNames, classes, answers, networks } = sheet;
  const takes = takesOf(sheet.preparation, sheet.input);
  const each = instances.map((instance, k): Predictor => {
    const { memory, weights, predict } = instance.exports as unknown as Exports;
    weights();
    const { ports, targets } = networks[k];
    const [floats, bits] = [new Float32Array(memory.buffer), new Int32Array(memory.buffer)];
    const pass = passOf(ports, { floats, bits, run: () => predict() });
    const outputs = throughParts(sheet, pass.width, () => pass);
    return (rows) => inOwnUnits(outputs(rows), targets);
  });
  const outputs: Predictor = (given) => {
    const rows = matchRows(channelNames, given, `the model ${name}`);
    return each.length === 1
      ? each[0](rows)
      : meanOutputs(
          each.map((network) => network(rows)),
          sheet,
        );
  };
  const predictRows = (rows: RawRows): Prediction[] => predictionsOf(outputs(rows), rows.rows, sheet);
  return {
    name,
    classes,
    ...(channelNames && { channelNames }),
    answers,
    takes,
    outputs,
    predictRows,
    predict: (sample) => predictRows(rowsOfSample(sample, takes, channelNames))[0],
    selfTest: () => {
      requireDenormals();
      sheet.golden.forEach((expected, k) => {
        const found = checksum(outputs(goldenRow(k, sheet)));
        if (found !== expected)
          throw new Error(
            `golden row ${k} of ${name} has outputs with checksum ${found}; it is ${expected}: this engine computes otherwise`,
          );
      });
      return sheet.golden.length;
    },
  };
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** What was deflated, from base64. */
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => inflateSync(fromBase64(text));

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(128);
  for (let i = 0; i < DIGITS.length; i++) values[DIGITS.charCodeAt(i)] = i;
  const padding = text.endsWith("==") ? 2 : Number(text.endsWith("="));
  const bytes = new Uint8Array((text.length * 3) / 4 - padding);
  let at = 0;
  for (let i = 0; i < text.length; i += 4) {
    let word = 0;
    for (let k = 0; k < 4; k++) word = (word << 6) | values[text.charCodeAt(i + k)];
    for (let shift = 16; shift >= 0 && at < bytes.length; shift -= 8) bytes[at++] = word >> shift;
  }
  return bytes;
}

/** Where WebAssembly comes from: compiled, as bytes, as a response of fetch, or an address. */
export type Source = WebAssembly.Module | BufferSource | Response | URL | string;

/** Compiled, as an engine likes it best; an address is read from the disk in Node, else fetched. */
export async function moduleOf(source: Source): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (typeof source === "string" || (typeof URL !== "undefined" && source instanceof URL)) {
    const url = new URL(source);
    const node = url.protocol === "file:" ? globalThis.process?.getBuiltinModule?.("node:fs") : undefined;
    return moduleOf(node ? new Uint8Array(node.readFileSync(url)) : await fetch(url));
  }
  if (typeof Response !== "undefined" && source instanceof Response) {
    if (!source.ok) throw new InputError(`${source.url} answers ${source.status}; give the .wasm's address`);
    return moduleOf(await source.arrayBuffer());
  }
  return WebAssembly.compile(source as BufferSource);
}

/** Modules that are compiled meanwhile. */
export const modulesOf = (sources: readonly Source[]): Promise<WebAssembly.Module[]> =>
  Promise.all(sources.map(moduleOf));

/** Modules at once. */
export const modulesNow = (sources: readonly (WebAssembly.Module | BufferSource)[]): WebAssembly.Module[] =>
  sources.map((source) => (source instanceof WebAssembly.Module ? source : new WebAssembly.Module(source)));

/** A model whose modules are compiled meanwhile. */
export async function load(sheet: Sheet, sources: readonly Source[]): Promise<ExportedModel> {
  const modules = await modulesOf(sources);
  return modelOf(sheet, await Promise.all(modules.map((module) => WebAssembly.instantiate(module))));
}

/** A model at once, which a page's main thread may refuse for modules beyond its limit. */
export const loadSync = (
  sheet: Sheet,
  sources: readonly (WebAssembly.Module | BufferSource)[],
): ExportedModel =>
  modelOf(
    sheet,
    modulesNow(sources).map((module) => new WebAssembly.Instance(module)),
  );
