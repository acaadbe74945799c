/** Columns of Arrow as cells: what their types are called in a table, and whether their buffers hold as much as they say. */
import type { Batch, Column, DataType } from "@uwdata/flechette";
import type { Cell, Cells } from "../tables/cells.ts";

/** Microseconds of a second, a millisecond, a microsecond and a nanosecond, as units are numbered. */
const MICROS = [1e6, 1e3, 1, 1e-3];

/** What a type is called, as DuckDB has it; what is not read has a name that no rule knows. */
function nameOf(type: DataType): string {
  switch (type.typeId) {
    case -1:
      return nameOf(type.dictionary);
    case 1: // nothing but missing values
      return "DOUBLE";
    case 2: {
      const size = { 8: "TINYINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT" }[type.bitWidth];
      return type.signed ? size : `U${size}`;
    }
    case 3:
      return type.precision === 2 ? "DOUBLE" : "FLOAT";
    case 5:
    case 20:
    case 24:
      return "VARCHAR";
    case 6:
      return "BOOLEAN";
    case 7:
      return `DECIMAL(${type.precision},${type.scale})`;
    case 8:
      return "DATE";
    case 9:
      return "TIME";
    case 10:
      return type.timezone ? "TIMESTAMP WITH TIME ZONE" : "TIMESTAMP";
    case 12:
    case 16:
    case 21:
    case 25:
    case 26:
      return `${nameOf(type.children[0].type)}[]`;
    case 13:
      return "STRUCT";
    case 17:
      return "MAP";
    case 11:
    case 18:
      return "INTERVAL";
    default:
      return "BLOB";
  }
}

/** A value of flechette as a cell: dates and times in microseconds. */
function toCell(type: DataType): ((value: unknown) => Cell) | null {
  const scaled =
    (factor: number) =>
    (value: unknown): Cell =>
      value === null ? null : factor < 1 ? Number(value) / 1000 : Number(value) * factor;
  switch (type.typeId) {
    case -1:
      return toCell(type.dictionary);
    case 8:
      return scaled(1e3); // flechette has milliseconds of either unit
    case 9:
    case 10:
      return scaled(MICROS[type.unit]);
    case 12:
    case 16:
    case 21:
    case 25:
    case 26: {
      const inner = toCell(type.children[0].type);
      return inner && ((list) => (list === null ? null : Array.from(list as Iterable<unknown>, inner)));
    }
    default:
      return null; // numbers, text and lists of them are cells as they are
  }
}

/** A column under its name. */
export function cellsOf(name: string, column: Column<unknown>): Cells {
  const convert = toCell(column.type);
  const at = (row: number): Cell => (convert ? convert(column.at(row)) : (column.at(row) as Cell));
  return { name, type: nameOf(column.type), length: column.length, at };
}

/** Whether the buffers of a batch hold what its length says; types that are not read hold whatever they do. */
export function isSound(batch: Batch<unknown>): boolean {
  const { type, length, nullCount, validity } = batch;
  if (!(Number.isSafeInteger(length) && length >= 0)) return false;
  if (nullCount > 0 && type.typeId !== 1 && (validity?.length ?? 0) * 8 < length) return false;
  const values = batch.values?.length ?? 0;
  const [child] = batch.children ?? [];
  const inChild = (): boolean => child !== undefined && isSound(child);
  switch (type.typeId) {
    case -1:
      return values >= length && hasEntries(batch);
    case 2:
    case 3:
    case 8:
    case 9:
    case 10:
      return values >= length;
    case 5:
    case 20:
      return areOffsets(batch, values);
    case 6:
      return values * 8 >= length;
    case 7:
      return values >= length * Math.max(1, type.bitWidth / 64);
    case 12:
    case 21:
      return inChild() && areOffsets(batch, child.length);
    case 16:
      return type.stride >= 0 && inChild() && child.length >= length * type.stride;
    case 24:
      return values >= 16 * length;
    case 25:
    case 26:
      return inChild() && areViews(batch, child.length);
    default:
      return true;
  }
}

/** Whether offsets ascend from 0 or more to at most `end`. */
function areOffsets({ length, offsets }: Batch<unknown>, end: number): boolean {
  if (length === 0) return true;
  if (!offsets || offsets.length <= length || offsets[0] < 0 || offsets[length] > end) return false;
  for (let i = 0; i < length; i++) if (offsets[i] > offsets[i + 1]) return false;
  return true;
}

function areViews({ length, offsets, sizes }: Batch<unknown>, end: number): boolean {
  if (!offsets || !sizes || offsets.length < length || sizes.length < length) return false;
  for (let i = 0; i < length; i++) {
    const [from, size] = [Number(offsets[i]), Number(sizes[i])];
    if (from < 0 || size < 0 || from + size > end) return false;
  }
  return true;
}

/** Whether each index of a batch is of an entry of its dictionary. */
function hasEntries(batch: Batch<unknown>): boolean {
  const { dictionary } = batch as Batch<unknown> & { readonly dictionary?: Column<unknown> };
  if (!dictionary?.data.every((entries) => isSound(entries))) return false;
  for (let i = 0; i < batch.length; i++) {
    const index = Number(batch.values?.[i]);
    if ((batch.nullCount === 0 || batch.isValid(i)) && !(index >= 0 && index < dictionary.length))
      return false;
  }
  return true;
}
