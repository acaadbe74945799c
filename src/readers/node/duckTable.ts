/**
 * Parquet, JSON and queries as a table, through DuckDB, held to the rules of every table: types come from all rows, never from
 * the first; what is text beside numbers, a list, a key or a row number is said.
 */
import { quote } from "../../data/quote.ts";
import { InputError } from "../../data/errors.ts";
import { FILE_NAME, isNumber, isText, listOf, type TableOptions } from "../tables/columns.ts";
import type { Chunk, Column, Table, Wanted } from "../tables/table.ts";
import { identifier, type Tables } from "./duckdb.ts";

/** A relation to select from. */
type Sql = string;

export class DuckTable implements Table {
  readonly source: string;
  readonly columns: readonly Column[];
  readonly notes: readonly string[];
  readonly #tables: Tables;
  readonly #sql: Sql;

  private constructor(
    tables: Tables,
    source: string,
    sql: Sql,
    { columns, notes }: Pick<Table, "columns" | "notes">,
  ) {
    this.#tables = tables;
    this.source = source;
    this.#sql = sql;
    this.columns = columns;
    this.notes = notes;
  }

  /** The relation, or the query over it that the options give; `known`: what is known of the relation's columns already. */
  static async open(
    tables: Tables,
    source: string,
    relation: Sql,
    options: TableOptions,
    known: Pick<Table, "columns" | "notes"> = { columns: [], notes: [] },
  ): Promise<DuckTable> {
    const sql = await queried(tables, relation, options);
    const columns = await tables.columnsOf(sql);
    requireDistinct(source, columns);
    const named = new Set([options.label, options.group, ...listOf(options.seriesBy), FILE_NAME]);
    const judged: Column[] = [];
    for (const column of columns) {
      const before = known.columns.find(({ name }) => name === column.name);
      if (named.has(column.name)) judged.push(column);
      else judged.push(before ? asBefore(column, before) : await judge(tables, sql, column));
    }
    return new DuckTable(tables, source, sql, { columns: judged, notes: known.notes });
  }

  place(row: number): string {
    return `${this.source}: row ${row} (from 0)`;
  }

  rows({ numbers, texts, order }: Wanted): AsyncIterable<Chunk> {
    const columns = [
      ...numbers.map(asNumber),
      ...texts.map((joined) => joined.map(asText).join(" || '/' || ")),
    ].join(", ");
    if (!order) return this.#tables.chunks(`SELECT ${columns} FROM ${this.#sql}`);
    const by = [
      ...order.series.map(({ name }) => identifier(name)),
      ...(order.time ? [asNumber(order.time)] : []),
      "toeplitz_row",
    ].join(", ");
    return this.#tables.chunks(
      `SELECT ${columns} FROM (SELECT *, row_number() OVER () AS toeplitz_row FROM ${this.#sql}) ORDER BY ${by}`,
    );
  }
}

/** Refuses columns that DuckDB does not tell apart. */
export function requireDistinct(source: string, columns: readonly Column[]): void {
  const folded = new Map<string, string>();
  for (const { name } of columns) {
    const before = folded.get(name.toLowerCase());
    if (before !== undefined)
      throw new InputError(
        `${source}: columns ${quote(before)} and ${quote(name)} differ in case alone; give one of them another name, or choose with --sql`,
      );
    folded.set(name.toLowerCase(), name);
  }
}

/** A column of a query with what is known of the one of that name that it comes from: a query that casts it has made it good. */
const asBefore = (column: Column, { left, wrong }: Column): Column => ({
  ...column,
  ...(left === undefined ? {} : { left }),
  ...(wrong === undefined || !isText(column) ? {} : { wrong }),
});

/** The relation itself, or the query over it. */
async function queried(tables: Tables, sql: Sql, { sql: query }: TableOptions): Promise<Sql> {
  if (query === undefined) return sql;
  await tables.run(`CREATE VIEW data AS SELECT * FROM ${sql}`);
  return `(${query.replace(/;\s*$/, "")}\n)`;
}

/** A column with what all of its rows say of it. */
async function judge(tables: Tables, sql: Sql, column: Column): Promise<Column> {
  const { name, type } = column;
  const own = identifier(name);
  if (/\[\d*\]$|^(LIST|STRUCT|MAP)/.test(type))
    return {
      ...column,
      wrong: `it holds ${type.endsWith("]") ? "lists" : "structures"} (${type}); unnest it with --sql, or leave it out with --channels`,
    };
  if (isText(column)) {
    const [filled, numbers] = await figures(
      tables,
      `SELECT count(${own}), count(TRY_CAST(${own} AS DOUBLE)) FROM ${sql}`,
    );
    if (filled === 0) return { ...column, type: "DOUBLE" };
    if (numbers === 0) return column;
    for await (const chunk of tables.chunks(
      `SELECT toeplitz_at, ${own} FROM (SELECT ${own}, CAST(row_number() OVER () - 1 AS DOUBLE) AS toeplitz_at FROM ${sql}) ` +
        `WHERE TRY_CAST(${own} AS DOUBLE) IS NULL AND ${own} IS NOT NULL ORDER BY toeplitz_at LIMIT 1`,
    )) {
      const [at, text] = chunk.columns.map((vector) => vector.getItem(0));
      return {
        ...column,
        wrong: `row ${String(at)} (from 0) has ${quote(String(text))}; values are numbers; correct it, or choose the columns with --channels or --sql`,
      };
    }
    return { ...column, type: "DOUBLE" };
  }
  if (
    /^(__index_level_\d+__|unnamed: \d+|index|idx|id|row|time|timestamp|date|datetime)$/i.test(name) ||
    /[_\s.-]id$/i.test(name)
  )
    return { ...column, left: "by its name it is no measurement" };
  if (isNumber(column) && /INT/.test(type) && !/\d$/.test(name)) {
    const [filled, distinct, low, high] = await figures(
      tables,
      `SELECT count(${own}), count(DISTINCT ${own}), CAST(min(${own}) AS DOUBLE), CAST(max(${own}) AS DOUBLE) FROM ${sql}`,
    );
    if (filled >= 10 && filled === distinct && high - low < 2 * distinct)
      return { ...column, left: "each row has another number" };
  }
  return column;
}

async function figures(tables: Tables, query: string): Promise<number[]> {
  const found: number[] = [];
  for await (const chunk of tables.chunks(query))
    found.push(...chunk.columns.map((column) => Number(column.getItem(0))));
  return found;
}

/** A column as a number; NaN where there is none. (A vector with NULLs in it is read ten times as slowly.) */
const asNumber = ({ name, type }: Column): string => {
  const own = /^(DATE|TIME)/.test(type) ? `epoch_us(${identifier(name)})` : identifier(name);
  return `ifnull(CAST(${own} AS DOUBLE), 'nan'::DOUBLE)`;
};

/** A column as text; empty where there is none. */
const asText = ({ name }: Column): string => `ifnull(CAST(${identifier(name)} AS VARCHAR), '')`;
