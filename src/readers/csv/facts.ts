/** What is seen of a column over all of its cells, and how it is read by that. */
import { quote } from "../../data/quote.ts";
import { NUMBER, PLAIN, spelled, type DateFacts, type Decimal } from "./cell.ts";

/** How the cells of a column are read. */
export type Reading =
  | { readonly kind: "number"; readonly decimal: Decimal; readonly plain: boolean; readonly note: string }
  | { readonly kind: "boolean" }
  | { readonly kind: "date"; readonly order: "day" | "month"; readonly zoned: boolean }
  | { readonly kind: "text" }
  /** No cell has a value. */
  | { readonly kind: "empty" }
  /** Values, time or target are wanted of it and it cannot be read: why, and what to do. */
  | { readonly kind: "wrong"; readonly why: string; readonly of: "numbers" | "dates" };

interface Example {
  readonly line: number;
  readonly text: string;
}

/** Numbers of a column are kept to see whether two rows have the same, up to so many. */
const MOST_DISTINCT = 4_000_000;

export class ColumnFacts implements DateFacts {
  flags = 0;
  /** Cells with a value. */
  filled = 0;
  /** Cells with a unit, and what it is. */
  withUnit = 0;
  unit = "";
  dayFirst = false;
  monthFirst = false;
  yearLast = false;
  zoned = false;
  unzoned = false;
  /** The first cell that is not a plain number, and the first that is not a number at all. */
  marked: Example | null = null;
  other: Example | null = null;
  #first = NaN;
  #last = NaN;
  #step = NaN;
  #counts = true;
  #low = Infinity;
  #high = -Infinity;
  #distinct: Set<number> | null = new Set();
  #ofClass: Map<string, number> | null = new Map();

  /** Takes a cell: its flags, its number if it is plain, the class of its row. */
  take(flags: number, value: number, label: string | null): void {
    this.flags |= flags;
    if (flags === spelled.missing) {
      this.#counts = false;
      this.#ofClass = null;
      return;
    }
    this.filled++;
    if (this.#counts) this.#counting(value);
    if (this.#distinct !== null) {
      const isWhole = flags === spelled.integer && Number.isInteger(value);
      if (!isWhole || this.#distinct.has(value) || this.#distinct.size >= MOST_DISTINCT)
        this.#distinct = null;
      else {
        this.#distinct.add(value);
        if (value < this.#low) this.#low = value;
        if (value > this.#high) this.#high = value;
      }
    }
    if (label !== null && this.#ofClass !== null) {
      const own = this.#ofClass.get(label);
      if (own === undefined) this.#ofClass.set(label, value);
      else if (own !== value) this.#ofClass = null;
    }
  }

  #counting(value: number): void {
    if (this.filled === 1) this.#first = value;
    else if (this.filled === 2) this.#step = value - this.#first;
    else if (
      !(Math.abs(value - this.#last - this.#step) <= 1e-6 * Math.abs(this.#step)) &&
      value !== this.#first
    )
      this.#counts = false;
    if (this.filled >= 2 && !(Math.abs(this.#step) > 0)) this.#counts = false;
    this.#last = value;
  }

  /** Goes up (or down) by one step from row to row, or begins again. */
  get countsUp(): boolean {
    return this.#counts && this.filled >= 10;
  }

  /** Each row has another whole number, and they lie close. */
  get isKey(): boolean {
    const distinct = this.#distinct;
    return distinct !== null && this.filled >= 10 && this.#high - this.#low < 2 * distinct.size;
  }

  /** One value a class, another for each: it says the class. */
  get saysClass(): boolean {
    const of = this.#ofClass;
    return of !== null && of.size >= 2 && this.filled >= 5 * of.size && new Set(of.values()).size === of.size;
  }
}

/**
 * How the columns of a file are read. `decimal`: what the options say. Where they do not, one column that has decimal commas
 * beyond doubt says it for those that could be read in two ways: a file is written in one country. Where something else than a
 * comma stands between fields (`isPointCountry` is false), it may be one of decimal commas: a column beyond doubt says that it is not.
 */
export function readingsOf(
  columns: readonly ColumnFacts[],
  decimal: Decimal | undefined,
  isPointCountry: boolean,
): Reading[] {
  const first = columns.map((f) => readingOf(f, decimal));
  if (decimal !== undefined) return first;
  const marks = (mark: Decimal): boolean =>
    first.some((r) => r.kind === "number" && r.decimal === mark && r.note.includes("comma"));
  const hasCommas = marks("comma") && !marks("point");
  const hasPoints = isPointCountry || marks("point") || columns.some((f) => (f.flags & ONLY_ENGLISH) !== 0);
  if (!hasCommas && hasPoints) return first;
  return columns.map((f, c) => {
    const own = first[c];
    if (own.kind === "wrong") {
      const asked = hasCommas ? readingOf(f, "comma") : own;
      return asked.kind === "number" ? asked : own;
    }
    const isGrouped = (f.flags & NUMBER & ~spelled.integer) === spelled.point3;
    if (own.kind !== "number" || !isGrouped) return own;
    return wrong(
      hasCommas
        ? "it has numbers such as 1.234 in a file with decimal commas; say what the point is with --decimal"
        : "it has numbers such as 1.234, which is one number with a decimal point and another with thousands; say which with --decimal point or comma",
    );
  });
}

/** How a column is read. */
function readingOf(f: ColumnFacts, decimal: Decimal | undefined): Reading {
  const numbers = f.flags & NUMBER;
  const others =
    f.flags & (spelled.boolean | spelled.date | spelled.infinite | spelled.text | spelled.almost);
  if (others === 0) return numbers === 0 ? { kind: "empty" } : numberReading(f, decimal);
  const cell = f.other ? `line ${f.other.line} has ${quote(f.other.text)}` : "";
  if (numbers === 0 && others === spelled.boolean) return { kind: "boolean" };
  if (numbers === 0 && others === spelled.date) return dateReading(f, cell);
  if (numbers === 0 && (others & (spelled.almost | spelled.infinite)) === 0) return { kind: "text" };
  if ((others & ~spelled.infinite) === 0)
    return wrong(`${cell}; values are finite; correct it or leave the field empty`);
  return wrong(`${cell}; values are numbers; correct it, or choose the columns with --channels`);
}

const wrong = (why: string, of: "numbers" | "dates" = "numbers"): Reading => ({ kind: "wrong", why, of });

function dateReading(f: ColumnFacts, cell: string): Reading {
  if (f.zoned && f.unzoned)
    return wrong(`${cell}; some of its times have a zone and some have none; give all of them one`, "dates");
  if (f.dayFirst && f.monthFirst)
    return wrong(
      `${cell}; its dates have the day first and the month first; write them as 2024-01-31`,
      "dates",
    );
  if (f.yearLast && !f.dayFirst && !f.monthFirst)
    return wrong(
      `${cell}; day and month cannot be told apart; write dates as 2024-01-31, or leave --time out where rows are in order`,
      "dates",
    );
  return { kind: "date", order: f.monthFirst ? "month" : "day", zoned: f.zoned };
}

const EUROPEAN =
  spelled.integer | spelled.point3 | spelled.points | spelled.comma | spelled.comma3 | spelled.pointComma;
const ENGLISH =
  spelled.integer | spelled.point | spelled.point3 | spelled.comma3 | spelled.commas | spelled.commaPoint;
/** What only one of both writes so. */
const ONLY_EUROPEAN = spelled.comma | spelled.points | spelled.pointComma;
const ONLY_ENGLISH = spelled.point | spelled.commas | spelled.commaPoint;

function numberReading(f: ColumnFacts, decimal: Decimal | undefined): Reading {
  const numbers = f.flags & NUMBER;
  const cell = f.marked ? `line ${f.marked.line} has ${quote(f.marked.text)}` : "";
  if (f.withUnit > 0 && (f.withUnit < f.filled || f.unit === ""))
    return wrong(
      `${cell}; some of its cells have a unit and others another or none; give all of them the same`,
    );
  const marks = [
    ...(f.unit ? [`"${f.unit}" passed over`] : []),
    ...((f.flags & spelled.spaced) !== 0 ? ["thousands apart"] : []),
  ];
  const isPlain = (numbers & ~PLAIN) === 0;
  const reading = (mark: Decimal, more: readonly string[]): Reading => ({
    kind: "number",
    decimal: mark,
    plain: isPlain && mark === "point" && marks.length === 0,
    note: [...more, ...marks].join(", "),
  });
  const european = (numbers & ~EUROPEAN) === 0;
  const english = (numbers & ~ENGLISH) === 0;
  if (decimal === "comma")
    return european
      ? reading("comma", (numbers & ~spelled.integer) === 0 ? [] : ["decimal commas"])
      : wrong(`${cell}, which has no decimal comma as --decimal comma says; correct it`);
  if (isPlain) return reading("point", []);
  if (decimal === "point")
    return english
      ? reading("point", ["commas between thousands"])
      : wrong(`${cell}, which has no decimal point as --decimal point says; correct it`);
  const onlyEuropean = (numbers & ONLY_EUROPEAN) !== 0;
  const onlyEnglish = (numbers & ONLY_ENGLISH) !== 0;
  // 1.234 beside 0,5 may be a number with a point among others, and is not taken for a thousand unasked
  const mixed =
    onlyEuropean &&
    (numbers & spelled.point3) !== 0 &&
    (numbers & (spelled.points | spelled.pointComma)) === 0;
  if (european && onlyEuropean && !mixed) return reading("comma", ["decimal commas"]);
  if (english && onlyEnglish) return reading("point", ["commas between thousands"]);
  return wrong(
    european && english
      ? `${cell}, which is one number with a decimal comma and another with thousands; say which with --decimal comma or point`
      : `${cell}; its numbers are written in several ways; correct it, or say which with --decimal comma or point`,
  );
}
