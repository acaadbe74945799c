/** What becomes of each column of a table under some options, as data: what `notes` say in words. */
import { InputError } from "../../data/errors.ts";
import { rolesOf, type Roles, type TableOptions } from "./columns.ts";
import { reasonOf, withoutText } from "./readTable.ts";
import type { Column, Table } from "./table.ts";

/**
 * What a column is: values of a channel, the class, a value to predict (of several classes at once too), a group, the weight of
 * a row, what tells series apart, what orders the rows of one, or none of them.
 *
 * @useDeclaredType
 */
export type ColumnRole =
  "channel" | "label" | "target" | "group" | "row weights" | "series" | "time" | "left out";

/** One column. */
export interface TableColumn {
  /** As the header has it. */
  readonly name: string;
  /** DOUBLE, VARCHAR (text), TIMESTAMP and the like. */
  readonly type: string;
  /** What it became. */
  readonly role: ColumnRole;
  /** Why it is left out, or is no number everywhere; absent of others. */
  readonly why?: string;
}

/** The columns of a table, in their order. */
export interface TableColumns {
  /** What a row is: a series (of wide tables), or a time step of one. */
  readonly rows: "series" | "time steps";
  /** Each of them. */
  readonly columns: readonly TableColumn[];
  /** What reading the table with these options is refused with; the roles are then those without options. */
  readonly fault?: string;
}

export function tableColumns(table: Table, options: TableOptions): TableColumns {
  let roles: Roles;
  let fault: string | undefined;
  try {
    roles = rolesOf(table.source, table.columns, options);
    withoutText(roles, table.source, options);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    fault = error.message;
    roles = rolesOf(table.source, table.columns, {});
  }
  return {
    rows: roles.long ? "time steps" : "series",
    columns: table.columns.map((column) => told(column, roles)),
    ...(fault !== undefined && { fault }),
  };
}

function told(column: Column, roles: Roles): TableColumn {
  const { name, type, wrong } = column;
  const found = (
    [
      [roles.label === column, "label"],
      [roles.targets.includes(column), "target"],
      [roles.group === column, "group"],
      [roles.weight === column, "row weights"],
      [roles.series.includes(column), "series"],
      [roles.time === column, "time"],
      [roles.values.includes(column) && type !== "VARCHAR", "channel"],
    ] as const
  ).find(([isIt]) => isIt);
  const why = wrong ?? (found ? undefined : reasonOf(column));
  return { name, type, role: found?.[1] ?? "left out", ...(why !== undefined && { why }) };
}
