/**
 * Time-series `.ts` files of the UCR/UEA archive: a header (`tsHeader.ts`), then one row a line:
 * `value,value,...:value,value,...:ANSWER`, channels separated by ":", the answer a class or a target. With time stamps a
 * value is `(time,value)` (`tsTimes.ts`). Source: the format of timeseriesclassification.com, as sktime and aeon read it.
 *
 * Every value is a decimal number read to the nearest f64, or missing (`?`, `NaN`). Whatever is wrong is said with its
 * line; nothing is guessed, filled in or dropped.
 */
import { dataset, type Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import { datasetName } from "./datasetName.ts";
import { F64Buffer } from "../data/f64Buffer.ts";
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
 * have a target each. Rows may differ in length unless `@equalLength true` or `@seriesLength` forbids it; the channels of a
 * row may not. `file` names the data set and stands in errors. Throws InputError `FILE:LINE: what; rule; remedy`.
 */
export function parseTs(text: string, file: string): Dataset {
  const lines = linesOf(text);
  const header = readTsHeader(lines, file);
  const classIndex = new Map(header.classes?.map((name, index) => [name, index]));
  let channels: Expected | null =
    header.channels === null ? null : { count: header.channels, said: "the header says" };
  let length: Expected | null =
    header.length === null ? null : { count: header.length, said: "the header says" };
  const rows = new SeriesRows((at) => `${file}:${at}`);
  const labels: number[] = [];
  const targets = new F64Buffer();
  let last = header.line;

  for (const line of lines) {
    last = line.number;
    const row = line.text.trim();
    if (isSkipped(row)) continue;
    const refuse = refuseLine(file, text, line);
    const read = header.timeStamps ? readTimedChannels : readChannels;
    const { counts, answer } = read(row, header, rows, refuse);
    channels ??= { count: counts.length, said: `line ${line.number} has` };
    if (counts.length !== channels.count) refuse(wrongChannels(counts.length, answer, channels));
    const name = (channel: number): string => (counts.length > 1 ? `dimension ${channel + 1}` : "the row");
    const odd = counts.findIndex((count) => count !== counts[0]);
    if (odd > 0)
      refuse(
        `${name(odd)} has ${counted(counts[odd], "value")}, but dimension 1 of the row has ${counts[0]}; ` +
          "the dimensions of a row have one length; complete or delete the row",
      );
    if (header.equalLength) length ??= { count: counts[0], said: `line ${line.number} has` };
    if (length && counts[0] !== length.count) {
      const rule = header.equalLength ? "@equalLength is true" : "@seriesLength is that of every row";
      refuse(
        `${name(0)} has ${counted(counts[0], "value")}, but ${length.said} ${length.count}; ${rule}; ` +
          "complete or delete the row, or write @equalLength false",
      );
    }
    rows.endRow(counts[0], line.number);
    if (header.classes === null) targets.push(readTarget(answer, refuse));
    else labels.push(classIndex.get(answer) ?? refuseClass(answer, header.classes, refuse));
  }
  if (channels === null || rows.count === 0) {
    throw new InputError(
      `${file}:${last}: no row follows "@data"; a data set has at least one; give a file that has rows`,
    );
  }
  return dataset({
    name: datasetName(file),
    ...rows.dense(channels.count, text.length),
    channels: channels.count,
    answers:
      header.classes === null
        ? { kind: "values", targets: targets.take(), outputs: 1 }
        : { kind: "classes", classes: header.classes, labels: Int32Array.from(labels) },
  });
}

/** Appends the values of a row to the series. */
function readChannels(line: string, header: TsHeader, rows: SeriesRows, refuse: Refuse): RowParts {
  const end = line.lastIndexOf(":");
  const answer = line.slice(end + 1).trim();
  if (end < 0 || answer === "") refuse(noAnswer(header));
  const counts: number[] = [];
  for (let at = 0; at <= end;) {
    const next = line.indexOf(":", at);
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
    `the target is ${quote(answer)}; @targetLabel is true and targets are finite decimal numbers; correct or delete the row`,
  );
}

function refuseClass(answer: string, classes: readonly string[], refuse: Refuse): never {
  return refuse(
    `the label ${quote(answer)} is not in @classLabel (${quoteSome(classes)}); ` +
      "the header names every class; correct the label or the header",
  );
}

function wrongChannels(count: number, answer: string, expected: Expected): string {
  return (
    `the row has ${counted(count, "dimension")} before its label ${quote(answer)}, but ${expected.said} ` +
    `${expected.count}; all rows have the same dimensions, separated by ":"; complete or delete the row`
  );
}

/** The first names of a list, quoted. */
function quoteSome(names: readonly string[]): string {
  const most = 10;
  return (
    names
      .slice(0, most)
      .map((name) => quote(name))
      .join(", ") + (names.length > most ? ", …" : "")
  );
}
