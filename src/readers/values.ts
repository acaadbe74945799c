/** Values as text files write them, and what is wrong with one that cannot be used. */
import { quote } from "../data/quote.ts";

/** What `Number` would also take ("", "0x10", "Infinity") is no value of a data file. */
const DECIMAL = /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/;

/** The f64 nearest to a decimal number; NaN for all else. It may be infinite. */
export function readDecimal(token: string): number {
  return DECIMAL.test(token) ? Number(token) : NaN;
}

/** Whether a token says that there is no value: `?` or `NaN`, in any case. */
export const isMissing = (token: string): boolean => token === "?" || /^nan$/i.test(token);

/** A value: the nearest f64, or NaN where it is missing. Null where it is neither: `wrongValue` says why. */
export function readValue(token: string): number | null {
  const value = readDecimal(token);
  return Number.isFinite(value) ? value : isMissing(token) ? NaN : null;
}

/** Continues "column 2 …" for a token that is no value. */
export function wrongValue(token: string): string {
  if (token === "") return "is empty; a missing value is written ? or NaN; write one of them";
  if (DECIMAL.test(token) || /^[-+]?inf(inity)?$/i.test(token)) {
    return `is ${quote(token)}, which is not finite; values are finite (up to 1.8e308); correct it, or write ? or NaN where there is none`;
  }
  return `is ${quote(token)}; values are decimal numbers such as -1.5e-3; correct it, or write ? or NaN where there is none`;
}
