/** How a file is laid out: its separator, its encoding and the names of its columns, by its first lines and the options. */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { Cell, NUMBER, PLAIN, spelled } from "./cell.ts";
import { byteOf, separatorOf, type CsvOptions } from "./dialect.ts";
import { Scanner } from "./scan.ts";
import { textBytes, type ByteSource } from "./text.ts";

/** Bytes from which the layout is found. */
const SAMPLE = 2 ** 18;
const MOST_COLUMNS = 1_000_000;

/** How one file is laid out. */
export interface Layout {
  readonly source: ByteSource;
  readonly separator: number;
  readonly encoding: string;
  readonly names: readonly string[];
  /** Of each column of the table, where it stands in this file. */
  readonly at: readonly number[];
}

/** Names, of many the first. */
export const clip = (names: readonly string[], most = 8): string =>
  names.length > most ? `${names.slice(0, most).join(", ")}, ... (${names.length})` : names.join(", ");

/** The layout of a file: its separator, its encoding, its header, and where the columns of the first file stand in it. */
export async function layoutOf(source: ByteSource, options: CsvOptions, first?: Layout): Promise<Layout> {
  const { name } = source;
  const pieces: Uint8Array[] = [];
  let size = 0;
  let whole = true;
  for await (const piece of textBytes(source, options)) {
    pieces.push(piece);
    size += piece.length;
    if (size >= SAMPLE) {
      whole = false;
      break;
    }
  }
  const sample = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    sample.set(piece, at);
    at += piece.length;
  }
  if (size === 0) throw new InputError(`${name}: the file is empty; give a table`);
  if (sample.subarray(0, 4096).includes(0))
    throw new InputError(
      `${name}: the file is binary, or UTF-16 without its mark; give text, or say --encoding utf-16le`,
    );
  const separator = byteOf(options.separator ?? separatorOf(name, sample, whole));
  const encoding = /^utf-?16/i.test(options.encoding ?? "utf-8") ? "utf-8" : (options.encoding ?? "utf-8");
  const names = await headerOf(source, options, separator, encoding);
  const seen = new Set<string>();
  for (const own of names) {
    if (own !== "" && seen.has(own))
      throw new InputError(`${name}: two columns are called ${quote(own)}; give each a name of its own`);
    seen.add(own);
  }
  if (first === undefined) return { source, separator, encoding, names, at: names.map((_, c) => c) };
  const places = first.names.map((own) => names.indexOf(own));
  const missing = places.indexOf(-1);
  if (missing >= 0 || names.length !== first.names.length)
    throw new InputError(
      `${name}: its columns are ${clip(names)}, but those of ${first.source.name} are ${clip(first.names)}; files that are read together have the same`,
    );
  return { source, separator, encoding, names, at: places };
}

/** The names in the first line; without a header column0, column1, ... */
async function headerOf(
  source: ByteSource,
  options: CsvOptions,
  separator: number,
  encoding: string,
): Promise<string[]> {
  let found: string[] | null = null;
  const firstLine = 1 + (options.skip ?? 0);
  const scanner = new Scanner({ name: source.name, separator, encoding, firstLine }, (fields) => {
    if (fields.isBlank) return true;
    found = fields.texts().map((text) => text.trim());
    return false;
  });
  for await (const piece of textBytes(source, options)) {
    scanner.push(piece);
    if (scanner.stopped) break;
  }
  scanner.end();
  const header = (found ?? []) as string[];
  if (header.length === 0) throw new InputError(`${source.name}: it has no line; give a table with a header`);
  if (header.length > MOST_COLUMNS)
    throw new InputError(
      `${source.name}: its first line has ${header.length} fields; at most ${MOST_COLUMNS} are read`,
    );
  if (options.header === false) return header.map((_, c) => `column${c}`);
  requireNames(source.name, header);
  return header;
}

/**
 * Refuses a first line with numbers, which is a row of a table without a header: read as one, it would be lost. Numbers are names
 * where they are those of steps (0, 1, 2, or 400.5, 401, 401.5 nm after the class).
 */
function requireNames(file: string, header: readonly string[]): void {
  const cell = new Cell();
  const flags = header.map((text) => cell.ofText(text));
  const isNumber = (_: string, c: number): boolean =>
    (flags[c] & NUMBER) !== 0 && (flags[c] & (spelled.unit | spelled.percent)) === 0;
  const numbers = header.filter(isNumber);
  const isAll = header.every((_, c) => (flags[c] & (PLAIN | spelled.missing)) !== 0);
  if (
    numbers.length === 0 ||
    (areSteps(numbers.map(Number)) && !(isAll && numbers.some((n) => /[.eE-]/.test(n))))
  )
    return;
  throw new InputError(
    `${file}: its first line ${isAll ? "is" : "has"} numbers (${clip(numbers, 4)}), not the names of columns; ` +
      "give it a header, say --no-header, or --skip N if the header stands further down (numbers are names where they count up: 0, 1, 2)",
  );
}

/** Whether numbers go up by even steps; of one or two, by one, and one is 0 or 1. */
function areSteps(numbers: readonly number[]): boolean {
  if (numbers.length === 1) return numbers[0] === 0 || numbers[0] === 1;
  const step = numbers[1] - numbers[0];
  const isEven = numbers.every((x, i) => i === 0 || Math.abs(x - numbers[i - 1] - step) <= 1e-6 * step);
  return isEven && (numbers.length === 2 ? step === 1 : step > 0);
}
