/** What a made table is: the recipe that says it all, its columns, and its lines before they are joined. */
import type { TableOptions } from "../../../src/readers/tables/columns.ts";
import { field, type Dialect, type Origin } from "./dialects.ts";

export const kinds = [
  "repr",
  "fixed",
  "grouped",
  "integer",
  "long",
  "bare",
  "scientific",
  "plus",
  "percent",
  "unit",
  "boolean",
  "counter",
  "words",
  "empty",
] as const;
export type Kind = (typeof kinds)[number];

export const damages = [
  "none",
  "short line",
  "long line",
  "torn end",
  "separator at the end of rows",
  "separator at the end of all lines",
  "comment",
  "blank line",
  "empty row",
  "units",
  "word",
  "other decimal",
  "open quote",
  "two names alike",
  "preamble",
  "preamble, not said",
  "clock set back",
  "no header",
  "no header, not said",
  "encoding, not said",
] as const;
export type Damage = (typeof damages)[number];

export interface Recipe {
  readonly origin: Origin;
  readonly layout: "long" | "wide";
  readonly rows: number;
  readonly columns: readonly Kind[];
  readonly damage: Damage;
  readonly seed: number;
}

export interface Column {
  readonly name: string;
  readonly role: "values" | "index" | "label" | "time";
  readonly kind: Kind;
  /** The numbers that the table says: NaN where one is missing; of times milliseconds; of text none. */
  readonly numbers: readonly number[];
  /** The cells as text. */
  readonly cells: readonly string[];
}

/** Fields as they stand in lines, before lines are joined. */
export interface Draft {
  readonly recipe: Recipe;
  readonly dialect: Dialect;
  readonly columns: readonly Column[];
  /** Header and rows. */
  readonly records: readonly (readonly string[])[];
  readonly options: TableOptions;
  /** Whole lines before the header. */
  readonly preamble: readonly string[];
  /** Refused, for certain; with the line that is to be named, where there is one (an index of `records`). */
  readonly mustRefuse?: boolean;
  readonly faultRecord?: number;
  /** Bytes that are cut off the end. */
  readonly torn?: number;
}

const isText = ({ kind, role }: Column): boolean => kind === "words" || role === "label";

export const fieldOf = (column: Column, row: number, dialect: Dialect): string => {
  const cell = column.cells[row];
  const isName = column.role === "index" && dialect.firstRow === 1;
  return field(cell, (isText(column) || isName) && cell !== dialect.missing, dialect);
};
