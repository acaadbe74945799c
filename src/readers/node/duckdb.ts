/**
 * DuckDB, embedded: what reads tables. It is an optional package, loaded when a table is first read. Results are streamed
 * and its memory is bounded; what does not fit it puts into a temporary folder that is removed afterwards.
 */
import { append } from "../../numerics/extremes.ts";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as DuckDb from "@duckdb/node-api";
import type { Chunk, Column } from "../tables/table.ts";
import { isAbandoned, ownerTag } from "./processes.ts";
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { optionalPackage } from "./optional.ts";
import { requireOne, requireQueryWords } from "./query.ts";

/** A query in parentheses, or what else stands after FROM. */
export type Sql = string;

/** A name as SQL quotes it. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** Text as SQL quotes it. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Bytes that DuckDB may use for itself. */
const MEMORY = "256MiB";

/** Rows that DuckDB takes at a time. */
const VECTOR = 2048;

/** What closes DuckDB but for some files and the folder that it spills to; the last statement forbids to open it again. */
const lockedTo = (paths: readonly string[]): readonly string[] => [
  `SET allowed_paths = [${paths.map(literal).join(", ")}]`,
  "SET enable_external_access = false",
  "SET lock_configuration = true",
];

/** A connection to an empty database in memory; `source` names the data in messages. */
export class Tables {
  readonly #source: string;
  readonly #duckDb: typeof DuckDb;
  readonly #connection: DuckDb.DuckDBConnection;

  private constructor(source: string, duckDb: typeof DuckDb, connection: DuckDb.DuckDBConnection) {
    this.#source = source;
    this.#duckDb = duckDb;
    this.#connection = connection;
  }

  /**
   * Opens a database for the time that `use` takes, locked to `paths`: the files that it may read, as it is told them. Where the
   * threads together are short of memory, `use` is called again with one thread, which needs less. Throws InputError where the
   * package is not installed.
   */
  static async with<T>(
    source: string,
    paths: readonly string[],
    use: (tables: Tables) => Promise<T>,
  ): Promise<T> {
    const duckDb = loadDuckDb(source);
    try {
      return await Tables.#once(duckDb, source, paths, use);
    } catch (error) {
      if (!(error instanceof NoRoom)) throw error;
      return Tables.#once(duckDb, source, paths, use, { threads: "1" });
    }
  }

  static async #once<T>(
    duckDb: typeof DuckDb,
    source: string,
    paths: readonly string[],
    use: (tables: Tables) => Promise<T>,
    how: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    const folder = spillFolder();
    const open: { closeSync: () => void }[] = [];
    try {
      const instance = await duckDb.DuckDBInstance.create(":memory:", {
        memory_limit: MEMORY,
        temp_directory: folder,
        // nothing is fetched from the network unasked
        autoinstall_known_extensions: "false",
        autoload_known_extensions: "false",
        ...how,
      });
      open.unshift(instance);
      const connection = await instance.connect();
      open.unshift(connection);
      const tables = new Tables(source, duckDb, connection);
      for (const statement of lockedTo(paths)) await tables.run(statement);
      return await use(tables);
    } finally {
      for (const opened of open) opened.closeSync();
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** A user's query as what stands after FROM. Throws InputError where it is anything but one query. */
  async query(sql: string): Promise<Sql> {
    const query = requireQueryWords(sql, this.#source);
    let count: number;
    try {
      ({ count } = await this.#connection.extractStatements(query));
    } catch (error) {
      throw tableError(error, this.#source);
    }
    requireOne(query, count, this.#source);
    // in parentheses DuckDB takes a query and nothing else, and its text alone is whole, so that it cannot close them
    return `(${query}\n)`;
  }

  /** Runs a statement. */
  async run(sql: string): Promise<void> {
    try {
      await this.#connection.run(sql);
    } catch (error) {
      throw tableError(error, this.#source);
    }
  }

  /**
   * Makes a table of columns, of type DOUBLE, VARCHAR or TIMESTAMP (its numbers are microseconds), and fills it with rows as they come;
   * `order`: the columns' names in the order in which the table has them. Returns a relation of it.
   */
  async load(
    name: string,
    columns: readonly Column[],
    rows: AsyncIterable<Chunk>,
    order: readonly string[],
  ): Promise<string> {
    const { DOUBLE, VARCHAR, TIMESTAMP, TIMESTAMPTZ, DuckDBDataChunk } = this.#duckDb;
    const described = columns.map((column) => `${identifier(column.name)} ${column.type}`);
    await this.run(`CREATE TABLE ${name} (${described.join(", ")})`);
    const typeOf = ({ type }: Column): DuckDb.DuckDBType =>
      type === "DOUBLE"
        ? DOUBLE
        : type === "VARCHAR"
          ? VARCHAR
          : type === "TIMESTAMP"
            ? TIMESTAMP
            : TIMESTAMPTZ;
    const types = columns.map(typeOf);
    const valueOf = columns.map((column) => this.#valueOf(column));
    try {
      const appender = await this.#connection.createAppender(name);
      for await (const { rows: count, columns: vectors } of rows)
        for (let from = 0; from < count; from += VECTOR) {
          const here = Math.min(VECTOR, count - from);
          const chunk = DuckDBDataChunk.create(types, here);
          chunk.setColumns(
            vectors.map((vector, c) =>
              Array.from({ length: here }, (_, i) => valueOf[c](vector.getItem(from + i))),
            ),
          );
          appender.appendDataChunk(chunk);
        }
      appender.closeSync();
    } catch (error) {
      throw tableError(error, this.#source);
    }
    return `(SELECT ${order.map(identifier).join(", ")} FROM ${name})`;
  }

  /** A value of a column as DuckDB takes it; null where it is missing. */
  #valueOf({ type }: Column): (value: unknown) => DuckDb.DuckDBValue {
    const { DuckDBTimestampValue, DuckDBTimestampTZValue } = this.#duckDb;
    if (type === "VARCHAR") return (value) => (value === "" ? null : (value as string));
    const isMissing = (value: unknown): boolean => Number.isNaN(value);
    if (type === "DOUBLE") return (value) => (isMissing(value) ? null : (value as number));
    const Time = type === "TIMESTAMP" ? DuckDBTimestampValue : DuckDBTimestampTZValue;
    return (value) => (isMissing(value) ? null : new Time(BigInt(Math.round(value as number))));
  }

  /** The columns that a relation (a table function, or a query in parentheses) has. */
  async columnsOf(relation: string): Promise<Column[]> {
    const columns: Column[] = [];
    const described = `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${relation})`;
    for await (const { rows, columns: found } of this.chunks(described))
      for (let row = 0; row < rows; row++)
        columns.push({ name: String(found[0].getItem(row)), type: String(found[1].getItem(row)) });
    return columns;
  }

  /** The numbers of a query's first row; none where it has no row. */
  async figures(query: string): Promise<number[]> {
    const found: number[] = [];
    for await (const { columns } of this.chunks(query))
      if (found.length === 0)
        append(
          found,
          columns.map((column) => Number(column.getItem(0))),
        );
    return found;
  }

  /** The rows of a query in their order, some at a time. */
  async *chunks(query: string): AsyncGenerator<Chunk> {
    // A stream that fails midway ends as one that is done, and keeps its reason to itself. So the last row says that
    // it is the last; where it does not come, another query says why.
    const sql = `SELECT *, false AS ${END} FROM (${query}) UNION ALL BY NAME SELECT true AS ${END}`;
    let ended = false;
    try {
      const result = await this.#connection.stream(sql);
      let chunk: DuckDb.DuckDBDataChunk | null;
      while ((chunk = await result.fetchChunk()) && chunk.rowCount > 0) {
        if (ended) throw new Error("rows came after the last");
        const columns = Array.from({ length: chunk.columnCount }, (_, c) =>
          (chunk as DuckDb.DuckDBDataChunk).getColumnVector(c),
        );
        ended = columns[columns.length - 1].getItem(chunk.rowCount - 1) === true;
        const rows = chunk.rowCount - (ended ? 1 : 0);
        if (rows > 0) yield { rows, columns: columns.slice(0, -1) };
      }
      if (!ended) await this.#connection.run(`SELECT max(COLUMNS(*)) FROM (${query})`);
    } catch (error) {
      throw tableError(error, this.#source);
    }
    if (!ended)
      throw new InputError(
        `${this.#source}: DuckDB ended before the last row and gave no reason; convert it to Parquet`,
      );
  }
}

const SPILL = "toeplitz-duckdb-";

/** A new folder for what does not fit into memory; those of processes that were killed go. */
function spillFolder(): string {
  try {
    for (const name of readdirSync(tmpdir()))
      if (name.startsWith(SPILL) && isAbandoned(name))
        rmSync(join(tmpdir(), name), { recursive: true, force: true });
  } catch {
    // somebody else's
  }
  return mkdtempSync(join(tmpdir(), `${SPILL}${ownerTag()}-`));
}

/** The column that marks the last row. */
const END = "toeplitz_end";

/** The oldest release whose API is the one used here. */
const OLDEST = { major: 1, minor: 4 };

function loadDuckDb(source: string): typeof DuckDb {
  const duckDb = optionalPackage(
    "@duckdb/node-api",
    "Parquet, JSON and queries (--sql) are",
    source,
  ) as typeof DuckDb;
  if (isTooOld(duckDb.version()))
    throw new InputError(
      `${source}: @duckdb/node-api is DuckDB ${duckDb.version()}, and Parquet, JSON and queries want ${OLDEST.major}.${OLDEST.minor} or newer; ` +
        "npm install @duckdb/node-api@latest",
    );
  return duckDb;
}

/** Whether a version such as v1.3.2 lacks what is used here. Versions to come are taken: no range of semver admits their prereleases. */
export function isTooOld(version: string): boolean {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined) return false;
  return Number(major) < OLDEST.major || (Number(major) === OLDEST.major && Number(minor) < OLDEST.minor);
}

/** DuckDB had too little memory, or room on the disk. */
class NoRoom extends InputError {}

/** DuckDB's message as one line: without its advice on its own options, with the place first. */
export function tableError(error: unknown, source: string): unknown {
  if (error instanceof InputError || !(error instanceof Error)) return error;
  const text = error.message;
  if (/Out of Memory Error/.test(text) || /No space left/.test(text))
    return new NoRoom(
      `${source}: DuckDB ran out of memory or of room for temporary files in ${tmpdir()}; free some space or set TMPDIR`,
    );
  const [, denied] = /Permission Error: Cannot access \w+ "(.*?)" - file system/s.exec(text) ?? [];
  if (denied !== undefined)
    return new InputError(
      `${source}: --sql asks for ${quote(denied)}; a query reads the rows of data, and no other file, folder or address; leave it out`,
    );
  const [, line] = /CSV Error on Line: (\d+)/.exec(text) ?? [];
  const [, column] = /(?:converting|Error in) column "([^"]*)"/.exec(text) ?? [];
  const told = text
    .replace(/^Failed to extract statements: /, "")
    .replace(/\n\n?LINE \d+:[\s\S]*$/, "")
    .replace(/^[A-Z][A-Za-z ]* Error: (CSV Error on Line: \d+\n(Original Line: [^\n]*\n)?)?/, "")
    .split(/\n\n|\nPossible|\nColumn .* is being converted|\nThis type|\n {2}file/)[0]
    .replace(/Error when converting column "[^"]*"\. /, "")
    .replaceAll(/\s+/g, " ")
    .trim()
    .replace(/[.!;]$/, "");
  const place = [line && `line ${line}`, column && `column ${quote(column)}`].filter(Boolean).join(", ");
  return new InputError(
    `${source}: ${place ? `${place}: ` : ""}${told}; correct ${place ? "the line" : "the file or --sql"}`,
  );
}
