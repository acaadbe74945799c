/** A table whose columns are in memory, held to the rules of every table. */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { numberIn, numberOf, textOfCell, type Cell, type Cells } from "./cells.ts";
import { FILE_NAME, isNumber, isText, listOf, type TableOptions } from "./columns.ts";
import {
  judgedKey,
  leftBesideLists,
  leftByName,
  mayBeKey,
  requireDistinct,
  wrongByText,
  wrongByType,
} from "./judge.ts";
import type { Chunk, Column, Table, Vector, Wanted } from "./table.ts";
import { unrollCells, type UnrolledCells } from "./unrolledCells.ts";

/** Rows of a chunk. */
const CHUNK = 4096;

/** A table of columns of one length; columns of lists are series, a time step a row. */
export class MemoryTable implements Table {
  readonly source: string;
  readonly columns: readonly Column[];
  readonly notes: readonly string[];
  /** The column of the rows' numbers, where their lists are unrolled. */
  readonly series: string | undefined;
  readonly #cells: ReadonlyMap<string, Cells>;
  readonly #length: number;

  /** `source` names the data in messages, `notes` say how it was read. Throws InputError. */
  constructor(source: string, given: readonly Cells[], options: TableOptions, notes: readonly string[] = []) {
    const lists = unrollCells(source, given, options);
    const cells = lists?.cells ?? given;
    requireDistinct(source, cells, "without queries");
    this.source = source;
    this.columns = judgedColumns(source, cells, lists, options);
    this.notes = [...notes, ...(lists?.notes ?? [])];
    this.series = lists?.series;
    this.#cells = new Map(cells.map((column) => [column.name, column]));
    this.#length = cells[0]?.length ?? 0;
  }

  place(row: number): string {
    return this.series === undefined
      ? `${this.source}: row ${row} (from 0)`
      : `${this.source}: value ${row} (from 0) of the lists of all rows`;
  }

  // oxlint-disable-next-line require-await -- other tables wait for their rows
  async *rows({ numbers, texts, order }: Wanted): AsyncGenerator<Chunk> {
    const places = order ? this.#inOrder(order) : null;
    const of = numbers.map((column) => this.#cellsOf(column));
    const joined = texts.map((columns) => columns.map((column) => this.#cellsOf(column)));
    for (let from = 0; from < this.#length; from += CHUNK) {
      const rowAt = (row: number): number => (places ? places[from + row] : from + row);
      yield {
        rows: Math.min(CHUNK, this.#length - from),
        columns: [
          ...of.map(({ at }): Vector => ({ getItem: (row) => numberOf(at(rowAt(row))) })),
          ...joined.map((parts): Vector => ({ getItem: (row) => textIn(parts, rowAt(row)) })),
        ],
      };
    }
  }

  #cellsOf({ name }: Column): Cells {
    const cells = this.#cells.get(name);
    if (!cells) throw new Error(`a column that the table does not have: ${name}`);
    return cells;
  }

  /** The rows in order of the series' columns, then of time; equal ones as they stand. */
  #inOrder({ series, time }: NonNullable<Wanted["order"]>): Uint32Array {
    const keys = [...series, ...(time ? [time] : [])].map((column) => {
      const { at, type, length } = this.#cellsOf(column);
      return isText(column) && column !== time
        ? Array.from({ length }, (_, row) => textOfCell(at(row), type))
        : Float64Array.from({ length }, (_, row) => numberOf(at(row)));
    });
    return Uint32Array.from({ length: this.#length }, (_, row) => row).sort((a, b) => {
      for (const key of keys) {
        if (key[a] < key[b]) return -1;
        if (key[a] > key[b]) return 1;
      }
      return a - b;
    });
  }
}

const textIn = (columns: readonly Cells[], row: number): string =>
  columns.map(({ at, type }) => textOfCell(at(row), type)).join("/");

/** The columns with what their rows say of them; those that are named for something are taken as they are. */
function judgedColumns(
  source: string,
  cells: readonly Cells[],
  lists: UnrolledCells | null,
  options: TableOptions,
): Column[] {
  const { label, group, seriesBy } = options;
  const named = new Set([label, group, ...listOf(seriesBy), FILE_NAME, lists?.series]);
  return cells.map((column): Column => {
    const { name, type } = column;
    const isNamed = named.has(name);
    if (isNamed && !isNumber(column) && !/^(VARCHAR|DATE|TIME)/.test(type))
      throw new InputError(
        `${source}: column ${quote(name)} is of type ${type}; a class, a group and a series are text, numbers or times; name another`,
      );
    if (isNamed || (lists && type.endsWith("]"))) return { name, type };
    return leftBesideLists({ name, type }, lists?.steps) ?? judge(column);
  });
}

/** A column with what all of its rows say of it. */
function judge({ name, type, length, at }: Cells): Column {
  const column = { name, type };
  const wrong = wrongByType(column, "without queries");
  if (wrong) return wrong;
  if (isText(column)) {
    let [isEmpty, numbers] = [true, 0];
    let odd: { readonly row: number; readonly text: string } | null = null;
    for (let row = 0; row < length; row++) {
      const cell = at(row);
      if (typeof cell !== "string") continue;
      isEmpty = false;
      if (numberIn(cell) !== null) numbers++;
      else odd ??= { row, text: cell };
    }
    if (isEmpty || !odd) return { name, type: "DOUBLE" };
    return numbers === 0 ? column : wrongByText(column, odd.row, odd.text, "without queries");
  }
  return leftByName(column) ?? (mayBeKey(column) ? judgedAsKey(column, length, at) : column);
}

function judgedAsKey(column: Column, length: number, at: (row: number) => Cell): Column {
  const seen = new Set<number>();
  let [filled, low, high] = [0, Infinity, -Infinity];
  for (let row = 0; row < length; row++) {
    const value = numberOf(at(row));
    if (Number.isNaN(value)) continue;
    filled++;
    if (filled > seen.add(value).size) return column;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return judgedKey(column, filled, seen.size, low, high);
}
