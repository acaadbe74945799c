/** Which columns of a table are what: the class, the values, and, of long tables, the series and the time. */
import { InputError } from "../../data/errors.ts";
import type { CsvOptions } from "../csv/dialect.ts";
import type { ArrayOptions } from "../numpyData.ts";
import { listed } from "../../data/channelNames.ts";
import { quote } from "../../data/quote.ts";
import type { Column } from "./table.ts";

/** How a source is read; of tables every option but `memory` names columns or rows. */
export interface TableOptions extends CsvOptions, ArrayOptions {
  /** Cuts each series, of any source, into windows of so many positions, at least 1. Default: series stay whole. */
  readonly window?: number;
  /** Positions from one window to the next, at least 1. Default: `window`, so that they do not overlap. */
  readonly hop?: number;
  /**
   * Forecasts, with `window`: the answers of a window are the values of `target` (default: all channels, and channels they stay)
   * at so many positions after it, at least 1. Default: none.
   */
  readonly horizon?: number;
  /** A query over the file's rows, which it calls `data`. Default: all rows as they are. */
  readonly sql?: string;
  /**
   * The column with the class; several, with a comma between, are classes that a row may have at once, 1 or 0 (true or
   * false) each. Of a folder of recordings, a regular expression whose first group in the path is the class. Default:
   * none; of recordings the folder, or what stands before "_" in the name.
   */
  readonly label?: string;
  /** The columns with the values to predict, in place of a class. Default: none. */
  readonly target?: string | readonly string[];
  /**
   * The column with the group (a subject, a machine) that a split keeps on one side; of recordings as `label`.
   * Default: none.
   */
  readonly group?: string;
  /**
   * Of tables with a row a series: the column that says how much each row counts in training, a number of at least 0.
   * Default: all count 1.
   */
  readonly rowWeights?: string;
  /**
   * Of long tables, which have a row a time step: the columns that say which series a row is of. Default: the file.
   */
  readonly seriesBy?: string | readonly string[];
  /** Of long tables: the column that orders the rows of a series. Default: rows as they stand. */
  readonly time?: string;
  /**
   * Of long tables: the columns of values. Of wide ones, which have a row a series: what the columns of each channel
   * begin with. Default: all other columns of numbers; of wide tables as one channel. Of other sources: the channels to
   * take, in that order, by name, or by number from 0 where they have no names. Default: all.
   */
  readonly channels?: readonly string[];
  /** MiB that rows may take before they are put into a temporary file. Default: 256. */
  readonly memory?: number;
}

/** Options that only tables have, as they are called in code. */
export const tableOptionNames = [
  "sql",
  "label",
  "target",
  "group",
  "rowWeights",
  "seriesBy",
  "time",
  "channels",
  "separator",
  "header",
  "skip",
  "decimal",
  "encoding",
] as const;

/** The columns that are read. */
export interface Roles {
  /** One row a time step; else one row a series. */
  readonly long: boolean;
  /** Columns of values: of a wide table channel after channel. */
  readonly values: readonly Column[];
  readonly channels: number;
  /** Of a wide table: what the columns of each channel begin with, where that was said. */
  readonly channelNames?: readonly string[];
  /** Columns of numbers to predict; with `several`, of 0 and 1 for each of several classes at once. */
  readonly targets: readonly Column[];
  readonly several: boolean;
  readonly label?: Column;
  readonly group?: Column;
  /** Of a wide table: how much each row counts. */
  readonly weight?: Column;
  readonly series: readonly Column[];
  readonly time?: Column;
  /** Columns that are no channels unless they are named, though they hold numbers. */
  readonly left: readonly Column[];
}

export const listOf = (names: string | readonly string[] | undefined): readonly string[] =>
  names === undefined ? [] : typeof names === "string" ? [names] : names;

/** The column of file names that several files get. */
export const FILE_NAME = "filename";

export const isNumber = ({ type }: Column): boolean =>
  /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*\)|BOOLEAN)$/.test(type);
const isTime = ({ type }: Column): boolean => /^(DATE|TIME|TIMESTAMP)/.test(type);
export const isText = ({ type }: Column): boolean => type === "VARCHAR";

/** Decides from the columns that there are. Throws InputError, naming `source`, where a named one is not there or will not do. */
export function rolesOf(source: string, columns: readonly Column[], options: TableOptions): Roles {
  const refuse = (what: string): never => {
    throw new InputError(`${source}: ${what}`);
  };
  const there = listed(columns.map(({ name }) => name));
  const find = (option: string, name: string): Column =>
    columns.find((c) => c.name === name) ??
    columns.find((c) => c.name.toLowerCase() === name.toLowerCase()) ??
    refuse(`there is no column ${quote(name)} (${option}); its columns are ${there}`);
  const optional = (option: string, name: string | undefined): Column | undefined =>
    name === undefined ? undefined : find(option, name);
  const number = (option: string, name: string): Column => {
    const column = find(option, name);
    if (column.wrong !== undefined)
      return refuse(`column ${quote(column.name)} (${option}): ${column.wrong}`);
    if (isNumber(column) || isText(column)) return column;
    return refuse(`column ${quote(name)} (${option}) is of type ${column.type}; it holds numbers`);
  };

  const marks = severalIn(options.label, columns);
  const several = marks.length > 0;
  const label = several ? undefined : optional("label", options.label);
  const forecasts = options.horizon !== undefined;
  if (forecasts) refuseWithHorizon(options, refuse);
  // of a forecast they are channels
  const asked = forecasts ? [] : listOf(options.target).map((name) => number("target", name));
  const targets = several ? marks.map((name) => number("label", name)) : asked;
  const twice = targets.find((column, i) => targets.indexOf(column) < i);
  if (twice)
    refuse(`column ${quote(twice.name)} (${several ? "label" : "target"}) is named twice; name it once`);
  if (options.label !== undefined && asked.length > 0)
    refuse("label and target are both given; rows have a class or values; give one");
  const group = optional("group", options.group);
  const weight = options.rowWeights === undefined ? undefined : number("row-weights", options.rowWeights);
  const time = optional("time", options.time);
  const named = listOf(options.seriesBy).map((name) => find("series-by", name));
  if (time?.wrong !== undefined) refuse(`column ${quote(time.name)} (time): ${time.wrong}`);
  if (time && !isNumber(time) && !isTime(time))
    refuse(`column ${quote(time.name)} (time) is of type ${time.type}; it holds numbers, dates or times`);
  const long = named.length > 0 || time !== undefined || options.window !== undefined;
  if (weight && long)
    refuse(
      `column ${quote(weight.name)} (row-weights) weighs rows of a table with a row a series, and here rows are time steps; leave it out`,
    );
  if (options.answers !== undefined && options.answers !== "positions")
    refuse(
      `answers is ${options.answers}, which is for NumPy arrays; of tables --label names a class, --label a,b several at once, --target values; leave it out`,
    );
  if (options.answers === "positions" && (!long || label === undefined))
    refuse(
      `answers is positions, the class of each time step in a column; give ${label === undefined ? "that column with --label" : "--time, --series-by or --window, so that rows are time steps"}`,
    );
  const files = columns.filter((c) => c.name === FILE_NAME && isText(c));
  const series = long && named.length === 0 ? files : named;
  const taken = new Set([label, group, weight, time, ...targets, ...named, ...files]);
  const free = columns.filter(
    (c) => !taken.has(c) && !isTime(c) && (isNumber(c) || isText(c) || c.wrong !== undefined),
  );
  /** Those that are channels without being named. */
  const plain = free.filter(({ left }) => left === undefined);
  const left = options.channels && long ? [] : free.filter((c) => c.left !== undefined);
  const common = {
    left,
    targets,
    several,
    series,
    ...(label && { label }),
    ...(group && { group }),
    ...(weight && { weight }),
    ...(time && { time }),
  };
  if (long) {
    const values = options.channels?.map((name) => number("channels", name)) ?? plain;
    return { long, values, channels: values.length, ...common };
  }
  if (!options.channels) return { long, values: plain, channels: 1, ...common };
  const parts = partsOf(free, options.channels, there, refuse);
  const channelNames = options.channels;
  return { long, values: parts.flat(), channels: parts.length, channelNames, ...common };
}

/** Refuses what does not go with a forecast. */
function refuseWithHorizon({ window, label }: TableOptions, refuse: (what: string) => never): void {
  if (window === undefined)
    refuse("horizon is given without window; a forecast is of what comes after a window; give both");
  if (label !== undefined)
    refuse(
      "horizon and label are both given; a window is answered with what comes after it, or a class; give one",
    );
}

/** Of a wide table the columns of each channel, as many of each. */
function partsOf(
  free: readonly Column[],
  channels: readonly string[],
  there: string,
  refuse: (what: string) => never,
): Column[][] {
  const parts = channels.map((prefix) => stepsOf(free, prefix));
  const missing = parts.findIndex((part) => part.length === 0);
  if (missing >= 0)
    refuse(
      `no column is ${quote(channels[missing])} (channels) and a number, such as ` +
        `${channels[missing]}0; its columns are ${there}`,
    );
  const odd = parts.findIndex((part) => part.length !== parts[0].length);
  if (odd >= 0)
    refuse(
      `channel ${channels[odd]} has ${parts[odd].length} columns, ${channels[0]} has ${parts[0].length}; ` +
        "all channels have the same length",
    );
  return parts;
}

/** The columns of several classes at once: names with commas between, unless one column is called all of that. */
function severalIn(label: string | undefined, columns: readonly Column[]): readonly string[] {
  if (label === undefined || !label.includes(",") || columns.some(({ name }) => name === label)) return [];
  return label.split(",").map((name) => name.trim());
}

/** The columns of one channel of a wide table: what its name begins with and a number, in the order of the numbers. */
function stepsOf(columns: readonly Column[], prefix: string): Column[] {
  const numbered = columns.flatMap((column) => {
    const [, digits] = /^[_.-]?(\d+)$/.exec(column.name.slice(prefix.length)) ?? [];
    return column.name.startsWith(prefix) && digits !== undefined ? [{ column, at: Number(digits) }] : [];
  });
  return numbered.sort((a, b) => a.at - b.at).map(({ column }) => column);
}
