/**
 * Files of the UCR archive: one row a line, the class first, then its values, no header. The archive of 2018 puts tabs
 * between them (`.tsv`), the one before blanks (`.txt`). Source: Dau et al., "The UCR time series archive", 2018.
 *
 * Lines have one number of columns. A value that is missing is `NaN` or `?`; at the end of a row they mean that the row is
 * shorter, as in the archive. Whatever else is wrong is said with its line and column; nothing is guessed.
 */
import type { AnswersOf } from "../data/answers.ts";
import { isNearlyOneEach } from "../data/classes.ts";
import { dataset, type Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import { datasetName } from "./datasetName.ts";
import { LabelNames } from "./labelNames.ts";
import { counted, eachField, linesOf, refuseLine, type Refuse } from "./lines.ts";
import { NO_VALUE, SeriesRows } from "../data/seriesRows.ts";
import { isMissing, readDecimal, readValue, wrongValue } from "./values.ts";

/** What stands between the columns. */
export type Between = "tabs" | "blanks";

/**
 * Parses the text of a UCR `.tsv` or `.txt` file; `length` is that of the columns. Classes are the distinct labels, in
 * numeric order if all are numbers, else in order of their UTF-16 units. `file` names the data set and stands in errors.
 * Throws InputError `FILE:LINE: what; rule; remedy`; columns count from 1, so column 1 is the label.
 */
export function parseColumns(text: string, file: string, between: Between): Dataset {
  const rows = new SeriesRows((at) => `${file}:${at}`);
  const labels = new LabelNames();
  const row: number[] = [];
  let columns: { readonly count: number; readonly line: number } | null = null;
  let last = 1;

  for (const line of linesOf(text)) {
    last = line.number;
    if (line.text.trim() === "") continue;
    const refuse = refuseLine(file, text, line);
    const fields = between === "tabs" ? line.text : line.text.trim().replace(/[ \t]+/g, " ");
    const separator = between === "tabs" ? "\t" : " ";
    if (!fields.includes(separator)) {
      const mark = between === "tabs" ? "tab" : "blank";
      refuse(
        `the row has no ${mark}: ${quote(fields.trim())}; a row is a label, a ${mark}, and values with ${between} between ` +
          "them; correct it or give another file",
      );
    }
    row.length = 0;
    const count = eachField(fields, separator, (token, column) => {
      if (column === 1) return labels.add(checkLabel(token, rows.count === 0, refuse));
      if (columns === null && column === 2 && isName(token))
        refuse(
          `column 2 is ${quote(token.trim())}, as in a header, and these files have none; name its columns to read it as a table ` +
            "(--label, --time or --channels)",
        );
      row.push(readValue(token) ?? refuse(`column ${column} ${wrongValue(token)}`));
    });
    columns ??= { count, line: line.number };
    if (count !== columns.count) {
      refuse(
        `the row has ${counted(count - 1, "value")}, but line ${columns.line} has ${columns.count - 1}; ` +
          "all rows have the same columns, NaN after the end of a shorter one; complete the row, or leave it out",
      );
    }
    if (!rows.addRow(row, 1, line.number)) refuse(NO_VALUE);
  }
  if (columns === null) {
    throw new InputError(
      `${file}:${last}: the file has no row; a data set has at least one; give a file that has rows`,
    );
  }
  const answers = labels.finish();
  requireClasses(answers, file);
  return dataset({
    name: datasetName(file),
    ...rows.dense(1, text.length, columns.count - 1),
    channels: 1,
    answers,
  });
}

/** Refuses a file whose first column is no class: nearly every row has its own, or each has one, and none is a whole number. */
function requireClasses({ classes, labels }: AnswersOf<"classes">, file: string): void {
  const counts = new Int32Array(classes.length);
  for (const label of labels) counts[label]++;
  const isMeasured = labels.length >= FEW && classes.length === labels.length && classes.every(isFraction);
  if (!isMeasured && !isNearlyOneEach(counts)) return;
  const ones = counts.filter((count) => count === 1).length;
  throw new InputError(
    `${file}: column 1 is the class, and ${ones} of ${labels.length} rows have one of their own (${quote(classes[labels[0]])} ` +
      `in the first row); rows begin with their class; of signals without one give the folder that holds y_train.txt ` +
      '(docs/data.md, "Folders of signals"), else put the class first',
  );
}

/** Rows from which fractions that differ are measured values and no classes. */
const FEW = 3;

const isFraction = (label: string): boolean =>
  readDecimal(label) % 1 !== 0 && Number.isFinite(readDecimal(label));

/** What stands between the columns of such a file, by its first row that is not blank; null where it is no such file. */
export function columnsOf(text: string): Between | null {
  const [first = ""] = /\S[^\r\n]*/.exec(text.slice(0, 1_000_000).replace(/^\ufeff/, "")) ?? [];
  if (isRow(first, "\t")) return "tabs";
  return isRow(first.replace(/[ \t]+/g, " "), " ") ? "blanks" : null;
}

/** Whether a line is a label and numbers. */
function isRow(line: string, separator: string): boolean {
  let numbers = 0;
  const columns = eachField(line.trim(), separator, (token, column) => {
    if (column > 1 && (isMissing(token) || Number.isFinite(readDecimal(token)))) numbers++;
  });
  return columns > 1 && numbers === columns - 1;
}

function checkLabel(label: string, isFirst: boolean, refuse: Refuse): string {
  if (label !== "" && !isMissing(label)) return label;
  const header = isFirst ? "; the file has no header line" : "";
  return refuse(
    `column 1 is ${quote(label)}, no class label; a row begins with its label${header}; add it, or leave the row out`,
  );
}

const isName = (token: string): boolean => /^\s*"?\p{L}/u.test(token) && !/^\s*(inf|nan)/i.test(token);
