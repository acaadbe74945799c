/**
 * Signals in files of their own, as UCI HAR has them: a text file a channel, a row a line with blanks between its values,
 * and beside them a file with the class of each row and one with its subject. Source: Anguita et al., "A public domain
 * dataset for human activity recognition using smartphones", 2013.
 */
import type { Answers } from "../data/answers.ts";
import { dataset, noted, type Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { F64Buffer } from "../data/f64Buffer.ts";
import { quote } from "../data/quote.ts";
import { LabelNames } from "./labelNames.ts";
import { counted, eachField, linesOf, refuseLine } from "./lines.ts";
import { readValue, wrongValue } from "./values.ts";

/** A text and what it is called in errors. */
export interface NamedText {
  readonly file: string;
  readonly text: string;
}

/** The files of one part. */
export interface SignalFiles {
  /** A file a channel, by the channel's name. */
  readonly channels: ReadonlyMap<string, NamedText>;
  /** The class of each row, by its number or name; null where rows have none. */
  readonly labels: NamedText | null;
  /** Who each row is of. */
  readonly subjects: NamedText | null;
  /** Lines `NUMBER NAME`: what the numbers of classes mean. */
  readonly classNames: NamedText | null;
}

/** The data set of one part. Throws InputError `FILE:LINE: what; rule; remedy`. */
export function fromSignals(name: string, files: SignalFiles): Dataset {
  const signals = [...files.channels].map(([channel, text]) => ({ channel, ...text, ...readSignal(text) }));
  const [first] = signals;
  const { rows, length } = first;
  const series = new Float64Array(rows * signals.length * length);
  signals.forEach((signal, c) => {
    if (signal.rows !== rows || signal.length !== length)
      throw new InputError(
        `${signal.file}: it has ${signal.rows} rows of ${signal.length} values, but ${first.file} has ${rows} of ${length}; ` +
          "the channels of a row have one length; complete it",
      );
    for (let row = 0; row < rows; row++)
      series.set(
        signal.values.subarray(row * length, (row + 1) * length),
        (row * signals.length + c) * length,
      );
  });
  const data = dataset({
    name,
    series,
    channels: signals.length,
    length,
    channelNames: signals.map(({ channel }) => channel),
    answers: readLabels(files, rows),
    ...(files.subjects && { groups: readLines(files.subjects, rows, "subject") }),
  });
  const names = signals.map(({ channel }) => channel).join(", ");
  return noted(data, [
    `${name}: the ${signals.length} channels are, in this order, ${names}`,
    ...(files.labels ? [] : [`${name}: no file y_PART.txt stands beside the signals: rows have no answer`]),
  ]);
}

function readSignal({ text, file }: NamedText): { rows: number; length: number; values: Float64Array } {
  const values = new F64Buffer();
  let rows = 0;
  let length = 0;
  for (const line of linesOf(text)) {
    const fields = line.text.trim().replace(/[ \t]+/g, " ");
    if (fields === "") continue;
    const refuse = refuseLine(file, text, line);
    const count = eachField(fields, " ", (token, column) =>
      values.push(readValue(token) ?? refuse(`column ${column} ${wrongValue(token)}`)),
    );
    if (rows++ === 0) length = count;
    if (count !== length)
      refuse(
        `the row has ${counted(count, "value")}, but the first has ${length}; rows of a signal have one length; complete it`,
      );
  }
  if (rows === 0)
    throw new InputError(`${file}: the file has no row; a signal has at least one; give it whole`);
  return { rows, length, values: values.take() };
}

/** One word a row. */
function readLines({ text, file }: NamedText, rows: number, what: string): string[] {
  const words = [...linesOf(text)].map((line) => line.text.trim()).filter((word) => word !== "");
  if (words.length !== rows)
    throw new InputError(
      `${file}: it has ${words.length} lines for ${rows} rows of signals; each row has one ${what}; make them agree`,
    );
  return words;
}

function readLabels({ labels, classNames }: SignalFiles, rows: number): Answers {
  if (!labels) return { kind: "none" };
  const words = readLines(labels, rows, "class");
  if (!classNames) {
    const found = new LabelNames();
    for (const word of words) found.add(word);
    return found.finish();
  }
  const names = new Map<string, string>();
  for (const line of linesOf(classNames.text)) {
    const [, number, name] = /^\s*(\S+)\s+(\S.*?)\s*$/.exec(line.text) ?? [];
    if (number !== undefined) names.set(number, name);
  }
  const numbers = [...names.keys()];
  const indices = words.map((word, row) => {
    const index = numbers.indexOf(word);
    if (index >= 0) return index;
    throw new InputError(
      `${labels.file}: row ${row} (from 0) is of class ${quote(word)}, which ${classNames.file} does not name; it names every class; ` +
        "correct one of them",
    );
  });
  return { kind: "classes", classes: [...names.values()], labels: Int32Array.from(indices) };
}
