/** Tables with a series a row. */
import { datasetName } from "../datasetName.ts";
import { F64Buffer } from "../../data/f64Buffer.ts";
import { dataset, type Dataset, type Source } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import type { Tables } from "./duckdb.ts";
import { Strings } from "./strings.ts";
import type { Roles } from "./tableColumns.ts";
import { answersIn, interleave, noAnswer, selected, textOf } from "./tableRows.ts";
import type { Relation } from "./tableSource.ts";
import type { Tape } from "./tape.ts";

/** A table with one row a series. */
export async function readWide(
  tables: Tables,
  { sql }: Relation,
  roles: Roles,
  source: string,
  tape: Tape,
): Promise<Dataset> {
  const { values, channels, targets, label, group } = roles;
  const numbers = [...values, ...targets];
  const labels = new Strings();
  const labelled: number[] = [];
  const groups: string[] = [];
  const wanted = new F64Buffer();
  let rows = 0;
  const query = `SELECT ${selected(numbers, [label, group])} FROM ${sql}`;
  for await (const { rows: count, columns } of tables.chunks(query)) {
    const where = (row: number): string => `${source}: row ${rows + row} (from 0)`;
    const block = new Float64Array(count * values.length);
    interleave(columns.slice(0, values.length), values, count, values.length, block, where);
    tape.append(block);
    const aims = new Float64Array(count * targets.length);
    interleave(columns.slice(values.length, numbers.length), targets, count, targets.length, aims, where);
    const missing = aims.findIndex(Number.isNaN);
    if (missing >= 0)
      throw noAnswer(where(Math.floor(missing / targets.length)), targets[missing % targets.length]);
    aims.forEach((aim) => wanted.push(aim));
    for (let row = 0; row < count; row++) {
      if (label) labelled.push(labels.index(textOf(columns[numbers.length], row, label, where)));
      if (group) groups.push(textOf(columns[columns.length - 1], row, group, where));
    }
    rows += count;
  }
  if (rows === 0)
    throw new InputError(`${source}: there are no rows; a data set has at least one; give some`);
  tape.finish();
  const length = values.length / channels;
  const { of, classes } = labels.classes();
  const rest = {
    name: datasetName(source),
    channels,
    ...(roles.channelNames && { channelNames: roles.channelNames }),
    length,
    answers: answersIn(roles, {
      classes,
      labels: Int32Array.from(labelled, (i) => of[i]),
      targets: wanted.take(),
    }),
    ...(group && { groups }),
  };
  if (tape.inMemory) {
    const series = new Float64Array(tape.length);
    tape.read(0, series.length, series, 0);
    return dataset({ ...rest, series });
  }
  const from: Source = {
    rows,
    read(row, start, count, into, at) {
      const first = row * values.length + start;
      if (count === length) return tape.read(first, values.length, into, at);
      for (let c = 0; c < channels; c++) tape.read(first + c * length, count, into, at + c * count);
    },
  };
  return dataset({ ...rest, series: new Float64Array(0), source: from });
}
