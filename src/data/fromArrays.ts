/** Data sets from arrays that the caller has in memory. */
import { labelled, NO_LABEL, type Answers } from "./answers.ts";
import { dataset, type Dataset } from "./dataset.ts";
import { faultInNames } from "./channelNames.ts";
import { InputError } from "./errors.ts";
import { quote } from "./quote.ts";
import { SeriesRows, type Dense } from "./seriesRows.ts";

/** One row: `[channel][time]`, or `[time]` of a single channel. */
export type Row = ArrayLike<number> | ArrayLike<ArrayLike<number>>;

/**
 * What `fromArrays` takes: `series`, and exactly one of `labels`, `multiLabel` and `targets`, with one entry a row.
 */
export interface Arrays {
  /** `[row][channel][time]`, or `[row][time]` for one channel. Rows may differ in length, the channels of a row may not. */
  readonly series: ArrayLike<Row>;
  /**
   * The class of each row; or `[row][position]`, the class at each position (segmentation): as many for every row, or, of
   * rows of unequal length, one for each value of a row.
   */
  readonly labels?: ArrayLike<string | number> | ArrayLike<ArrayLike<string | number>>;
  /** The classes that each row has, none, one or several, `[row][]` (multi-label). */
  readonly multiLabel?: ArrayLike<ArrayLike<string | number>>;
  /**
   * The classes and their order, also those that no row has; with `labels` or `multiLabel`. Default: the distinct labels, in
   * numeric order if all are numbers, else in order of their UTF-16 units.
   */
  readonly classes?: readonly (string | number)[];
  /** The regression targets of each row: `[row][output]`, or `[row]` for one output. */
  readonly targets?: ArrayLike<number> | ArrayLike<ArrayLike<number>>;
  /** What stands for a value that is missing. Default: nothing; every value is a finite number. */
  readonly missing?: "NaN";
  /** What each channel is called: as many distinct names as channels. Default: none. */
  readonly channelNames?: readonly string[];
  /** Who or what each row comes from, so that a split can keep it on one side. Default: none. */
  readonly groups?: ArrayLike<string | number>;
  /**
   * How much each row counts in the loss that training lowers, at least 0, as Keras' `sample_weight`. Default: all rows
   * count 1.
   */
  readonly rowWeights?: ArrayLike<number>;
  /** A short name for run folders and messages. Default: "arrays". */
  readonly name?: string;
}

/**
 * A data set of series with labels, several labels a row, or targets, whose values are copied; shorter rows are padded
 * to the longest with NaN, and `lengths` says where they end. Classes are `classes`, else the distinct labels, in
 * numeric order if all are numbers, else in order of their UTF-16 units.
 *
 * @throws InputError in one line, with row, channel and time counted from 0 as in the arrays, on channels of a row
 * that differ in length, on values that are not finite numbers (but see `missing`), on names that are not one a
 * channel, and unless exactly one of labels, multiLabel and targets is there, with one entry a row
 */
export function fromArrays(arrays: Arrays): Dataset {
  const { series, labels, multiLabel, targets, missing, name = "arrays" } = arrays;
  const classes = readClasses(arrays.classes);
  if (classes && labels === undefined && multiLabel === undefined)
    refuse("classes are given without labels; they say which classes labels have; leave them out");
  if (multiLabel !== undefined) {
    if (labels !== undefined || targets !== undefined)
      refuse("multiLabel and labels or targets are given; rows have one of them; leave the others out");
    const data = readSeries(series, missing);
    const facts = factsOf(arrays, data.channels);
    return dataset({ name, ...data, ...facts, answers: readSeveral(multiLabel, series.length, classes) });
  }
  if ((labels === undefined) === (targets === undefined)) {
    const both = labels === undefined ? "neither labels nor targets are" : "both labels and targets are";
    throw new InputError(
      `fromArrays: ${both} given; rows have one of them; give labels (classes) or targets`,
    );
  }
  const data = readSeries(series, missing);
  const facts = factsOf(arrays, data.channels);
  const answers =
    labels === undefined
      ? readTargets(targets ?? [], series.length)
      : readLabels(labels, data, series.length, classes);
  return dataset({ name, ...data, ...facts, answers });
}

function refuse(what: string): never {
  throw new InputError(`fromArrays: ${what}`);
}

function readSeries(rows: ArrayLike<Row>, missing?: "NaN"): Dense & { channels: number } {
  if (rows.length === 0) refuse("series has no rows; a data set has at least one; give some");
  const channels = channelsOf(rows[0]).length;
  const values = new SeriesRows((row) => `fromArrays: row ${row}`);
  let count = 0;
  for (let row = 0; row < rows.length; row++) {
    const lines = channelsOf(rows[row]);
    const length = lines[0]?.length ?? 0;
    if (length === 0)
      refuse(`series[${row}] has no values; a row has at least one channel and one value; give some`);
    if (lines.length !== channels) {
      refuse(
        `row ${row} has ${lines.length} channels, expected ${channels} as in row 0; ` +
          "all rows have the same channels; complete the row, or leave it out",
      );
    }
    for (let channel = 0; channel < channels; channel++) {
      const actual = lines[channel].length;
      if (actual !== length) {
        refuse(
          `row ${row}, channel ${channel} has length ${actual}, expected ${length} as in its channel 0; ` +
            "the channels of a row have one length; cut or pad them",
        );
      }
      for (let time = 0; time < length; time++) {
        const value = lines[channel][time];
        const isGap = Number.isNaN(value);
        const remedy = isGap ? 'fill it in, or say that it is missing (missing: "NaN")' : undefined;
        const where = `row ${row}, channel ${channel}, time ${time}`;
        values.push(isGap && missing === "NaN" ? NaN : finite(value, where, remedy));
      }
    }
    count += channels * length;
    values.endRow(length, row);
  }
  return { ...values.dense(channels, 8 * count), channels };
}

/** What is said of channels and rows, checked. */
function factsOf(
  { series, groups, channelNames, rowWeights }: Arrays,
  channels: number,
): { groups?: readonly string[]; channelNames?: readonly string[]; rowWeights?: Float64Array } {
  if (groups !== undefined) requireOneEach(groups.length, series.length, "groups");
  if (rowWeights !== undefined) requireOneEach(rowWeights.length, series.length, "rowWeights");
  const fault = channelNames && faultInNames(channelNames, channels);
  if (fault) refuse(`channelNames: ${fault}; correct them`);
  return {
    ...(groups && { groups: Array.from(groups, String) }),
    ...(channelNames && { channelNames: [...channelNames] }),
    ...(rowWeights && {
      rowWeights: Float64Array.from(rowWeights, (w, row) => finite(w, `the weight of row ${row}`)),
    }),
  };
}

/** The channels of a row; a row of numbers is one channel. */
function channelsOf(row: Row): ArrayLike<ArrayLike<number>> {
  return isNested(row) ? row : [row];
}

function isNested(
  row: ArrayLike<number> | ArrayLike<ArrayLike<number>>,
): row is ArrayLike<ArrayLike<number>> {
  return row.length > 0 && typeof row[0] === "object" && row[0] !== null;
}

function finite(value: unknown, where: string, remedy = "correct it, or leave the row out"): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  return refuse(`${where} is ${quote(String(value))}; values are finite numbers; ${remedy}`);
}

type Label = string | number;

/** Class names, each once. */
function readClasses(classes: Arrays["classes"]): readonly string[] | undefined {
  if (classes === undefined) return undefined;
  const names = Array.from(classes, (value, k) => {
    requireLabel(value, `classes[${k}]`);
    return String(value);
  });
  if (names.length === 0) refuse("classes is empty; give one or more, or leave it out");
  const twice =
    names.length === new Set(names).size ? undefined : names.find((name, k) => names.indexOf(name) < k);
  if (twice !== undefined) refuse(`classes has ${quote(twice)} twice; give each class once`);
  return names;
}

function readLabels(
  labels: ArrayLike<Label> | ArrayLike<ArrayLike<Label>>,
  { length, lengths }: Dense,
  rows: number,
  known?: readonly string[],
): Answers {
  requireOneEach(labels.length, rows, "labels");
  const nested = typeof labels[0] === "object" && labels[0] !== null;
  if (!nested) {
    const values = Array.from(labels as ArrayLike<Label>);
    values.forEach((value, row) => requireLabel(value, `the label of row ${row}`));
    return labelled(...indexed(values, known, (at) => `row ${at}`));
  }
  const lines = Array.from(labels as ArrayLike<ArrayLike<Label>>, (line) => Array.from(line));
  const each = lengths !== undefined && lines.every((line, row) => line.length === lengths[row]);
  const positions = each ? length : lines[0].length;
  if (positions === 0) refuse("labels[0] has no values; a row has at least one label; give some");
  lines.forEach((line, row) => {
    if (!each && line.length !== positions)
      refuse(`row ${row} has ${line.length} labels, expected ${positions} as in row 0; correct the row`);
    line.forEach((value, at) => requireLabel(value, `the label of row ${row}, position ${at}`));
  });
  const places = lines.flatMap((line, row) => line.map((_, at) => row * positions + at));
  const where = (i: number): string =>
    `row ${Math.floor(places[i] / positions)}, position ${places[i] % positions}`;
  const [classes, indices] = indexed(lines.flat(), known, where);
  const all = new Int32Array(rows * positions).fill(NO_LABEL);
  places.forEach((place, i) => (all[place] = indices[i]));
  return labelled(classes, all, positions);
}

/** Classes by name, and a target of 0 or 1 for each. */
function readSeveral(several: ArrayLike<ArrayLike<Label>>, rows: number, known?: readonly string[]): Answers {
  requireOneEach(several.length, rows, "lists of labels");
  const lists = Array.from(several, (list) => Array.from(list));
  lists.forEach((list, row) => list.forEach((value) => requireLabel(value, `a label of row ${row}`)));
  const rowOf = lists.flatMap((list, row) => list.map(() => row));
  const [classes] = indexed(lists.flat(), known, (at) => `row ${rowOf[at]}`);
  if (classes.length === 0) refuse("no row has a label; give some");
  const targets = new Float64Array(rows * classes.length);
  lists.forEach((list, row) => {
    for (const value of list) targets[row * classes.length + classes.indexOf(String(value))] = 1;
  });
  return { kind: "multiLabel", classes, targets };
}

function requireLabel(value: unknown, what: string): void {
  if (typeof value === "string" || (typeof value === "number" && Number.isFinite(value))) return;
  refuse(`${what} is ${quote(String(value))}; labels are strings or finite numbers; correct it`);
}

/**
 * The classes of labels, and their indices: the `known` ones, else in numeric order if all are numbers, else in order of their
 * UTF-16 units. `where` says in which row a label stands.
 */
function indexed(
  values: readonly Label[],
  known: readonly string[] | undefined,
  where: (at: number) => string,
): [classes: readonly string[], labels: Int32Array] {
  const classes = known ?? distinct(values);
  const indices = new Map(classes.map((name, index) => [name, index]));
  const labels = Int32Array.from(values, (value) => indices.get(String(value)) ?? -1);
  const unknown = labels.indexOf(-1);
  if (unknown >= 0)
    refuse(
      `the label of ${where(unknown)} is ${quote(String(values[unknown]))}, which is none of classes ` +
        `(${classes.slice(0, 8).join(", ")}${classes.length > 8 ? ", ..." : ""}); add it there or correct the label`,
    );
  return [classes, labels];
}

function distinct(values: readonly Label[]): readonly string[] {
  const classes = [...new Set(values.map(String))];
  return classes.sort(
    values.every((value) => typeof value === "number") ? (a, b) => Number(a) - Number(b) : undefined,
  );
}

function readTargets(targets: ArrayLike<number> | ArrayLike<ArrayLike<number>>, rows: number): Answers {
  requireOneEach(targets.length, rows, "targets");
  const perRow = isNested(targets) ? targets : Array.from(targets, (target) => [target]);
  const outputs = perRow[0].length;
  if (outputs === 0) refuse("targets[0] has no values; a row has at least one target; give some");
  const values = new Float64Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    const actual = perRow[row].length;
    if (actual !== outputs) {
      refuse(`row ${row} has ${actual} targets, expected ${outputs} as in row 0; correct the row`);
    }
    for (let output = 0; output < outputs; output++) {
      values[row * outputs + output] = finite(perRow[row][output], `row ${row}, target ${output}`);
    }
  }
  return { kind: "values", targets: values, outputs };
}

function requireOneEach(actual: number, rows: number, what: string): void {
  if (actual !== rows) refuse(`${actual} ${what} for ${rows} rows; each row has one; make the counts agree`);
}
