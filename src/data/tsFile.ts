/**
 * Time-series `.ts` files of the UCR/UEA archive: a header (`tsHeader.ts`), then one row a line:
 * `value,value,...:value,value,...:LABEL`, channels separated by ":".
 * Source: the format of timeseriesclassification.com, as sktime and aeon read it.
 *
 * Every value is a decimal number read to the nearest f64. Whatever is wrong is said with its line; nothing is
 * guessed, filled in or dropped.
 */
import { dataset, type Dataset } from "../training/dataset.ts";
import { InputError } from "../training/errors.ts";
import { quote } from "../training/quote.ts";
import { datasetName } from "./datasetName.ts";
import { F64Buffer } from "./f64Buffer.ts";
import { isSkipped, readTsHeader } from "./tsHeader.ts";
import { readDecimal, wrongValue } from "./values.ts";

/** A count that each row must have, and who said so: the header, or else the first row. */
interface Expected {
  readonly count: number;
  readonly said: string;
}

type Refuse = (what: string) => never;

/**
 * Parses the text of a `.ts` file of equal-length labelled series. `classes` are the header's in its order, used
 * or not; `@dimensions`, `@seriesLength` and `@equalLength` may be absent. `file` names the data set and stands
 * in errors. Throws InputError `FILE:LINE: what; rule; remedy`.
 */
export function parseTs(text: string, file: string): Dataset {
  const lines = text.replace(/^\ufeff/, "").split("\n");
  const header = readTsHeader(lines, file);
  const classIndex = new Map(header.classes.map((name, index) => [name, index]));
  let channels = header.channels === null ? null : { count: header.channels, said: "the header says" };
  let length = header.length === null ? null : { count: header.length, said: "the header says" };
  const series = new F64Buffer();
  const labels: number[] = [];

  for (let i = header.rowsAt; i < lines.length; i++) {
    const line = lines[i].trim();
    if (isSkipped(line)) continue;
    const refuse: Refuse = (what) => {
      const isLast = lines.slice(i + 1).every((after) => after.trim() === "");
      const cut = isLast ? " (it is the last row: is the file cut short?)" : "";
      throw new InputError(`${file}:${i + 1}: ${what}${cut}`);
    };
    const fields = line.split(":");
    const label = fields.pop()?.trim() ?? "";
    if (fields.length === 0 || label === "") {
      refuse('the row has no class label; a row ends with ":LABEL"; complete or delete it');
    }
    channels ??= { count: fields.length, said: `line ${i + 1} has` };
    if (fields.length !== channels.count) refuse(wrongChannels(fields.length, label, channels));
    for (let channel = 0; channel < fields.length; channel++) {
      const dimension = channels.count > 1 ? `dimension ${channel + 1}` : "";
      const values = readValues(fields[channel], dimension, series, refuse);
      length ??= { count: values, said: `line ${i + 1} has` };
      if (values !== length.count) refuse(wrongLength(values, dimension, length));
    }
    const index = classIndex.get(label);
    if (index === undefined) {
      return refuse(
        `the label ${quote(label)} is not in @classLabel (${quoteSome(header.classes)}); ` +
          "the header names every class; correct the label or the header",
      );
    }
    labels.push(index);
  }
  if (channels === null || length === null || labels.length === 0) {
    throw new InputError(
      `${file}:${lines.length}: no row follows "@data"; a data set has at least one; give a file that has rows`,
    );
  }
  return dataset({
    name: datasetName(file),
    series: series.take(),
    channels: channels.count,
    length: length.count,
    labels: Int32Array.from(labels),
    classes: header.classes,
    targets: new Float64Array(0),
  });
}

/** Appends the values of one channel to the series and returns how many there are. */
function readValues(field: string, dimension: string, series: F64Buffer, refuse: Refuse): number {
  const tokens = field.split(",");
  for (let column = 0; column < tokens.length; column++) {
    const token = tokens[column].trim();
    const value = readDecimal(token);
    if (!Number.isFinite(value)) {
      refuse(`${dimension ? `${dimension}, ` : ""}column ${column + 1} ${wrongValue(token)}`);
    }
    series.push(value);
  }
  return tokens.length;
}

function wrongChannels(count: number, label: string, expected: Expected): string {
  return (
    `the row has ${counted(count, "dimension")} before its label ${quote(label)}, but ${expected.said} ` +
    `${expected.count}; all rows have the same dimensions, separated by ":"; complete or delete the row`
  );
}

function wrongLength(count: number, dimension: string, expected: Expected): string {
  return (
    `${dimension || "the row"} has ${counted(count, "value")}, but ${expected.said} ${expected.count}; ` +
    "series of unequal length are not supported yet; complete or delete the row"
  );
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
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
