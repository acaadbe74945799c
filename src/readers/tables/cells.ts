/** Columns of cells in memory, and what a cell is as a number and as text: by the type's name, as DuckDB has it. */
import { readDecimal } from "../values.ts";

/** A list of cells. */
export interface Listed {
  readonly length: number;
  at(place: number): Cell | undefined;
}

/** A value; null where there is none; dates and times in microseconds (of 1970, or of the day). */
export type Cell = number | bigint | boolean | string | Listed | null;

/** A column whose cells are in memory. */
export interface Cells {
  readonly name: string;
  /** DOUBLE, VARCHAR, TIMESTAMP and the like; of lists that of their values with `[]`. */
  readonly type: string;
  readonly length: number;
  readonly at: (row: number) => Cell;
}

/** The number that a text is, NaN and infinities too; null where it is none. */
export function numberIn(text: string): number | null {
  const trimmed = text.trim();
  const value = readDecimal(trimmed);
  if (!Number.isNaN(value)) return value;
  if (/^[-+]?nan$/i.test(trimmed)) return NaN;
  const [, sign] = /^([-+]?)inf(?:inity)?$/i.exec(trimmed) ?? [];
  return sign === undefined ? null : sign === "-" ? -Infinity : Infinity;
}

/** A cell as a number; NaN where there is none. */
export const numberOf = (cell: Cell): number =>
  typeof cell === "string"
    ? (numberIn(cell) ?? NaN)
    : cell === null || typeof cell === "object"
      ? NaN
      : Number(cell);

/** A cell of that type as text; empty where there is none. */
export function textOfCell(cell: Cell, type: string): string {
  if (cell === null || typeof cell === "object") return "";
  if (typeof cell !== "number") return String(cell);
  if (/^(DATE|TIME)/.test(type)) return timeText(cell, type);
  if (type !== "FLOAT") return String(cell);
  const short = Number(cell.toPrecision(7)); // 0.1, not the 0.10000000149011612 that its 32 bits are
  return String(Math.fround(short) === cell ? short : cell);
}

/** `2024-01-31`, `2024-01-31 23:59:59.5` or `23:59:59.5`, from microseconds; those beyond JavaScript's dates as the number. */
function timeText(micros: number, type: string): string {
  const whole = Math.floor(micros / 1e6);
  const date = new Date(whole * 1000);
  if (Number.isNaN(date.getTime())) return String(micros);
  const [day, clock] = date.toISOString().slice(0, -5).split("T");
  const rest = Math.round(micros - whole * 1e6);
  const fraction = rest === 0 ? "" : `.${String(rest).padStart(6, "0").replace(/0+$/, "")}`;
  if (type === "DATE") return day;
  const zone = type.endsWith("ZONE") ? "+00" : "";
  return type.startsWith("TIMESTAMP") ? `${day} ${clock}${fraction}${zone}` : `${clock}${fraction}`;
}
