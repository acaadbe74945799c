/** How DATA is read: options that train, evaluate, predict, explain and inspect have alike, and export with --int8. */
import type { Command } from "commander";
import type { SourceOptions } from "../../node.ts";
import { InputError } from "../../data/errors.ts";
import { dashed, shellWord } from "../format.ts";
import { addRows, anyModel, stepped, type Row, type Rows } from "./option.ts";
import { separators } from "../../readers/csv/dialect.ts";
import { axesOrders } from "../../readers/numpyData.ts";
import { answerWords } from "../../readers/numpyAnswers.ts";
import { names, positive, whole, wholeOrTime, word } from "./parsers.ts";

/** The options as commander gives them, which is how `readDataset` takes them. */
export type DataFlags = SourceOptions;

const annotationUnits = ["s", "ms", "samples"] as const;
const wfdbKinds = ["beats", "rhythms"] as const;

/** A name that TextDecoder knows. */
function encoding(text: string): string {
  try {
    return new TextDecoder(text).encoding;
  } catch {
    throw new InputError(
      `--encoding is ${JSON.stringify(text)}, which is no encoding; it is one such as utf-8, utf-16le or windows-1252`,
    );
  }
}

const data = { group: "data", reach: "weights", models: anyModel } as const;

/** How DATA is read. */
export const dataRows = {
  label: {
    ...data,
    flags: "--label <COL>",
    about: "tables: the column with the class; recordings: a regular expression for it in the name",
  } as Row<string>,
  target: {
    ...data,
    flags: "--target <COLS>",
    about: "tables: the columns with values to predict, in place of a class",
    parse: names("--target"),
  },
  group: {
    ...data,
    flags: "--group <COL>",
    about:
      "tables: the column with the group (a subject) that a split keeps on one side; recordings: as --label",
  } as Row<string>,
  rowWeights: {
    ...data,
    models: stepped,
    flags: "--row-weights <COL>",
    about: "tables with a row a series: the column that says how much each row counts in training",
  } as Row<string>,
  seriesBy: {
    ...data,
    flags: "--series-by <COLS>",
    about: "long tables (a time step a row): the columns that tell series apart",
    parse: names("--series-by"),
  },
  time: {
    ...data,
    flags: "--time <COL>",
    about: "long tables: the column that orders a series",
  } as Row<string>,
  channels: {
    ...data,
    flags: "--channels <NAMES>",
    about:
      "long tables: the columns of values; wide ones: what those of each channel begin with; " +
      "other data: channels to take, by number from 0 where they have no names",
    parse: names("--channels"),
  },
  separator: {
    ...data,
    flags: "--separator <SIGN>",
    about: `CSV: what stands between fields: ${separators.join(" ")} (default: what all lines agree on)`,
    parse: word("--separator", separators),
  },
  header: {
    ...data,
    flags: "--no-header",
    about: "CSV: the first line is a row; columns are called column0, column1, ...",
  } as Row<false>,
  skip: {
    ...data,
    flags: "--skip <N>",
    about: "CSV: lines before the header",
    parse: whole("--skip", 0, 3),
  },
  decimal: {
    ...data,
    flags: "--decimal <MARK>",
    about: "CSV: point or comma (default: the only reading that fits a whole column)",
    parse: word("--decimal", ["point", "comma"] as const),
  },
  encoding: {
    ...data,
    flags: "--encoding <NAME>",
    about: "CSV: such as windows-1252 (default: utf-8, or utf-16 by its mark)",
    parse: encoding,
  },
  sql: {
    ...data,
    flags: "--sql <QUERY>",
    about: 'tables: a query over the rows of DATA, "select ... from data"',
  } as Row<string>,
  axes: {
    ...data,
    flags: "--axes <ORDER>",
    about: `NumPy arrays of three axes: ${axesOrders.join(" or ")} (default: the shorter of the last two is the channels)`,
    parse: word("--axes", axesOrders),
  },
  window: {
    ...data,
    flags: "--window <N>",
    about: "cut each series into windows of so many positions, or of a time (2s, 500ms)",
    parse: wholeOrTime("--window", 1, 128),
  },
  hop: {
    ...data,
    flags: "--hop <N>",
    about: "positions from one window to the next (default: --window)",
    parse: wholeOrTime("--hop", 1, 64),
  },
  horizon: {
    ...data,
    flags: "--horizon <N>",
    about:
      "forecasts: the values to predict are those of --target (default: every channel) at so many positions after each window",
    parse: wholeOrTime("--horizon", 1, 24),
  },
  rate: {
    ...data,
    flags: "--rate <Hz>",
    about: "samples a second, where the file does not say it",
    parse: positive("--rate", 250),
  },
  variable: {
    ...data,
    flags: "--variable <NAME>",
    about: "MATLAB files: the variable with the series (default: X, data, signals, or the only one)",
  } as Row<string>,
  annotations: {
    ...data,
    flags: "--annotations <FILE>",
    about:
      "recordings: a file that labels stretches of them (CSV, Audacity, Label Studio, .atr, EDF+), so that each position has a class; " +
      'of a folder a pattern, such as "*.csv"',
  } as Row<string>,
  annotationUnit: {
    ...data,
    flags: "--annotation-unit <UNIT>",
    about: `${annotationUnits.join(", ")}: what annotations count, where their file does not say it (default: s)`,
    parse: word("--annotation-unit", annotationUnits),
  },
  annotationsOf: {
    ...data,
    flags: "--annotations-of <KIND>",
    about: `WFDB annotations: ${wfdbKinds.join(", ")} (default: what the file has)`,
    parse: word("--annotations-of", wfdbKinds),
  },
  answers: {
    ...data,
    flags: "--answers <KIND>",
    about:
      `NumPy arrays: what y holds: ${answerWords.join(", ")} (labels: 0 or 1 for each of several classes); default: by its type and shape. ` +
      "Tables with a time step a row: positions takes --label at each step",
    parse: word("--answers", answerWords),
  },
  memory: {
    ...data,
    reach: "free",
    flags: "--memory <MiB>",
    about: "memory for rows; more are put into a temporary file (default: 256)",
    parse: whole("--memory", 1, 256),
  },
} as const satisfies Rows;

/** Gives a command the options of data, and its help examples of them. */
export function addDataOptions(command: Command): Command {
  return addRows(command, dataRows).addHelpText("after", dataExamples);
}

/** The options of data among all that were given. */
export function dataOptionsOf(flags: DataFlags): DataFlags {
  if (flags.hop !== undefined && flags.window === undefined)
    throw new InputError("--hop is given without --window; it is the step from window to window; give both");
  if (flags.horizon !== undefined && flags.window === undefined)
    throw new InputError(
      "--horizon is given without --window; a forecast is of what comes after a window; give both",
    );
  const { annotationUnit, annotationsOf, annotations } = flags;
  if ((annotationUnit ?? annotationsOf) !== undefined && annotations === undefined)
    throw new InputError(
      `--${annotationUnit === undefined ? "annotations-of" : "annotation-unit"} is given without --annotations; it says how they are read; give both`,
    );
  const given = flags as Readonly<Record<string, unknown>>;
  // commander has true where --no-header is not given
  const valueOf = (name: string): unknown =>
    name === "header" && given[name] === true ? undefined : given[name];
  return Object.fromEntries(Object.keys(dataRows).map((name) => [name, valueOf(name)]));
}

/** DATA and how it is read, as words of a command line. */
export function dataWords(source: string, flags: DataFlags): string {
  const given = Object.entries(dataOptionsOf(flags)).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [value === false ? `--no-${name}` : `${dashed(name)} ${shellWord(String(value))}`],
  );
  return [shellWord(source), ...given].join(" ");
}

export const dataExamples = `
Tables (.csv, .parquet, .json, .jsonl, also .gz, .arrow, .feather, or a pattern such as "days/*.csv"; Parquet, JSON and --sql want
the package @duckdb/node-api, Arrow @uwdata/flechette):
  wide, a series a row:     --label class
  long, a time step a row:  --series-by id --time t --channels x,y,z --label class
  one recording a file:     --label state --window 128 --hop 64
  a forecast:               --time t --window 96 --hop 1 --horizon 24 --target load
  a query:                  --sql "select * exclude (id) from data where valid" --label class`;
