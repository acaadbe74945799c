/**
 * Parquet, JSON and queries as a table, through DuckDB, held to the rules of every table: types come from all rows, never from
 * the first; what is text beside numbers, a list, a key or a row number is said.
 */
import { FILE_NAME, isText, listOf, type TableOptions } from "../tables/columns.ts";
import {
  judgedKey,
  leftBesideLists,
  leftByName,
  mayBeKey,
  requireDistinct,
  wrongByText,
  wrongByType,
} from "../tables/judge.ts";
import type { Chunk, Column, Table, Wanted } from "../tables/table.ts";
import { identifier, type Sql, type Tables } from "./duckdb.ts";
import { unroll } from "./lists.ts";

export class DuckTable implements Table {
  readonly source: string;
  readonly columns: readonly Column[];
  readonly notes: readonly string[];
  /** The column of the rows' numbers, where their lists are unrolled. */
  readonly series: string | undefined;
  readonly #tables: Tables;
  readonly #sql: Sql;

  private constructor(
    tables: Tables,
    source: string,
    {
      sql,
      columns,
      notes,
      series,
    }: { sql: Sql; columns: readonly Column[]; notes: readonly string[]; series: string | undefined },
  ) {
    this.#tables = tables;
    this.source = source;
    this.#sql = sql;
    this.columns = columns;
    this.notes = notes;
    this.series = series;
  }

  /** The relation, or the query over it that the options give; `known`: what is known of the relation's columns already. */
  static async open(
    tables: Tables,
    source: string,
    relation: Sql,
    options: TableOptions,
    known: Pick<Table, "columns" | "notes"> = { columns: [], notes: [] },
  ): Promise<DuckTable> {
    const rows = await queried(tables, relation, options);
    const listed = await tables.columnsOf(rows);
    const lists = await unroll(tables, source, rows, listed, options);
    const sql = lists?.sql ?? rows;
    const columns = lists ? await tables.columnsOf(sql) : listed;
    requireDistinct(source, columns, "with queries");
    const { label, group, seriesBy } = options;
    const named = new Set([label, group, ...listOf(seriesBy), FILE_NAME, lists?.series]);
    const judged: Column[] = [];
    for (const column of columns) {
      const before = known.columns.find(({ name }) => name === column.name);
      if (named.has(column.name) || (lists && column.type.endsWith("]"))) judged.push(column);
      else {
        judged.push(
          leftBesideLists(column, lists?.steps) ??
            (before ? asBefore(column, before) : await judge(tables, sql, column)),
        );
      }
    }
    const notes = [...known.notes, ...(lists?.notes ?? [])];
    return new DuckTable(tables, source, { sql, columns: judged, notes, series: lists?.series });
  }

  place(row: number): string {
    return this.series === undefined
      ? `${this.source}: row ${row} (from 0)`
      : `${this.source}: value ${row} (from 0) of the lists of all rows`;
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
  return tables.query(query);
}

/** A column with what all of its rows say of it. */
async function judge(tables: Tables, sql: Sql, column: Column): Promise<Column> {
  const own = identifier(column.name);
  const wrong = wrongByType(column, "with queries");
  if (wrong) return wrong;
  if (isText(column)) {
    const [filled, numbers] = await tables.figures(
      `SELECT count(${own}), count(TRY_CAST(${own} AS DOUBLE)) FROM ${sql}`,
    );
    if (filled === 0) return { ...column, type: "DOUBLE" };
    if (numbers === 0) return column;
    for await (const chunk of tables.chunks(
      `SELECT toeplitz_at, ${own} FROM (SELECT ${own}, CAST(row_number() OVER () - 1 AS DOUBLE) AS toeplitz_at FROM ${sql}) ` +
        `WHERE TRY_CAST(${own} AS DOUBLE) IS NULL AND ${own} IS NOT NULL ORDER BY toeplitz_at LIMIT 1`,
    )) {
      const [at, text] = chunk.columns.map((vector) => vector.getItem(0));
      return wrongByText(column, Number(at), String(text), "with queries");
    }
    return { ...column, type: "DOUBLE" };
  }
  const left = leftByName(column);
  if (left) return left;
  if (mayBeKey(column)) {
    const [filled, distinct, low, high] = await tables.figures(
      `SELECT count(${own}), count(DISTINCT ${own}), CAST(min(${own}) AS DOUBLE), CAST(max(${own}) AS DOUBLE) FROM ${sql}`,
    );
    return judgedKey(column, filled, distinct, low, high);
  }
  return column;
}

/** A column as a number; NaN where there is none. (A vector with NULLs in it is read ten times as slowly.) */
const asNumber = ({ name, type }: Column): string => {
  const own = /^(DATE|TIME)/.test(type) ? `epoch_us(${identifier(name)})` : identifier(name);
  return `ifnull(CAST(${own} AS DOUBLE), 'nan'::DOUBLE)`;
};

/** A column as text; empty where there is none. */
const asText = ({ name }: Column): string => `ifnull(CAST(${identifier(name)} AS VARCHAR), '')`;
