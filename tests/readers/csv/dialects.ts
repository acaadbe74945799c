/**
 * How programs write tables: pandas, Excel, R and loggers, and what no single one of them does. A dialect is drawn from a seed;
 * with it a number becomes the text of a cell, by rules that know nothing of the reader's.
 */

/** Numbers from a seed, the same everywhere (mulberry32). */
export class Draws {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)];
  }
}

export const origins = ["pandas", "excel", "r", "logger", "mixed"] as const;
export type Origin = (typeof origins)[number];

/** How times are written. */
export const clocks = ["iso", "iso blank", "utc", "zones", "points", "day/month", "month/day"] as const;
export type Clock = (typeof clocks)[number];

export interface Dialect {
  readonly separator: "," | ";" | "\t" | "|";
  readonly ends: readonly string[];
  readonly quoting: "where needed" | "strings" | "all";
  readonly decimal: "." | ",";
  readonly thousands: "" | "," | "." | " " | "'" | "\u202f";
  readonly missing: string;
  /** What true and false are called. */
  readonly booleans: readonly [string, string];
  readonly encoding: "utf-8" | "utf-8 with mark" | "utf-16le" | "utf-16be" | "windows-1252";
  /** A first column of row numbers: none, one without a name, or pandas' name for one that was read back. */
  readonly index: "none" | "" | "Unnamed: 0";
  /** Of row numbers: the first, and whether it is text in quotes. */
  readonly firstRow: 0 | 1;
  readonly clock: Clock;
  /** Whether the last line ends. */
  readonly endsLast: boolean;
}

const PYTHON = ["True", "False"] as const;
const CAPITALS = ["TRUE", "FALSE"] as const;

const common = (d: Draws): Dialect => ({
  separator: ",",
  ends: ["\n"],
  quoting: "where needed",
  decimal: ".",
  thousands: "",
  missing: "",
  booleans: PYTHON,
  encoding: "utf-8",
  index: "none",
  firstRow: 0,
  clock: d.pick(["iso", "iso blank", "utc", "zones"]),
  endsLast: true,
});

const pandas = (d: Draws): Dialect => ({
  ...common(d),
  separator: d.pick([",", ",", ",", "\t", ";", "|"]),
  ends: [d.pick(["\n", "\r\n"])],
  missing: d.pick(["", "", "NaN", "nan", "NA"]),
  index: d.pick(["none", "", "", "Unnamed: 0"]),
});

/** Excel in English, or in a country with decimal commas, whose lists have semicolons. */
function excel(d: Draws): Dialect {
  const isEnglish = d.chance(0.4);
  const encodings = ["utf-8 with mark", "utf-8 with mark", "utf-16le", "windows-1252"] as const;
  return {
    ...common(d),
    separator: d.chance(0.3) ? "\t" : isEnglish ? "," : ";",
    ends: ["\r\n"],
    decimal: isEnglish ? "." : ",",
    thousands: d.pick(isEnglish ? ["", ","] : ["", ".", " ", "'", "\u202f"]),
    missing: d.pick(["", "", "#N/A"]),
    booleans: CAPITALS,
    encoding: d.pick(encodings),
    clock: d.pick(["iso blank", "points", "day/month", "month/day"]),
  };
}

/** `write.csv` and `write.csv2`. */
function r(d: Draws): Dialect {
  const isSecond = d.chance(0.4);
  const hasNames = d.chance(0.6);
  return {
    ...common(d),
    separator: isSecond ? ";" : ",",
    decimal: isSecond ? "," : ".",
    quoting: "strings",
    missing: "NA",
    booleans: CAPITALS,
    index: hasNames ? "" : "none",
    firstRow: 1,
    clock: d.pick(["iso", "iso blank"]),
  };
}

const logger = (d: Draws): Dialect => ({
  ...common(d),
  separator: d.pick([",", ";", "\t", "|"]),
  ends: d.pick([["\n"], ["\r\n"], ["\r"], ["\r\n", "\n"]]),
  missing: d.pick(["", "NaN", "NAN", "null"]),
  encoding: d.pick(["utf-8", "utf-8", "utf-8 with mark", "utf-16be", "windows-1252"]),
  clock: d.pick(clocks),
  endsLast: d.chance(0.7),
});

/** Each choice by itself, as far as a program could write it so that it can be read back. */
function mixed(d: Draws): Dialect {
  const separator = d.pick([",", ";", "\t", "|"] as const);
  const decimal = d.pick([".", ".", ","] as const);
  const marks = (["", ",", ".", " ", "'", "\u202f"] as const).filter((mark) => mark !== decimal);
  const thousands = d.pick(marks);
  return {
    separator,
    ends: d.pick([["\n"], ["\r\n"], ["\r"], ["\n", "\r\n"]]),
    quoting: d.pick(["where needed", "strings", "all"]),
    decimal,
    // nobody separates by commas and has points between thousands
    thousands: separator === "," && thousands === "." ? "" : thousands,
    missing: d.pick(["", "NA", "NaN", "None", "null", "?", "<NA>", "N/A"]),
    booleans: d.pick([PYTHON, CAPITALS, ["true", "false"]]),
    encoding: d.pick(["utf-8", "utf-8 with mark", "utf-16le", "utf-16be", "windows-1252"]),
    index: d.pick(["none", "", "Unnamed: 0"]),
    firstRow: d.pick([0, 1]),
    clock: d.pick(clocks),
    endsLast: d.chance(0.5),
  };
}

const makers: { readonly [O in Origin]: (d: Draws) => Dialect } = { pandas, excel, r, logger, mixed };

export const dialectOf = (origin: Origin, draws: Draws): Dialect => makers[origin](draws);

/** A decimal number as the dialect writes it, with its marks of thousands where `grouped`. */
export function written(plain: string, { decimal, thousands }: Dialect, grouped: boolean): string {
  const [, sign, whole, rest] = /^([+-]?)(\d*)(.*)$/.exec(plain) ?? ["", "", "", plain];
  const groups = grouped ? whole.replaceAll(/\B(?=(\d{3})+$)/g, thousands) : whole;
  return sign + groups + rest.replace(".", decimal);
}

const two = (n: number): string => String(n).padStart(2, "0");

/** A time (milliseconds since 1970) as text; `zone` in hours. */
export function clockText(time: number, clock: Clock, zone: number): string {
  const at = new Date(time + 3_600_000 * (clock === "zones" ? zone : 0));
  const [year, month, day] = [at.getUTCFullYear(), two(at.getUTCMonth() + 1), two(at.getUTCDate())];
  const hours = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  const seconds = `${hours}:${two(at.getUTCSeconds())}`;
  switch (clock) {
    case "iso":
      return `${year}-${month}-${day}T${seconds}`;
    case "iso blank":
      return `${year}-${month}-${day} ${seconds}`;
    case "utc":
      return `${year}-${month}-${day}T${seconds}.000Z`;
    case "zones":
      return `${year}-${month}-${day} ${seconds}+${two(zone)}:00`;
    case "points":
      return `${day}.${month}.${year} ${hours}`;
    case "day/month":
      return `${day}/${month}/${year} ${hours}`;
    case "month/day":
      return `${month}/${day}/${year} ${hours}`;
  }
}

/** A field as it stands in a line. */
export function field(text: string, isText: boolean, { quoting, separator }: Dialect): string {
  const isSpecial = text.includes(separator) || /["\r\n]/.test(text);
  if (!isSpecial && quoting !== "all" && !(isText && quoting === "strings")) return text;
  return `"${text.replaceAll('"', '""')}"`;
}

const WINDOWS_1252: Readonly<Record<string, number>> = { "€": 0x80 };

/** Text as bytes; a character that Windows-1252 lacks is replaced by what is next to it. */
export function encoded(text: string, encoding: Dialect["encoding"]): Uint8Array {
  if (encoding === "utf-8") return new TextEncoder().encode(text);
  if (encoding === "utf-8 with mark") return new TextEncoder().encode(`\ufeff${text}`);
  if (encoding === "windows-1252")
    return Uint8Array.from(text.replaceAll("\u202f", "\u00a0"), (c) => WINDOWS_1252[c] ?? c.charCodeAt(0));
  const bytes = new Uint8Array(2 * text.length + 2);
  const view = new DataView(bytes.buffer);
  const isLittle = encoding === "utf-16le";
  view.setUint16(0, 0xfeff, isLittle);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i + 2, text.charCodeAt(i), isLittle);
  return bytes;
}
