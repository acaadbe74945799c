/** Predictions as text, a line a row, a position or an interval: CSV as RFC 4180 quotes it, JSON lines, or columns for people. */
import { largestOf } from "../numerics/extremes.ts";
import { extname } from "node:path";
import type { AnswerKind } from "../data/answers.ts";
import { InputError } from "../data/errors.ts";
import type { Interval } from "../data/intervals.ts";
import { JoinedIntervals } from "../models/joinedIntervals.ts";
import { printable, printableJson } from "../data/printable.ts";
import type { Prediction } from "../models/network.ts";
import { NO_CLASS_NAME } from "../models/scores/score.ts";
import { percent } from "./format.ts";

export const formats = ["csv", "jsonl", "text"] as const;
export type Format = (typeof formats)[number];

/** What is said of one row. */
export interface Row {
  /** From 0. */
  readonly row: number;
  /** Who or what the row comes from, where the data say so. */
  readonly group?: string;
  /** Of a model of classes. */
  readonly prediction?: Prediction;
  /** Of a model of values. */
  readonly values?: readonly number[];
  /** Of a line a stretch: the stretch. */
  readonly interval?: Stretch;
}

/** A stretch of one class, and the mean probability of it. */
type Stretch = Interval & { readonly p: number };

export interface Lines {
  readonly head: string;
  /** One line, or, of a class a position, one for each position or interval. */
  readonly line: (row: Row) => string;
}

interface AskedFormat {
  readonly format?: Format;
  readonly json?: true;
  readonly out?: string;
  readonly safeCsv?: true;
}

/** The format that was asked for, else by the ending of --out, else CSV. */
export function formatOf({ format: asked, json, out, safeCsv }: AskedFormat): Format {
  if (json && asked !== undefined && asked !== "jsonl")
    throw new InputError(`--json is --format jsonl, but --format ${asked} is given too; give one of them`);
  const endings: Readonly<Record<string, Format>> = { ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "text" };
  const format = json ? "jsonl" : (asked ?? endings[extname(out ?? "").toLowerCase()] ?? "csv");
  if (safeCsv && format !== "csv")
    throw new InputError(`--safe-csv is about CSV, but the format is ${format}; leave it out`);
  return format;
}

interface Told {
  readonly answers: AnswerKind;
  readonly classes: readonly string[];
  /** Values a row, of a model of values. */
  readonly width: number;
  /** What the values are called, where they have names. */
  readonly columns?: readonly string[];
  readonly grouped: boolean;
  /** Of a class a position: a line an interval of equal class, in place of a line a position. */
  readonly by?: "interval";
  /** Positions a second, where it is known. */
  readonly rate?: number;
  /** CSV for a spreadsheet: no name is a formula. */
  readonly safeCsv?: true;
  /** What the number of a row is called. Default: "row". */
  readonly rowName?: string;
}

/** The lines of a model's predictions. */
export function linesOf(format: Format, told: Told): Lines {
  switch (format) {
    case "jsonl":
      return {
        head: "",
        line: (r) =>
          objectsOf(r, told)
            .map((o) => `${printableJson(o)}\n`)
            .join(""),
      };
    case "text":
      return { head: "", line: (r) => textOf(r, told) };
    case "csv": {
      const { names, cells } = columnsOf(told);
      const csvLine = told.safeCsv ? guardedLine : plainLine;
      const own = told.grouped ? ["group"] : [];
      const first = ({ row, group }: Row): string[] => [String(row), ...(told.grouped ? [group ?? ""] : [])];
      return {
        head: csvLine([told.rowName ?? "row", ...own, ...names]),
        line: (r) =>
          cells(r)
            .map((line) => csvLine([...first(r), ...line]))
            .join(""),
      };
    }
  }
}

/** A cell of a probability, or of a value; empty where it is no number. */
const six = (p: number): string => (Number.isFinite(p) ? p.toFixed(6) : "");
const cell = (value: number): string => (Number.isFinite(value) ? String(value) : "");
/** The probability of a label; NaN of none. */
const probabilityIn = (
  classes: readonly string[],
  label: string,
  probabilities: readonly number[],
): number => {
  const at = classes.indexOf(label);
  if (label === NO_CLASS_NAME) return NaN;
  return at < 0 ? largestOf(probabilities) : probabilities[at]; // unknown: the largest was too small
};
const probability = (classes: readonly string[], { label, probabilities }: Prediction): number =>
  probabilityIn(classes, label, probabilities);
/** A label as JSON has it: null of none. */
const named = (label: string): string | null => (label === NO_CLASS_NAME ? null : label);
/** A label and its probability for people. */
const shown = (label: string, p: number, wide: number): readonly string[] =>
  label === NO_CLASS_NAME
    ? ["no class".padEnd(wide), "-".padStart(8)]
    : [printable(label).padEnd(wide), percent(p).padStart(8)];

/** The columns of CSV after row and group, and the cells of a row's lines. */
function columnsOf({ answers, classes, width, columns, by, rate }: Told): {
  readonly names: readonly string[];
  readonly cells: (row: Row) => readonly (readonly string[])[];
} {
  const each = classes.map((c) => `p(${c})`);
  switch (answers) {
    case "values":
      return {
        names: columns ?? Array.from({ length: width }, (_, i) => (width === 1 ? "value" : `value ${i + 1}`)),
        cells: ({ values = [] }) => [values.map(cell)],
      };
    case "classes":
      return {
        names: ["label", "p", ...each],
        cells: ({ prediction: p }) =>
          p ? [[p.label, ...[probability(classes, p), ...p.probabilities].map(six)]] : [],
      };
    case "multiLabel":
      return {
        names: ["labels", ...each],
        cells: ({ prediction: p }) => (p ? [[(p.labels ?? []).join(";"), ...p.probabilities.map(six)]] : []),
      };
    case "positions":
      if (by === "interval")
        return {
          names: [
            "start_sample",
            "end_sample",
            ...(rate === undefined ? [] : ["start_seconds", "end_seconds"]),
            "label",
            "p",
          ],
          cells: ({ interval }) => (interval ? [stretchCells(interval)] : []),
        };
      return {
        names: ["position", ...(rate === undefined ? [] : ["seconds"]), "label", "p", ...each],
        cells: ({ prediction: { labels = [], positions = [] } = NOTHING }) =>
          positions.map((p, t) => [
            String(t),
            ...(rate === undefined ? [] : [String(t / rate)]),
            labels[t],
            six(probabilityIn(classes, labels[t], p)),
            ...p.map(six),
          ]),
      };
  }
}

const stretchCells = ({ start, end, startSeconds, endSeconds, label, p }: Stretch): string[] => [
  ...[start, end, startSeconds, endSeconds].filter((x) => x !== undefined).map(String),
  label,
  six(p),
];

const NOTHING: Prediction = { label: "", probabilities: [] };

/** The intervals of a row, each with the mean probability of its class. */
function intervalsIn(
  { prediction: { positions = [] } = NOTHING }: Row,
  classes: readonly string[],
  rate?: number,
): Stretch[] {
  const joined = new JoinedIntervals(classes, rate);
  return [...joined.add(0, 0, positions), ...joined.finish()].map(
    ({ series: _series, ...stretch }) => stretch,
  );
}

function objectsOf(r: Row, { answers, classes, rate, rowName = "row" }: Told): object[] {
  const { row, group, prediction, values, interval } = r;
  const own = { [rowName]: row, ...(group === undefined ? {} : { group }) };
  if (interval) return [{ ...own, ...interval, label: named(interval.label) }];
  if (!prediction) return [{ ...own, values }];
  const { label, labels, probabilities, positions } = prediction;
  if (answers !== "positions")
    return [{ ...own, label: named(label), ...(labels ? { labels } : {}), probabilities }];
  const stretches = intervalsIn(r, classes, rate).map((found) => ({ ...found, label: named(found.label) }));
  return [
    {
      ...own,
      label: named(label),
      labels: labels?.map(named),
      probabilities,
      positions,
      intervals: stretches,
    },
  ];
}

function textOf(r: Row, { answers, classes, grouped, rate }: Told): string {
  const wide = Math.max(0, largestOf(classes.map((c) => printable(c).length)));
  const line = (said: readonly string[]): string =>
    `${[String(r.row).padStart(6), ...(grouped ? [printable(r.group ?? "")] : []), ...said].join("  ")}\n`;
  const stretch = ({ start, end, label, p, startSeconds, endSeconds }: Stretch): string => {
    const seconds = startSeconds === undefined ? [] : [`${startSeconds} to ${endSeconds} s`];
    return line([`${start} to ${end - 1}`.padEnd(14), ...seconds, ...shown(label, p, wide)]);
  };
  const { prediction, values = [], interval } = r;
  if (interval) return stretch(interval);
  if (!prediction) return line(Array.from(values, (v) => String(Number(v.toPrecision(6)))));
  if (answers === "multiLabel") return line([printable((prediction.labels ?? []).join(", ")) || "none"]);
  if (answers !== "positions") return line(shown(prediction.label, probability(classes, prediction), wide));
  return intervalsIn(r, classes, rate).map(stretch).join("");
}

/** Whether something of a row has no answer: outputs that are no numbers. */
export const isUnanswered = ({ prediction, values = [], interval }: Omit<Row, "row">): boolean =>
  interval
    ? interval.label === NO_CLASS_NAME
    : prediction
      ? prediction.label === NO_CLASS_NAME || (prediction.labels ?? []).includes(NO_CLASS_NAME)
      : !values.every(Number.isFinite);

/** A field with a comma, a quote or a line break stands in quotes, a quote in it twice (RFC 4180); lines end with \n. */
const plainLine = (fields: readonly string[]): string =>
  `${fields.map((f) => (/[",\r\n]/.test(f) ? quoted(f) : f)).join(",")}\n`;
const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`;

/** What a spreadsheet takes for a formula; numbers begin with a sign too, and are none. */
const FORMULA = /^[=+\-@\t\r\n]/;
const NUMBER = /^[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/i;

/** The same with names that begin as formulas do behind an apostrophe, in quotes, as spreadsheets show text. */
const guardedLine = (fields: readonly string[]): string =>
  plainLine(fields.map((f) => (FORMULA.test(f) && !NUMBER.test(f) ? `'${f}` : f)));
