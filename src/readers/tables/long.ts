/**
 * Tables with a time step a row: series of any length, whole or cut into windows. Rows of a series that stand together and
 * in order are taken as they come; else they are asked for again, sorted.
 */
import { datasetName } from "../datasetName.ts";
import type { Answers } from "../../data/answers.ts";
import { slidingWindows } from "../../data/slidingWindows.ts";
import { dataset, gather, type Dataset, type Source } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import type { Chunk, Column, Table, Vector, Wanted } from "./table.ts";
import { Strings } from "./strings.ts";
import { listOf, type Roles, type TableOptions } from "./columns.ts";
import { answersIn, interleave, noAnswer, requireMarks, textOf } from "./rows.ts";
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

type Order = "as they stand" | "sorted";

/** In microseconds. */
const AN_HOUR = 3.6e9;

/** A table with one row a time step; null where rows of a series do not stand together or not in order of time. */
export async function readLong(table: Table, roles: Roles, tape: Tape, order: Order): Promise<Series | null> {
  const { source } = table;
  const rows = new LongRows(roles, table, order);
  for await (const chunk of table.rows(wantedOf(roles, order))) {
    const block = rows.take(chunk);
    if (block === null) return null;
    tape.append(block);
  }
  if (rows.positions === 0)
    throw new InputError(`${source}: there are no rows; a data set has at least one; give some`);
  const { names, starts, groups, labels, varies } = rows;
  return { tape: tape.finish(), names, starts: [...starts, rows.positions], groups, labels, varies };
}

/** Values and targets, then time; then label, group and the series' name, as far as there are such columns. */
function wantedOf({ values, targets, label, group, series, time }: Roles, order: Order): Wanted {
  return {
    numbers: [...values, ...targets, ...(time ? [time] : [])],
    texts: [
      ...[label, group].flatMap((column) => (column ? [[column]] : [])),
      ...(series.length > 0 ? [series] : []),
    ],
    ...(order === "sorted" ? { order: { series, ...(time && { time }) } } : {}),
  };
}

/** A column of a chunk that says to which series a row belongs, or where it stands in one. */
interface Mark {
  readonly column: Column;
  readonly vector: Vector;
}

/** Rows as they come, a chunk after the other, and the series that they make. */
class LongRows {
  readonly names: string[] = [];
  readonly starts: number[] = [];
  readonly groups: string[] = [];
  readonly labels = new Strings();
  readonly varies: boolean[] = [];
  positions = 0;
  readonly #roles: Roles;
  readonly #table: Table;
  readonly #order: Order;
  readonly #seen = new Set<string>();
  #lastTime = -Infinity;
  #lastLabel = -1;

  constructor(roles: Roles, table: Table, order: Order) {
    this.#roles = roles;
    this.#table = table;
    this.#order = order;
  }

  /** What goes onto the tape, `[rows, width]`; null where rows do not stand as series want. */
  take({ rows, columns: vectors }: Chunk): Float64Array | null {
    const { values, targets, label, group, series, time } = this.#roles;
    const answers = [...values, ...targets];
    const width = answers.length + (label ? 1 : 0);
    const block = new Float64Array(rows * width);
    interleave(vectors.slice(0, answers.length), answers, rows, width, block, this.#where);
    if (this.#roles.several) {
      const marks = new Float64Array(rows * targets.length);
      interleave(
        vectors.slice(values.length, answers.length),
        targets,
        rows,
        targets.length,
        marks,
        this.#where,
      );
      requireMarks(marks, targets, this.#where);
    }
    let next = answers.length;
    const mark = (column: Column | undefined): Mark | null =>
      column ? { column, vector: vectors[next++] } : null;
    const [times, labels, groups, keys] = [time, label, group, series[0]].map(mark);
    const alone = datasetName(this.#table.source);
    for (let row = 0; row < rows; row++) {
      const name = keys ? this.#textOf(keys, row) : alone;
      const begins = this.names[this.names.length - 1] !== name;
      if (begins && !this.#begin(name, row)) return null;
      if (times && !this.#inOrder(times, row)) return null;
      if (labels) block[row * width + width - 1] = this.#labelOf(labels, row, begins);
      if (groups) this.#takeGroup(groups, row, begins);
    }
    this.positions += rows;
    return block;
  }

  /** Where a row of this chunk stands, for messages. */
  readonly #where = (row: number): string =>
    this.#order === "sorted" && this.#roles.series.length > 0
      ? `${this.#table.source}: series ${quote(this.names[this.names.length - 1] ?? "")} or after it`
      : this.#table.place(this.positions + row);

  #textOf({ vector, column }: Mark, row: number): string {
    return textOf(vector, row, column, this.#where);
  }

  /** Begins a series; false where it began before and others came between. */
  #begin(name: string, row: number): boolean {
    if (this.#seen.has(name)) return false;
    this.#seen.add(name);
    this.names.push(name);
    this.starts.push(this.positions + row);
    this.varies.push(false);
    this.#lastTime = -Infinity;
    return true;
  }

  /** Whether a row's time is not before that of the row above it. */
  #inOrder({ vector, column }: Mark, row: number): boolean {
    const at = vector.getItem(row) as number;
    if (Number.isNaN(at))
      throw new InputError(
        `${this.#where(row)}, column ${quote(column.name)} is empty; it orders the rows; fill it in or leave the row out`,
      );
    if (at < this.#lastTime) {
      if (column.type === "TIMESTAMP" && this.#lastTime - at <= AN_HOUR) throw this.#setBack(column, row);
      return false;
    }
    this.#lastTime = at;
    return true;
  }

  /** Local times that go back by up to an hour are those of a clock that was set back: sorted, two hours would be mixed. */
  #setBack({ name }: Column, row: number): InputError {
    return new InputError(
      `${this.#where(row)}, column ${quote(name)} goes back by less than an hour, as where a clock is set back; ` +
        "give times with a zone (2024-10-27T02:30+01:00), or leave --time out where rows are in order",
    );
  }

  #labelOf(labels: Mark, row: number, begins: boolean): number {
    const own = this.labels.index(this.#textOf(labels, row));
    if (!begins && own !== this.#lastLabel) this.varies[this.varies.length - 1] = true;
    this.#lastLabel = own;
    return own;
  }

  /** A series has the group of its first row. */
  #takeGroup(groups: Mark, row: number, begins: boolean): void {
    const own = this.#textOf(groups, row);
    if (begins) this.groups.push(own);
    const of = this.groups[this.groups.length - 1];
    if (own !== of)
      throw new InputError(
        `${this.#where(row)}, column ${quote(groups.column.name)} changes from ${quote(of)} to ${quote(own)} within a series; ` +
          "a series is of one group; tell series apart with --series-by",
      );
  }
}

/** Series, or windows of them, as a data set. */
export function seriesData(
  series: Series,
  roles: Roles,
  source: string,
  { window, hop, horizon, target, answers }: TableOptions,
): Dataset {
  const { names, groups, varies, tape } = series;
  const { label, group } = roles;
  const steps = new Steps(series, roles);
  const { lengths } = steps;
  const length = lengths.reduce((a, b) => Math.max(a, b));
  const whole = dataset({
    name: datasetName(source),
    series: new Float64Array(0),
    source: steps.source,
    channels: roles.values.length,
    channelNames: roles.values.map(({ name }) => name),
    length,
    ...(lengths.some((n) => n !== length) && { lengths }),
    answers: { kind: "none" },
    ...(group && { groups }),
  });
  const changing = varies.indexOf(true);
  const placed = answers === "positions";
  if (label && !placed && window === undefined && changing >= 0)
    throw severalLabels(source, names[changing], label);
  const aims = target === undefined ? {} : { target: listOf(target) };
  const data = window === undefined ? whole : slidingWindows(whole, { window, hop, horizon, ...aims }, names);
  if (horizon !== undefined) return data;
  const answered = data.with({
    answers: placed ? positionsIn(data, steps, source) : answersOf(data, steps, source, window),
  });
  if (window !== undefined || !tape.inMemory) return answered;
  const { series: all } = gather(
    data,
    Array.from({ length: data.rows }, (_, i) => i),
  );
  return answered.with({ source: undefined, series: all });
}

/** Positions of series as they stand on the tape. */
class Steps {
  readonly series: Series;
  readonly roles: Roles;
  readonly lengths: Int32Array;
  /** Numbers a position: values, targets, the label. */
  readonly width: number;
  #scratch = new Float64Array(0);

  constructor(series: Series, roles: Roles) {
    const { names, starts } = series;
    this.series = series;
    this.roles = roles;
    this.lengths = Int32Array.from(names, (_, s) => starts[s + 1] - starts[s]);
    this.width = roles.values.length + roles.targets.length + (roles.label ? 1 : 0);
  }

  /** Positions of a series, `[count, width]`, until the next are asked for. */
  read(row: number, from: number, count: number): Float64Array {
    const { width } = this;
    if (this.#scratch.length < count * width) this.#scratch = new Float64Array(count * width);
    const { tape, starts } = this.series;
    tape.read((starts[row] + from) * width, count * width, this.#scratch, 0);
    return this.#scratch;
  }

  /** The values alone, NaN after the end of a series. */
  get source(): Source {
    const channels = this.roles.values.length;
    return {
      rows: this.lengths.length,
      read: (row, start, count, into, at) => {
        const there = Math.max(0, Math.min(count, this.lengths[row] - start));
        const read = this.read(row, start, there);
        for (let c = 0; c < channels; c++) {
          const to = at + c * count;
          for (let t = 0; t < there; t++) into[to + t] = read[t * this.width + c];
          into.fill(NaN, to + there, to + count);
        }
      },
    };
  }
}

const severalLabels = (source: string, name: string, { name: column }: Column): InputError =>
  new InputError(
    `${source}: series ${quote(name)} has more than one label in column ${quote(column)}; a series has one; ` +
      "cut it into windows with --window, tell series apart with --series-by, or take a class a time step with --answers positions",
  );

/** The class of each position of rows, which are series of one length or windows of them. */
function positionsIn({ rows, spans, length, lengths }: Dataset, steps: Steps, source: string): Answers {
  const { of, classes } = steps.series.labels.classes();
  const shorter = lengths?.findIndex((n) => n !== length) ?? -1;
  if (shorter >= 0 && lengths)
    throw new InputError(
      `${source}: series ${quote(steps.series.names[shorter])} has length ${lengths[shorter]}, the longest ${length}; with a class a time step ` +
        "all rows have one length; cut them into windows with --window",
    );
  const labels = new Int32Array(rows * length);
  const { width } = steps;
  for (let i = 0; i < rows; i++) {
    const read = steps.read(spans?.series[i] ?? i, spans?.start[i] ?? 0, length);
    for (let t = 0; t < length; t++) labels[i * length + t] = of[read[t * width + width - 1]];
  }
  return { kind: "positions", classes, labels, positions: length };
}

/** The answers of rows, which are series or windows of them: labels, classes and targets. */
function answersOf(
  { rows, spans }: Dataset,
  steps: Steps,
  source: string,
  window: number | undefined,
): Answers {
  const { label, targets, several } = steps.roles;
  const { of, classes } = steps.series.labels.classes();
  const labels = new Int32Array(label ? rows : 0);
  const aims = new Float64Array(rows * targets.length);
  if (label || targets.length > 0)
    for (let i = 0; i < rows; i++) {
      const row = spans?.series[i] ?? i;
      const start = spans?.start[i] ?? 0;
      const count = window ?? steps.lengths[row];
      const read = steps.read(row, start, count);
      const span = { row, start, count };
      const own = several
        ? commonestMarks(steps, read, span, source, window === undefined)
        : lastTargets(steps, read, span, source);
      aims.set(own, i * targets.length);
      if (label)
        labels[i] = of[commonest(read, steps.series.varies[row] ? count : 1, steps.width, steps.width - 1)];
    }
  return answersIn(steps.roles, { classes, labels, targets: aims });
}

/** Some positions of a series. */
interface Span {
  readonly row: number;
  readonly start: number;
  readonly count: number;
}

/** 0 or 1 for each of several classes at once, the commonest of some positions; of a whole series all of them agree. */
function commonestMarks(
  { series, roles: { values, targets }, width }: Steps,
  read: Float64Array,
  { row, start, count }: Span,
  source: string,
  isWhole: boolean,
): number[] {
  return targets.map((column, k) => {
    const at = values.length + k;
    for (let t = 0; t < count; t++) {
      const mark = read[t * width + at];
      if (Number.isNaN(mark))
        throw noAnswer(`${source}: series ${quote(series.names[row])}, position ${start + t}`, column);
      if (isWhole && mark !== read[at]) throw severalLabels(source, series.names[row], column);
    }
    return commonest(read, isWhole ? 1 : count, width, at);
  });
}

/** The targets of the last of some positions. */
function lastTargets(
  { series, roles: { values, targets }, width }: Steps,
  read: Float64Array,
  { row, start, count }: Span,
  source: string,
): Float64Array {
  const first = (count - 1) * width + values.length;
  const aims = read.slice(first, first + targets.length);
  const missing = aims.findIndex(Number.isNaN);
  if (missing < 0) return aims;
  const where = `${source}: series ${quote(series.names[row])}, position ${start + count - 1}`;
  throw noAnswer(where, targets[missing]);
}

/** The commonest of `count` numbers, each `width` after the other; of several, the one that comes last. */
function commonest(read: Float64Array, count: number, width: number, at: number): number {
  const counts = new Map<number, number>();
  let best = -1;
  for (let t = 0; t < count; t++) {
    const own = read[t * width + at];
    const times = (counts.get(own) ?? 0) + 1;
    counts.set(own, times);
    if (times >= (counts.get(best) ?? 0)) best = own;
  }
  return best;
}
