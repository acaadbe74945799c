/** A table, wherever it comes from: named columns, and its rows some at a time. */
import type { Tape } from "./tape.ts";

export interface Column {
  readonly name: string;
  /** DOUBLE, VARCHAR, TIMESTAMP and the like: DuckDB's names. */
  readonly type: string;
  /** Why its cells cannot be read as numbers, though some look like them. */
  readonly wrong?: string;
  /** Why it is no channel unless it is named: it counts up, say. */
  readonly left?: string;
}

/** Some rows, column by column. */
export interface Chunk {
  readonly rows: number;
  readonly columns: readonly Vector[];
}

export interface Vector {
  getItem(row: number): unknown;
}

/** What is asked of a table. */
export interface Wanted {
  /** Columns as numbers; NaN where one is missing. */
  readonly numbers: readonly Column[];
  /** Columns as text, several of them joined by "/"; empty where there is none. */
  readonly texts: readonly (readonly Column[])[];
  /** Rows in order of these columns as text, then of this one as a number; as they stand where it is absent. */
  readonly order?: { readonly series: readonly Column[]; readonly time?: Column };
}

export interface Table {
  /** The file or files, in messages. */
  readonly source: string;
  readonly columns: readonly Column[];
  /** What was taken in reading, and how: a line each. */
  readonly notes: readonly string[];
  /** The rows, with the columns of `numbers` first and those of `texts` after them. */
  rows(wanted: Wanted): AsyncIterable<Chunk>;
  /** Where the row of that number (from 0) stands, for messages. */
  place(row: number): string;
}

/** Makes room for numbers. */
export type MakeTape = () => Tape;
