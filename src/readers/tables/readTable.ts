/** From a table and the options to a data set: which columns are what, what is left out, and the rows. */
import type { Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { push } from "../csv/csvTable.ts";
import { clip } from "../csv/layout.ts";
import { isNumber, isText, rolesOf, type Roles, type TableOptions } from "./columns.ts";
import { readLong, seriesData } from "./long.ts";
import type { Column, MakeTape, Table } from "./table.ts";
import { readWide } from "./wide.ts";

/** The data set in a table. Throws InputError in one line that names the file, the row or line, and the column. */
export async function readRows(table: Table, options: TableOptions, tape: MakeTape): Promise<Dataset> {
  const { source } = table;
  const all = rolesOf(source, table.columns, options);
  const roles = withoutText(all, source, options);
  const data = roles.long
    ? seriesData(await seriesOf(table, roles, tape), roles, source, options)
    : await readWide(table, roles, tape());
  return data.with({ notes: [...notesOf(table, roles), ...table.notes, ...(data.notes ?? [])] });
}

async function seriesOf(table: Table, roles: Roles, tape: MakeTape) {
  const series =
    (await readLong(table, roles, tape(), "as they stand")) ??
    (await readLong(table, roles, tape(), "sorted"));
  if (!series) throw new Error("rows in order are not in order");
  return series;
}

/** Leaves columns of text out of the values; refuses those that hold numbers too, and those that were asked for. */
export function withoutText(roles: Roles, source: string, options: TableOptions): Roles {
  for (const { name, wrong } of [...roles.values, ...roles.targets])
    if (wrong !== undefined) throw new InputError(`${source}: column ${quote(name)}: ${wrong}`);
  const asked = [...roles.targets, ...(options.channels === undefined ? [] : roles.values)].find(isText);
  if (asked)
    throw new InputError(
      `${source}: column ${quote(asked.name)} is text; values are numbers; choose the columns with --channels`,
    );
  const values = roles.values.filter((column) => !isText(column));
  if (values.length === 0)
    throw new InputError(
      `${source}: no column has numbers that are a measurement${leftText(roles)}; name the columns with --channels`,
    );
  return { ...roles, values, channels: roles.long ? values.length : roles.channels };
}

const leftText = ({ left }: Roles): string =>
  left.length === 0
    ? ""
    : ` (left out: ${left.map(({ name, left: why }) => `${name}, since ${why}`).join("; ")})`;

/** What became of the columns. */
function notesOf(table: Table, roles: Roles): string[] {
  const { values, targets, several, label, group, weight, series, time, long, channels } = roles;
  const named = (what: string, columns: readonly (Column | undefined)[]): string[] => {
    const names = columns.flatMap((column) => (column ? [column.name] : []));
    return names.length > 0 ? [`${what} ${clip(names)}`] : [];
  };
  const steps = `${channels === 1 ? "1 channel" : `${channels} channels`} of ${values.length / channels} steps: ${values[0].name} to ${values[values.length - 1].name}`;
  const taken = [
    ...(long ? named("channels", values) : [steps]),
    ...named("label", [label]),
    ...named(several ? "labels" : "targets", targets),
    ...named("group", [group]),
    ...named("row weights", [weight]),
    ...named("series by", series),
    ...named("time", [time]),
  ];
  const used = new Set<Column | undefined>([...values, ...targets, label, group, weight, time, ...series]);
  const rest = table.columns.filter((column) => !used.has(column));
  const reasons = new Map<string, string[]>();
  for (const column of rest) push(reasons, reasonOf(column), column.name);
  const clock = long ? undefined : rest.find(isClock);
  return [
    `columns: ${taken.join("; ")}`,
    ...[...reasons].map(
      ([why, names]) =>
        `left out: ${clip(names)} (${names.length === 1 ? why : severally(why)}${/^it is (text|of|not)/.test(why) ? "" : "; --channels takes it"})`,
    ),
    ...(clock
      ? [
          `each row is taken as a whole series; if rows are time steps, say so with --time ${clock.name} (--series-by, --window)`,
        ]
      : []),
  ];
}

/** Why a column that nobody named is left out: of numbers that would be a channel, because others were named. */
export function reasonOf(column: Column): string {
  if (column.left !== undefined) return column.left;
  if (isText(column)) return "it is text";
  return isNumber(column) ? "it is not among the channels that are named" : `it is of type ${column.type}`;
}

/** A reason as it is said of several columns. */
const severally = (why: string): string =>
  why
    .replace(/^it is/, "they are")
    .replace(/^it /, "each ")
    .replace(/^by its name it is/, "by their names they are");

/** Whether a column's values or name say that it counts time. */
const isClock = ({ type, name }: Column): boolean =>
  /^(DATE|TIME)/.test(type) || /^(t|time|timestamp|date|datetime)$/i.test(name);
