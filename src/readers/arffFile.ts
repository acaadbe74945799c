/**
 * ARFF files as the UCR/UEA archive has them: `@attribute` lines, then one row a line. Either each value has a numeric
 * attribute, or one relational attribute holds the channels, quoted, with `\n` between them; one nominal attribute, wherever
 * it stands, names the classes. Source: the format of Weka (Hall et al. 2009) and timeseriesclassification.com.
 *
 * A value that is missing is `?`; at the end of a row it means that the row is shorter, as in the archive. Sparse rows and
 * attributes of text or dates are refused.
 */
import { dataset, type Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import { datasetName } from "./datasetName.ts";
import { counted, eachField, linesOf, refuseLine, type Line, type Refuse } from "./lines.ts";
import { NO_VALUE, SeriesRows } from "../data/seriesRows.ts";
import { readValue, wrongValue } from "./values.ts";

/** What stands before `@data`. */
interface Header {
  /** What the columns of a row are, in their order. */
  readonly columns: readonly ("value" | "channels" | "class")[];
  readonly classes: readonly string[];
  readonly line: number;
}

/** Whether text looks like such a file: a line `@relation NAME`. */
export const looksLikeArff = (text: string): boolean => /^[ \t]*@relation[ \t]+\S/im.test(text);

/** Parses the text of an ARFF file. Throws InputError `FILE:LINE: what; rule; remedy`; columns count from 1. */
export function parseArff(text: string, file: string): Dataset {
  const lines = linesOf(text);
  const header = readHeader(lines, text, file);
  const indices = new Map(header.classes.map((name, index) => [name, index]));
  const rows = new SeriesRows((at) => `${file}:${at}`);
  const labels: number[] = [];
  const row: number[] = [];
  let channels: { readonly count: number; readonly line: number } | null = null;
  let width = 0;
  let last = header.line;

  for (const line of lines) {
    last = line.number;
    const content = line.text.trim();
    if (content === "" || content.startsWith("%")) continue;
    const refuse = refuseLine(file, text, line);
    if (content.startsWith("{"))
      refuse("the row is sparse ({index value, ...}); sparse ARFF is not read; write every value");
    row.length = 0;
    let here = 1;
    const count = eachQuoted(content, refuse, (token, column) => {
      const kind = header.columns[column - 1];
      if (kind === "class") {
        const index = indices.get(token);
        if (index !== undefined) return void labels.push(index);
        return refuse(
          `column ${column} is ${quote(token)}, which is no class of the header; the header names every class; correct one of them`,
        );
      }
      if (kind === "channels") here = readRelation(token, row, refuse);
      else if (kind === "value")
        row.push(readValue(token) ?? refuse(`column ${column} ${wrongValue(token)}`));
    });
    if (count !== header.columns.length)
      refuse(
        `the row has ${counted(count, "column")}, but the header has ${counted(header.columns.length, "attribute")}; ` +
          "each has one; complete or delete the row",
      );
    channels ??= { count: here, line: line.number };
    if (here !== channels.count)
      refuse(
        `the row has ${counted(here, "channel")}, but line ${channels.line} has ${channels.count}; ` +
          "all rows have the same channels; complete or delete the row",
      );
    width = Math.max(width, row.length / here);
    if (!rows.addRow(row, here, line.number)) refuse(NO_VALUE);
  }
  if (channels === null)
    throw new InputError(
      `${file}:${last}: no row follows "@data"; a data set has at least one; give a file that has rows`,
    );
  return dataset({
    name: datasetName(file),
    ...rows.dense(channels.count, text.length, width),
    channels: channels.count,
    answers: { kind: "classes", classes: header.classes, labels: Int32Array.from(labels) },
  });
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
          "the channels of a row have one length; complete or delete the row",
      );
  });
}

/** Reads the lines up to `@data`, so that the next one is the first of the rows. */
function readHeader(lines: Iterator<Line, void>, whole: string, file: string): Header {
  const columns: Header["columns"][number][] = [];
  const classes: string[] = [];
  let relation = false;
  let last = 0;
  for (let next = lines.next(); !next.done; next = lines.next()) {
    const refuse = refuseLine(file, whole, next.value);
    const text = next.value.text.trim();
    last = next.value.number;
    const [word] = /^\S*/.exec(text.toLowerCase()) ?? [""];
    if (word === "" || word.startsWith("%") || word === "@relation") continue;
    if (word === "@end") relation = false;
    else if (word === "@attribute") {
      const [, type = ""] =
        /^@attribute\s+(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S+)\s+(.*)$/i.exec(text) ?? [];
      const kind = kindOf(type, refuse);
      if (kind === "class") readNames(type, classes, columns.includes("class"), refuse);
      if (relation && kind !== "value")
        refuse("a relational attribute holds numeric ones; correct the header");
      if (!relation) columns.push(kind);
      if (kind === "channels") relation = true;
    } else if (word === "@data") {
      if (classes.length === 0)
        refuse('no nominal attribute before "@data"; it names the classes; write "@attribute class {a,b}"');
      if (columns.includes("channels") ? columns.length !== 2 : columns.length === 1)
        refuse(
          `the attributes are ${[...new Set(columns)].join(" and ")}; ` +
            "a row is numeric values, or one relational value, and a class; correct the header",
        );
      return { columns, classes, line: last };
    } else
      refuse(
        `${quote(text)} is no line of an ARFF header; it has @relation, @attribute and @data; correct it`,
      );
  }
  throw new InputError(
    `${file}:${last}: the file ends without "@data"; an ARFF file has "@data" before its rows; give such a file`,
  );
}

function kindOf(type: string, refuse: Refuse): Header["columns"][number] {
  if (type.startsWith("{")) return "class";
  const word = type.toLowerCase();
  if (/^(numeric|real|integer)\b/.test(word)) return "value";
  if (/^relational\b/.test(word)) return "channels";
  return refuse(
    `the attribute is ${quote(type)}; it is numeric, relational, or a list of classes such as {a,b}; correct or delete it`,
  );
}

/** The classes of `{a,'b c'}`. */
function readNames(type: string, classes: string[], again: boolean, refuse: Refuse): void {
  if (again) refuse("a second nominal attribute; one names the classes; delete the other");
  if (!type.endsWith("}")) refuse(`${quote(type)} does not end with "}"; correct it`);
  const seen = new Set<string>();
  eachQuoted(type.slice(1, -1), refuse, (name) => {
    if (name === "" || seen.has(name))
      refuse(`the class ${quote(name)} is ${name === "" ? "empty" : "named twice"}; correct the attribute`);
    seen.add(name);
    classes.push(name);
  });
}

/** Visits fields with commas between them, which may be in quotes; returns how many there are. */
function eachQuoted(text: string, refuse: Refuse, visit: (field: string, column: number) => void): number {
  let column = 0;
  for (let at = 0; at <= text.length;) {
    column++;
    while (text[at] === " " || text[at] === "\t") at++;
    const mark = text[at];
    if (mark !== "'" && mark !== '"') {
      const comma = text.indexOf(",", at);
      const end = comma < 0 ? text.length : comma;
      visit(text.slice(at, end).trim(), column);
      at = end + 1;
      continue;
    }
    let end = at + 1;
    while (end < text.length && text[end] !== mark) end += text[end] === "\\" ? 2 : 1;
    if (end >= text.length)
      refuse(`column ${column} begins with ${mark} and does not end with it; correct it`);
    // `\n` parts the channels of a relational value and stays; other escapes stand for their character
    visit(text.slice(at + 1, end).replace(/\\([^n])/g, "$1"), column);
    at = end + 1;
    while (text[at] === " " || text[at] === "\t") at++;
    if (at < text.length && text[at] !== ",")
      refuse(`column ${column} goes on after its closing ${mark}; commas stand between columns; correct it`);
    at++;
  }
  return column;
}
