/** Texts in a model file's metadata. Nothing in them is trusted. */
import { InputError } from "../data/errors.ts";

/** Says what is wrong with a file, and throws. */
export type Fail = (what: string) => never;
type Texts = Readonly<Record<string, string>>;

/** The one of a model file: InputError, named by the file. */
export const failOf =
  (file: string): Fail =>
  (what) => {
    throw new InputError(`${file}: ${what}; it is no model that toeplitz saved`);
  };

/** The JSON under a key. */
export function readJson(metadata: Texts, key: string, fail: Fail): unknown {
  try {
    return JSON.parse(metadata[key] ?? "");
  } catch {
    return fail(`the metadata's ${key} is no JSON`);
  }
}

/** A model's provenance: an object of strings. */
export function readProvenance(metadata: Texts, fail: Fail): Record<string, string> {
  const value = readJson(metadata, "provenance", fail);
  return typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === "string")
    ? (value as Record<string, string>)
    : fail("the metadata's provenance is no object of strings");
}
