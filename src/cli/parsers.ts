/** Readers of option values: each gives a checked value or throws InputError with the rule and the remedy. */
import { InputError } from "../training/errors.ts";
import { unknownWord } from "./suggest.ts";

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

/** A number above 0. */
export const positive =
  (flag: string, example: number) =>
  (text: string): number => {
    const value = numberOf(text);
    if (value > 0 && value < Infinity) return value;
    throw new InputError(`${flag} is ${JSON.stringify(text)}; it is a number above 0, such as ${example}`);
  };

/** A number of at least 0. */
export const notNegative =
  (flag: string, example: number) =>
  (text: string): number => {
    const value = numberOf(text);
    if (value >= 0 && value < Infinity) return value;
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

/** One of some words. */
export const word =
  <W extends string>(flag: string, words: readonly W[]) =>
  (text: string): W => {
    const found = words.find((w) => w === text);
    if (found !== undefined) return found;
    throw new InputError(unknownWord(flag, text, words));
  };

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

/** An option of the contract that this version does not have yet. */
export const later = (flag: string, instead: string) => (): never => {
  throw new InputError(`${flag} is not available in this version; ${instead}`);
};
