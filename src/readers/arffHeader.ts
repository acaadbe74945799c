/** What stands before `@data` in an ARFF file: attributes, names in quotes or not, in any letter case. */
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import { closingBrace, eachQuoted, withoutComment } from "./arffFields.ts";
import { refuseLine, type Line, type Refuse } from "./lines.ts";

export interface ArffHeader {
  /** What the columns of a row are, in their order. */
  readonly columns: readonly ("value" | "channels" | "class")[];
  /** The classes of the nominal attribute; null where there is none, so that rows have no answer. */
  readonly classes: readonly string[] | null;
  /** The line of `@data`. */
  readonly line: number;
  /** What should be said of the columns. */
  readonly notes: readonly string[];
}

/** Reads the lines up to `@data`, so that the next one is the first of the rows. */
export function readArffHeader(lines: Iterator<Line, void>, whole: string, file: string): ArffHeader {
  const columns: ArffHeader["columns"][number][] = [];
  const values: { readonly name: string; readonly line: number }[] = [];
  const weighted: string[] = [];
  let classes: readonly string[] | null = null;
  let relation = false;
  let last = 0;
  for (let next = lines.next(); !next.done; next = lines.next()) {
    const refuse = refuseLine(file, whole, next.value);
    const text = withoutComment(next.value.text);
    last = next.value.number;
    const [word] = /^\S*/.exec(text.toLowerCase()) ?? [""];
    if (word === "" || word === "@relation") continue;
    if (word === "@end") relation = false;
    else if (word === "@attribute") {
      const { name, type } = attributeOf(text);
      const kind = kindOf(type, refuse);
      if (kind === "class") {
        if (classes) refuse("a second nominal attribute; one names the classes; leave the other out");
        classes = readNames(type, name, refuse);
      }
      if (/[^{]\{\s*[\d.]+\s*\}$/.test(type)) weighted.push(name);
      if (relation && kind !== "value")
        refuse("a relational attribute holds numeric ones; correct the header");
      if (!relation) columns.push(kind);
      if (!relation && kind === "value") values.push({ name, line: last });
      if (kind === "channels") relation = true;
    } else if (word === "@data") {
      const inner = columns.filter((kind) => kind !== "class");
      if (inner.includes("channels") ? inner.length !== 1 : inner.length === 0)
        refuse(
          `the attributes are ${[...new Set(columns)].join(" and ")}; ` +
            "a row is numeric values, or one relational value, and a class; correct the header",
        );
      if (classes === null) refuseAnswers(values, refuse);
      return { columns, classes, line: last, notes: notesOf(file, classes, values, weighted) };
    } else
      refuse(
        `${quote(text)} is no line of an ARFF header; it has @relation, @attribute and @data; correct it`,
      );
  }
  throw new InputError(
    `${file}:${last}: the file ends without "@data"; an ARFF file has "@data" before its rows; give such a file`,
  );
}

/** Name and type of an attribute; no blank has to stand before `{`. */
function attributeOf(text: string): { readonly name: string; readonly type: string } {
  const [, name = "", type = ""] =
    /^@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s{]+)\s*(.*)$/i.exec(text) ?? [];
  const isQuoted = /^(['"]).*\1$/.test(name) && name.length > 1;
  return { name: isQuoted ? name.slice(1, -1).replace(/\\(.)/g, "$1") : name, type };
}

function kindOf(type: string, refuse: Refuse): ArffHeader["columns"][number] {
  if (type.startsWith("{")) return "class";
  const word = type.toLowerCase();
  if (/^(numeric|real|integer)\b/.test(word)) return "value";
  if (/^relational\b/.test(word)) return "channels";
  return refuse(
    `the attribute is ${quote(type)}; it is numeric, relational, or a list of classes such as {a,b}; correct it, or leave the attribute out`,
  );
}

/** The classes of `{a,'b c'}`. */
function readNames(type: string, name: string, refuse: Refuse): readonly string[] {
  const end = closingBrace(type);
  if (end < 0)
    refuse(
      `the classes of attribute ${quote(name)} begin with "{" and no "}" follows in the line; correct it`,
    );
  const rest = type.slice(end + 1).trim();
  if (rest !== "" && !/^\{\s*[\d.]+\s*\}$/.test(rest))
    refuse(`${quote(rest)} follows the classes of attribute ${quote(name)}, which end with "}"; correct it`);
  const seen = new Set<string>();
  eachQuoted(type.slice(1, end), refuse, (label) => {
    if (label === "" || seen.has(label))
      refuse(`the class ${quote(label)} is ${label === "" ? "empty" : "named twice"}; correct the attribute`);
    seen.add(label);
  });
  return [...seen];
}

/** Names of attributes that hold an answer, as a rule. */
const ANSWER = /^(class(es)?|label|target|y|output|response)$/i;

/** Without classes every number is a value of the series: one that is called an answer is not taken for that. */
function refuseAnswers(
  values: readonly { readonly name: string; readonly line: number }[],
  refuse: Refuse,
): void {
  const answer = values.find(({ name }) => ANSWER.test(name));
  if (answer)
    refuse(
      `attribute ${quote(answer.name)} (line ${answer.line}) is numeric, and no attribute is nominal; then all of them are values of ` +
        "the series; list its classes in braces, or leave the column out to predict the rows",
    );
}

function notesOf(
  file: string,
  classes: readonly string[] | null,
  values: readonly { readonly name: string }[],
  weighted: readonly string[],
): string[] {
  const some = (names: readonly string[]): string =>
    names
      .slice(0, 8)
      .map((name) => quote(name))
      .join(", ") + (names.length > 8 ? ", …" : "");
  const names = values.map(({ name }) => name);
  return [
    ...(classes === null
      ? [`${file}: no attribute is nominal: rows have no answer, and can be predicted`]
      : []),
    ...(isNumbered(names)
      ? []
      : [
          `${file}: the values of a row are its ${names.length} numeric attributes in their order: ${some(names)}`,
        ]),
    ...(weighted.length > 0 ? [`${file}: weights of attributes are left out: ${some(weighted)}`] : []),
  ];
}

/** Whether names are one word and rising numbers, as those of time steps are. */
function isNumbered(names: readonly string[]): boolean {
  let before = -1;
  return names.every((name, i) => {
    const [, word, digits] = /^(.*?)(\d+)$/.exec(name) ?? [];
    const rises = Number(digits) > before && word === /^(.*?)\d+$/.exec(names[0])?.[1];
    before = Number(digits);
    return names.length === 1 || (i === 0 ? digits !== undefined : rises);
  });
}
