/**
 * What a layer kind is: plain options in, and from them shapes, parameters and graph nodes. Kinds are entries of one
 * table (kinds.ts); a model holds their names and options as JSON.
 */
import type { GraphBuilder } from "../graph/build.ts";
import type { NodeId } from "../graph/ops.ts";
import { size, type Shape } from "../numerics/tensor.ts";
import type { Init } from "./initialise.ts";
import { limits } from "./limits.ts";

/** Channels and positions of one row. */
export interface Signal {
  /** Values at one position. */
  readonly channels: number;
  /** Positions. */
  readonly length: number;
}

export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  readonly init: Init;
}

/** Running statistics and the like: saved with the model, changed by training, but not by the optimizer. */
export interface State {
  readonly name: string;
  readonly shape: Shape;
  /** What all of it begins with, or each value of it. */
  readonly value: number | (() => Float32Array);
}

/** What a state begins with, row-major. */
export const firstValues = ({ shape, value }: State): Float32Array =>
  typeof value === "number" ? new Float32Array(size(shape)).fill(value) : value();

export type Mode = "train" | "predict";

export interface Site<O> {
  readonly b: GraphBuilder;
  readonly mode: Mode;
  readonly options: O;
  readonly inputs: readonly NodeId[];
  readonly shapes: readonly Signal[];
  readonly parameter: (name: string) => NodeId;
  readonly state: (name: string) => NodeId;
  /** Says what a state becomes after a training step. */
  readonly update: (name: string, value: NodeId) => void;
  /** `[1, 1, length]` a row, at the first input's positions: 1 where they are the row's own, 0 in its padding. */
  readonly own: () => NodeId;
  /** Uniform numbers in [0, 1) of a shape a row, new at every step, from the layer's own stream; one call a layer. */
  readonly random: (shape: Shape) => NodeId;
}

/** How far an output sees: positions of the input that one output covers, and from one output to the next. */
export interface Window {
  readonly size: number;
  readonly stride: number;
}

export interface LayerKind<O> {
  /** How many inputs the layer takes; several are two or more. */
  readonly inputs: number | "several";
  /** Options with their defaults; throws InputError's text as a plain string for what is wrong. */
  readonly options: (given: Options) => O;
  /** The result's shape; throws where the inputs do not fit. */
  readonly shape: (inputs: readonly Signal[], options: O) => Signal;
  readonly parameters?: (inputs: readonly Signal[], options: O) => readonly Parameter[];
  readonly state?: (inputs: readonly Signal[], options: O) => readonly State[];
  readonly nodes: (site: Site<O>) => NodeId;
  /** For summaries; a layer without one works position by position. "all" sees the whole input. */
  readonly window?: (inputs: readonly Signal[], options: O) => Window | "all";
  /** Positions x taps of its sparse maps along positions, at most; a layer without has no such map. */
  readonly terms?: (inputs: readonly Signal[], options: O) => number;
  /** Multiply-adds of a row; a layer without multiplies no filters. */
  readonly multiplyAdds?: (inputs: readonly Signal[], options: O) => number;
}

/** The value of a layer's option as it stands in JSON. */
export type OptionValue = number | string | boolean | readonly number[];
/** A layer's options by name, as they stand in JSON. */
export type Options = Readonly<Record<string, OptionValue>>;

/** What is wrong with a layer, without saying which one: the model adds that. */
export class LayerError extends Error {}

/** Reads options one by one, and refuses those that nobody asked for. */
export class OptionReader {
  readonly #given: Options;
  readonly #known = new Set<string>();

  constructor(given: Options) {
    this.#given = given;
  }

  whole(name: string, least: number, fallback?: number): number {
    const value = this.#take(name, fallback);
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least)
      throw new LayerError(`${name} is ${show(value)}; it is a whole number of at least ${least}`);
    if (value > limits.option.most)
      throw new LayerError(`${name} is ${show(value)}; the most is ${limits.option.most}`);
    return value;
  }

  /** Any finite number. */
  real(name: string, fallback: number): number {
    const value = this.#take(name, fallback);
    if (typeof value !== "number" || !Number.isFinite(value))
      throw new LayerError(`${name} is ${show(value)}; it is a number`);
    return value;
  }

  number(name: string, least: number, fallback?: number): number {
    const value = this.#take(name, fallback);
    if (typeof value !== "number" || !(value >= least) || value === Infinity)
      throw new LayerError(`${name} is ${show(value)}; it is a number of at least ${least}`);
    return value;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#take(name, fallback);
    if (typeof value !== "boolean") throw new LayerError(`${name} is ${show(value)}; it is true or false`);
    return value;
  }

  word<W extends string>(name: string, words: readonly W[], fallback: W): W {
    const value = this.#take(name, fallback);
    const word = words.find((w) => w === value);
    if (word === undefined)
      throw new LayerError(`${name} is ${show(value)}; it is one of ${words.join(", ")}`);
    return word;
  }

  any(name: string, fallback: OptionValue): OptionValue {
    return this.#take(name, fallback) as OptionValue;
  }

  done<O>(options: O): O {
    const extra = Object.keys(this.#given).find((name) => !this.#known.has(name));
    if (extra !== undefined)
      throw new LayerError(
        `has no option ${show(extra)}; its options are ${[...this.#known].join(", ") || "none"}`,
      );
    return options;
  }

  #take(name: string, fallback?: OptionValue): OptionValue | undefined {
    this.#known.add(name);
    return Object.hasOwn(this.#given, name) ? this.#given[name] : fallback;
  }
}

/** How much of a value an error shows. */
const SHOWN = 80;

/** A value as JSON for an error: one printable line, and the beginning of a long one. */
export function show(value: unknown): string {
  if (value === undefined) return "missing";
  const text = shortJson(value);
  const clipped = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  return clipped.replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function shortJson(value: unknown): string {
  const part = Array.isArray(value) ? value.slice(0, SHOWN) : value;
  try {
    return JSON.stringify(part) ?? "unknown";
  } catch {
    return "nested too deeply"; // or a bigint, or a circle
  }
}
