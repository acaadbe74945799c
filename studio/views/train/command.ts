/** The command line that does what a run of the page does. */
import type { Field } from "../../engine/recipeFields.ts";
import type { PartsChoice } from "../../session.ts";

/** As a POSIX shell takes it. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

export interface CommandOf {
  /** DATA as it is typed, and the part to test on where it is a file of its own. */
  readonly source: { readonly data: string; readonly test: string | null };
  /** How the files are read, by the core's names. */
  readonly reading: Readonly<Record<string, unknown>>;
  readonly parts: PartsChoice | null;
  readonly model: string;
  readonly options: Readonly<Record<string, string>>;
  readonly fields: readonly Field[];
}

export function commandOf({ source, reading, parts, model, options, fields }: CommandOf): string {
  const words = ["toeplitz", "train", source.data, ...readingWords(reading)];
  if (source.test !== null) words.push("--test", source.test);
  else if (parts && parts.test > 0) words.push("--test", String(parts.test));
  words.push("--model", model);
  for (const { name, flag, kind } of fields) {
    const text = options[name];
    if (text === undefined) continue;
    words.push(flag, ...(kind === "flag" ? [] : [text]));
  }
  return words.map(shellWord).join(" ");
}

/** `{ seriesBy: ["a", "b"], header: false }` as `--series-by a,b --no-header`. */
function readingWords(reading: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(reading).flatMap(([name, value]) => {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (value === false) return [`--no-${flag}`];
    if (value === true) return [`--${flag}`];
    return [`--${flag}`, Array.isArray(value) ? value.join(",") : String(value)];
  });
}

/** Files as the command line is given them: one by its name, the two parts of a set, else their folder. */
export function sourceOf(paths: readonly string[], builtIn: string): CommandOf["source"] {
  if (paths.length === 0) return { data: builtIn, test: null };
  if (paths.length === 1) return { data: paths[0], test: null };
  const train = paths.find((path) => /_TRAIN\b/i.test(path));
  const test = paths.find((path) => /_TEST\b/i.test(path));
  if (paths.length === 2 && train !== undefined && test !== undefined) return { data: train, test };
  return { data: paths[0].includes("/") ? paths[0].slice(0, paths[0].indexOf("/")) : ".", test: null };
}
