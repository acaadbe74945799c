/**
 * The header of a time-series `.ts` file: lines `@key value`, keys in any case, up to `@data`.
 * Source: the format of the UCR/UEA archive at timeseriesclassification.com, as sktime and aeon read it.
 */
import { InputError } from "../training/errors.ts";
import { quote } from "../training/quote.ts";

/** What the header promises; `null` is what it leaves to the data. */
export interface TsHeader {
  /** Names of the classes in the order of `@classLabel`. */
  readonly classes: readonly string[];
  /** Channels of each row, from `@univariate true` or `@dimensions`. */
  readonly channels: number | null;
  /** Values of each channel, from `@seriesLength`. */
  readonly length: number | null;
  /** Index of the line after `@data`. */
  readonly rowsAt: number;
}

/** One `@key value value` line; `number` counts from 1. */
interface Entry {
  readonly word: string;
  readonly values: readonly string[];
  readonly number: number;
}

type Refuse = (number: number, what: string) => never;

/** Blank lines and comments mean nothing anywhere in the file. */
export function isSkipped(line: string): boolean {
  return line === "" || line.startsWith("#");
}

/**
 * Reads the lines up to `@data`. Keys that are not needed, such as `@problemName`, are passed over. Throws
 * InputError `FILE:LINE: what; rule; remedy` on text that is no time-series file and on what is not supported:
 * time stamps, unequal lengths, regression targets, rows without labels.
 */
export function readTsHeader(lines: readonly string[], file: string): TsHeader {
  const refuse: Refuse = (number, what) => {
    throw new InputError(`${file}:${number}: ${what}`);
  };
  const entries = new Map<string, Entry>();
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i].trim();
    if (isSkipped(line)) continue;
    if (!line.startsWith("@")) {
      refuse(
        i + 1,
        `${quote(line)} comes before "@data"; a time-series .ts file begins with lines such as "@problemName NAME" ` +
          'and has "@data" before its rows; give such a file (TypeScript source ends in .ts too)',
      );
    }
    const [word, ...values] = line.slice(1).split(/\s+/);
    const key = ALIASES.get(word.toLowerCase()) ?? word.toLowerCase();
    if (key === "data") return { ...interpret(entries, i + 1, refuse), rowsAt: i + 1 };
    const before = entries.get(key);
    if (before) {
      refuse(i + 1, `${quote(`@${word}`)} is given again; line ${before.number} has it already; delete one`);
    }
    entries.set(key, { word, values, number: i + 1 });
  }
  return refuse(
    lines.length,
    'the file ends without "@data"; a time-series .ts file has "@data" before its rows; ' +
      "give such a file (TypeScript source ends in .ts too)",
  );
}

const ALIASES = new Map([["dimension", "dimensions"]]);

function interpret(
  entries: ReadonlyMap<string, Entry>,
  dataLine: number,
  refuse: Refuse,
): Omit<TsHeader, "rowsAt"> {
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

  flag("missing"); // Says no more than the values do, which are checked one by one.
  if (flag("timestamps")) {
    refuseKey(
      "timestamps",
      "@timeStamps is true; time stamps are not supported yet; write bare values at even steps",
    );
  }
  if (flag("equallength") === false) {
    refuseKey(
      "equallength",
      "@equalLength is false; series of unequal length are not supported yet; cut or pad them to one length",
    );
  }
  if (flag("targetlabel")) {
    refuseKey(
      "targetlabel",
      "@targetLabel is true; regression targets are not supported yet; give classes instead",
    );
  }
  const dimensions = count("dimensions");
  const univariate = flag("univariate");
  if (univariate && dimensions !== null && dimensions !== 1) {
    refuseKey("dimensions", `@dimensions is ${dimensions}; @univariate true means 1; correct one of them`);
  }
  const length = count("serieslength");
  const classes = readClasses(entries.get("classlabel"), dataLine, refuse);
  return { classes, channels: univariate ? 1 : dimensions, length };
}

function readClasses(entry: Entry | undefined, dataLine: number, refuse: Refuse): readonly string[] {
  const remedy = 'write "@classLabel true NAME NAME" and end each row with ":NAME"';
  if (!entry) {
    return refuse(dataLine, `no @classLabel before "@data"; a classifier needs labelled rows; ${remedy}`);
  }
  const { word, number, values } = entry;
  const [on = "", ...classes] = values;
  if (on.toLowerCase() === "false") {
    refuse(number, `@${word} is false; a classifier needs labelled rows; ${remedy}`);
  }
  if (on.toLowerCase() !== "true") {
    refuse(number, `@${word} is ${quote(on)}; true or false comes first; ${remedy}`);
  }
  if (classes.length === 0)
    refuse(number, `@${word} names no class; true is followed by the classes; ${remedy}`);
  const twice = classes.find((name, index) => classes.indexOf(name) < index);
  if (twice !== undefined) {
    refuse(number, `@${word} names the class ${quote(twice)} twice; each class has one name; delete one`);
  }
  return classes;
}
