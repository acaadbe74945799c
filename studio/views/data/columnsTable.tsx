/** The columns of a table: what each became and why, and a choice for each. */
import { useSignal } from "@preact/signals";
import type { ColumnRole, TableColumn } from "toeplitz";
import { isLong, withRole } from "./choices.ts";
import { choose, choices, told } from "./state.ts";

const ROLES: readonly (readonly [ColumnRole, string])[] = [
  ["channel", "channel"],
  ["label", "label (class)"],
  ["target", "target (value)"],
  ["time", "time"],
  ["series", "series by"],
  ["group", "group"],
  ["row weights", "row weight"],
  ["left out", "left out"],
];
/** Columns alike beside each other from which they are one line. */
const RUN = 4;
/** Lines at most. */
const MOST = 80;

interface Line {
  readonly first: TableColumn;
  readonly last: TableColumn;
  readonly count: number;
}

/** Columns as lines: steps of a series, hundreds alike, are one. */
export function linesOf(
  columns: readonly TableColumn[],
  byHand: ReadonlyMap<string, ColumnRole>,
  wanted: string,
): readonly Line[] {
  const lines: Line[] = [];
  const alike = (a: TableColumn, b: TableColumn): boolean =>
    a.role === b.role && a.type === b.type && a.why === b.why && !byHand.has(a.name) && !byHand.has(b.name);
  const text = wanted.trim().toLowerCase();
  const found = columns.filter(({ name }) => name.toLowerCase().includes(text));
  for (let i = 0; i < found.length;) {
    let end = i + 1;
    if (text === "") while (end < found.length && alike(found[i], found[end])) end++;
    if (end - i >= RUN) lines.push({ first: found[i], last: found[end - 1], count: end - i });
    else for (const column of found.slice(i, end)) lines.push({ first: column, last: column, count: 1 });
    i = end;
  }
  return lines;
}

export function ColumnsTable() {
  const wanted = useSignal("");
  const { value } = told;
  if (!value) return null;
  const { roles } = choices.value;
  const lines = linesOf(value.columns, roles, wanted.value);
  const isSteps = isLong(choices.value);
  return (
    <div>
      <div class="row">
        <h3>Columns</h3>
        <label class="field">
          <span>Find a column</span>
          <input
            type="search"
            value={wanted.value}
            onInput={(event) => void (wanted.value = event.currentTarget.value)}
          />
        </label>
      </div>
      <p class="soft">
        {isSteps
          ? "A row is a time step; each channel is a column."
          : "A row is a series; its steps are columns. Choose time or series by for a column where rows are time steps."}
      </p>
      <div class="scroll columns" tabIndex={0} role="region" aria-label="Columns">
        <table>
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Read as</th>
              <th scope="col">Choice</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {lines.slice(0, MOST).map(({ first, last, count }) => (
              <tr key={first.name}>
                <th scope="row">
                  {count === 1 ? first.name : `${first.name} to ${last.name} (${count} columns)`}
                </th>
                <td>
                  <span class={`role ${first.role.replace(" ", "-")}`}>{first.role}</span>
                </td>
                <td>{count === 1 && <RoleChoice name={first.name} isSteps={isSteps} />}</td>
                <td class="soft">{first.why ?? ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {lines.length > MOST && (
          <p class="soft">{lines.length - MOST} more lines; find a column by its name.</p>
        )}
      </div>
    </div>
  );
}

function RoleChoice({ name, isSteps }: { readonly name: string; readonly isSteps: boolean }) {
  const own = choices.value.roles.get(name) ?? "";
  return (
    <select
      aria-label={`What ${name} is`}
      value={own}
      onChange={({ currentTarget }) => {
        const role = ROLES.find(([one]) => one === currentTarget.value);
        void choose(withRole(choices.value, name, role ? role[0] : null));
      }}
    >
      <option value="">as found</option>
      {ROLES.map(([role, text]) => (
        <option
          key={role}
          value={role}
          // of tables with a row a series, steps are chosen by what their names begin with
          disabled={(role === "channel" || role === "left out") && !isSteps}
        >
          {text}
        </option>
      ))}
    </select>
  );
}
