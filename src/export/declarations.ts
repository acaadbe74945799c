/** The types of an exported module: its classes are literal, so that a misspelt one does not compile. */
import { printableJson } from "../data/printable.ts";
import { takesOf } from "../models/takes.ts";
import type { Sheet, WasmPlace } from "./sheet.ts";

export function declarations(sheet: Sheet, place: WasmPlace): string {
  const { name, classes, channelNames, answers, input, preparation } = sheet;
  const takes = takesOf(preparation, input);
  const literal = (values: readonly string[]): string => `readonly [${values.map(quoted).join(", ")}]`;
  const channels = channelNames
    ? `\n  | { readonly [channel in ${channelNames.map(quoted).join(" | ")}]: ArrayLike<number> }`
    : "";
  const length = takes.lengths === "one" ? `${takes.length} values` : "any number of values";
  const missing = takes.missing === "filled" ? "NaN where one is missing" : "finite numbers";
  const source = "source{?}: object | string | readonly (object | string)[]";
  const [args, argsSync] =
    place === "inside" ? ["", ""] : [source.replace("{?}", "?"), source.replace("{?}", "")];
  const from =
    place === "inside"
      ? ""
      : " `source`: the WebAssembly.Module that the host has compiled, its bytes, a Response or an address; of an ensemble a list of them.";
  return `/** A trained model, ready to use: no other file is needed${place === "inside" ? "" : " but the .wasm beside it"}. */

/** Class names in the order of probabilities. */
export declare const classes: ${literal(classes)};
${classes.length > 0 ? `export type Class = (typeof classes)[number];\n` : ""}
export declare const name: ${quoted(name)};
/** What the channels of a row are called, in their order; undefined where they have no names. */
export declare const channelNames: ${channelNames ? literal(channelNames) : "undefined"};
/** What is said of a row. */
export declare const answers: ${quoted(answers)};

/** One row in raw units: ${takes.channels} channel${takes.channels === 1 ? "" : "s"} of ${length}, ${missing}; [channel][time]${takes.channels === 1 ? " or [time]" : ""}. */
export type Row =${takes.channels === 1 ? "\n  | ArrayLike<number>" : ""}
  | ArrayLike<ArrayLike<number>>${channels};

/** Rows one after another, [rows, channels, time]. */
export interface Rows {
  readonly series: Float64Array;
  readonly rows: number;
  /** Where rows are not equally long: values of each row that count. */
  readonly lengths?: Int32Array;
  /** What their channels are called, where they are to be put into the model's order. */
  readonly channelNames?: readonly string[];
}

export interface Prediction {
${predictionFields(sheet)}}

export interface Model {
  readonly name: typeof name;
  readonly classes: typeof classes;
  readonly channelNames?: typeof channelNames;
  readonly answers: typeof answers;
  /** The rows that it takes. */
  readonly takes: {
    readonly channels: number;
    readonly length: number;
    readonly lengths: "one" | "padded" | "resampled";
    readonly missing: "filled" | "refused";
  };
  /** What it says of one row; throws an Error for a row that it does not take. */
  predict(row: Row): Prediction;
  predictRows(rows: Rows): Prediction[];
  /** The last layer's outputs, [rows, outputs]. */
  outputs(rows: Rows): Float32Array;
  /** Computes the golden rows again and throws where a bit differs from the library's; gives their number. */
  selfTest(): number;
}

/** Compiles it; works everywhere.${from} */
export declare function load(${args}): Promise<Model>;
/** Compiles it at once: in Node, Deno, Bun, workers and AudioWorklets; a page's main thread may refuse large ones. */
export declare function loadSync(${argsSync}): Model;
`;
}

function predictionFields({ answers }: Sheet): string {
  const label = `  /** The likeliest class; empty where the outputs are not numbers. */
  readonly label: Class | "";
  /** By class, in the order of classes. */
  readonly probabilities: readonly number[];
`;
  switch (answers) {
    case "values":
      return "  /** A number an output. */\n  readonly values: readonly number[];\n";
    case "classes":
      return label;
    case "multiLabel":
      return `${label}  /** Those of probability 1/2 or more. */\n  readonly labels: readonly Class[];\n`;
    case "positions":
      return `${label}  /** The class of each position. */\n  readonly labels: readonly (Class | "")[];
  /** The probabilities at each, [position][class]. */\n  readonly positions: readonly (readonly number[])[];\n`;
  }
}

const quoted = (text: string): string => printableJson(text);
