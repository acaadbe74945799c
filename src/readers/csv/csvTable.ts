/**
 * Files of separated values as a table, in any memory: read twice, once to see how each column is spelled over all of its
 * cells, once to take the values. Several files are one table if their headers name the same columns, in whatever order.
 */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { FILE_NAME } from "../tables/columns.ts";
import type { Chunk, Column, MakeTape, Table, Wanted } from "../tables/table.ts";
import { Cell, noteDate, numberIn, PLAIN, spelled, timeIn } from "./cell.ts";
import { byteOf, separatorOf, type CsvOptions } from "./dialect.ts";
import { ColumnFacts, readingsOf, type Reading } from "./facts.ts";
import { Scanner, type Fields } from "./scan.ts";
import { sortedRows } from "./sorted.ts";

/** A file, or bytes in memory: read from the start as often as is asked. */
export interface ByteSource {
  /** In messages. */
  readonly name: string;
  bytes(): AsyncIterable<Uint8Array>;
}

/** Bytes by which the layout is told. */
const SAMPLE = 2 ** 18;
/** Rows and values of a chunk, at most. */
const ROWS = 2 ** 13;
const VALUES = 2 ** 17;
const MOST_COLUMNS = 1_000_000;

/** How one file is laid out. */
interface Layout {
  readonly source: ByteSource;
  readonly separator: number;
  readonly encoding: string;
  readonly names: readonly string[];
  /** Of each column of the table, where it stands in this file. */
  readonly at: readonly number[];
}

interface Profile {
  readonly facts: readonly ColumnFacts[];
  /** Rows of each file. */
  readonly rows: readonly number[];
}

export class CsvTable implements Table {
  readonly source: string;
  readonly columns: readonly Column[];
  readonly notes: readonly string[];
  readonly #layouts: readonly Layout[];
  readonly #readings: readonly Reading[];
  readonly #rows: readonly number[];
  readonly #options: CsvOptions;
  readonly #tape: MakeTape;

  private constructor(
    source: string,
    layouts: readonly Layout[],
    { facts, rows }: Profile,
    options: CsvOptions,
    { named, tape, several }: { named: ReadonlySet<string>; tape: MakeTape; several: boolean },
  ) {
    this.source = source;
    this.#layouts = layouts;
    this.#rows = rows;
    this.#options = options;
    this.#tape = tape;
    const { names } = layouts[0];
    const readings = readingsOf(facts, options.decimal);
    this.#readings = readings.map((reading, c) => (named.has(names[c]) ? { kind: "text" } : reading));
    const families = familiesOf(names);
    const columns = names.map((name, c): Column => {
      const reading = this.#readings[c];
      return {
        name: name === "" ? `column ${c + 1}` : name,
        type: typeOf(reading),
        ...(reading.kind === "wrong" ? { wrong: reading.why } : {}),
        ...leftOut(name, facts[c], families.has(c)),
      };
    });
    this.columns = several ? [...columns, { name: FILE_NAME, type: "VARCHAR" }] : columns;
    this.notes = notesOf(columns, this.#readings);
  }

  /**
   * Looks through the files. `texts`: columns that are text whatever they hold (classes, groups, series); `label`: the one
   * of the class. Throws InputError in one line that names file, line, and what is wrong.
   */
  static async open(
    source: string,
    files: readonly ByteSource[],
    options: CsvOptions,
    more: { texts: readonly string[]; label?: string; tape: MakeTape; several: boolean },
  ): Promise<CsvTable> {
    const layouts: Layout[] = [];
    for (const file of files) layouts.push(await layoutOf(file, options, layouts[0]));
    const { names } = layouts[0];
    const labelAt = more.label === undefined ? -1 : indexOfName(names, more.label);
    const facts = names.map(() => new ColumnFacts());
    const rows: number[] = [];
    for (const layout of layouts) rows.push(await profile(layout, options, facts, labelAt));
    const named = new Set(more.texts.flatMap((name) => names[indexOfName(names, name)] ?? []));
    return new CsvTable(source, layouts, { facts, rows }, options, { named, ...more });
  }

  /** What stands between fields. */
  get separator(): string {
    return String.fromCharCode(this.#layouts[0].separator);
  }

  place(row: number): string {
    let before = 0;
    for (const [i, { source }] of this.#layouts.entries()) {
      if (row < before + this.#rows[i]) return `${source.name}: row ${row - before} (from 0)`;
      before += this.#rows[i];
    }
    return `${this.source}: row ${row} (from 0)`;
  }

  async *rows(wanted: Wanted): AsyncGenerator<Chunk> {
    if (wanted.order) {
      yield* sortedRows((asked) => this.rows(asked), wanted, this.#tape);
      return;
    }
    const places = new Map(this.columns.map((column, c) => [column, c]));
    const index = (column: Column): number => places.get(column) ?? -1;
    const numbers = wanted.numbers.map(index);
    const texts = wanted.texts.map((columns) => columns.map(index));
    for (const layout of this.#layouts) yield* this.#fileRows(layout, numbers, texts);
  }

  async *#fileRows(
    layout: Layout,
    numbers: readonly number[],
    texts: readonly (readonly number[])[],
  ): AsyncGenerator<Chunk> {
    const file = this.#layouts[0].names.length; // the number of the column of file names
    const ready: Chunk[] = [];
    const most = Math.max(1, Math.min(ROWS, Math.floor(VALUES / Math.max(1, numbers.length))));
    const room = (): Float64Array[] => numbers.map(() => new Float64Array(most));
    let values = room();
    let words = texts.map((): string[] => []);
    let rows = 0;
    const cell = new Cell();
    const numberOf = numbers.map((c) => this.#number(c, cell));
    const textOf = texts.map((columns) =>
      columns.map((c) => (c === file ? null : new SameText(layout.at[c]))),
    );
    const flush = (): void => {
      const columns = [...values, ...words].map((vector) => ({
        getItem: (row: number): unknown => vector[row],
      }));
      if (rows > 0) ready.push({ rows, columns });
      values = room();
      words = texts.map(() => []);
      rows = 0;
    };
    const take = (fields: Fields): void => {
      for (let k = 0; k < numbers.length; k++) values[k][rows] = numberOf[k](fields, layout.at[numbers[k]]);
      for (let k = 0; k < texts.length; k++)
        words[k].push(textOf[k].map((of) => (of === null ? layout.source.name : of.read(fields))).join("/"));
      if (++rows === most) flush();
    };
    const reading = scan(layout, this.#options, take);
    while (!(await reading.next()).done) yield* ready.splice(0);
    flush();
    yield* ready;
  }

  /** Reads the number in a cell of a column. */
  #number(column: number, cell: Cell): (fields: Fields, field: number) => number {
    const reading = this.#readings[column];
    const { name } = this.columns[column];
    const text = (fields: Fields, field: number): string => fields.text(field).trim();
    switch (reading.kind) {
      case "number": {
        if (reading.plain) return (fields, field) => (cell.of(fields, field), cell.value);
        return (fields, field) => numberIn(text(fields, field), reading.decimal);
      }
      case "boolean":
        return (fields, field) => (cell.of(fields, field), cell.value);
      case "date":
        return (fields, field) => {
          const own = text(fields, field);
          const time = timeIn(own, reading.order);
          if (Number.isNaN(time) && cell.ofText(own) !== spelled.missing)
            throw new InputError(
              `${this.source}: line ${fields.line}, column ${quote(name)} is ${quote(own)}, and there is no such time; correct it`,
            );
          return 1000 * time;
        };
      case "text":
      case "empty":
      case "wrong":
        return (fields, field) => (cell.of(fields, field), cell.value);
    }
  }
}

const typeOf = (reading: Reading): string => {
  switch (reading.kind) {
    case "number":
    case "boolean":
    case "empty":
      return "DOUBLE";
    case "date":
      return reading.zoned ? "TIMESTAMP WITH TIME ZONE" : "TIMESTAMP";
    case "text":
      return "VARCHAR";
    case "wrong":
      return reading.of === "dates" ? "TIMESTAMP" : "VARCHAR";
  }
};

const indexOfName = (names: readonly string[], name: string): number => {
  const exact = names.indexOf(name);
  return exact >= 0 ? exact : names.findIndex((own) => own.toLowerCase() === name.toLowerCase());
};

/** Columns that are steps of a wide series: x0, x1, x2, or 0, 1, 2: names that differ in a number alone. */
function familiesOf(names: readonly string[]): ReadonlySet<number> {
  const families = new Map<string, number[]>();
  names.forEach((name, c) => {
    const [, prefix] = /^(.*?)[_.-]?\d+$/.exec(name) ?? [];
    if (prefix !== undefined) push(families, prefix, c);
  });
  return new Set([...families.values()].filter((family) => family.length >= 3).flat());
}

/** Adds to the list of a key. */
export function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/** Why a column is no channel unless somebody names it. */
function leftOut(name: string, facts: ColumnFacts, inFamily: boolean): { readonly left?: string } {
  if (name === "" || /^unnamed: \d+$/i.test(name)) return { left: "it has no name" };
  if (/^(id|index|idx|row|time|timestamp|date|datetime)$/i.test(name) || /[_\s.-]id$/i.test(name))
    return { left: "by its name it is no measurement" };
  if (inFamily) return {};
  if (facts.countsUp) return { left: "it counts up" };
  if (facts.isKey) return { left: "each row has another number" };
  if (facts.saysClass) return { left: "it has one value a class, so it says the class" };
  return {};
}

/** Readings that are not the plain one, by what they are. */
function notesOf(columns: readonly Column[], readings: readonly Reading[]): string[] {
  const by = new Map<string, string[]>();
  columns.forEach(({ name }, c) => {
    const reading = readings[c];
    const note =
      reading.kind === "boolean"
        ? "true and false as 1 and 0"
        : reading.kind === "number"
          ? reading.note
          : "";
    if (note) push(by, note, name);
  });
  return [...by].map(([note, names]) => `${clip(names)}: ${note}`);
}

/** Names, of many the first. */
export const clip = (names: readonly string[], most = 8): string =>
  names.length > most ? `${names.slice(0, most).join(", ")}, ... (${names.length})` : names.join(", ");

/** Text of a column, which often is that of the row before. */
class SameText {
  readonly #field: number;
  #bytes = new Uint8Array(0);
  #text = "";

  constructor(field: number) {
    this.#field = field;
  }

  read(fields: Fields): string {
    const start = fields.starts[this.#field];
    const length = fields.ends[this.#field] - start;
    let same = length === this.#bytes.length;
    for (let i = 0; same && i < length; i++) same = fields.bytes[start + i] === this.#bytes[i];
    if (same) return this.#text;
    this.#bytes = fields.bytes.slice(start, start + length);
    this.#text = fields.text(this.#field).trim();
    return this.#text;
  }
}

/** The layout of a file: its separator, its encoding, its header, and where the columns of the first file stand in it. */
async function layoutOf(source: ByteSource, options: CsvOptions, first?: Layout): Promise<Layout> {
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
  const scanner = new Scanner({ name: source.name, separator, encoding }, (fields) => {
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
  const cell = new Cell();
  const isNumber = (text: string): boolean => (cell.ofText(text) & (PLAIN | spelled.missing)) !== 0;
  if (header.every(isNumber) && header.some((text) => /[.eE-]/.test(text)))
    throw new InputError(
      `${source.name}: its first line is numbers (${clip(header, 4)}), not the names of columns; give it a header, or say --no-header`,
    );
  return header;
}

/** Takes every record but the header, each with as many fields as that. */
async function* scan(
  layout: Layout,
  options: CsvOptions,
  take: (fields: Fields) => void,
): AsyncGenerator<void> {
  const { source, separator, encoding, names } = layout;
  let begun = options.header === false;
  /** Empty lines of a table of one column: values that are missing, unless nothing follows. */
  let blanks = 0;
  const firstLine = 1 + (options.skip ?? 0);
  const scanner = new Scanner({ name: source.name, separator, encoding, firstLine }, (fields) => {
    if (fields.isBlank && names.length > 1) return;
    if (fields.isBlank) {
      blanks++;
      return;
    }
    if (!begun) {
      begun = true;
      blanks = 0;
      return;
    }
    if (fields.count !== names.length) throw ragged(layout, options, fields);
    if (blanks > 0)
      throw new InputError(
        `${source.name}: an empty line stands before line ${fields.line}; write NaN where a value is missing`,
      );
    take(fields);
  });
  for await (const piece of textBytes(source, options)) {
    scanner.push(piece);
    yield;
  }
  scanner.end();
}

function ragged({ source, names }: Layout, options: CsvOptions, fields: Fields): InputError {
  const { line, count } = fields;
  const head = options.header === false ? "the first" : "the header";
  const last = count === names.length + 1 && fields.starts[count - 1] === fields.ends[count - 1];
  const remedy = last
    ? "it ends with a separator; take it away, or add a column to the header"
    : line <= 10 && count > names.length && options.header !== false
      ? "correct the line; if the header stands further down, give --skip N for the lines before it"
      : "correct the line";
  return new InputError(
    `${source.name}: line ${line} has ${fieldsText(count)}, ${head} ${names.length}; ${remedy}`,
  );
}

const fieldsText = (n: number): string => `${n} field${n === 1 ? "" : "s"}`;

/** Sees every cell of a file; returns how many rows it has. */
async function profile(
  layout: Layout,
  options: CsvOptions,
  facts: readonly ColumnFacts[],
  labelAt: number,
): Promise<number> {
  const cell = new Cell();
  const label = labelAt < 0 ? null : new SameText(layout.at[labelAt]);
  const { at } = layout;
  let rows = 0;
  const take = (fields: Fields): void => {
    rows++;
    const own = label === null ? null : label.read(fields);
    for (let c = 0; c < facts.length; c++) {
      const field = at[c];
      const flags = cell.of(fields, field);
      facts[c].take(flags, cell.value, own);
      if ((flags & ~(PLAIN | spelled.missing)) !== 0) marked(facts[c], flags, cell, fields.line);
    }
  };
  const reading = scan(layout, options, take);
  while (!(await reading.next()).done);
  return rows;
}

/** What there is to see of a cell that is no plain number. */
function marked(f: ColumnFacts, flags: number, cell: Cell, line: number): void {
  const example = { line, text: cell.text };
  const isOther =
    (flags & (spelled.boolean | spelled.date | spelled.infinite | spelled.text | spelled.almost)) !== 0;
  if (isOther) f.other ??= example;
  else f.marked ??= example;
  if ((flags & spelled.date) !== 0) noteDate(cell.text, f);
  if ((flags & (spelled.unit | spelled.percent)) !== 0) {
    f.withUnit++;
    if (f.withUnit === 1) f.unit = cell.unit;
    else if (f.unit !== cell.unit) f.unit = "";
  }
}

/** The bytes of a text: without its mark, from UTF-16 to UTF-8, and without the lines that are skipped. */
async function* textBytes(
  source: ByteSource,
  { skip = 0, encoding }: CsvOptions,
): AsyncGenerator<Uint8Array> {
  let decoder: TextDecoder | null = /^utf-?16/i.test(encoding ?? "") ? new TextDecoder(encoding) : null;
  const encoder = new TextEncoder();
  let begun = false;
  let toSkip = skip;
  for await (const piece of source.bytes()) {
    let bytes = piece;
    if (!begun) {
      begun = true;
      if (bytes[0] === 0xff && bytes[1] === 0xfe) decoder = new TextDecoder("utf-16le");
      else if (bytes[0] === 0xfe && bytes[1] === 0xff) decoder = new TextDecoder("utf-16be");
      else if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
    }
    if (decoder) bytes = encoder.encode(decoder.decode(bytes, { stream: true }));
    while (toSkip > 0 && bytes.length > 0) {
      const end = bytes.indexOf(10);
      if (end < 0) bytes = new Uint8Array(0);
      else {
        bytes = bytes.subarray(end + 1);
        toSkip--;
      }
    }
    if (bytes.length > 0) yield bytes;
  }
  if (decoder) {
    const rest = encoder.encode(decoder.decode());
    if (rest.length > 0) yield rest;
  }
}
