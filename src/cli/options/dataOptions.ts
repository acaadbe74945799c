/** How DATA is read: options that train, evaluate, predict, explain and inspect have alike. */
import { Option, type Command } from "commander";
import type { TableOptions } from "../../node.ts";
import { InputError } from "../../data/errors.ts";
import { shellWord } from "../format.ts";
import { whole } from "./parsers.ts";

/** The options as commander gives them, which is how `readDataset` takes them. */
export type DataFlags = TableOptions;

/** Names separated by commas. */
const names =
  (flag: string) =>
  (text: string): readonly string[] => {
    const list = text.split(",").map((name) => name.trim());
    if (list.every((name) => name !== "")) return list;
    throw new InputError(
      `${flag} is ${JSON.stringify(text)}; it is names with commas between them, such as x,y,z`,
    );
  };

/** Every option: how it is typed, what it means, and its reader where it is not text. */
const table: readonly (readonly [flags: string, about: string, parse?: (text: string) => unknown])[] = [
  ["--label <COL>", "tables: the column with the class; recordings: a regular expression for it in the name"],
  ["--target <COLS>", "tables: the columns with values to foretell, in place of a class", names("--target")],
  [
    "--group <COL>",
    "tables: the column with the group (a subject) that a split keeps on one side; recordings: as --label",
  ],
  [
    "--series-by <COLS>",
    "long tables (a time step a row): the columns that tell series apart",
    names("--series-by"),
  ],
  ["--time <COL>", "long tables: the column that orders a series"],
  [
    "--channels <NAMES>",
    "long tables: the columns of values; wide ones: what those of each channel begin with",
    names("--channels"),
  ],
  ["--sql <QUERY>", 'tables: a query over the rows of DATA, "select ... from data"'],
  ["--window <N>", "cut each series into windows of so many positions", whole("--window", 1, 128)],
  ["--hop <N>", "positions from one window to the next (default: --window)", whole("--hop", 1, 64)],
  [
    "--memory <MiB>",
    "memory for rows; more are put into a temporary file (default: 256)",
    whole("--memory", 1, 256),
  ],
];

const options = (): Option[] =>
  table.map(([flags, about, parse]) => {
    const option = new Option(flags, about);
    return parse ? option.argParser(parse) : option;
  });

/** Gives a command the options of data, and its help examples of them. */
export function addDataOptions(command: Command): Command {
  for (const option of options()) command.addOption(option);
  return command.addHelpText("after", examples);
}

/** The options of data among all that were given. */
export function dataOptionsOf(flags: DataFlags): DataFlags {
  if (flags.hop !== undefined && flags.window === undefined)
    throw new InputError("--hop is given without --window; it is the step from window to window; give both");
  const { label, target, group, seriesBy, time, channels, sql, window, hop, memory } = flags;
  return { label, target, group, seriesBy, time, channels, sql, window, hop, memory };
}

/** DATA and how it is read, as words of a command line. */
export function dataWords(source: string, flags: DataFlags): string {
  const given = options().flatMap((option) => {
    const value = flags[option.attributeName() as keyof DataFlags];
    return value === undefined ? [] : [`${option.long} ${shellWord(String(value))}`];
  });
  return [shellWord(source), ...given].join(" ");
}

const examples = `
Tables (.csv, .parquet, .json, .jsonl, also .gz, or a pattern such as "days/*.csv") want the package @duckdb/node-api:
  wide, a series a row:     --label class
  long, a time step a row:  --series-by id --time t --channels x,y,z --label class
  one recording a file:     --label state --window 128 --hop 64
  a query:                  --sql "select * exclude (id) from data where valid" --label class`;
