/** What all rows of a column say of it, the same for every source of tables whose columns have types. */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { isNumber } from "./columns.ts";
import type { Column } from "./table.ts";

/** Whether the source takes queries, which messages then name as a remedy. */
export type Queries = "with queries" | "without queries";

/** The column, left out where by its name it counts rows or times; null of other names. */
export const leftByName = (column: Column): Column | null =>
  /^(__index_level_\d+__|unnamed: \d+|index|idx|id|row|time|timestamp|date|datetime)$/i.test(column.name) ||
  /[_\s.-]id$/i.test(column.name)
    ? { ...column, left: "by its name it is no measurement" }
    : null;

/** The column, which cannot be read since it holds lists or structures; null of other types. */
export const wrongByType = (column: Column, queries: Queries): Column | null =>
  /\[\d*\]$|^(LIST|STRUCT|MAP)/.test(column.type)
    ? {
        ...column,
        wrong: `it holds ${column.type.endsWith("]") ? "lists" : "structures"} (${column.type}); ${queries === "with queries" ? "unnest it with --sql, or " : ""}leave it out with --channels`,
      }
    : null;

/** A column of text that holds numbers too: the first row (from 0) whose text is none. */
export const wrongByText = (column: Column, row: number, text: string, queries: Queries): Column => ({
  ...column,
  wrong: `row ${row} (from 0) has ${quote(text)}; values are numbers; correct it, or choose the columns with --channels${queries === "with queries" ? " or --sql" : ""}`,
});

/** Whether a column may be a key: whole numbers, and no step of a series by its name. */
export const mayBeKey = (column: Column): boolean =>
  isNumber(column) && /INT/.test(column.type) && !/\d$/.test(column.name);

/** The column, left out where each of its rows has another number and these stand close together. */
export const judgedKey = (
  column: Column,
  filled: number,
  distinct: number,
  low: number,
  high: number,
): Column =>
  filled >= 10 && filled === distinct && high - low < 2 * distinct
    ? { ...column, left: "each row has another number" }
    : column;

/** The column, left out where it has one value a row beside lists; null of others. */
export const leftBesideLists = (column: Column, steps: ReadonlySet<string> | undefined): Column | null =>
  steps && !steps.has(column.name) && isNumber(column)
    ? { ...column, left: "it has one value a row, and the series are lists" }
    : null;

/** Refuses (InputError) names that differ in case alone. */
export function requireDistinct(
  source: string,
  columns: readonly { readonly name: string }[],
  queries: Queries,
): void {
  const folded = new Map<string, string>();
  for (const { name } of columns) {
    const before = folded.get(name.toLowerCase());
    if (before !== undefined)
      throw new InputError(
        `${source}: columns ${quote(before)} and ${quote(name)} differ in case alone; give one of them another name${queries === "with queries" ? ", or choose with --sql" : ""}`,
      );
    folded.set(name.toLowerCase(), name);
  }
}
