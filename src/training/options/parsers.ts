/** Readers of option values: each gives a checked value or throws InputError with the rule and the remedy. */
import { InputError } from "../../data/errors.ts";
import { isTime } from "../../data/durations.ts";
import { unknownWord } from "../../data/suggest.ts";

const DECIMAL = /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/;

const numberOf = (text: string): number => (DECIMAL.test(text) ? Number(text) : NaN);

/** A whole number from `least` to `most`. */
export const whole =
  (flag: string, least: number, example: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = numberOf(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new InputError(
      `${flag} is ${JSON.stringify(text)}; it is a whole number ${range}, such as ${example}`,
    );
  };

/** Names separated by commas. */
export const names =
  (flag: string) =>
  (text: string): readonly string[] => {
    const list = text.split(",").map((name) => name.trim());
    if (list.every((name) => name !== "")) return list;
    throw new InputError(
      `${flag} is ${JSON.stringify(text)}; it is names with commas between them, such as x,y,z`,
    );
  };

/** A whole number of at least `least`, or a time such as 2s, which stays as it is written until the rate is known. */
export const wholeOrTime =
  (flag: string, least: number, example: number) =>
  (text: string): number | string => {
    if (isTime(text)) return text;
    const value = numberOf(text);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new InputError(
      `${flag} is ${JSON.stringify(text)}; it is a whole number of at least ${least} or a time (2s, 500ms), such as ${example}`,
    );
  };

/** The number, where float32 holds one near it: training computes in that. */
function inFloat32(flag: string, text: string, value: number, example: number): number {
  const rounded = Math.fround(value);
  if (rounded < Infinity && (rounded > 0 || value === 0)) return value;
  throw new InputError(
    `${flag} is ${JSON.stringify(text)}, which is outside float32 (1.4e-45 to 3.4e38); give a number such as ${example}`,
  );
}

/** A number above 0. */
export const positive =
  (flag: string, example: number) =>
  (text: string): number => {
    const value = numberOf(text);
    if (value > 0) return inFloat32(flag, text, value, example);
    throw new InputError(`${flag} is ${JSON.stringify(text)}; it is a number above 0, such as ${example}`);
  };

/** A number of at least 0. */
export const notNegative =
  (flag: string, example: number) =>
  (text: string): number => {
    const value = numberOf(text);
    if (value >= 0) return inFloat32(flag, text, value, example);
    throw new InputError(
      `${flag} is ${JSON.stringify(text)}; it is a number of at least 0, such as ${example}`,
    );
  };

/** A fraction: at least 0 and below 1. */
export const fraction =
  (flag: string, example: number, of = "the rows") =>
  (text: string): number => {
    const value = numberOf(text);
    if (value >= 0 && value < 1) return value;
    throw new InputError(
      `${flag} is ${JSON.stringify(text)}; it is a fraction of ${of}, at least 0 and below 1, such as ${example}`,
    );
  };

/** Of --test: a number is a fraction above 0 and below 1, anything else a file. */
export function fileOrFraction(text: string): string | number {
  const value = numberOf(text);
  if (Number.isNaN(value)) return text;
  if (value > 0 && value < 1) return value;
  throw new InputError(
    `--test is ${JSON.stringify(text)}; it is a file, or a fraction of the rows above 0 and below 1, such as 0.2 (of a file with that name, ./${text})`,
  );
}

/** A reader that knows what it may be given, which shells complete. */
export type WithWords<T> = ((text: string) => T) & { readonly words: readonly string[] };

/** One of some words. */
export const word = <W extends string>(flag: string, words: readonly W[]): WithWords<W> =>
  Object.assign(
    (text: string): W => {
      const found = words.find((w) => w === text);
      if (found !== undefined) return found;
      throw new InputError(unknownWord(flag, text, words));
    },
    { words },
  );

/** Any text; shells offer those words. */
export const suggested = (words: readonly string[]): WithWords<string> =>
  Object.assign((text: string) => text, { words });

/** Whole numbers of at least 1, separated by commas. */
export const wholeList =
  (flag: string, example: string) =>
  (text: string): readonly number[] => {
    const values = text.split(",").map((part) => numberOf(part.trim()));
    if (values.every((v) => Number.isInteger(v) && v >= 1)) return values;
    throw new InputError(
      `${flag} is ${JSON.stringify(text)}; it is whole numbers of at least 1 with commas between them, such as ${example}`,
    );
  };
