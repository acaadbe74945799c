/**
 * What stands between commas in ARFF, in quotes or not, as Weka writes and takes it: a `%` after a blank begins a comment, a
 * row without a comma has blanks between its fields, and a row may end with its weight, `{2}`.
 */
import type { Refuse } from "./lines.ts";

/** Text without the comment at its end and the blanks around it. */
export function withoutComment(text: string): string {
  let quoted = "";
  for (let at = 0; at < text.length; at++) {
    const unit = text[at];
    if (unit === "\\") at++;
    else if (quoted !== "") quoted = unit === quoted ? "" : quoted;
    else if (beginsQuote(text, at)) quoted = unit;
    else if (unit === "%" && (at === 0 || /[\s,{}]/.test(text[at - 1]))) return text.slice(0, at).trim();
  }
  return text.trim();
}

/** A quote in the middle of a word (`it's`) is a part of it. */
const beginsQuote = (text: string, at: number): boolean =>
  (text[at] === "'" || text[at] === '"') && (at === 0 || /[\s,{]/.test(text[at - 1]));

/** Where the list that begins at `{` ends; -1 where it does not. */
export function closingBrace(text: string): number {
  let quoted = "";
  for (let at = 1; at < text.length; at++) {
    const unit = text[at];
    if (unit === "\\") at++;
    else if (quoted !== "") quoted = unit === quoted ? "" : quoted;
    else if (beginsQuote(text, at)) quoted = unit;
    else if (unit === "}") return at;
  }
  return -1;
}

/** A row and its weight (`..., {2}`), which is null where there is none. */
export function splitWeight(row: string): { readonly row: string; readonly weight: number | null } {
  const found = /[,\s]\s*\{\s*(\d+(?:\.\d*)?|\.\d+)\s*\}$/.exec(row);
  return found ? { row: row.slice(0, found.index), weight: Number(found[1]) } : { row, weight: null };
}

/**
 * Visits the fields of a text, which may be in quotes: parted by commas, or by blanks where there is no comma. A comma at
 * the end begins no field. Returns how many there are.
 */
export function eachQuoted(
  text: string,
  refuse: Refuse,
  visit: (field: string, column: number) => void,
): number {
  const separator = hasComma(text) ? "," : /[ \t]/;
  let column = 0;
  let at = 0;
  do {
    column++;
    at = skipBlanks(text, at);
    const mark = text[at];
    if (mark !== "'" && mark !== '"') {
      const end = endOfField(text, at, separator);
      visit(text.slice(at, end).trim(), column);
      at = next(text, end);
      continue;
    }
    let end = at + 1;
    while (end < text.length && text[end] !== mark) end += text[end] === "\\" ? 2 : 1;
    if (end >= text.length)
      refuse(`column ${column} begins with ${mark} and does not end with it; correct it`);
    // `\n` parts the channels of a relational value and stays; other escapes stand for their character
    visit(text.slice(at + 1, end).replace(/\\([^n])/g, "$1"), column);
    const after = skipBlanks(text, end + 1);
    if (after < text.length && text[after] !== "," && (separator === "," || after === end + 1))
      refuse(`column ${column} goes on after its closing ${mark}; commas stand between columns; correct it`);
    at = next(text, end + 1);
  } while (at < text.length);
  return column;
}

/** Whether a comma stands outside of quotes. */
function hasComma(text: string): boolean {
  let quoted = "";
  for (let at = 0; at < text.length; at++) {
    const unit = text[at];
    if (unit === "\\") at++;
    else if (quoted !== "") quoted = unit === quoted ? "" : quoted;
    else if (beginsQuote(text, at)) quoted = unit;
    else if (unit === ",") return true;
  }
  return false;
}

function endOfField(text: string, from: number, separator: string | RegExp): number {
  const found =
    typeof separator === "string" ? text.indexOf(separator, from) : text.slice(from).search(separator);
  if (found < 0) return text.length;
  return typeof separator === "string" ? found : from + found;
}

/** Where the next field begins, after blanks and a comma. */
function next(text: string, from: number): number {
  const at = skipBlanks(text, from);
  return skipBlanks(text, text[at] === "," ? at + 1 : at);
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
}
