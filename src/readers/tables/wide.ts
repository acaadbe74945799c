/** Tables with a series a row. */
import { datasetName } from "../datasetName.ts";
import { F64Buffer } from "../../data/f64Buffer.ts";
import { dataset, type Dataset, type Source } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { Strings } from "./strings.ts";
import type { Roles } from "./columns.ts";
import { answersIn, interleave, noAnswer, requireMarks, textOf } from "./rows.ts";
import type { Table } from "./table.ts";
import type { Tape } from "./tape.ts";

/** How long a row is: what is missing at its end, in all of its channels, is not there. */
function lengthOf(values: Float64Array, channels: number): number {
  const length = values.length / channels;
  let own = 0;
  for (let c = 0; c < channels; c++) {
    let t = length;
    while (t > own && Number.isNaN(values[c * length + t - 1])) t--;
    own = Math.max(own, t);
  }
  return own;
}

/** A table with one row a series. */
export async function readWide(table: Table, roles: Roles, tape: Tape): Promise<Dataset> {
  const { source } = table;
  const { values, channels, targets, label, group } = roles;
  const numbers = [...values, ...targets];
  const labels = new Strings();
  const labelled: number[] = [];
  const groups: string[] = [];
  const lengths: number[] = [];
  const wanted = new F64Buffer();
  let rows = 0;
  const texts = [label, group].flatMap((column) => (column ? [[column]] : []));
  for await (const { rows: count, columns } of table.rows({ numbers, texts })) {
    const where = (row: number): string => table.place(rows + row);
    const block = new Float64Array(count * values.length);
    interleave(columns.slice(0, values.length), values, count, values.length, block, where);
    tape.append(block);
    for (let row = 0; row < count; row++) {
      const own = lengthOf(block.subarray(row * values.length, (row + 1) * values.length), channels);
      if (own === 0)
        throw new InputError(`${where(row)} has no value in any column; fill it in or leave the row out`);
      lengths.push(own);
    }
    const aims = new Float64Array(count * targets.length);
    interleave(columns.slice(values.length, numbers.length), targets, count, targets.length, aims, where);
    if (roles.several) requireMarks(aims, targets, where);
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
  const shorter = lengths.filter((n) => n < length);
  const least = shorter.reduce((a, b) => Math.min(a, b), length);
  const rest = {
    name: datasetName(source),
    ...(shorter.length > 0 && {
      lengths: Int32Array.from(lengths),
      notes: [
        `${shorter.length} of ${rows} rows end in empty fields: they are taken as shorter (${least} to ${length} values)`,
      ],
    }),
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
