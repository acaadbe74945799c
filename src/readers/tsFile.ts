/**
 * Time-series `.ts` files of the UCR/UEA archive: a header (`tsHeader.ts`), then one row a line:
 * `value,value,...:value,value,...:ANSWER`, channels separated by ":", the answer a class or a target, or absent with its
 * colon where `@classLabel` is false. With time stamps a value is `(time,value)` (`tsTimes.ts`). Source: the format of timeseriesclassification.com, as sktime and aeon read it.
 *
 * Every value is a decimal number read to the nearest f64, or missing (`?`, `NaN`). Whatever is wrong is said with its
 * line; nothing is guessed, filled in or dropped.
 */
import type { Answers } from "../data/answers.ts";
import { dataset, noted, type Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import { datasetName } from "./datasetName.ts";
import { F64Buffer } from "../data/f64Buffer.ts";
import { KnownClasses } from "./knownClasses.ts";
import { counted, eachField, linesOf, refuseLine, type Refuse } from "./lines.ts";
import { SeriesRows } from "../data/seriesRows.ts";
import { isSkipped, noAnswer, readTsHeader, type RowParts, type TsHeader } from "./tsHeader.ts";
import { readTimedChannels } from "./tsTimes.ts";
import { readDecimal, readValue, wrongValue } from "./values.ts";

/** A count that each row must have, and who said so: the header, or else the first row. */
interface Expected {
  readonly count: number;
  readonly said: string;
}

/**
 * Parses the text of a `.ts` file. `classes` are the header's in its order, used or not; rows with `@targetLabel true`
 * have a target each, those with `@classLabel false` or `?` for every class no answer. Rows may differ in length unless `@equalLength true` or `@seriesLength` forbids it; the channels of a
 * row may not. `file` names the data set and stands in errors. Throws InputError `FILE:LINE: what; rule; remedy`.
 */
export function parseTs(text: string, file: string): Dataset {
  const lines = linesOf(text);
  const header = readTsHeader(lines, file);
  let channels: Expected | null =
    header.channels === null ? null : { count: header.channels, said: "the header says" };
  let length: Expected | null =
    header.length === null ? null : { count: header.length, said: "the header says" };
  const rows = new SeriesRows((at) => `${file}:${at}`);
  const answers = new RowAnswers(header);
  let last = header.line;

  for (const line of lines) {
    last = line.number;
    const row = line.text.trim();
    if (isSkipped(row)) continue;
    const refuse = refuseLine(file, text, line);
    const read = header.timeStamps ? readTimedChannels : readChannels;
    const { counts, answer } = read(row, header, rows, refuse);
    channels ??= { count: counts.length, said: `line ${line.number} has` };
    if (counts.length !== channels.count) refuse(wrongChannels(counts.length, answer, header, channels));
    const name = (channel: number): string => (counts.length > 1 ? `dimension ${channel + 1}` : "the row");
    const odd = counts.findIndex((count) => count !== counts[0]);
    if (odd > 0)
      refuse(
        `${name(odd)} has ${counted(counts[odd], "value")}, but dimension 1 of the row has ${counts[0]}; ` +
          "the dimensions of a row have one length; complete the row, or leave it out",
      );
    if (header.equalLength) length ??= { count: counts[0], said: `line ${line.number} has` };
    if (length && counts[0] !== length.count) {
      const rule = header.equalLength ? "@equalLength is true" : "@seriesLength is that of every row";
      refuse(
        `${name(0)} has ${counted(counts[0], "value")}, but ${length.said} ${length.count}; ${rule}; ` +
          "complete the row, or write @equalLength false",
      );
    }
    rows.endRow(counts[0], line.number);
    answers.add(answer, line.number, refuse);
  }
  if (channels === null || rows.count === 0) {
    throw new InputError(
      `${file}:${last}: no row follows "@data"; a data set has at least one; give a file that has rows`,
    );
  }
  const data = dataset({
    name: datasetName(file),
    ...rows.dense(channels.count, text.length),
    channels: channels.count,
    answers: answers.finish(),
  });
  return noted(data, answers.notes(file));
}

/** What the rows end with, by what the header says of it. */
class RowAnswers {
  readonly #targets: F64Buffer | null;
  readonly #labels: KnownClasses | null;
  /** Targets that are `?`, and the line of the first row. */
  #unknown = 0;
  #first = 0;

  constructor({ answers }: TsHeader) {
    this.#targets = answers.kind === "values" ? new F64Buffer() : null;
    this.#labels = answers.kind === "classes" ? new KnownClasses(answers.classes) : null;
  }

  add(answer: string, line: number, refuse: Refuse): void {
    if (this.#targets) this.#addTarget(this.#targets, answer, line, refuse);
    this.#labels?.add(answer, line, "the label is", "@classLabel", refuse);
  }

  #addTarget(targets: F64Buffer, answer: string, line: number, refuse: Refuse): void {
    const isUnknown = answer === "?";
    if (this.#first === 0) this.#first = line;
    else if (isUnknown !== this.#unknown > 0)
      refuse(
        `the target is ${quote(answer)}, but that of line ${this.#first} is ${isUnknown ? "there" : '"?"'}; every row has one, or none ` +
          "has and they can be predicted; complete the target, or leave the row out",
      );
    if (isUnknown) this.#unknown++;
    else targets.push(readTarget(answer, refuse));
  }

  finish(): Answers {
    if (this.#unknown > 0) return { kind: "none" };
    if (this.#targets) return { kind: "values", targets: this.#targets.take(), outputs: 1 };
    return this.#labels?.finish() ?? { kind: "none" };
  }

  notes(file: string): readonly string[] {
    return this.#unknown > 0
      ? [`${file}: the target of every row is ?: rows have no answer, and can be predicted`]
      : (this.#labels?.notes(file) ?? []);
  }
}

/** Appends the values of a row to the series. */
function readChannels(line: string, header: TsHeader, rows: SeriesRows, refuse: Refuse): RowParts {
  const isBare = header.answers.kind === "none";
  const end = isBare ? line.length : line.lastIndexOf(":");
  const answer = line.slice(end + 1).trim();
  if (!isBare && (end < 0 || answer === "")) refuse(noAnswer(header));
  const counts: number[] = [];
  for (let at = 0; at <= end;) {
    const found = line.indexOf(":", at);
    const next = found < 0 ? end : found;
    const several = next < end || counts.length > 0 || (header.channels ?? 0) > 1;
    const where = several ? `dimension ${counts.length + 1}, ` : "";
    const count = eachField(line.slice(at, next), ",", (token, column) => {
      const value = readValue(token);
      if (value === null) return refuse(`${where}column ${column} ${wrongValue(token)}`);
      rows.push(value);
    });
    counts.push(count);
    at = next + 1;
  }
  return { counts, answer };
}

function readTarget(answer: string, refuse: Refuse): number {
  const value = readDecimal(answer);
  if (Number.isFinite(value)) return value;
  return refuse(
    `the target is ${quote(answer)}; @targetLabel is true and targets are finite decimal numbers; correct it, or leave the row out`,
  );
}

function wrongChannels(count: number, answer: string, { answers }: TsHeader, expected: Expected): string {
  const before = answers.kind === "none" ? "" : ` before its label ${quote(answer)}`;
  return (
    `the row has ${counted(count, "dimension")}${before}, but ${expected.said} ${expected.count}; ` +
    'all rows have the same dimensions, separated by ":"; complete the row, or leave it out' +
    (answers.kind === "none" ? "; with @classLabel false rows end without a label" : "")
  );
}
