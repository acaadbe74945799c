/**
 * Parquet, JSON and queries as a table, through DuckDB, held to the rules of every table: types come from all rows, never from
 * the first; what is text beside numbers, a list, a key or a row number is said.
 */
import { CsvTable, type ByteSource } from "../csv/csvTable.ts";
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
import type { Chunk, Column, MakeTape, Table, Wanted } from "../tables/table.ts";
import { identifier, literal, type Sql, type Tables } from "./duckdb.ts";
import { unroll, type Unrolled } from "./lists.ts";

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
    { sql, columns, lists }: { sql: Sql; columns: readonly Column[]; lists: Unrolled | null },
  ) {
    this.#tables = tables;
    this.source = source;
    this.#sql = sql;
    this.columns = columns;
    this.notes = lists?.notes ?? [];
    this.series = lists?.series;
  }

  /** The relation, or the query over it that the options give. */
  static async open(
    tables: Tables,
    source: string,
    relation: Sql,
    options: TableOptions,
  ): Promise<DuckTable> {
    const rows = await queried(tables, relation, options);
    const listed = await tables.columnsOf(rows);
    const lists = await unroll(tables, source, rows, listed, options);
    const sql = lists?.sql ?? rows;
    const columns = lists ? await tables.columnsOf(sql) : listed;
    requireDistinct(source, columns, "with queries");
    const named = new Set([
      options.label,
      options.group,
      ...listOf(options.seriesBy),
      FILE_NAME,
      lists?.series,
    ]);
    const judged: Column[] = [];
    for (const column of columns)
      if (named.has(column.name) || (lists && column.type.endsWith("]"))) judged.push(column);
      else judged.push(leftBesideLists(column, lists?.steps) ?? (await judge(tables, sql, column)));
    return new DuckTable(tables, source, { sql, columns: judged, lists });
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

/** The relation itself, or the query over it. */
async function queried(tables: Tables, sql: Sql, { sql: query }: TableOptions): Promise<Sql> {
  if (query === undefined) return sql;
  await tables.run(`CREATE VIEW data AS SELECT * FROM ${sql}`);
  return `(${query.replace(/;\s*$/, "")}\n)`;
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

/** What stands for a value that is missing, beside an empty field. */
const MISSING = ["", "?", "NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "None", "<NA>", "n/a"];

/**
 * A CSV file as DuckDB reads it for a query: with the names and types that the core has seen over all of its cells, and
 * nothing left to guess.
 */
export async function csvRelation(
  path: string,
  files: readonly ByteSource[],
  options: TableOptions,
  tape: MakeTape,
): Promise<Sql> {
  const table = await CsvTable.open(path, files, options, { texts: [], tape, several: false });
  const { separator } = table;
  const types = table.columns.map(
    ({ name, type }) => `${literal(name)}: '${type === "DOUBLE" ? "DOUBLE" : "VARCHAR"}'`,
  );
  const place = files.map(({ name }) => literal(name.replaceAll(/[*?[]/g, "[$&]"))).join(", ");
  const settings = [
    `columns = {${types.join(", ")}}`,
    "auto_detect = false",
    `header = ${options.header !== false}`,
    `delim = ${literal(separator)}`,
    "quote = '\"'",
    "escape = '\"'",
    "strict_mode = true",
    `skip = ${options.skip ?? 0}`,
    `nullstr = [${MISSING.map(literal).join(", ")}]`,
  ];
  return `read_csv([${place}], ${settings.join(", ")})`;
}
