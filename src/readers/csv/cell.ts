/**
 * What one cell of a table is, by how it is spelled: a set of flags that a whole column joins, so that its reading is
 * decided over all of its cells and never by the first of them. Plain numbers are read from the bytes, rounded to the nearest
 * binary64: a mantissa below 2^53 and a power of ten up to 22 are exact, so one division rounds once (Clinger 1990).
 */
import { nearest, TENS } from "./decimal.ts";
import type { Fields } from "./scan.ts";

/** Spellings; several can fit one number. A group is three digits behind a mark of thousands. */
export const spelled = {
  missing: 1,
  /** Without a point or comma: 12, 1e-7. */
  integer: 2,
  /** With a decimal point that is no mark of thousands: 1.5, 1e-3. */
  point: 4,
  /** 1.234: a decimal point, or one group (not 0.123). */
  point3: 8,
  /** 1.234.567: groups alone. */
  points: 16,
  /** 1,5: a decimal comma that is no mark of thousands. */
  comma: 32,
  /** 1,234: a decimal comma, or one group. */
  comma3: 64,
  /** 1,234,567: groups alone. */
  commas: 128,
  /** 1,234.5 */
  commaPoint: 256,
  /** 1.234,5 */
  pointComma: 512,
  /** Groups behind blanks or apostrophes; with one of the above for the rest. */
  spaced: 1024,
  /** Ends with %; with one of the above. */
  percent: 2048,
  /** Ends with letters; with one of the above. */
  unit: 4096,
  boolean: 8192,
  date: 16384,
  infinite: 32768,
  text: 65536,
  /** Text that begins as a number does. */
  almost: 131072,
} as const;

/** Flags of plain numbers. */
export const PLAIN = spelled.integer | spelled.point | spelled.point3;
/** Flags of numbers of any spelling. */
export const NUMBER =
  PLAIN |
  spelled.points |
  spelled.comma |
  spelled.comma3 |
  spelled.commas |
  spelled.commaPoint |
  spelled.pointComma;

/** Cells that say that there is no value: pandas' own, and `?`. */
const MISSING = new Set(
  "|#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null|?|NAN|Null".split(
    "|",
  ),
);
export const isMissingText = (text: string): boolean => MISSING.has(text);

/** A number with marks, and its unit: of 1,5e+2 the exponent is none. */
const MARKED =
  /^([+-]?[\d.,'\u2019 \u00a0\u202f]*\d[.,]?(?:[eE][+-]?\d+)?)\s*([%\p{L}°µ][^\s\d.,;]{0,7}[²³23]?)?$/u;

/** A cell, read: what `of` leaves behind is good until the next. */
export class Cell {
  /** The number, where it is plain; NaN where it is missing or something else. */
  value = NaN;
  /** The unit or percent sign, where there is one. */
  unit = "";
  /** The text, where it had to be looked at as such. */
  text = "";

  /** The flags of a field. */
  of(fields: Fields, field: number): number {
    const { bytes } = fields;
    let at = fields.starts[field];
    let end = fields.ends[field];
    while (at < end && bytes[at] === 32) at++;
    while (at < end && bytes[end - 1] === 32) end--;
    this.value = NaN;
    if (at === end) return spelled.missing;
    const first = bytes[at];
    const signed = first === 45 || first === 43;
    let i = signed ? at + 1 : at;
    let mantissa = 0;
    let rest = 0;
    let digits = 0;
    let counted = 0;
    let point = -1;
    for (; i < end; i++) {
      const byte = bytes[i];
      if (byte >= 48 && byte <= 57) {
        digits++;
        if (counted < 15) mantissa = 10 * mantissa + (byte - 48);
        else rest = 10 * rest + (byte - 48);
        if (mantissa > 0) counted++;
      } else if (byte === 46 && point < 0) point = i;
      else return this.#other(fields, field);
    }
    const decimals = point < 0 ? 0 : end - point - 1;
    if (digits === 0 || counted > 19 || decimals > 22) return this.#other(fields, field);
    const size =
      counted > 15
        ? nearest(mantissa, rest, counted - 15, decimals)
        : decimals === 0
          ? mantissa
          : mantissa / TENS[decimals];
    if (Number.isNaN(size)) return this.#other(fields, field);
    this.value = first === 45 ? -size : size;
    if (point < 0) return spelled.integer;
    const before = digits - decimals;
    // 0.123 is no number of thousands
    return decimals === 3 && before >= 1 && before <= 3 && bytes[signed ? at + 1 : at] !== 48
      ? spelled.point3
      : spelled.point;
  }

  #other(fields: Fields, field: number): number {
    this.text = fields.text(field).trim();
    return this.ofText(this.text);
  }

  /** The flags of text. */
  ofText(text: string): number {
    this.value = NaN;
    this.unit = "";
    if (MISSING.has(text)) return spelled.missing;
    const plain = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.exec(text);
    if (plain) {
      this.value = Number(text);
      if (!Number.isFinite(this.value)) return spelled.infinite;
      if (!text.includes(".")) return spelled.integer;
      if (plain[3] !== undefined) return spelled.point;
      return /^[+-]?[1-9]\d{0,2}\.\d{3}$/.test(text) ? spelled.point3 : spelled.point;
    }
    if (/^[+-]?inf(inity)?$/i.test(text)) return spelled.infinite;
    if (/^(true|false)$/i.test(text)) {
      this.value = text.toLowerCase() === "true" ? 1 : 0;
      return spelled.boolean;
    }
    if (isDate(text)) return spelled.date;
    return this.#marked(text);
  }

  /** Numbers with marks of thousands, decimal commas, units. */
  #marked(text: string): number {
    const [, core, unit] = MARKED.exec(text) ?? [];
    if (core === undefined) return /^[+-]?[.,]?\d/.test(text) ? spelled.almost | spelled.text : spelled.text;
    const trimmed = core.trim();
    const joined = trimmed.replaceAll(/(?<=\d)['\u2019 \u00a0\u202f](?=\d{3}(\D|$))/g, "");
    const shape = shapeOf(joined);
    if (shape === 0) return spelled.almost | spelled.text;
    if ((shape & PLAIN) !== 0) this.value = Number(joined);
    this.unit = unit ?? "";
    return (
      shape |
      (joined === trimmed ? 0 : spelled.spaced) |
      (unit === undefined ? 0 : unit === "%" ? spelled.percent : spelled.unit)
    );
  }
}

/** The flag of a number without blanks and unit; 0 where it is none. */
function shapeOf(text: string): number {
  if (/^[+-]?\d+([eE][+-]?\d+)?$/.test(text)) return spelled.integer;
  if (/^[+-]?[1-9]\d{0,2}\.\d{3}$/.test(text)) return spelled.point3;
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) return spelled.point;
  if (/^[+-]?\d{1,3}(\.\d{3}){2,}$/.test(text)) return spelled.points;
  if (/^[+-]?[1-9]\d{0,2},\d{3}$/.test(text)) return spelled.comma3;
  if (/^[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?$/.test(text)) return spelled.comma;
  if (/^[+-]?\d{1,3}(,\d{3}){2,}$/.test(text)) return spelled.commas;
  if (/^[+-]?\d{1,3}(,\d{3})+\.\d*$/.test(text)) return spelled.commaPoint;
  if (/^[+-]?\d{1,3}(\.\d{3})+,\d*$/.test(text)) return spelled.pointComma;
  return 0;
}

/** Which character is the decimal mark. */
export type Decimal = "point" | "comma";

/** The number in a cell of such a column, whose unit is passed over; NaN where it is missing. */
export function numberIn(text: string, decimal: Decimal): number {
  if (MISSING.has(text)) return NaN;
  const [, core = text] = MARKED.exec(text) ?? [];
  const digits = core.replaceAll(/['\u2019 \u00a0\u202f]/g, "");
  return Number(
    decimal === "comma" ? digits.replaceAll(".", "").replace(",", ".") : digits.replaceAll(",", ""),
  );
}

const DATE =
  /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:[T ](.*))?$|^(\d{1,2})([./-])(\d{1,2})\7(\d{4})(?:[T ,]\s*(.*))?$/;
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(Z|[+-]\d{2}:?\d{2}|UTC)?$/i;

/** Whether text is a date, with or without a clock, or a clock alone. */
export const isDate = (text: string): boolean => {
  if (CLOCK.test(text)) return true;
  const found = DATE.exec(text);
  const clock = found?.[5] ?? found?.[10];
  return found !== null && (clock === undefined || CLOCK.test(clock));
};

/** How a column writes its dates, as far as one of them says it. */
export interface DateFacts {
  /** The number that stands first, or second, is beyond 12, so it is a day. */
  dayFirst: boolean;
  monthFirst: boolean;
  /** Written with slashes or dashes and the year last, so that day and month have to be told apart. */
  yearLast: boolean;
  zoned: boolean;
  unzoned: boolean;
}

export function noteDate(text: string, facts: DateFacts): void {
  const found = DATE.exec(text);
  const clock = CLOCK.exec(found?.[5] ?? found?.[10] ?? (found ? "00:00" : text));
  if (clock?.[5] !== undefined) facts.zoned = true;
  else facts.unzoned = true;
  if (found?.[6] === undefined) return;
  if (found[7] !== ".") facts.yearLast = true;
  if (Number(found[6]) > 12) facts.dayFirst = true;
  if (Number(found[8]) > 12) facts.monthFirst = true;
}

/** Milliseconds since 1970 (of a clock alone, since midnight); NaN where there is no such day or time. */
export function timeIn(text: string, order: "day" | "month"): number {
  if (MISSING.has(text)) return NaN;
  const found = DATE.exec(text);
  const clock = CLOCK.exec(found?.[5] ?? found?.[10] ?? (found ? "00:00" : text));
  if (!clock) return NaN;
  const [hour, minute, second] = [clock[1], clock[2], clock[3] ?? "0"].map(Number);
  const fraction = Number(`0.${clock[4] ?? "0"}`);
  const zone = /^([+-])(\d{2}):?(\d{2})$/.exec(clock[5] ?? "");
  const offset = zone ? (zone[1] === "-" ? -1 : 1) * (60 * Number(zone[2]) + Number(zone[3])) : 0;
  const inDay = 1000 * (3600 * hour + 60 * minute + second + fraction) - 60_000 * offset;
  if (hour > 24 || minute > 59 || second > 60) return NaN;
  if (!found) return inDay;
  const [year, month, day] =
    found[1] !== undefined
      ? [found[1], found[3], found[4]].map(Number)
      : order === "day" || found[7] === "."
        ? [found[9], found[8], found[6]].map(Number)
        : [found[9], found[6], found[8]].map(Number);
  const midnight = Date.UTC(year, month - 1, day);
  const back = new Date(midnight);
  return back.getUTCMonth() === month - 1 && back.getUTCDate() === day ? midnight + inDay : NaN;
}
