/**
 * Data sets from tables: CSV, Parquet and JSON files, several of them, or a query. Values go column by column from
 * DuckDB's chunks to one tape, which is in memory or, beyond a bound, in a temporary file; rows and windows are read from
 * it. A wide table has a series a row, a long one a time step a row.
 */
import { stat } from "node:fs/promises";
import type { Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { fileError } from "./bytes.ts";
import { identifier, literal, Tables, type Column } from "./duckdb.ts";
import { readLong, seriesData } from "../tables/long.ts";
import { requireWhole } from "./packed.ts";
import { isText, rolesOf, type Roles, type TableOptions } from "../tables/columns.ts";
import { isPattern, relationOf, type Relation } from "./tableSource.ts";
import { Tape } from "./tape.ts";
import { readWide } from "../tables/wide.ts";

/** MiB of rows that are held in memory. */
export const DEFAULT_MEMORY = 256;

/** Rows at the start of a table by which a column of text is judged. */
const JUDGED = 20480;

/**
 * The data set in a table. Throws InputError in one line that names the file and, where there is one, the row (from 0)
 * or line and the column; and where @duckdb/node-api is not installed.
 */
export async function readTable(path: string, options: TableOptions): Promise<Dataset> {
  if (!isPattern(path)) await requireFile(path);
  return Tables.with(path, async (tables) => {
    for (const file of await filesOf(tables, path)) await requireWhole(file);
    const relation = await relationOf(tables, path, options);
    const roles = await withoutText(
      tables,
      relation,
      rolesOf(path, relation.columns, options),
      path,
      options,
    );
    const tape = (): Tape => new Tape((options.memory ?? DEFAULT_MEMORY) * 2 ** 20);
    if (!roles.long) return readWide(tables, relation, roles, path, tape());
    const series =
      (await readLong(tables, relation, roles, path, tape(), "as they stand")) ??
      (await readLong(tables, relation, roles, path, tape(), "sorted"));
    if (!series) throw new Error("rows in order are not in order");
    return seriesData(series, roles, path, options);
  });
}

/** The file, or those that a pattern matches. */
async function filesOf(tables: Tables, path: string): Promise<string[]> {
  if (!isPattern(path)) return [path];
  const files: string[] = [];
  for await (const { rows, columns } of tables.chunks(`SELECT file FROM glob(${literal(path)})`))
    for (let row = 0; row < rows; row++) files.push(String(columns[0].getItem(row)));
  return files;
}

/** Refuses what is no file, or an empty one. */
async function requireFile(path: string): Promise<void> {
  try {
    if ((await stat(path)).size > 0) return;
  } catch (error) {
    throw fileError(error, path, "read");
  }
  throw new InputError(`${path}: the file is empty; give a table`);
}

/** Leaves columns of text out of the values; refuses those that hold numbers too, and those that were asked for. */
async function withoutText(
  tables: Tables,
  { sql }: Relation,
  roles: Roles,
  source: string,
  options: TableOptions,
): Promise<Roles> {
  const texts = [...roles.values, ...roles.targets].filter(isText);
  const left = new Set<Column>();
  if (texts.length > 0) {
    const some = `(SELECT * FROM ${sql} LIMIT ${JUDGED})`;
    const counts = texts.map(
      ({ name }) => `count(${identifier(name)}), count(TRY_CAST(${identifier(name)} AS DOUBLE))`,
    );
    const found: number[] = [];
    for await (const chunk of tables.chunks(`SELECT ${counts.join(", ")} FROM ${some}`))
      found.push(...chunk.columns.map((column) => Number(column.getItem(0))));
    for (const [i, column] of texts.entries()) {
      const [filled, numbers] = found.slice(2 * i, 2 * i + 2);
      if (filled === 0) continue; // all of its values are missing
      const asked =
        roles.targets.includes(column) || (options.channels !== undefined && roles.values.includes(column));
      if (numbers === 0 && !asked) left.add(column);
      else {
        const name = identifier(column.name);
        for await (const chunk of tables.chunks(
          `SELECT toeplitz_at, ${name} FROM (SELECT ${name}, CAST(row_number() OVER () - 1 AS DOUBLE) AS toeplitz_at FROM ${some}) ` +
            `WHERE TRY_CAST(${name} AS DOUBLE) IS NULL AND ${name} IS NOT NULL ORDER BY toeplitz_at LIMIT 1`,
        )) {
          const [at, text] = chunk.columns.map((column) => column.getItem(0));
          throw new InputError(
            `${source}: row ${String(at)} (from 0), column ${quote(column.name)} is ${quote(String(text))}; values are numbers; ` +
              "correct it, or choose the columns with --channels or --sql",
          );
        }
      }
    }
  }
  const values = roles.values.filter((column) => !left.has(column));
  if (values.length === 0)
    throw new InputError(
      `${source}: no column has numbers; a series is columns of numbers; name them with --channels`,
    );
  return { ...roles, values, channels: roles.long ? values.length : roles.channels };
}
