/** Numbers as people have them in files, to rows of a model: the only reader of an exported page. */

/** `[channel][time]`, and what was left out. */
export interface Signal {
  readonly channels: readonly (readonly number[])[];
  readonly note: string;
}

/** What a page's file may be. */
export interface Wanted {
  readonly channels: number;
  readonly length: number;
  readonly names?: readonly string[];
}

const SEPARATOR = /[,;\t]|\s+/;
const MISSING = new Set(["", "nan", "na", "?", "null"]);

/**
 * Text of numbers, separated by commas, semicolons, tabs or blanks: of one channel in whatever lines; of more a column a
 * channel, by the names of a first line where the model has names, or a line a channel. Throws Error that says what is wrong and where.
 */
export function signalOf(text: string, { channels, length, names }: Wanted): Signal {
  const lines = text
    .split(/\r?\n/)
    .map((line, i) => ({ line: line.trim(), number: i + 1 }))
    .filter(({ line }) => line !== "");
  if (lines.length === 0) throw new Error("there are no numbers in it");
  const table = lines.map(({ line, number }) => ({
    cells: line.split(SEPARATOR).map((c) => c.trim()),
    number,
  }));
  const isHeader =
    table.length > 1 && table[0].cells.some((c) => !isNumber(c) && !MISSING.has(c.toLowerCase()));
  const header = isHeader ? table[0].cells : null;
  const rows = (isHeader ? table.slice(1) : table).map(({ cells, number }) =>
    cells.map((c) => numberOf(c, number)),
  );
  const left = header ? "the first line was taken as names" : "";
  if (channels === 1 && (!header || header.length === 1)) return { channels: [rows.flat()], note: left };
  const width = rows[0].length;
  const uneven = rows.findIndex((row) => row.length !== width);
  if (uneven >= 0)
    throw new Error(
      `line ${lines[uneven + (isHeader ? 1 : 0)].number} has ${rows[uneven].length} numbers, the first ${width}`,
    );
  const column = (c: number): number[] => rows.map((row) => row[c]);
  if (header && names) {
    const order = names.map((name) => header.indexOf(name));
    const absent = names.filter((_, i) => order[i] < 0);
    if (absent.length > 0)
      throw new Error(`its columns are ${header.join(", ")}; the model's channels are ${names.join(", ")}`);
    const more = header.length - names.length;
    return { channels: order.map(column), note: more > 0 ? `${more} other columns were left out` : left };
  }
  if (width === channels && !(rows.length === channels && length === width))
    return { channels: Array.from({ length: channels }, (_, c) => column(c)), note: left };
  if (rows.length === channels && !header)
    return { channels: rows, note: "each line was taken as a channel" };
  throw new Error(
    `it has ${rows.length} lines of ${width} numbers; the model takes ${channels} channels, a column each`,
  );
}

const isNumber = (cell: string): boolean => cell !== "" && Number.isFinite(Number(cell));

function numberOf(cell: string, line: number): number {
  if (isNumber(cell)) return Number(cell);
  if (MISSING.has(cell.toLowerCase())) return NaN;
  throw new Error(`line ${line} has ${JSON.stringify(cell.slice(0, 20))}, which is no number`);
}

/** Windows of a signal, one after another; one that is shorter at its end is left out where rows have one length. */
export function windowsOf(
  length: number,
  size: number,
  takesAny: boolean,
): readonly (readonly [number, number])[] {
  if (length <= size || takesAny)
    return takesAny && length < size ? [[0, length]] : length < size ? [] : cut(length, size);
  return cut(length, size);
}

const cut = (length: number, size: number): [number, number][] =>
  Array.from({ length: Math.floor(length / size) }, (_, k) => [k * size, (k + 1) * size]);
