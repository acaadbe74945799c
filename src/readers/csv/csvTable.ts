/**
 * Files of separated values as a table, in any memory: read twice, once to see how each column is spelled over all of its
 * cells, once to take the values. Several files are one table if their headers name the same columns, in whatever order.
 */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { FILE_NAME } from "../tables/columns.ts";
import type { Chunk, Column, MakeTape, Table, Wanted } from "../tables/table.ts";
import { Cell, noteDate, numberIn, PLAIN, spelled, timeIn } from "./cell.ts";
import type { CsvOptions } from "./dialect.ts";
import { ColumnFacts, readingsOf, type Reading } from "./facts.ts";
import { clip, layoutOf, type Layout } from "./layout.ts";
import { Scanner, type Fields } from "./scan.ts";
import { sortedRows } from "./sorted.ts";
import { textBytes, type ByteSource } from "./text.ts";

/** Rows and values of a chunk, at most. */
const ROWS = 2 ** 13;
const VALUES = 2 ** 17;
const COMMA = 44;

interface Profile {
  readonly facts: readonly ColumnFacts[];
  /** Rows of each file. */
  readonly rows: readonly number[];
  /** Empty lines at the ends of files of one column. */
  readonly blanks: number;
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
    { facts, rows, blanks }: Profile,
    options: CsvOptions,
    { named, tape, several }: { named: ReadonlySet<string>; tape: MakeTape; several: boolean },
  ) {
    this.source = source;
    this.#layouts = layouts;
    this.#rows = rows;
    this.#options = options;
    this.#tape = tape;
    const { names } = layouts[0];
    const hasCommas = layouts[0].separator === COMMA && names.length > 1;
    const readings = readingsOf(facts, options.decimal, hasCommas);
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
    this.notes = [...notesOf(columns, this.#readings), ...blankNotes(blanks)];
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
    let blanks = 0;
    for (const layout of layouts) {
      const own = await profile(layout, options, facts, labelAt);
      rows.push(own.rows);
      blanks += own.blanks;
    }
    const named = new Set(more.texts.flatMap((name) => names[indexOfName(names, name)] ?? []));
    return new CsvTable(source, layouts, { facts, rows, blanks }, options, { named, ...more });
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

/** Of a table of one column, whose values may be missing there. */
const blankNotes = (blanks: number): string[] =>
  blanks < 2 ? [] : [`${blanks} empty lines at the end are no rows; write NaN where a value is missing`];

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

/** Takes every record but the header, each with as many fields as that; returns how many empty lines end a table of one column. */
async function* scan(
  layout: Layout,
  options: CsvOptions,
  take: (fields: Fields) => void,
): AsyncGenerator<void, number> {
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
  return blanks;
}

function ragged({ source, names }: Layout, options: CsvOptions, fields: Fields): InputError {
  const { line, count } = fields;
  const head = options.header === false ? "the first" : "the header";
  const last = count === names.length + 1 && fields.starts[count - 1] === fields.ends[count - 1];
  const remedy = last
    ? "it ends with a separator; take it away, or add a column to the header"
    : line <= 10 && (count > names.length || count === 1) && options.header !== false && !options.skip
      ? "correct the line; if the header stands further down, give --skip N for the lines before it"
      : "correct the line";
  return new InputError(
    `${source.name}: line ${line} has ${fieldsText(count)}, ${head} ${names.length}; ${remedy}`,
  );
}

const fieldsText = (n: number): string => `${n} field${n === 1 ? "" : "s"}`;

/** Sees every cell of a file; returns how many rows it has, and empty lines at its end. */
async function profile(
  layout: Layout,
  options: CsvOptions,
  facts: readonly ColumnFacts[],
  labelAt: number,
): Promise<{ readonly rows: number; readonly blanks: number }> {
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
  for (;;) {
    const { done, value } = await reading.next();
    if (done) return { rows, blanks: value };
  }
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
