/**
 * Annotations as text: tables with a header, such as `start,end,label` or the events of BIDS (`onset`, `duration`,
 * `trial_type`), separated by commas, tabs or semicolons; and labels of Audacity, `start TAB end TAB label` without one.
 */
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import { linesOf } from "./lines.ts";
import { listed, type Annotation, type Annotations, type AnnotationUnit } from "./signals.ts";
import { readDecimal } from "./values.ts";

/** What columns are called, before a unit. */
const ROLES = {
  start: ["start", "onset", "begin", "from", "time", "at", ""],
  end: ["end", "stop", "offset", "to", "finish"],
  duration: ["duration", "length", "dur"],
  label: ["label", "class", "annotation", "text", "description", "event", "state", "type", "trial_type"],
} as const;
type Role = keyof typeof ROLES;

/** Units by the end of a name: `start_ms`, `onset (s)`, `start_sample`, `sample`. */
const UNITS: readonly (readonly [RegExp, AnnotationUnit])[] = [
  [/[ _([]*(samples?|index|idx)[)\]]?$/, "samples"],
  [/[ _([]+(ms|milliseconds?|msec)[)\]]?$/, "ms"],
  [/[ _([]+(s|sec|secs|seconds?)[)\]]?$/, "s"],
];

interface Column {
  readonly at: number;
  readonly name: string;
  readonly unit: AnnotationUnit | null;
}

/** A table of annotations. Throws InputError `FILE:LINE: what`. */
export function parseAnnotationTable(text: string, file: string, unit?: AnnotationUnit): Annotations {
  const rows = rowsOf(text, file);
  const header = rows[0]?.fields ?? [];
  const columns = columnsOf(header, file);
  const { start, end, duration, label } = columns;
  if (!start || !label || !(end ?? duration))
    throw new InputError(
      `${file}:1: its columns are ${listed(header, 20)}; annotations have a start (start, onset), an end or a duration and a label; name them so`,
    );
  if (end && duration)
    throw new InputError(
      `${file}:1: columns ${quote(end.name)} and ${quote(duration.name)} both say how long it lasts; one does; leave the other out`,
    );
  const last = end ?? duration ?? start;
  const said = [start, last].map((column) => column.unit);
  if (said[0] !== said[1] && said[0] !== null && said[1] !== null)
    throw new InputError(
      `${file}:1: column ${quote(start.name)} is in ${said[0]}, ${quote(last.name)} in ${said[1]}; they have one unit; convert one`,
    );
  const named = said[0] ?? said[1];
  if (named !== null && unit !== undefined && named !== unit)
    throw new InputError(
      `${file}:1: column ${quote(start.name)} is in ${named}, but the unit is said to be ${unit}; leave --annotation-unit out`,
    );
  const own = named ?? unit ?? "s";
  const taken = [start, last, label].map(({ at }) => at);
  const left = header.filter((_, at) => !taken.includes(at));
  const notes = [
    ...(named === null && unit === undefined
      ? [
          `columns ${quote(start.name)} and ${quote(last.name)} are read as seconds (--annotation-unit samples or ms says otherwise)`,
        ]
      : []),
    ...(left.length > 0 ? [`columns left out: ${listed(left)}`] : []),
  ];
  const annotations = rows.slice(1).map(({ fields, line }): Annotation => {
    if (fields.length !== header.length)
      throw new InputError(
        `${file}:${line}: it has ${fields.length} fields, the header ${header.length}; correct the line`,
      );
    const number = ({ at, name }: Column): number => {
      const value = readDecimal(fields[at]);
      if (Number.isFinite(value)) return own === "ms" ? value / 1000 : value;
      throw new InputError(
        `${file}:${line}: column ${quote(name)} is ${quote(fields[at])}; it is a decimal number; correct it`,
      );
    };
    const onset = number(start);
    const lasts = end ? number(end) - onset : number(last);
    return checked({ onset, duration: lasts, text: fields[label.at] }, file, line);
  });
  return { unit: own === "samples" ? "samples" : "s", annotations, notes };
}

/** Labels of Audacity, in seconds; lines that begin with a backslash hold the frequencies of the label before. */
export function parseAudacity(text: string, file: string): Annotations {
  const annotations: Annotation[] = [];
  let frequencies = 0;
  for (const { text: line, number } of linesOf(text)) {
    if (line.trim() === "") continue;
    if (line.startsWith("\\")) {
      frequencies++;
      continue;
    }
    const [from, to, ...label] = line.split("\t");
    const [onset, end] = [from, to ?? ""].map((field) => readDecimal(field.trim()));
    if (!Number.isFinite(onset) || !Number.isFinite(end) || label.length === 0)
      throw new InputError(
        `${file}:${number}: the line is ${quote(line)}; labels are start, end and label with tabs between, or a table with a header; correct it`,
      );
    annotations.push(checked({ onset, duration: end - onset, text: label.join("\t").trim() }, file, number));
  }
  return {
    unit: "s",
    annotations,
    notes: frequencies > 0 ? [`${frequencies} lines of frequencies are left out`] : [],
  };
}

function checked(annotation: Annotation, file: string, line: number): Annotation {
  const { duration, text } = annotation;
  if (duration < 0) throw new InputError(`${file}:${line}: the annotation ends before it begins; correct it`);
  if (text === "")
    throw new InputError(`${file}:${line}: the annotation has no label; give it one, or leave the line out`);
  return annotation;
}

/**
 * The column of each role, and the unit that its name ends with. Where one is said in samples and in a unit of time, as `predict
 * --intervals` writes it, samples are taken: they are exact.
 */
function columnsOf(header: readonly string[], file: string): { readonly [R in Role]?: Column } {
  const found: { [R in Role]?: Column } = {};
  header.forEach((name, at) => {
    const lower = name.toLowerCase();
    const rule = UNITS.find(([end]) => end.test(lower));
    const bare = rule ? lower.replace(rule[0], "") : lower;
    for (const role of Object.keys(ROLES) as Role[]) {
      if (!(ROLES[role] as readonly string[]).includes(bare) || (bare === "" && !rule)) continue;
      const other = found[role];
      const unit = rule ? rule[1] : null;
      if (
        other &&
        unit !== null &&
        other.unit !== null &&
        (unit === "samples") !== (other.unit === "samples")
      ) {
        if (unit === "samples") found[role] = { at, name, unit };
        continue;
      }
      if (other)
        throw new InputError(
          `${file}:1: columns ${quote(other.name)} and ${quote(name)} could both be the ${role}; there is one; rename the other`,
        );
      found[role] = { at, name, unit };
    }
  });
  return found;
}

interface Fields {
  readonly fields: readonly string[];
  readonly line: number;
}

/** Lines as fields; the separator is the first of tab, semicolon and comma in the header. Fields may stand in quotes. */
function rowsOf(text: string, file: string): Fields[] {
  const rows: Fields[] = [];
  let separator: string | undefined;
  for (const { text: line, number } of linesOf(text)) {
    if (line.trim() === "") continue;
    separator ??= ["\t", ";", ","].find((mark) => line.includes(mark)) ?? ",";
    rows.push({ fields: fieldsOf(line, separator, file, number), line: number });
  }
  return rows;
}

function fieldsOf(line: string, separator: string, file: string, number: number): string[] {
  const fields: string[] = [];
  for (let at = 0; at <= line.length;) {
    if (line[at] === '"') {
      let end = line.indexOf('"', at + 1);
      while (end >= 0 && line[end + 1] === '"') end = line.indexOf('"', end + 2);
      if (end < 0 || (end + 1 < line.length && line[end + 1] !== separator))
        throw new InputError(
          `${file}:${number}: a field in quotes does not end before the next separator; correct the line`,
        );
      fields.push(
        line
          .slice(at + 1, end)
          .replaceAll('""', '"')
          .trim(),
      );
      at = end + 2;
    } else {
      const found = line.indexOf(separator, at);
      const end = found < 0 ? line.length : found;
      fields.push(line.slice(at, end).trim());
      at = end + 1;
    }
  }
  return fields;
}
