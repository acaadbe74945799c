/**
 * The header of a time-series `.ts` file: lines `@key value`, keys in any case, up to `@data`.
 * Source: the format of the UCR/UEA archive at timeseriesclassification.com, as sktime and aeon read it.
 */
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import type { Line } from "./lines.ts";

/** What the header promises; `null` is what it leaves to the data. */
export interface TsHeader {
  /** What rows end with: one of the classes of `@classLabel`, a target (`@targetLabel true`), or nothing (`@classLabel false`). */
  readonly answers:
    | { readonly kind: "classes"; readonly classes: readonly string[] }
    | { readonly kind: "values" }
    | { readonly kind: "none" };
  /** Channels of each row, from `@univariate true` or `@dimensions`. */
  readonly channels: number | null;
  /** Values of each channel, from `@seriesLength`; null too where `@equalLength false` says that it is the longest. */
  readonly length: number | null;
  /** Whether `@equalLength true` stands there. */
  readonly equalLength: boolean;
  /** Whether values are `(time,value)`. */
  readonly timeStamps: boolean;
  /** The line of `@data`, from 1. */
  readonly line: number;
}

/** What a row line holds: the number of values of each channel, and its answer ("" where rows have none). */
export interface RowParts {
  readonly counts: readonly number[];
  readonly answer: string;
}

/** What is wrong with a row that ends without its answer. */
export const noAnswer = ({ answers }: TsHeader): string =>
  answers.kind === "values"
    ? 'the row has no target; a row ends with ":TARGET"; add it, or leave the row out'
    : 'the row has no class label; a row ends with ":LABEL"; add it, or leave the row out';

/** One `@key value value` line; `number` counts from 1. */
interface Entry {
  readonly word: string;
  readonly values: readonly string[];
  readonly number: number;
}

type Refuse = (number: number, what: string) => never;

/** Blank lines and comments (`#`, and `%` as in ARFF) mean nothing anywhere in the file. */
export function isSkipped(line: string): boolean {
  return line === "" || line.startsWith("#") || line.startsWith("%");
}

/**
 * Reads the lines up to `@data`, so that the next one is the first of the rows. Keys that are not needed, such as
 * `@problemName`, are passed over. Throws InputError `FILE:LINE: what; rule; remedy` on text that is no time-series file.
 */
export function readTsHeader(lines: Iterator<Line, void>, file: string): TsHeader {
  const refuse: Refuse = (number, what) => {
    throw new InputError(`${file}:${number}: ${what}`);
  };
  const entries = new Map<string, Entry>();
  let last = 0;
  for (let next = lines.next(); !next.done; next = lines.next()) {
    const { number } = next.value;
    const text = next.value.text.trim();
    last = number;
    if (isSkipped(text)) continue;
    if (!text.startsWith("@")) {
      refuse(
        number,
        `${quote(text)} comes before "@data"; a time-series .ts file begins with lines such as "@problemName NAME" ` +
          'and has "@data" before its rows; give such a file (TypeScript source ends in .ts too)',
      );
    }
    const [word] = /^\S*/.exec(text.slice(1)) ?? [""];
    const key = ALIASES.get(word.toLowerCase()) ?? word.toLowerCase();
    if (key === "data") return { ...interpret(entries, number, refuse), line: number };
    if (!KEYS.has(key)) continue;
    const before = entries.get(key);
    if (before) {
      refuse(number, `${quote(`@${word}`)} is given again; line ${before.number} has it already; delete one`);
    }
    entries.set(key, { word, values: text.split(/\s+/).slice(1), number });
  }
  return refuse(
    last,
    'the file ends without "@data"; a time-series .ts file has "@data" before its rows; ' +
      "give such a file (TypeScript source ends in .ts too)",
  );
}

/** Keys that say something about the rows. */
const KEYS = new Set(
  "missing timestamps equallength targetlabel dimensions univariate serieslength classlabel".split(" "),
);
const ALIASES = new Map([["dimension", "dimensions"]]);

function interpret(
  entries: ReadonlyMap<string, Entry>,
  dataLine: number,
  refuse: Refuse,
): Omit<TsHeader, "line"> {
  const flag = (key: string): boolean | null => {
    const entry = entries.get(key);
    if (!entry) return null;
    const text = entry.values[0]?.toLowerCase() ?? "";
    if (text === "true" || text === "false") return text === "true";
    return refuse(
      entry.number,
      `@${entry.word} is ${quote(text)}; it takes true or false; write one of them`,
    );
  };
  const count = (key: string): number | null => {
    const entry = entries.get(key);
    if (!entry) return null;
    const text = entry.values.join(" ");
    const value = /^\d+$/.test(text) ? Number(text) : 0;
    if (value > 0 && Number.isSafeInteger(value)) return value;
    return refuse(
      entry.number,
      `@${entry.word} is ${quote(text)}; it takes a whole number from 1; write one`,
    );
  };
  const refuseKey = (key: string, what: string): never => refuse(entries.get(key)?.number ?? dataLine, what);

  flag("missing"); // Says no more than the values do.
  const equalLength = flag("equallength");
  const targets = flag("targetlabel") === true;
  const dimensions = count("dimensions");
  const univariate = flag("univariate");
  if (univariate && dimensions !== null && dimensions !== 1) {
    refuseKey("dimensions", `@dimensions is ${dimensions}; @univariate true means 1; correct one of them`);
  }
  const length = count("serieslength");
  const classLabel = entries.get("classlabel");
  if (targets && classLabel && classLabel.values[0]?.toLowerCase() !== "false")
    refuseKey(
      "targetlabel",
      "@targetLabel is true and @classLabel is too; rows end with one of them; leave the other out",
    );
  return {
    answers: targets ? { kind: "values" } : readClasses(classLabel, dataLine, refuse),
    channels: univariate ? 1 : dimensions,
    length: equalLength === false ? null : length,
    equalLength: equalLength === true,
    timeStamps: flag("timestamps") === true,
  };
}

function readClasses(entry: Entry | undefined, dataLine: number, refuse: Refuse): TsHeader["answers"] {
  const remedy = 'write "@classLabel true NAME NAME" and end each row with ":NAME"';
  if (!entry) {
    return refuse(
      dataLine,
      `no @classLabel before "@data"; it says what rows end with; ${remedy} ` +
        "(of a regression: @targetLabel true; of rows to predict: @classLabel false)",
    );
  }
  const { word, number, values } = entry;
  const [on = "", ...classes] = values;
  if (on.toLowerCase() === "false") return { kind: "none" };
  if (on.toLowerCase() !== "true") {
    refuse(number, `@${word} is ${quote(on)}; true or false comes first; ${remedy}`);
  }
  if (classes.length === 0)
    refuse(number, `@${word} names no class; true is followed by the classes; ${remedy}`);
  const seen = new Set<string>();
  const twice = classes.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) {
    refuse(number, `@${word} names the class ${quote(twice)} twice; each class has one name; delete one`);
  }
  return { kind: "classes", classes };
}
