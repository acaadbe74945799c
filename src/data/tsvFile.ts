/**
 * Tab-separated files of the UCR archive of 2018: one row a line, the class first, then its values, no header.
 * Source: Dau et al., "The UCR time series archive", 2018 (the archive's own .tsv files).
 *
 * Series of unequal length and missing values are written there as NaN; both are refused for now. Whatever is wrong is
 * said with its line and column; nothing is guessed, filled in or dropped.
 */
import { dataset, type Dataset } from "../training/dataset.ts";
import { InputError } from "../training/errors.ts";
import { quote } from "../training/quote.ts";
import { datasetName } from "./datasetName.ts";
import { F64Buffer } from "./f64Buffer.ts";
import { readDecimal, wrongValue } from "./values.ts";

type Refuse = (what: string) => never;

/**
 * Parses the text of a UCR `.tsv` file of equal-length rows. Classes are the distinct labels, in numeric order if all
 * are numbers, else in order of their UTF-16 units. `file` names the data set and stands in errors. Throws InputError
 * `FILE:LINE: what; rule; remedy`; columns count from 1, so column 1 is the label.
 */
export function parseTsv(text: string, file: string): Dataset {
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/);
  const series = new F64Buffer();
  const labels: string[] = [];
  let columns: { readonly count: number; readonly line: number } | null = null;

  for (let i = 0; i < lines.length; i++) {
    if (lines[i].trim() === "") continue;
    const refuse: Refuse = (what) => {
      const isLast = lines.slice(i + 1).every((after) => after.trim() === "");
      const cut = isLast ? " (it is the last row: is the file cut short?)" : "";
      throw new InputError(`${file}:${i + 1}: ${what}${cut}`);
    };
    const fields = lines[i].split("\t");
    if (fields.length < 2) {
      refuse(
        `the row has no tab: ${quote(lines[i].trim())}; a row is a label, a tab, and values with tabs between ` +
          "them; correct it or give another file",
      );
    }
    labels.push(readLabel(fields[0], labels.length === 0, refuse));
    columns ??= { count: fields.length, line: i + 1 };
    for (let column = 1; column < fields.length; column++) {
      const token = fields[column].trim();
      const value = readDecimal(token);
      if (!Number.isFinite(value)) refuse(`column ${column + 1} ${wrongValue(token)}`);
      series.push(value);
    }
    if (fields.length !== columns.count) {
      refuse(
        `the row has ${counted(fields.length - 1)}, but line ${columns.line} has ${columns.count - 1}; ` +
          "series of unequal length are not supported yet; complete or delete the row",
      );
    }
  }
  if (columns === null) {
    throw new InputError(
      `${file}:${lines.length}: the file has no row; a data set has at least one; give a file that has rows`,
    );
  }
  const classes = classNames(labels);
  const indices = new Map(classes.map((name, index) => [name, index]));
  return dataset({
    name: datasetName(file),
    series: series.take(),
    channels: 1,
    length: columns.count - 1,
    labels: Int32Array.from(labels, (label) => indices.get(label) ?? -1),
    classes,
    targets: new Float64Array(0),
  });
}

/** Whether text looks like such a file: its first row that is not blank is a label and numbers with tabs between. */
export function looksLikeTsv(text: string): boolean {
  const [first = ""] = /\S[^\r\n]*/.exec(text.slice(0, 1_000_000).replace(/^\ufeff/, "")) ?? [];
  const fields = first.trim().split("\t");
  return fields.length > 1 && fields.slice(1).every((field) => isValue(field.trim()));
}

const isValue = (token: string): boolean => /^nan$/i.test(token) || Number.isFinite(readDecimal(token));

function readLabel(field: string, isFirst: boolean, refuse: Refuse): string {
  const label = field.trim();
  if (label === "" || label === "?" || label.toLowerCase() === "nan") {
    const header = isFirst ? "; the file has no header line" : "";
    refuse(
      `column 1 is ${quote(label)}, no class label; a row begins with its label${header}; complete or delete it`,
    );
  }
  return label;
}

/** Distinct labels in order. */
function classNames(labels: readonly string[]): string[] {
  const names = [...new Set(labels)];
  const numeric = names.every((name) => Number.isFinite(readDecimal(name)));
  return names.sort(numeric ? (a, b) => Number(a) - Number(b) : undefined);
}

const counted = (count: number): string => `${count} value${count === 1 ? "" : "s"}`;
