/** What DuckDB is asked to read: a file, several by a pattern, or a query over them. */
import { existsSync } from "node:fs";
import { identifier, literal, type Column, type Tables } from "./duckdb.ts";
import { FILE_NAME, isNumber, listOf, type TableOptions } from "./tableColumns.ts";

/** What stands for a value that is missing, beside an empty field. */
const MISSING = ["", "?", "NA", "NaN", "nan", "NULL", "null"];

/** The endings of tables, packed or not, and the functions that read them. */
const READERS: readonly (readonly [RegExp, "read_csv" | "read_parquet" | "read_json"])[] = [
  [/\.(csv|tsv|txt)(\.gz|\.zst)?$/i, "read_csv"],
  [/\.(parquet|pq)$/i, "read_parquet"],
  [/\.(json|jsonl|ndjson)(\.gz|\.zst)?$/i, "read_json"],
];

/** Whether a path is of a table by its ending. UCR's .tsv and .txt are other files, which name no column. */
export const isTablePath = (path: string, named: boolean): boolean =>
  READERS.some(([ending]) => ending.test(path)) && (named || !/\.(tsv|txt)$/i.test(path));

/** A pattern, unless a file is really called that. */
export const isPattern = (path: string): boolean => /[*?[]/.test(path) && !existsSync(path);

/** A relation to select from, and its columns. */
export interface Relation {
  readonly sql: string;
  readonly columns: readonly Column[];
}

/** The relation of a path and what is asked of it. Throws InputError for what cannot be read. */
export async function relationOf(tables: Tables, path: string, options: TableOptions): Promise<Relation> {
  const several = isPattern(path);
  const [, reader = "read_csv"] = READERS.find(([ending]) => ending.test(path)) ?? [];
  const place = literal(several ? path : path.replaceAll(/[*?[]/g, "[$&]"));
  const files = several ? `, ${FILE_NAME} = true` : "";
  if (reader !== "read_csv") return queried(tables, `${reader}(${place}${files})`, options);

  const csv = (more: string): string =>
    `read_csv(${place}${files}, nullstr = [${MISSING.map(literal).join(", ")}]${more})`;
  let header = "";
  let columns = await tables.columnsOf(csv(header));
  const wanted = [
    options.label,
    options.group,
    options.time,
    ...listOf(options.target),
    ...listOf(options.seriesBy),
  ];
  if (columns.every(({ name }) => /^column\d+$/.test(name)) && wanted.some((name) => name !== undefined)) {
    // a header of numbers looks like one more row
    const named = await tables.columnsOf(csv(", header = true"));
    const has = (name: string | undefined): boolean => named.some((c) => c.name === name);
    if (wanted.every((name) => name === undefined || has(name))) {
      header = ", header = true";
      columns = named;
    }
  }
  if (options.sql !== undefined) return queried(tables, csv(header), options);
  // Types follow from the first rows: names may be anything later on, numbers may have a point.
  const names = new Set([options.label, options.group, ...listOf(options.seriesBy)]);
  const typed = columns.flatMap((c) => {
    if (names.has(c.name)) return [`${literal(c.name)}: 'VARCHAR'`];
    return isNumber(c) ? [`${literal(c.name)}: 'DOUBLE'`] : [];
  });
  const types = typed.length > 0 ? `, types = {${typed.join(", ")}}` : "";
  return queried(tables, csv(`${header}${types}`), {});
}

/** The relation itself, or the query over it. */
async function queried(tables: Tables, sql: string, { sql: query }: TableOptions): Promise<Relation> {
  if (query === undefined) return { sql, columns: await tables.columnsOf(sql) };
  await tables.run(`CREATE VIEW data AS SELECT * FROM ${sql}`);
  const asked = `(${query.replace(/;\s*$/, "")}\n)`;
  return { sql: asked, columns: await tables.columnsOf(asked) };
}

/** A column as a number; NaN where there is none. (A vector with NULLs in it is read ten times as slowly.) */
export const asNumber = ({ name, type }: Column): string => {
  const own = /^(DATE|TIME)/.test(type) ? `epoch_us(${identifier(name)})` : identifier(name);
  return `ifnull(CAST(${own} AS DOUBLE), 'nan'::DOUBLE)`;
};

/** A column as text; empty where there is none. */
export const asText = ({ name }: Column): string => `ifnull(CAST(${identifier(name)} AS VARCHAR), '')`;
