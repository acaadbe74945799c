/** Columns of lists, whatever holds them: which are unrolled, and what their lengths must be. */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { listOf, type TableOptions } from "./columns.ts";
import type { Queries } from "./judge.ts";
import type { Column } from "./table.ts";

const NUMBER = "(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL\\([\\d,]*\\)|BOOLEAN)";
const LIST_OF_NUMBERS = new RegExp(`^${NUMBER}\\[\\d*\\]$`);
const LIST_OF_LISTS = new RegExp(`^${NUMBER}\\[\\d*\\]\\[\\d*\\]$`);
const LIST = /^(?:VARCHAR|DATE|TIME[A-Z_ ]*)\[\d*\]$/;

export const isListOfLists = ({ type }: Column): boolean => LIST_OF_LISTS.test(type);

/** The columns of lists that are wanted: channels, and those that are named for something else. */
export function wantedLists(columns: readonly Column[], options: TableOptions): readonly Column[] {
  const { channels, label, time, group } = options;
  const named = new Set([label, time, group, ...listOf(options.target), ...listOf(options.seriesBy)]);
  const isChannel = (column: Column): boolean =>
    (LIST_OF_NUMBERS.test(column.type) || isListOfLists(column)) && (channels?.includes(column.name) ?? true);
  const isNamed = ({ name, type }: Column): boolean =>
    named.has(name) && (LIST.test(type) || LIST_OF_NUMBERS.test(type));
  return columns.filter((column) => isChannel(column) || isNamed(column));
}

/** What the column of the rows' numbers is called. */
export const seriesColumn = (columns: readonly Column[]): string =>
  columns.some(({ name }) => name.toLowerCase() === "row") ? "toeplitz_series" : "row";

export const LISTS_NOTE = "rows are series: each list is one time step after the other";
export const listsOfListsNote = (name: string, count: number): string =>
  `column ${quote(name)} has lists of lists: taken as ${count} channels of time steps`;

/** How many channels lists of lists are: as many in each row, and no more than their steps. Throws InputError. */
export function channelsIn(
  source: string,
  name: string,
  least: number,
  most: number,
  shortest: number,
  queries: Queries,
): number {
  if (least === most && most > 0 && most <= shortest) return most;
  throw new InputError(
    `${source}: column ${quote(name)} has lists of ${least === most ? most : `${least} to ${most}`} lists, the shortest of ${shortest} values; ` +
      `lists of lists are channels of time steps, as many in each row; rearrange them${queries === "with queries" ? " with --sql" : ", and write the file again"}`,
  );
}

/** What is wrong with a row whose lists, by name, have these many values: one is empty, or they are not of one length. */
export function unequalLists(
  source: string,
  row: number,
  names: readonly string[],
  counts: readonly number[],
): InputError {
  const where = `${source}: row ${row} (from 0), column`;
  const empty = counts.indexOf(0);
  if (empty >= 0)
    return new InputError(
      `${where} ${quote(names[empty])} has no value; a series has at least one; leave the row out`,
    );
  const other = counts.findIndex((count) => count !== counts[0]);
  return new InputError(
    `${where} ${quote(names[other])} has ${counts[other]} values, ${quote(names[0])} has ${counts[0]}; ` +
      "the lists of a row have one length; choose with --channels",
  );
}
