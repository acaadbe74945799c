/**
 * The version of the model file's layout, in the metadata's `version`. Files of before there was one are version 1; since
 * version 2 every option of a layer is written out. What a version means never changes, and each is read for good.
 */
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";

/** The version that is written. */
export const FILE_VERSION = "2";

/** Refuses a file of a version that this toeplitz does not know. */
export function requireReadable({ version }: Readonly<Record<string, string>>, file: string): void {
  if (version === undefined || version === FILE_VERSION) return;
  const later = /^[1-9]\d*$/.test(version) && Number(version) > Number(FILE_VERSION);
  throw new InputError(
    `${file}: the metadata's version is ${quote(version)}; this toeplitz reads model files up to version ${FILE_VERSION}; ` +
      (later ? "update it (npm install toeplitz)" : "give the file that save or train wrote"),
  );
}
