/**
 * Tables whose numbers are known, written in a dialect, some of them damaged as files are: what the reader is tested on against
 * a second parser (differential.ts). A recipe says it all, so that a failure can be made again from what it prints.
 */
import * as fc from "fast-check";
import type { TableOptions } from "../../../src/readers/tables/columns.ts";
import { damaged } from "./damages.ts";
import { clockText, dialectOf, Draws, encoded, field, origins, written, type Dialect } from "./dialects.ts";
import {
  damages,
  fieldOf,
  kinds,
  type Column,
  type Damage,
  type Draft,
  type Kind,
  type Recipe,
} from "./recipe.ts";

export const recipes: fc.Arbitrary<Recipe> = fc.record({
  origin: fc.constantFrom(...origins),
  layout: fc.constantFrom("long", "long", "wide"),
  rows: fc.integer({ min: 1, max: 40 }),
  columns: fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 6 }),
  damage: fc.oneof(
    { weight: 1, arbitrary: fc.constant<Damage>("none") },
    { weight: 1, arbitrary: fc.constantFrom(...damages) },
  ),
  seed: fc.nat(),
});

export interface Made extends Draft {
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly faultLine?: number;
  /** How many bytes the reader gets at a time. */
  readonly piece: number;
}

export function madeOf(recipe: Recipe): Made {
  const draws = new Draws(recipe.seed);
  const dialect = dialectOf(recipe.origin, draws);
  const columns =
    recipe.layout === "wide" ? wideColumns(recipe, dialect, draws) : longColumns(recipe, dialect, draws);
  const records = [
    columns.map(({ name }) => field(name, true, dialect)),
    ...Array.from({ length: recipe.rows }, (_, row) =>
      columns.map((column) => fieldOf(column, row, dialect)),
    ),
  ];
  const options = optionsOf(columns, dialect, draws);
  const draft = damaged({ recipe, dialect, columns, records, options, preamble: [] }, draws);
  const lines = [...draft.preamble, ...draft.records.map((record) => record.join(dialect.separator))];
  const text = lines
    .map(
      (line, i) =>
        line + (i === lines.length - 1 && !dialect.endsLast ? "" : dialect.ends[i % dialect.ends.length]),
    )
    .join("");
  const whole = encoded(text, draft.dialect.encoding);
  const bytes = whole.subarray(0, whole.length - (draft.torn ?? 0));
  const { faultRecord } = draft;
  const faultLine =
    faultRecord === undefined
      ? undefined
      : 1 +
        lines
          .slice(0, draft.preamble.length + faultRecord)
          .reduce((n, line) => n + line.split("\n").length, 0);
  return { ...draft, text, bytes, faultLine, piece: draws.pick([1, 5, 64, 2 ** 16]) };
}

function optionsOf(columns: readonly Column[], dialect: Dialect, draws: Draws): TableOptions {
  const named = (role: Column["role"]): string | undefined =>
    columns.find((column) => column.role === role)?.name;
  const isWide = columns.some(({ name }) => name === "v0");
  const [label, time] = [named("label"), named("time")];
  return {
    ...(isWide ? {} : { window: 1 }),
    ...(label === undefined ? {} : { label }),
    ...(time === undefined ? {} : { time }),
    ...(dialect.encoding === "windows-1252" && { encoding: "windows-1252" }),
    ...(draws.chance(0.2) && {
      separator: dialect.separator === "\t" ? ("tab" as const) : dialect.separator,
    }),
    ...(draws.chance(0.15) && { decimal: dialect.decimal === "," ? ("comma" as const) : ("point" as const) }),
  };
}

const NAMES = ["load", "temp °C", "Größe", "rpm", "flow", "two words", "état", "volts", "sensor_id"];
const ODD_NAMES = ["p, bar", 'probe "A"', "U; I", "x|y"];
const CLASSES = ["rest", "walk", "run, fast", 'say "go"', "zwölf", "two\nlines"];

function longColumns({ rows, columns: wanted }: Recipe, dialect: Dialect, draws: Draws): Column[] {
  const names = new Set<string>();
  const missing = draws.pick([0, 0, 0.1, 0.5]);
  const values = wanted.map((kind): Column => {
    let name: string;
    // one column that is called "p, bar" and has decimal commas is two columns to anybody
    do name = draws.pick(wanted.length > 1 && draws.chance(0.1) ? ODD_NAMES : NAMES);
    while (names.has(name));
    names.add(name);
    return valuesOf(name, kind, rows, missing, dialect, draws);
  });
  if (!values.some(({ kind }) => kind !== "words" && kind !== "empty"))
    values.push(valuesOf("signal", "fixed", rows, 0, dialect, draws));
  return [
    ...indexColumn(rows, dialect),
    ...(draws.chance(0.3) ? [timeColumn(rows, dialect, draws)] : []),
    ...values,
    ...(draws.chance(0.4) ? [labelColumn(rows, draws)] : []),
  ];
}

/** A row a series: steps of one kind, and a class. */
function wideColumns({ rows, columns: [kind] }: Recipe, dialect: Dialect, draws: Draws): Column[] {
  const isSteps = kind !== "words" && kind !== "empty" && kind !== "boolean" && kind !== "counter";
  const missing = draws.pick([0, 0, 0.1]);
  const steps = Array.from({ length: draws.int(3, 12) }, (_, t) =>
    valuesOf(`v${t}`, isSteps ? kind : "fixed", rows, missing, dialect, draws),
  );
  const label = labelColumn(rows, draws);
  return [...indexColumn(rows, dialect), ...(draws.chance(0.5) ? [label, ...steps] : [...steps, label])];
}

function indexColumn(rows: number, { index, firstRow }: Dialect): Column[] {
  const numbers = Array.from({ length: rows }, (_, i) => firstRow + i);
  return index === "none"
    ? []
    : [{ name: index, role: "index", kind: "counter", numbers, cells: numbers.map(String) }];
}

function labelColumn(rows: number, draws: Draws): Column {
  const cells = Array.from({ length: rows }, () => draws.pick(CLASSES));
  return { name: "state", role: "label", kind: "words", numbers: [], cells };
}

/** Times that rise by whole minutes, or stand in any order a day apart. */
function timeColumn(rows: number, { clock }: Dialect, draws: Draws): Column {
  const from = Date.UTC(draws.int(1999, 2029), draws.int(0, 11), draws.int(1, 28), draws.int(0, 23));
  const isShuffled = draws.chance(0.2);
  const step = isShuffled ? 86_400_000 : 60_000 * draws.pick([1, 10, 60, 1440, 44_640]);
  const numbers = Array.from({ length: rows }, (_, i) => from + step * i);
  if (isShuffled) numbers.sort(() => draws.next() - 0.5);
  const zone = (i: number): number => (i % 3 === 0 ? 1 : 2);
  const cells = numbers.map((time, i) => clockText(time, clock, zone(i)));
  return { name: "when", role: "time", kind: "counter", numbers, cells };
}

/** A column of values: the numbers that are meant, and what stands for them. */
function valuesOf(
  name: string,
  kind: Kind,
  rows: number,
  missing: number,
  dialect: Dialect,
  draws: Draws,
): Column {
  const make = makerOf(kind, dialect, draws);
  const numbers: number[] = [];
  const cells: string[] = [];
  for (let row = 0; row < rows; row++) {
    const [number, cell] = kind === "empty" || draws.chance(missing) ? [NaN, dialect.missing] : make(row);
    if (kind !== "words") numbers.push(number);
    cells.push(cell);
  }
  return { name, role: "values", kind, numbers, cells };
}

/** Makes a number and its text. */
type Maker = (row: number) => readonly [number, string];

function makerOf(kind: Kind, dialect: Dialect, draws: Draws): Maker {
  const digits = draws.int(0, 4);
  const size = 10 ** draws.int(0, 7);
  const step = draws.pick([1, 2, 0.5]);
  const around = (): number => (draws.next() - 0.5) * size;
  const as = (plain: string, grouped = false, unit = ""): readonly [number, string] => [
    Number(plain),
    written(plain, dialect, grouped) + unit,
  ];
  const unit = draws.pick([" mV", "mV", " °C", " m/s²", "g", " E"]);
  switch (kind) {
    case "repr":
      return () => as(String(around() / draws.pick([1, 1, 1e9])));
    case "fixed":
      return () => as(around().toFixed(digits));
    case "grouped":
      return () => as((1000 * around()).toFixed(draws.chance(0.5) ? digits : 0), true);
    case "integer":
      return () => as(String(Math.round(around())));
    case "long":
      return () =>
        as(around().toFixed(digits) + String(draws.int(10 ** 14, 10 ** 15)).repeat(digits === 0 ? 1 : 2));
    case "bare":
      return () => as(draws.pick([".5", "5.", "-.25", "-0", "007", "0", "12.0"]));
    case "scientific":
      return () => as(around().toExponential(digits));
    case "plus":
      return () => {
        const plain = around().toFixed(digits);
        return as(plain.startsWith("-") ? plain : `+${plain}`);
      };
    case "percent":
      return () => as(around().toFixed(digits), false, digits % 2 ? "%" : " %");
    case "unit":
      return () => as(around().toFixed(digits), false, unit);
    case "boolean":
      return () => {
        const is = draws.chance(0.5);
        return [is ? 1 : 0, dialect.booleans[is ? 0 : 1]];
      };
    case "counter":
      return (row) => as(String(digits + step * row));
    case "words":
    case "empty":
      return () => [NaN, draws.pick(["fine", "so so", "a, b", "c; d", "naïve"])];
  }
}
