/** The command line that does what a run of the page does. */
import type { Field } from "../../engine/recipeFields.ts";

/** As a POSIX shell takes it. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

export interface CommandOf {
  /** DATA as it is typed, with the options that read it. */
  readonly data: readonly string[];
  readonly test: string | null;
  readonly model: string;
  readonly options: Readonly<Record<string, string>>;
  readonly fields: readonly Field[];
}

export function commandOf({ data, test, model, options, fields }: CommandOf): string {
  const words = ["toeplitz", "train", ...data];
  if (test !== null) words.push("--test", test);
  words.push("--model", model);
  for (const { name, flag, kind } of fields) {
    const text = options[name];
    if (text === undefined) continue;
    words.push(flag, ...(kind === "flag" ? [] : [text]));
  }
  return words.map(shellWord).join(" ");
}
