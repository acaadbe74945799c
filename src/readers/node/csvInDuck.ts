/**
 * A CSV file as a table in DuckDB, for a query: with the values that the core reads, so that a file has the same numbers with a
 * query and without.
 */
import type { CsvTable } from "../csv/csvTable.ts";
import { isNumber, isText } from "../tables/columns.ts";
import type { Column } from "../tables/table.ts";
import { requireDistinct } from "../tables/judge.ts";
import type { Tables } from "./duckdb.ts";

/** What the table is called. */
const NAME = "toeplitz_csv";

/** Loads all rows; returns the table's name. Columns that cannot be read as numbers or times are text, as it stands in the file. */
export async function loadCsv(tables: Tables, table: CsvTable): Promise<string> {
  requireDistinct(table.source, table.columns, "with queries");
  const isWritten = (column: Column): boolean => isText(column) || column.wrong !== undefined;
  const numbers = table.columns.filter((column) => !isWritten(column));
  const texts = table.columns.filter(isWritten);
  const columns = [
    ...numbers.map(({ name, type }) => ({ name, type: isNumber({ name, type }) ? "DOUBLE" : type })),
    ...texts.map(({ name }) => ({ name, type: "VARCHAR" })),
  ];
  const order = table.columns.map(({ name }) => name);
  return tables.load(NAME, columns, table.rows({ numbers, texts: texts.map((column) => [column]) }), order);
}
