/**
 * Options of layers: where a kind asks for them, by name, with the rule of each and its default. A model's JSON answers
 * (`readOptions`), and so does what writes the JSON Schema down (schema.ts): the kinds are the only list of options.
 */
import { limits } from "./limits.ts";

/** The value of a layer's option as it stands in JSON. */
export type OptionValue = number | string | boolean | readonly number[];
/** A layer's options by name, as they stand in JSON. */
export type Options = Readonly<Record<string, OptionValue>>;

/** What is wrong with a layer, without saying which one: the model adds that. */
export class LayerError extends Error {}

/**
 * Padding of a convolution or pool: `valid` (none), `same` (the length stays), `causal` (all before the signal), a
 * number on either side, or [left, right].
 */
export type Padding = "valid" | "same" | "causal" | number | readonly [number, number];

/** Gives options by name; one without a fallback has to be given. */
export interface OptionSource {
  /** A whole number. */
  whole(name: string, least: number, fallback?: number): number;
  /** Any finite number. */
  real(name: string, fallback: number): number;
  /** A finite number of at least `least`. */
  number(name: string, least: number, fallback?: number): number;
  /** A number above 0. */
  positive(name: string, fallback: number): number;
  /** From 0 to below 1. */
  probability(name: string, fallback: number): number;
  flag(name: string, fallback: boolean): boolean;
  word<W extends string>(name: string, words: readonly W[], fallback: W): W;
  padding(name: string, fallback: Padding): Padding;
  /** One finite number or more; has to be given. */
  numbers(name: string): readonly number[];
}

/** The options of a layer, whole: what is given, and the defaults of the rest; throws LayerError. */
export function readOptions<O>(options: (o: OptionSource) => O, given: Options): O {
  const reader = new OptionReader(given);
  const read = options(reader);
  reader.requireKnown();
  return read;
}

/** Reads options one by one, and refuses those that nobody asked for. */
class OptionReader implements OptionSource {
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

  positive(name: string, fallback: number): number {
    const value = this.number(name, 0, fallback);
    if (value === 0) throw new LayerError(`${name} is 0; it is a number above 0`);
    return value;
  }

  probability(name: string, fallback: number): number {
    const value = this.number(name, 0, fallback);
    if (value >= 1) throw new LayerError(`${name} is ${value}; it is a probability from 0 to below 1`);
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

  padding(name: string, fallback: Padding): Padding {
    const value = this.#take(name, fallback);
    const whole = (n: unknown): boolean =>
      typeof n === "number" && Number.isInteger(n) && n >= 0 && n <= limits.option.most;
    if (value === "valid" || value === "same" || value === "causal" || whole(value)) return value as Padding;
    if (Array.isArray(value) && value.length === 2 && value.every(whole)) return [value[0], value[1]];
    throw new LayerError(
      `${name} is ${show(value)}; it is "valid", "same", "causal", a whole number or [left, right]`,
    );
  }

  numbers(name: string): readonly number[] {
    const value = this.#take(name, []);
    if (Array.isArray(value) && value.length > 0 && value.every((x) => Number.isFinite(x))) return value;
    throw new LayerError(`${name} is ${show(value)}; it lists one number or more`);
  }

  requireKnown(): void {
    const extra = Object.keys(this.#given).find((name) => !this.#known.has(name));
    if (extra !== undefined)
      throw new LayerError(
        `has no option ${show(extra)}; its options are ${[...this.#known].join(", ") || "none"}`,
      );
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
