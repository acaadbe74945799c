/**
 * Tables with a time step a row: series of any length, whole or cut into windows. Rows of a series that stand together and
 * in order are taken as they come; else the query is asked again, sorted.
 */
import { datasetName } from "../datasetName.ts";
import { slidingWindows } from "../../data/slidingWindows.ts";
import { dataset, gather, type Dataset, type Source } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { identifier, type Tables } from "./duckdb.ts";
import { Strings } from "./strings.ts";
import type { Roles, TableOptions } from "./tableColumns.ts";
import { answersIn, interleave, noAnswer, textOf } from "./tableRows.ts";
import { asNumber, asText, type Relation } from "./tableSource.ts";
import type { Tape } from "./tape.ts";

/** The series of a long table. On the tape stand, a position after the other, its values, its targets and its label. */
export interface Series {
  readonly tape: Tape;
  readonly names: readonly string[];
  /** Where each begins on the tape, in positions; one more at the end. */
  readonly starts: readonly number[];
  readonly groups: readonly string[];
  readonly labels: Strings;
  /** Whether a label changes within each. */
  readonly varies: readonly boolean[];
}

/** A table with one row a time step; null where rows of a series do not stand together or not in order of time. */
export async function readLong(
  tables: Tables,
  { sql }: Relation,
  { values, targets, label, group, series, time }: Roles,
  source: string,
  tape: Tape,
  order: "as they stand" | "sorted",
): Promise<Series | null> {
  const key = series.length > 0 ? series.map(asText).join(" || '/' || ") : null;
  const times = time ? [asNumber(time)] : [];
  const answers = [...values, ...targets];
  const columns = [
    ...answers.map(asNumber),
    ...times,
    ...[label, group].flatMap((column) => (column ? [asText(column)] : [])),
    ...(key ? [key] : []),
  ].join(", ");
  const from =
    order === "sorted"
      ? `(SELECT *, row_number() OVER () AS toeplitz_row FROM ${sql}) ORDER BY ` +
        [...series.map(({ name }) => identifier(name)), ...times, "toeplitz_row"].join(", ")
      : sql;
  const width = answers.length + (label ? 1 : 0);
  const labels = new Strings();
  const names: string[] = [];
  const seen = new Set<string>();
  const starts: number[] = [];
  const groups: string[] = [];
  const varies: boolean[] = [];
  let positions = 0;
  let lastTime = -Infinity;
  let lastLabel = -1;
  for await (const { rows: count, columns: vectors } of tables.chunks(`SELECT ${columns} FROM ${from}`)) {
    const where = (row: number): string =>
      order === "sorted" && key
        ? `${source}: series ${quote(names[names.length - 1] ?? "")} or after it`
        : `${source}: row ${positions + row} (from 0)`;
    const block = new Float64Array(count * width);
    interleave(vectors.slice(0, answers.length), answers, count, width, block, where);
    let next = answers.length;
    const timeVector = time ? vectors[next++] : null;
    const labelVector = label ? vectors[next++] : null;
    const groupVector = group ? vectors[next++] : null;
    const keyVector = key ? vectors[next] : null;
    for (let row = 0; row < count; row++) {
      const name = keyVector ? textOf(keyVector, row, series[0], where) : datasetName(source);
      const last = names.length - 1;
      const begins = last < 0 || names[last] !== name;
      if (begins) {
        if (seen.has(name)) return null;
        seen.add(name);
        names.push(name);
        starts.push(positions + row);
        varies.push(false);
        lastTime = -Infinity;
      }
      if (time && timeVector) {
        const at = timeVector.getItem(row) as number;
        if (Number.isNaN(at))
          throw new InputError(
            `${where(row)}, column ${quote(time.name)} is empty; it orders the rows; fill it in or leave the row out`,
          );
        if (at < lastTime) return null;
        lastTime = at;
      }
      if (label && labelVector) {
        const own = labels.index(textOf(labelVector, row, label, where));
        block[row * width + width - 1] = own;
        if (!begins && own !== lastLabel) varies[varies.length - 1] = true;
        lastLabel = own;
      }
      if (group && groupVector) {
        const own = textOf(groupVector, row, group, where);
        if (begins) groups.push(own);
        else if (own !== groups[groups.length - 1])
          throw new InputError(
            `${where(row)}, column ${quote(group.name)} changes from ${quote(groups[groups.length - 1])} to ${quote(own)} within a series; ` +
              "a series is of one group; tell series apart with --series-by",
          );
      }
    }
    tape.append(block);
    positions += count;
  }
  if (positions === 0)
    throw new InputError(`${source}: there are no rows; a data set has at least one; give some`);
  starts.push(positions);
  return { tape: tape.finish(), names, starts, groups, labels, varies };
}

/** Series, or windows of them, as a data set. */
export function seriesData(
  { tape, names, starts, groups, labels, varies }: Series,
  { values, targets, label, group }: Roles,
  source: string,
  { window, hop }: TableOptions,
): Dataset {
  const channels = values.length;
  const width = channels + targets.length + (label ? 1 : 0);
  const lengths = Int32Array.from(names, (_, s) => starts[s + 1] - starts[s]);
  const length = lengths.reduce((a, b) => Math.max(a, b));
  let scratch = new Float64Array(0);
  /** Positions of a series as they stand on the tape, `[count, width]`. */
  const steps = (row: number, from: number, count: number): Float64Array => {
    if (scratch.length < count * width) scratch = new Float64Array(count * width);
    tape.read((starts[row] + from) * width, count * width, scratch, 0);
    return scratch;
  };
  const from: Source = {
    rows: names.length,
    read(row, start, count, into, at) {
      const there = Math.max(0, Math.min(count, lengths[row] - start));
      const read = steps(row, start, there);
      for (let c = 0; c < channels; c++) {
        const to = at + c * count;
        for (let t = 0; t < there; t++) into[to + t] = read[t * width + c];
        into.fill(NaN, to + there, to + count);
      }
    },
  };
  const { of, classes } = labels.classes();
  /** The answer of positions of a series: the commonest label (of several, the one that comes last), and the last targets. */
  const answer = (row: number, start: number, count: number): { label: number; targets: Float64Array } => {
    const read = steps(row, start, count);
    const aims = read.slice((count - 1) * width + channels, (count - 1) * width + channels + targets.length);
    const missing = aims.findIndex(Number.isNaN);
    if (missing >= 0)
      throw noAnswer(
        `${source}: series ${quote(names[row])}, position ${start + count - 1}`,
        targets[missing],
      );
    if (!label) return { label: -1, targets: aims };
    const counts = new Map<number, number>();
    let best = -1;
    for (let t = 0; t < (varies[row] ? count : 1); t++) {
      const own = read[t * width + width - 1];
      const times = (counts.get(own) ?? 0) + 1;
      counts.set(own, times);
      if (times >= (counts.get(best) ?? 0)) best = own;
    }
    return { label: of[best], targets: aims };
  };
  const series = dataset({
    name: datasetName(source),
    series: new Float64Array(0),
    source: from,
    channels,
    length,
    ...(lengths.some((n) => n !== length) && { lengths }),
    answers: { kind: "none" },
    ...(group && { groups }),
  });
  const changing = varies.indexOf(true);
  if (label && window === undefined && changing >= 0)
    throw new InputError(
      `${source}: series ${quote(names[changing])} has more than one label in column ${quote(label.name)}; a series has one; ` +
        "cut it into windows with --window, or tell series apart with --series-by",
    );
  const data = window === undefined ? series : slidingWindows(series, { window, hop }, names);
  const rows = data.rows;
  const classLabels = new Int32Array(label ? rows : 0);
  const aims = new Float64Array(rows * targets.length);
  if (label || targets.length > 0)
    for (let i = 0; i < rows; i++) {
      const row = data.spans?.series[i] ?? i;
      const own = answer(row, data.spans?.start[i] ?? 0, window ?? lengths[row]);
      if (label) classLabels[i] = own.label;
      aims.set(own.targets, i * targets.length);
    }
  const answers = answersIn({ label, targets }, { classes, labels: classLabels, targets: aims });
  const answered = data.with({ answers });
  if (window !== undefined || !tape.inMemory) return answered;
  const { series: all } = gather(
    data,
    Array.from({ length: rows }, (_, i) => i),
  );
  return answered.with({ source: undefined, series: all });
}
