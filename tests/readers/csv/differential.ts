/**
 * The reader against a second parser and against what was written. `csv-parse` splits a made table into fields, a few plain
 * lines here make numbers of them by the dialect they were written in, and the reader, which is told no dialect, must have the
 * same numbers in every channel that it names, or refuse in one line. Columns that it leaves out it has to name.
 */
import { parse } from "csv-parse/sync";
import { gather, type Dataset } from "../../../src/data/dataset.ts";
import { InputError } from "../../../src/data/errors.ts";
import { readCsv } from "./csv.ts";
import type { Dialect } from "./dialects.ts";
import type { Column } from "./recipe.ts";
import type { Made } from "./tables.ts";

/** Why the reader may refuse a table: what its message says, and of which tables it is right. */
interface Refusal {
  readonly kind: string;
  readonly says: RegExp;
  readonly isRight: (made: Made) => boolean;
}

const hasDamage =
  (...damages: readonly Made["recipe"]["damage"][]) =>
  ({ recipe }: Made): boolean =>
    damages.includes(recipe.damage);
const hasTime = ({ options }: Made): boolean => options.time !== undefined;
/** Numbers can be read in two ways only where marks of thousands or decimal commas are about, or three digits behind points. */
const hasMarks = ({ dialect, columns, recipe }: Made): boolean =>
  dialect.decimal === "," ||
  columns.some(({ kind }) => kind === "grouped") ||
  recipe.damage === "other decimal" ||
  columns.some(({ cells }) => cells.some((cell) => /^[+-]?[1-9]\d{0,2}\.\d{3}(\D|$)/.test(cell)));
/** Its layout cannot be seen where it has one column, or names and cells that hold other separators. */
const isVague = ({ columns, text }: Made): boolean =>
  columns.length === 1 || [",", ";", "\t", "|"].filter((sign) => text.includes(sign)).length > 1;
const isNumeric = ({ kind, numbers }: Column): boolean =>
  kind !== "words" && numbers.some((x) => !Number.isNaN(x));

const refusals: readonly Refusal[] = [
  {
    kind: "fields",
    says: /line \d+ has \d+ fields?, the (header|first) \d+; /,
    isRight: (made) =>
      made.columns.length === 1 ||
      made.mustRefuse === true ||
      hasDamage("torn end", "preamble, not said")(made),
  },
  { kind: "separator", says: /both stand between as many fields in every line; say which/, isRight: isVague },
  {
    kind: "numbers in two ways",
    says: /column ".*": (line \d+ has ".*", which is one number|line \d+ has ".*"; its numbers are written in several|it has numbers such as 1\.234[ ,])/s,
    isRight: hasMarks,
  },
  {
    kind: "no number",
    says: /column ".*"( \(\w+\))?: line \d+ has ".*"; values are numbers; correct it/s,
    isRight: (made) =>
      made.mustRefuse === true ||
      made.columns.length === 1 ||
      hasDamage("torn end", "other decimal", "preamble, not said")(made),
  },
  {
    kind: "a unit in part",
    says: /some of its cells have a unit and others another or none/,
    isRight: hasDamage("torn end", "units", "word"),
  },
  { kind: "decimal option", says: /as --decimal (point|comma) says; correct it/, isRight: hasMarks },
  { kind: "day and month", says: /day and month cannot be told apart; write dates as/, isRight: hasTime },
  {
    kind: "no time",
    says: /there is no such time; correct it|is of type VARCHAR; it holds numbers, dates or times|goes back by less than an hour|the month first|some have none/,
    isRight: (made) => hasTime(made) && made.recipe.damage !== "none",
  },
  {
    kind: "an empty cell",
    says: /, column ".*" is empty; .*; fill it in/s,
    isRight: hasDamage("empty row", "torn end", "units"),
  },
  {
    kind: "a row without values",
    says: /has no value in any column; fill it in/,
    isRight: ({ options }) => options.window === undefined,
  },
  {
    kind: "quotes",
    says: /line \d+, field \d+ (begins with a quote that is never closed|goes on after its closing quote.*); correct the line/s,
    isRight: (made) =>
      hasDamage("open quote", "torn end", "preamble, not said")(made) || made.columns.length === 1,
  },
  {
    kind: "two names alike",
    says: /two columns are called ".*"; give each/,
    isRight: hasDamage("two names alike", "no header, not said"),
  },
  {
    kind: "numbers for names",
    says: /its first line .*, not the names of columns; give it a header, say --no-header, or --skip N/s,
    isRight: hasDamage("no header, not said", "preamble, not said"),
  },
  {
    kind: "no such column",
    says: /there is no column ".*" \(\w+\); its columns are /s,
    isRight: hasDamage("preamble, not said", "two names alike"),
  },
  {
    kind: "no measurement",
    says: /no column has numbers that are a measurement.*; name the columns with --channels/s,
    isRight: ({ columns, recipe }) =>
      recipe.damage !== "none" ||
      recipe.rows >= 10 ||
      !columns.some((column) => column.role === "values" && column.name !== "sensor_id" && isNumeric(column)),
  },
  {
    kind: "an empty line",
    says: /an empty line stands before line \d+; write NaN/,
    isRight: ({ columns }) => columns.length === 1,
  },
  {
    kind: "encoding",
    says: /line \d+, field \d+ is no UTF-8 .*; if the file is Latin-1/,
    isRight: hasDamage("encoding, not said", "torn end"),
  },
  {
    kind: "no rows",
    says: /there are no rows; .*; give some/,
    isRight: (made) => hasDamage("torn end", "no header, not said")(made) || made.columns.length === 1,
  },
];

/** `equal`, or why it is refused; throws where it is neither, or where a refusal is not right. */
export async function judge(made: Made): Promise<string> {
  let data: Dataset;
  try {
    data = await readCsv(made.bytes, made.options, made.piece);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return refused(made, error.message);
  }
  if (made.mustRefuse === true) throw new Error(`it is read, and has to be refused${shown(made, data)}`);
  if (made.recipe.damage === "no header, not said") return "its first row could be names";
  compare(made, data);
  return "equal";
}

function refused(made: Made, message: string): string {
  const found = refusals.find(({ says }) => says.test(message));
  const fail = (why: string): never => {
    throw new Error(`${why}: ${message}${shown(made)}`);
  };
  if (message.includes("\n") || !found) return fail("not one line of a known kind with its remedy");
  if (!found.isRight(made)) return fail("refused without need");
  const lines = [...message.matchAll(/line (\d+)/g)].map(([, n]) => Number(n));
  const { faultLine } = made;
  if (found.kind === "fields" && faultLine !== undefined && !isVague(made) && !lines.includes(faultLine))
    return fail(`the fault is in line ${faultLine}`);
  return `refused: ${found.kind}`;
}

/** What to make a failure of. */
const shown = ({ recipe, options, text }: Made, data?: Dataset): string =>
  `\nrecipe ${JSON.stringify(recipe)}\noptions ${JSON.stringify(options)}\n${text.slice(0, 1500)}` +
  (data ? `\nnotes ${JSON.stringify(data.notes)}\nchannels ${JSON.stringify(data.channelNames)}` : "");

/** The table by the second parser: names and cells. */
function secondReading({ bytes, dialect, options, columns }: Made): { names: string[]; rows: string[][] } {
  const decoder = new TextDecoder(dialect.encoding.replace(" with mark", ""));
  const records = parse(decoder.decode(bytes), {
    delimiter: dialect.separator,
    record_delimiter: ["\r\n", "\n", "\r"],
    from_line: 1 + (options.skip ?? 0),
    relax_column_count: true,
    skip_empty_lines: true,
  });
  if (options.header === false) return { names: columns.map(({ name }) => name), rows: records };
  return { names: records[0], rows: records.slice(1) };
}

/** The number in a cell by plain rules, in a dialect that is known. */
export function plainNumber(cell: string, { decimal, thousands, missing, booleans }: Dialect): number {
  const text = cell.trim();
  if (text === "" || text === missing) return NaN;
  if (booleans.includes(text)) return text === booleans[0] ? 1 : 0;
  const joined =
    thousands === ""
      ? text
      : text
          .split(/[\u00a0\u202f]/)
          .join("")
          .split(thousands)
          .join("");
  return Number.parseFloat(decimal === "," ? joined.replace(",", ".") : joined);
}

function compare(made: Made, data: Dataset): void {
  const fail = (why: string): never => {
    throw new Error(`${why}${shown(made, data)}`);
  };
  const { columns, options, dialect } = made;
  const { names, rows } = secondReading(made);
  const isTorn = made.torn !== undefined;
  const isShort = columns.length === 1 && rows.length < made.recipe.rows; // its last rows are empty lines
  const isSaid =
    rows.length === made.recipe.rows - 1 || data.notes?.some((note) => note.includes("empty lines"));
  if (!isTorn && rows.length !== made.recipe.rows && !(isShort && isSaid === true))
    fail(`the second parser has ${rows.length} rows`);
  if (data.rows !== rows.length) fail(`${data.rows} rows of ${rows.length}`);
  const isLeft = (c: number): boolean =>
    (data.notes ?? []).some(
      (note) =>
        note.startsWith("left out: ") && note.includes(names[c] === "" ? `column ${c + 1}` : names[c]),
    );
  const isRole = (c: number): boolean => names[c] === options.label || names[c] === options.time;
  const taken = names.flatMap((_, c) => (isLeft(c) || isRole(c) ? [] : [c]));
  const isWide = options.window === undefined;
  const said = data.channelNames ?? [];
  if (
    isWide
      ? data.length !== taken.length
      : taken.some((c, i) => names[c] !== said[i]) || said.length !== taken.length
  )
    fail(`columns ${taken.map((c) => names[c]).join(", ")} are neither taken nor left out`);
  const order = orderOf(made, rows.length);
  const { series } = gather(
    data,
    order.map((_, i) => i),
  );
  for (const [k, c] of taken.entries())
    for (const [i, row] of order.entries()) {
      const second = plainNumber(rows[row][c], dialect);
      const meant = columns[c].numbers[row] ?? NaN;
      const isWhole = !isTorn || row < rows.length - 1;
      const read = series[i * taken.length + k];
      const same = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));
      if (isWhole && made.recipe.damage !== "other decimal" && !same(second, meant))
        fail(`${names[c]}, row ${row}: the second parser has ${second}, not ${meant}`);
      const right = made.recipe.damage === "other decimal" ? meant : second;
      if (!same(read, right)) fail(`${names[c]}, row ${row}: it is ${right}, and read as ${read}`);
    }
  compareRest(made, data, rows, order, fail);
}

/** Rows in the order in which the data set has them: by time, where there is one. */
function orderOf({ columns, options }: Made, rows: number): number[] {
  const order = Array.from({ length: rows }, (_, i) => i);
  const time = options.time === undefined ? undefined : columns.find(({ role }) => role === "time");
  return time ? order.sort((a, b) => time.numbers[a] - time.numbers[b] || a - b) : order;
}

/** Classes, what is left out as text, and what is passed over in numbers. */
function compareRest(
  { columns, options, recipe }: Made,
  data: Dataset,
  rows: readonly (readonly string[])[],
  order: readonly number[],
  fail: (why: string) => never,
): void {
  const notes = data.notes ?? [];
  const label = columns.findIndex(({ name }) => name === options.label);
  if (label >= 0)
    for (const [i, row] of order.entries())
      if (data.classes[data.labels[i]] !== rows[row][label].trim()) fail(`row ${row} has another class`);
  for (const column of columns) {
    const { name, kind } = column;
    const isText = notes.some(
      (note) => note.startsWith("left out: ") && /is text|are text/.test(note) && note.includes(name),
    );
    const isDamaged = recipe.damage === "word" || recipe.damage === "units" || recipe.damage === "torn end";
    if (name !== "" && isText && isNumeric(column) && column.role === "values" && !isDamaged)
      fail(`${name} is left out as text`);
    const isTaken = data.channelNames?.includes(name) === true && isNumeric(column);
    if (
      isTaken &&
      !isDamaged &&
      (kind === "unit" || kind === "percent") &&
      !notes.some((note) => note.includes("passed over"))
    )
      fail(`${name}: nobody says that its unit is passed over`);
  }
}
