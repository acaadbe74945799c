/** Tables with a series a row. */
import { append } from "../../numerics/extremes.ts";
import { datasetName } from "../datasetName.ts";
import { F64Buffer } from "../../data/f64Buffer.ts";
import { dataset, type Dataset, type Source } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { Strings } from "./strings.ts";
import { quote } from "../../data/quote.ts";
import type { Roles } from "./columns.ts";
import { answersIn, interleave, noAnswer, requireMarks, textOf } from "./rows.ts";
import type { Column, Table, Vector } from "./table.ts";
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

/** The weights of a chunk's rows. */
function weightsIn(
  vector: Vector,
  column: Column,
  count: number,
  where: (row: number) => string,
): Float64Array {
  const own = new Float64Array(count);
  interleave([vector], [column], count, 1, own, where);
  own.forEach((w, row) => {
    if (w >= 0 && w < Infinity) return;
    throw new InputError(
      `${where(row)}, column ${quote(column.name)} (row-weights) is ${Number.isNaN(w) ? "missing" : w}; the weight of a row is a number of at least 0; correct it`,
    );
  });
  return own;
}

/** A table with one row a series. */
export async function readWide(table: Table, roles: Roles, tape: Tape): Promise<Dataset> {
  const { source } = table;
  const { values, channels, targets, label, group, weight } = roles;
  const numbers = [...values, ...targets, ...(weight ? [weight] : [])];
  const labels = new Strings();
  const labelled: number[] = [];
  const groups: string[] = [];
  const lengths: number[] = [];
  const wanted = new F64Buffer();
  const weights: number[] = [];
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
    interleave(
      columns.slice(values.length, values.length + targets.length),
      targets,
      count,
      targets.length,
      aims,
      where,
    );
    if (roles.several) requireMarks(aims, targets, where);
    const missing = aims.findIndex(Number.isNaN);
    if (missing >= 0)
      throw noAnswer(where(Math.floor(missing / targets.length)), targets[missing % targets.length]);
    aims.forEach((aim) => wanted.push(aim));
    if (weight) append(weights, weightsIn(columns[numbers.length - 1], weight, count, where));
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
    ...(weight && { rowWeights: Float64Array.from(weights) }),
  };
  if (tape.inMemory) {
    const series = new Float64Array(tape.length);
    tape.read(0, series.length, series, 0);
    return dataset({ ...rest, series });
  }
  const from = onTape(tape, rows, channels, length);
  return dataset({ ...rest, series: new Float64Array(0), source: from });
}

/** Rows that stay on the tape, `[rows, channels, length]`. */
const onTape = (tape: Tape, rows: number, channels: number, length: number): Source => ({
  rows,
  read(row, start, count, into, at) {
    const first = row * channels * length + start;
    if (count === length) return tape.read(first, channels * length, into, at);
    for (let c = 0; c < channels; c++) tape.read(first + c * length, count, into, at + c * count);
  },
});
