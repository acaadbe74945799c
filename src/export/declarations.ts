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
      : " `source`: the WebAssembly.Module that the host has compiled, its bytes, a Response or an address; of several a list of them.";
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
${sheet.stream ? streamMethod(sheet.stream) : ""}}
${sheet.stream ? streamTypes(sheet) : ""}
/** Compiles it; works everywhere.${from} */
export declare function load(${args}): Promise<Model>;
/** Compiles it at once: in Node, Deno, Bun, workers and AudioWorklets; a page's main thread may refuse large ones. */
export declare function loadSync(${argsSync}): Model;
`;
}

/** The method that makes streams, with the hop where there is one. */
function streamMethod({ engine }: NonNullable<Sheet["stream"]>): string {
  const [given, about] = {
    positions: ["", "an answer for each position of its output"],
    overlap: [
      "",
      `an answer every ${"hop" in engine ? engine.hop : 1} samples, for the window that ends there`,
    ],
    windows: [
      "options?: { readonly hop?: number }",
      `an answer every \`hop\` samples (${"hop" in engine ? engine.hop : 1}) for the window that ends there`,
    ],
  }[engine.by];
  return `  /** A network over samples that come in: ${about}. Each stream has a memory of its own. */
  stream(${given}): Stream;
`;
}

function streamTypes({ answers, channelNames }: Sheet): string {
  const said =
    answers === "values"
      ? ""
      : `  /** The likeliest class; empty where the outputs are not numbers. */
  readonly label: Class | "";
  /** By class, in the order of classes. */
  readonly probabilities: Float64Array;
`;
  const named = channelNames
    ? `\n  | { readonly [channel in ${channelNames.map(quoted).join(" | ")}]: ArrayLike<number> }`
    : "";
  return `
/** Samples in raw units: several channels interleaved in one array, or [channel][time]${channelNames ? ", or by name" : ""}. */
export type Samples =
  | ArrayLike<number>
  | readonly ArrayLike<number>[]${named};

/** What is said of a place; it is written anew for the next one: copy what you keep. */
export interface StreamAnswer {
  /** The sample that it is about, from 0: a position's first, a window's last. */
  readonly at: number;
${said}  readonly outputs: Float32Array;
}

export interface Stream {
  readonly answersBy: "positions" | "windows";
  readonly channels: number;
  /** Outputs of an answer. */
  readonly outputs: number;
  /** Samples from one answer to the next. */
  readonly every: number;
  /** The most samples after the one that an answer is about until the answer comes. */
  readonly latency: number;
  /** Samples that an answer depends on. */
  readonly receptiveField: number;
  /** Bytes that it holds. */
  readonly memory: number;
  /** Samples so far. */
  readonly samples: number;
  push(samples: Samples): Iterable<StreamAnswer> & { readonly count: number };
  /** For audio callbacks: interleaved samples in, the answers' outputs into an array of yours; how many answers there are. */
  process(samples: ArrayLike<number>, outputs: Float32Array): number;
  /** The answers that were waiting; then \`reset\`. */
  finish(): Iterable<StreamAnswer> & { readonly count: number };
  /** Forgets all samples. */
  reset(): void;
  /** Everything that it remembers, for another stream of the same network. */
  state(): Uint8Array<ArrayBuffer>;
  restore(state: Uint8Array): void;
}
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
