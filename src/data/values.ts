/** Values as text files write them, and what is wrong with one that cannot be used. */
import { quote } from "../training/quote.ts";

/** What `Number` would also take ("", "0x10", "Infinity") is no value of a data file. */
const DECIMAL = /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/;
const MISSING = new Set(["", "?", "nan"]);

/** The f64 nearest to a decimal number; NaN for all else. It may be infinite. */
export function readDecimal(token: string): number {
  return DECIMAL.test(token) ? Number(token) : NaN;
}

/** Continues "column 2 …" for a token that is no finite decimal number. */
export function wrongValue(token: string): string {
  if (MISSING.has(token.toLowerCase())) {
    return `is missing (${quote(token)}); missing values are not supported yet; fill it in or delete the row`;
  }
  if (DECIMAL.test(token) || /^[-+]?inf(inity)?$/i.test(token)) {
    return `is ${quote(token)}, which is not finite; values are finite (up to 1.8e308); correct it or delete the row`;
  }
  return `is ${quote(token)}; values are decimal numbers such as -1.5e-3; correct it or delete the row`;
}
