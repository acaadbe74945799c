/** What becomes of files: lines too short or long, torn ends, comments, units, words, quotes, headers that are not there. */
import { clockText, field, type Draws } from "./dialects.ts";
import { fieldOf, type Column, type Damage, type Draft } from "./recipe.ts";

/** The same as it stands, where a damage does not apply. */
export const damaged = (draft: Draft, draws: Draws): Draft => makers[draft.recipe.damage](draft, draws);

type Maker = (draft: Draft, draws: Draws) => Draft;

/** Columns in which a word makes the table unreadable: some cell is a number, and they are channels by their names. */
const numeric = ({ columns }: Draft): Column[] =>
  columns.filter(
    ({ name, kind, role, numbers }) =>
      role === "values" &&
      name !== "sensor_id" &&
      kind !== "words" &&
      kind !== "boolean" &&
      numbers.some((x) => !Number.isNaN(x)),
  );

const withRecord = ({ records }: Draft, at: number, record: readonly string[]): (readonly string[])[] =>
  records.map((own, i) => (i === at ? record : own));

const withField = (draft: Draft, at: number, column: number, text: string): (readonly string[])[] =>
  withRecord(
    draft,
    at,
    draft.records[at].map((own, c) => (c === column ? text : own)),
  );

/** A row of the table, as an index of its records. */
const anyRow = ({ recipe }: Draft, draws: Draws): number => draws.int(1, recipe.rows);

const makers: { readonly [D in Damage]: Maker } = {
  none: (draft) => draft,
  "short line"(draft, draws) {
    const at = anyRow(draft, draws);
    const record = draft.records[at].slice(0, -1);
    if (record.join("") === "") return draft; // a line without anything is no row
    return { ...draft, records: withRecord(draft, at, record), mustRefuse: true, faultRecord: at };
  },
  "long line"(draft, draws) {
    const at = anyRow(draft, draws);
    const record = [...draft.records[at], "7"];
    return { ...draft, records: withRecord(draft, at, record), mustRefuse: true, faultRecord: at };
  },
  "torn end"(draft, draws) {
    const last = draft.records[draft.records.length - 1].join(draft.dialect.separator).length;
    return { ...draft, torn: draws.int(1, last + 1) };
  },
  "separator at the end of rows"(draft) {
    const records = draft.records.map((record, i) => (i === 0 ? record : [...record, ""]));
    return { ...draft, records, ...(draft.columns.length > 1 && { mustRefuse: true, faultRecord: 1 }) };
  },
  "separator at the end of all lines"(draft) {
    const { recipe, records, columns } = draft;
    const cells = Array.from({ length: recipe.rows }, () => "");
    const column: Column = { name: "", role: "index", kind: "empty", numbers: [], cells };
    return { ...draft, columns: [...columns, column], records: records.map((record) => [...record, ""]) };
  },
  comment(draft, draws) {
    const at = draws.int(1, draft.records.length);
    return {
      ...draft,
      records: draft.records.toSpliced(at, 0, ["# sensor changed"]),
      mustRefuse: true,
      faultRecord: at,
    };
  },
  "blank line"(draft, draws) {
    const at = draws.int(0, draft.records.length);
    return { ...draft, records: draft.records.toSpliced(at, 0, [""]) };
  },
  "empty row"(draft, draws) {
    const { columns, records, recipe } = draft;
    if (columns.length === 1) return draft;
    const at = draws.int(1, records.length);
    const isRefused = columns.some(({ role }) => role === "label" || role === "time");
    return {
      ...draft,
      recipe: { ...recipe, rows: recipe.rows + 1 },
      columns: columns.map((column) => ({
        ...column,
        numbers: column.numbers.length > 0 ? column.numbers.toSpliced(at - 1, 0, NaN) : [],
        cells: column.cells.toSpliced(at - 1, 0, ""),
      })),
      records: records.toSpliced(
        at,
        0,
        columns.map(() => ""),
      ),
      ...(isRefused && { mustRefuse: true }),
    };
  },
  units(draft, draws) {
    const record = draft.columns.map(({ role }) =>
      role === "index" ? "" : draws.pick(["mV", "°C", "-", "m/s", "[V]"]),
    );
    if (numeric(draft).length === 0) return draft;
    return { ...draft, records: draft.records.toSpliced(1, 0, record), mustRefuse: true };
  },
  word(draft, draws) {
    const column = draws.pick(numeric(draft));
    const rows = column?.numbers.flatMap((x, row) => (Number.isNaN(x) ? [] : [row])) ?? [];
    if (rows.length < 2) return draft;
    const at = 1 + draws.pick(rows);
    const word = draws.pick(["error", "OVERFLOW", "-", "n.a.", "--", "<0.5", "12:30:00", "#DIV/0!", "1.5.2"]);
    const records = withField(draft, at, draft.columns.indexOf(column), word);
    return { ...draft, records, mustRefuse: true, faultRecord: at };
  },
  "other decimal"(draft, draws) {
    const column = draws.pick(numeric(draft));
    const mark = draft.dialect.decimal;
    const rows =
      column?.cells.flatMap((cell, row) =>
        cell.includes(mark) && !/[.,]\d{3}\D*$/.test(cell) && !/e/i.test(cell) ? [row] : [],
      ) ?? [];
    // the only field that shows the decimal would turn the whole file into one of the other kind
    if (column === undefined || rows.length < 2) return draft;
    const row = draws.pick(rows);
    const text = column.cells[row].replace(mark, mark === "." ? "," : ".");
    const at = draft.columns.indexOf(column);
    return { ...draft, records: withField(draft, row + 1, at, field(text, false, draft.dialect)) };
  },
  "open quote"(draft, draws) {
    const at = anyRow(draft, draws);
    const records = withField(draft, at, draws.int(0, draft.columns.length - 1), '"abc');
    return { ...draft, records, mustRefuse: true };
  },
  "two names alike"(draft) {
    const values = draft.columns.filter(({ role }) => role === "values");
    if (values.length < 2) return draft;
    const at = draft.columns.indexOf(values[1]);
    const records = withField(draft, 0, at, field(values[0].name, true, draft.dialect));
    return { ...draft, records, mustRefuse: true };
  },
  preamble(draft, draws) {
    const preamble = preambleOf(draws);
    return { ...draft, preamble, options: { ...draft.options, skip: preamble.length } };
  },
  "preamble, not said": (draft, draws) => ({
    ...draft,
    preamble: preambleOf(draws),
    ...(numeric(draft).length > 0 && { mustRefuse: true }),
  }),
  "clock set back"(draft) {
    const { columns, recipe, dialect } = draft;
    const at = columns.findIndex(({ role }) => role === "time");
    if (at < 0 || recipe.rows < 4 || dialect.clock === "utc" || dialect.clock === "zones") return draft;
    const from = Date.UTC(2024, 9, 27, 2, 20);
    const numbers = Array.from({ length: recipe.rows }, (_, i) => from + 600_000 * (i < 3 ? i : i - 3));
    const cells = numbers.map((time) => clockText(time, dialect.clock, 0));
    const column = { ...columns[at], numbers, cells };
    const records = draft.records.map((record, i) =>
      i === 0 ? record : record.map((own, c) => (c === at ? fieldOf(column, i - 1, dialect) : own)),
    );
    return { ...draft, columns: columns.with(at, column), records, mustRefuse: true };
  },
  "no header"(draft) {
    // one column of decimal commas without a name is two columns to anybody
    if (draft.columns.length === 1) return draft;
    const columns = draft.columns.map((column, c) => ({ ...column, name: `column${c}` }));
    const named = (role: Column["role"]): string | undefined =>
      columns.find((own) => own.role === role)?.name;
    const { label, time, ...options } = draft.options;
    return {
      ...draft,
      columns,
      records: draft.records.slice(1),
      options: {
        ...options,
        header: false,
        ...(label === undefined ? {} : { label: named("label") }),
        ...(time === undefined ? {} : { time: named("time") }),
      },
    };
  },
  "no header, not said"(draft) {
    const { label: _label, time: _time, ...options } = draft.options;
    const records = draft.records.slice(1);
    const numbers = draft.columns
      .map(({ cells }) => cells[0])
      .filter((cell) => /^[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?$/.test(cell))
      .map((cell) => Number(cell.replace(",", ".")));
    return {
      ...draft,
      records,
      options: { ...options, window: 1 },
      ...(numbers.length > 0 && !isEven(numbers) && { mustRefuse: true }),
    };
  },
  "encoding, not said"(draft) {
    const { encoding: _encoding, ...options } = draft.options;
    const dialect = { ...draft.dialect, encoding: "windows-1252" } as const;
    const isPlain = draft.records.every((record) => record.every((own) => /^[\0-\x7f]*$/.test(own)));
    return { ...draft, options, dialect, ...(!isPlain && { mustRefuse: true }) };
  },
};

const preambleOf = (draws: Draws): string[] =>
  Array.from({ length: draws.int(1, 3) }, () =>
    draws.pick(["Station 7", "serial: 12, 44", "made by logger;v2", "# rate 50 Hz", "a b|c"]),
  );

/** Numbers that go up by even steps, as the names of steps of a wide table do. */
const isEven = (numbers: readonly number[]): boolean => {
  const step = numbers[1] - numbers[0];
  if (numbers.length < 2) return numbers[0] === 0 || numbers[0] === 1;
  return (
    step > 0 &&
    (numbers.length > 2 || step === 1) &&
    numbers.every((x, i) => i === 0 || Math.abs(x - numbers[i - 1] - step) < 1e-9)
  );
};
