/**
 * Columns of lists, as Parquet and JSON have them (GluonTS, Hugging Face): a row is a series, and each list is one column of its time
 * steps. DuckDB's `unnest` makes a table with a time step a row of it, which is read as any such table.
 */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { listOf, type TableOptions } from "../tables/columns.ts";
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

const NUMBER = "(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL\\([\\d,]*\\)|BOOLEAN)";
const LIST_OF_NUMBERS = new RegExp(`^${NUMBER}\\[\\d*\\]$`);
const LIST_OF_LISTS = new RegExp(`^${NUMBER}\\[\\d*\\]\\[\\d*\\]$`);
const LIST = /^(?:VARCHAR|DATE|TIME[A-Z_ ]*)\[\d*\]$/;

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
  const { channels, label, time, group } = options;
  const named = new Set([label, time, group, ...listOf(options.target), ...listOf(options.seriesBy)]);
  const isChannel = ({ name, type }: Column): boolean =>
    (LIST_OF_NUMBERS.test(type) || LIST_OF_LISTS.test(type)) && (channels?.includes(name) ?? true);
  const isNamed = ({ name, type }: Column): boolean =>
    named.has(name) && (LIST.test(type) || LIST_OF_NUMBERS.test(type));
  const wanted = columns.filter((column) => isChannel(column) || isNamed(column));
  if (wanted.length === 0) return null;
  const lists: List[] = [];
  const notes: string[] = [];
  for (const { name, type } of wanted)
    if (LIST_OF_LISTS.test(type)) {
      const count = await countOf(tables, source, sql, name);
      notes.push(`column ${quote(name)} has lists of lists: taken as ${count} channels of time steps`);
      for (let c = 0; c < count; c++)
        lists.push({ name: `${name}${c}`, value: `${identifier(name)}[${c + 1}]` });
    } else lists.push({ name, value: identifier(name) });
  await requireEqual(tables, source, sql, lists);
  const series = columns.some(({ name }) => name.toLowerCase() === "row") ? "toeplitz_series" : "row";
  const unrolled = lists.map(({ name, value }) => `unnest(${value}) AS ${identifier(name)}`);
  const rest = columns.filter((column) => !wanted.includes(column)).map(({ name }) => identifier(name));
  const numbered = `(SELECT *, CAST(row_number() OVER () - 1 AS VARCHAR) AS ${identifier(series)} FROM ${sql})`;
  return {
    sql: `(SELECT ${[identifier(series), ...rest, ...unrolled].join(", ")} FROM ${numbered})`,
    series,
    steps: new Set(lists.map(({ name }) => name)),
    notes: [`rows are series: each list is one time step after the other`, ...notes],
  };
}

/** How many lists each row's list of lists has: channels, as many in each row and no more than their steps. */
async function countOf(tables: Tables, source: string, sql: Sql, name: string): Promise<number> {
  const own = identifier(name);
  const [least, most, shortest] = await tables.figures(
    `SELECT min(len(${own})), max(len(${own})), min(list_min(list_transform(${own}, lambda part: len(part)))) FROM ${sql}`,
  );
  if (least === most && most > 0 && most <= shortest) return most;
  throw new InputError(
    `${source}: column ${quote(name)} has lists of ${least === most ? most : `${least} to ${most}`} lists, the shortest of ${shortest} values; ` +
      "lists of lists are channels of time steps, as many in each row; rearrange them with --sql",
  );
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
  const where = `${source}: row ${row} (from 0), column`;
  const empty = counts.indexOf(0);
  if (empty >= 0)
    throw new InputError(
      `${where} ${quote(lists[empty].name)} has no value; a series has at least one; leave the row out`,
    );
  const other = counts.findIndex((count) => count !== counts[0]);
  throw new InputError(
    `${where} ${quote(lists[other].name)} has ${counts[other]} values, ${quote(lists[0].name)} has ${counts[0]}; ` +
      "the lists of a row have one length; choose with --channels",
  );
}
