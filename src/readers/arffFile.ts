/**
 * ARFF files as Weka and the UCR/UEA archive write them: `@attribute` lines (`arffHeader.ts`), then one row a line. Either
 * each value has a numeric attribute, or one relational attribute holds the channels, quoted, with `\n` between them; one
 * nominal attribute, wherever it stands, names the classes. Source: the format of Weka (Hall et al. 2009) and
 * timeseriesclassification.com.
 *
 * A value that is missing is `?`; at the end of a row it means that the row is shorter, as in the archive. Where no
 * attribute is nominal, or the class of every row is `?`, rows have no answer. Sparse rows and attributes of text or dates
 * are refused.
 */
import { dataset, noted, type Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { eachQuoted, splitWeight, withoutComment } from "./arffFields.ts";
import { readArffHeader } from "./arffHeader.ts";
import { datasetName } from "./datasetName.ts";
import { KnownClasses } from "./knownClasses.ts";
import { counted, eachField, linesOf, refuseLine, type Refuse } from "./lines.ts";
import { NO_VALUE, SeriesRows } from "../data/seriesRows.ts";
import { readValue, wrongValue } from "./values.ts";

/** Whether text looks like such a file: a line `@relation NAME`. */
export const looksLikeArff = (text: string): boolean => /^[ \t]*@relation[ \t]+\S/im.test(text);

/** Parses the text of an ARFF file. Throws InputError `FILE:LINE: what; rule; remedy`; columns count from 1. */
export function parseArff(text: string, file: string): Dataset {
  const lines = linesOf(text);
  const header = readArffHeader(lines, text, file);
  const labels = header.classes && new KnownClasses(header.classes);
  const rows = new SeriesRows((at) => `${file}:${at}`);
  const row: number[] = [];
  let channels: { readonly count: number; readonly line: number } | null = null;
  let width = 0;
  const weights = new Weights();
  let last = header.line;

  for (const line of lines) {
    last = line.number;
    const content = withoutComment(line.text);
    if (content === "") continue;
    const refuse = refuseLine(file, text, line);
    if (content.startsWith("{"))
      refuse("the row is sparse ({index value, ...}); sparse ARFF is not read; write every value");
    row.length = 0;
    let here = 1;
    const count = eachQuoted(weights.cutOff(content, line.number), refuse, (token, column) => {
      const kind = header.columns[column - 1];
      if (kind === "class")
        labels?.add(token, line.number, `column ${column} is`, "the nominal attribute", refuse);
      if (kind === "channels") here = readRelation(token, row, refuse);
      else if (kind === "value")
        row.push(readValue(token) ?? refuse(`column ${column} ${wrongValue(token)}`));
    });
    if (count !== header.columns.length)
      refuse(
        `the row has ${counted(count, "column")}, but the header has ${counted(header.columns.length, "attribute")}; ` +
          "each has one; complete the row, or leave it out",
      );
    channels ??= { count: here, line: line.number };
    if (here !== channels.count)
      refuse(
        `the row has ${counted(here, "channel")}, but line ${channels.line} has ${channels.count}; ` +
          "all rows have the same channels; complete the row, or leave it out",
      );
    width = Math.max(width, row.length / here);
    if (!rows.addRow(row, here, line.number)) refuse(NO_VALUE);
  }
  if (channels === null)
    throw new InputError(
      `${file}:${last}: no row follows "@data"; a data set has at least one; give a file that has rows`,
    );
  const data = dataset({
    name: datasetName(file),
    ...rows.dense(channels.count, text.length, width),
    channels: channels.count,
    answers: labels?.finish() ?? { kind: "none" },
  });
  return noted(data, [...header.notes, ...(labels?.notes(file) ?? []), ...weights.notes(file)]);
}

/** Weights of rows, which are cut off and counted. */
class Weights {
  #count = 0;
  #first = { weight: 1, line: 0 };

  /** The row without its weight. */
  cutOff(content: string, line: number): string {
    const { row, weight } = splitWeight(content);
    if (weight !== null && weight !== 1 && this.#count++ === 0) this.#first = { weight, line };
    return row;
  }

  notes(file: string): string[] {
    const { weight, line } = this.#first;
    return this.#count === 0
      ? []
      : [
          `${file}:${line}: the weight {${weight}} of the row is left out` +
            `${this.#count > 1 ? `, and so are ${this.#count - 1} more` : ""}: every row counts once`,
        ];
  }
}

/** Appends the channels of a relational value, lines of one length; returns how many there are. */
function readRelation(token: string, row: number[], refuse: Refuse): number {
  let length = 0;
  return eachField(token.replaceAll("\\n", "\n"), "\n", (channel, number) => {
    const count = eachField(channel, ",", (value, column) => {
      row.push(readValue(value) ?? refuse(`channel ${number}, value ${column} ${wrongValue(value)}`));
    });
    if (number === 1) length = count;
    if (count !== length)
      refuse(
        `channel ${number} has ${counted(count, "value")}, but channel 1 has ${length}; ` +
          "the channels of a row have one length; complete the row, or leave it out",
      );
  });
}
