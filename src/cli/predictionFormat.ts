/** Predictions as text, a line a row: CSV as RFC 4180 quotes it, JSON lines, or columns for people. */
import { extname } from "node:path";
import { hasClasses, type AnswerKind } from "../data/answers.ts";
import { InputError } from "../data/errors.ts";
import type { Prediction } from "../models/network.ts";
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
}

export interface Lines {
  readonly head: string;
  readonly line: (row: Row) => string;
}

/** The format that was asked for, else by the ending of --out, else CSV. */
export function formatOf({ format, json, out }: { format?: Format; json?: true; out?: string }): Format {
  if (json && format !== undefined && format !== "jsonl")
    throw new InputError(`--json is --format jsonl, but --format ${format} is given too; give one of them`);
  if (json) return "jsonl";
  const endings: Readonly<Record<string, Format>> = { ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "text" };
  return format ?? endings[extname(out ?? "").toLowerCase()] ?? "csv";
}

interface Told {
  readonly answers: AnswerKind;
  readonly classes: readonly string[];
  /** Values a row, of a model of values. */
  readonly width: number;
  readonly grouped: boolean;
}

/** The lines of a model's predictions. */
export function linesOf(format: Format, { answers, classes, width, grouped }: Told): Lines {
  const own = grouped ? ["group"] : [];
  const group = (r: Row): string[] => (grouped ? [r.group ?? ""] : []);
  const probability = ({ label, probabilities }: Prediction): number => probabilities[classes.indexOf(label)];
  if (format === "jsonl") return { head: "", line: (r) => `${JSON.stringify(objectOf(r))}\n` };
  if (format === "text") {
    const wide = Math.max(...classes.map((c) => c.length), 0);
    return {
      head: "",
      line: (r) => {
        const said = r.prediction
          ? [r.prediction.label.padEnd(wide), percent(probability(r.prediction)).padStart(8)]
          : (r.values ?? []).map((v) => String(Number(v.toPrecision(6))));
        return `${[String(r.row).padStart(6), ...group(r), ...said].join("  ")}\n`;
      },
    };
  }
  const values = Array.from({ length: width }, (_, i) => (width === 1 ? "value" : `value ${i + 1}`));
  const names = hasClasses(answers) ? ["label", "p", ...classes.map((c) => `p(${c})`)] : values;
  return {
    head: csvLine(["row", ...own, ...names]),
    line: (r) => {
      const said = r.prediction
        ? [
            r.prediction.label,
            ...[probability(r.prediction), ...r.prediction.probabilities].map((p) => p.toFixed(6)),
          ]
        : (r.values ?? []).map(String);
      return csvLine([String(r.row), ...group(r), ...said]);
    },
  };
}

function objectOf({ row, group, prediction, values }: Row): object {
  const said = prediction
    ? {
        label: prediction.label,
        ...(prediction.labels ? { labels: prediction.labels } : {}),
        probabilities: prediction.probabilities,
      }
    : { values };
  return { row, ...(group === undefined ? {} : { group }), ...said };
}

/** A field with a comma, a quote or a line break stands in quotes, a quote in it twice (RFC 4180); lines end with \n. */
const csvLine = (fields: readonly string[]): string =>
  `${fields.map((f) => (/[",\r\n]/.test(f) ? `"${f.replaceAll('"', '""')}"` : f)).join(",")}\n`;
