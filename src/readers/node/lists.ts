/**
 * Columns of lists, as Parquet and JSON have them (GluonTS, Hugging Face): a row is a series, and each list is one column of its time
 * steps. DuckDB's `unnest` makes a table with a time step a row of it, which is read as any such table.
 */
import type { TableOptions } from "../tables/columns.ts";
import {
  channelsIn,
  isListOfLists,
  LISTS_NOTE,
  listsOfListsNote,
  seriesColumn,
  unequalLists,
  wantedLists,
} from "../tables/listColumns.ts";
import type { Column } from "../tables/table.ts";
import { identifier, type Sql, type Tables } from "./duckdb.ts";

/** A relation with a time step a row. */
export interface Unrolled {
  readonly sql: Sql;
  /** The column that says which row a time step is of. */
  readonly series: string;
  /** The columns that were lists, or channels in lists of lists. */
  readonly steps: ReadonlySet<string>;
  readonly notes: readonly string[];
}

/** A list a channel: what it is called, and how it is got from a row. */
interface List {
  readonly name: string;
  readonly value: Sql;
}

/** The relation with its lists unrolled; null where no column that is wanted is a list. Throws InputError. */
export async function unroll(
  tables: Tables,
  source: string,
  sql: Sql,
  columns: readonly Column[],
  options: TableOptions,
): Promise<Unrolled | null> {
  const wanted = wantedLists(columns, options);
  if (wanted.length === 0) return null;
  const lists: List[] = [];
  const notes: string[] = [];
  for (const column of wanted) {
    const { name } = column;
    if (isListOfLists(column)) {
      const count = await countOf(tables, source, sql, name);
      notes.push(listsOfListsNote(name, count));
      for (let c = 0; c < count; c++)
        lists.push({ name: `${name}${c}`, value: `${identifier(name)}[${c + 1}]` });
    } else lists.push({ name, value: identifier(name) });
  }
  await requireEqual(tables, source, sql, lists);
  const series = seriesColumn(columns);
  const unrolled = lists.map(({ name, value }) => `unnest(${value}) AS ${identifier(name)}`);
  const rest = columns.filter((column) => !wanted.includes(column)).map(({ name }) => identifier(name));
  const numbered = `(SELECT *, CAST(row_number() OVER () - 1 AS VARCHAR) AS ${identifier(series)} FROM ${sql})`;
  return {
    sql: `(SELECT ${[identifier(series), ...rest, ...unrolled].join(", ")} FROM ${numbered})`,
    series,
    steps: new Set(lists.map(({ name }) => name)),
    notes: [LISTS_NOTE, ...notes],
  };
}

/** How many lists each row's list of lists has: channels, as many in each row and no more than their steps. */
async function countOf(tables: Tables, source: string, sql: Sql, name: string): Promise<number> {
  const own = identifier(name);
  const [least, most, shortest] = await tables.figures(
    `SELECT min(len(${own})), max(len(${own})), min(list_min(list_transform(${own}, lambda part: len(part)))) FROM ${sql}`,
  );
  return channelsIn(source, name, least, most, shortest, "with queries");
}

/** Refuses (InputError) a row whose lists are empty or not of one length: what is missing in one would shift the others. */
async function requireEqual(tables: Tables, source: string, sql: Sql, lists: readonly List[]): Promise<void> {
  const lengths = lists.map(({ value }, i) => `ifnull(len(${value}), 0) AS n${i}`).join(", ");
  const odd = lists.map((_, i) => `n${i} = 0 OR n${i} <> n0`).join(" OR ");
  const [row, ...counts] = await tables.figures(
    `SELECT toeplitz_at, ${lists.map((_, i) => `n${i}`).join(", ")} FROM ` +
      `(SELECT row_number() OVER () - 1 AS toeplitz_at, ${lengths} FROM ${sql}) WHERE ${odd} ORDER BY toeplitz_at LIMIT 1`,
  );
  if (row === undefined) return;
  throw unequalLists(
    source,
    row,
    lists.map(({ name }) => name),
    counts,
  );
}
