/** What a model says of rows, how wrong that is, and why. */
import {
  chunks,
  gather,
  InputError,
  rowsOf,
  type AnyModel,
  type AttributeOptions,
  type Attribution,
  type Attributor,
  type Dataset,
  type Prediction,
} from "toeplitz";
import { Handed, type Context } from "./context.ts";
import { dataShelf, modelShelf } from "./shelf.ts";

/** All rows as a list has them. */
export interface RowScores {
  /** What rows are, and what is said of them: indices in `names`, or texts where one class is not all. */
  readonly truth: Int32Array | readonly string[];
  readonly said: Int32Array | readonly string[];
  /** The model's classes. */
  readonly names: readonly string[];
  /** Of the class that is said; NaN where there is none. */
  readonly probability: Float32Array;
  /** Of values the mean squared error in their own units, else the cross-entropy in nats; NaN of rows without an answer. */
  readonly loss: Float32Array;
  /** 1 where what is said is not what is true. */
  readonly wrong: Uint8Array;
  /** Rows from the greatest loss to the least. */
  readonly byLoss: Int32Array;
}

/** A class of a model that data do not have: never right. */
const UNKNOWN = -1;
const YIELD_MS = 50;

async function scoreRows(
  { model: id, data: dataId }: { readonly model: string; readonly data: string },
  { signal }: Context,
): Promise<Handed<RowScores>> {
  const [model, data] = [modelShelf.get(id), dataShelf.get(dataId)];
  const judge = judgeOf(model, data);
  const { rows } = data;
  const probability = new Float32Array(rows);
  const loss = new Float32Array(rows);
  const wrong = new Uint8Array(rows);
  const truth: (number | string)[] = [];
  const said: (number | string)[] = [];
  let yielded = performance.now();
  for (const batch of chunks(data)) {
    model.predictRows(batch).forEach((prediction, i) => {
      const row = batch.first + i;
      const judged = judge(prediction, row);
      truth.push(judged.truth);
      said.push(judged.said);
      probability[row] = judged.probability;
      loss[row] = judged.loss;
      wrong[row] = judged.isWrong ? 1 : 0;
    });
    if (performance.now() - yielded < YIELD_MS) continue;
    await new Promise((resume) => setTimeout(resume));
    if (signal.aborted) throw new InputError("stopped");
    yielded = performance.now();
  }
  const isIndexed = data.answers.kind === "classes";
  const byLoss = Int32Array.from({ length: rows }, (_, row) => row).sort(
    (a, b) => (loss[b] || 0) - (loss[a] || 0) || a - b,
  );
  const told = (list: (number | string)[]): RowScores["truth"] =>
    isIndexed ? Int32Array.from(list as number[]) : (list as string[]);
  const scores = {
    truth: told(truth),
    said: told(said),
    names: model.classes,
    probability,
    loss,
    wrong,
    byLoss,
  };
  return new Handed(scores, [probability.buffer, loss.buffer, wrong.buffer, byLoss.buffer]);
}

interface Judged {
  readonly truth: number | string;
  readonly said: number | string;
  readonly probability: number;
  readonly loss: number;
  readonly isWrong: boolean;
}

/** How a prediction is compared with the row's own answer. Throws InputError where the two are of different kinds. */
function judgeOf(model: AnyModel, data: Dataset): (prediction: Prediction, row: number) => Judged {
  const { answers } = data;
  const own = data.classes.map((name) => model.classes.indexOf(name));
  switch (answers.kind) {
    case "classes":
      return (prediction, row) =>
        ofClass(prediction, answers.labels[row] < 0 ? null : own[answers.labels[row]], model);
    case "positions":
      return (prediction, row) => {
        const labels = answers.labels.subarray(row * answers.positions, (row + 1) * answers.positions);
        return ofPositions(
          prediction,
          Array.from(labels, (label) => (label < 0 ? null : own[label])),
          model,
        );
      };
    case "multiLabel":
      return (prediction, row) => {
        const { length } = answers.classes;
        const marks = answers.targets.subarray(row * length, (row + 1) * length);
        return ofSeveral(
          prediction,
          answers.classes.filter((_, k) => marks[k] === 1),
          model,
        );
      };
    case "values":
      return (prediction, row) => {
        const values = answers.targets.subarray(row * answers.outputs, (row + 1) * answers.outputs);
        return ofValues(prediction, values);
      };
    case "none":
      return (prediction) => ({
        truth: "",
        said: model.answers === "values" ? listed(prediction.values ?? []) : prediction.label,
        probability: model.answers === "values" ? NaN : largest(prediction.probabilities),
        loss: NaN,
        isWrong: false,
      });
  }
}

/** Of classes there may be more than a call takes arguments. */
const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);

/** -log p, with the least p that float32 has. */
const surprise = (p: number): number => -Math.log(Math.max(p, 1e-38));

function ofClass({ label, probabilities }: Prediction, truth: number | null, { classes }: AnyModel): Judged {
  const said = label === "" ? UNKNOWN : classes.indexOf(label);
  return {
    truth: truth ?? UNKNOWN,
    said,
    probability: said < 0 ? NaN : probabilities[said],
    loss: truth === null ? NaN : surprise(truth < 0 ? 0 : probabilities[truth]),
    isWrong: truth !== null && said !== truth,
  };
}

function ofPositions(
  prediction: Prediction,
  truth: readonly (number | null)[],
  { classes }: AnyModel,
): Judged {
  const { labels = [], positions = [] } = prediction;
  let [right, known, loss] = [0, 0, 0];
  truth.forEach((label, t) => {
    if (label === null) return;
    known++;
    if (label >= 0 && labels[t] === classes[label]) right++;
    loss += surprise(label < 0 ? 0 : positions[t][label]);
  });
  return {
    truth: `${known} positions`,
    said: `${right} right`,
    probability: known === 0 ? NaN : right / known,
    loss: known === 0 ? NaN : loss / known,
    isWrong: right < known,
  };
}

function ofSeveral(
  { labels = [], probabilities }: Prediction,
  truth: readonly string[],
  model: AnyModel,
): Judged {
  const loss = model.classes.reduce(
    (sum, name, k) => sum + surprise(truth.includes(name) ? probabilities[k] : 1 - probabilities[k]),
    0,
  );
  return {
    truth: truth.join(", "),
    said: labels.join(", "),
    probability: largest(probabilities),
    loss: loss / model.classes.length,
    isWrong: truth.length !== labels.length || truth.some((name) => !labels.includes(name)),
  };
}

function ofValues({ values = [] }: Prediction, truth: ArrayLike<number>): Judged {
  const squares = values.reduce((sum, value, k) => sum + (value - truth[k]) ** 2, 0);
  return {
    truth: listed(truth),
    said: listed(values),
    probability: NaN,
    loss: squares / values.length,
    isWrong: false,
  };
}

const listed = (values: ArrayLike<number>): string =>
  Array.from({ length: Math.min(4, values.length) }, (_, k) => Number(values[k].toPrecision(5)))
    .join(", ")
    .concat(values.length > 4 ? ", ..." : "");

/** What is said of a row. */
export interface RowAnswer {
  readonly row: number;
  readonly answers: AnyModel["answers"];
  readonly classes: readonly string[];
  /** By class; empty of values. */
  readonly probabilities: readonly number[];
  readonly values: readonly number[];
  /** Of a class a position: the class at each, by its number. */
  readonly positions: readonly number[];
}

async function rowAnswer(asked: {
  readonly model: string;
  readonly data: string;
  readonly row: number;
}): Promise<RowAnswer> {
  const { model, data } = rowIn(asked);
  const [prediction] = model.predictRows(gather(data, [asked.row]));
  const isOfValues = model.answers === "values";
  return {
    row: asked.row,
    answers: model.answers,
    classes: model.classes,
    probabilities: isOfValues ? [] : prediction.probabilities,
    values: prediction.values ?? [],
    positions: prediction.positions
      ? (prediction.labels ?? []).map((label) => model.classes.indexOf(label))
      : [],
  };
}

function rowIn({
  model,
  data,
  row,
}: {
  readonly model: string;
  readonly data: string;
  readonly row: number;
}): {
  model: AnyModel;
  data: Dataset;
} {
  const rows = dataShelf.get(data);
  if (!(row >= 0 && row < rows.rows)) throw new InputError(`there is no row ${row}; there are ${rows.rows}`);
  return { model: modelShelf.get(model), data: rows };
}

/** What this needs of the core, loaded when it is first asked for. */
const inside = () => import("./inside.ts");

/** Each model is compiled with its gradient once. */
const attributors = new WeakMap<AnyModel, Attributor>();

async function reasons({
  how,
  ...asked
}: {
  readonly model: string;
  readonly data: string;
  readonly row: number;
  readonly how: Pick<AttributeOptions, "method" | "target" | "position" | "of" | "baseline">;
}): Promise<Attribution> {
  const { model, data } = rowIn(asked);
  const explain = attributors.get(model) ?? (await inside()).attributor(model);
  attributors.set(model, explain);
  const [attribution] = await explain(rowsOf(data, [asked.row]), how);
  return { ...attribution, row: asked.row };
}

export const lookingHandlers = { scoreRows, rowAnswer, reasons };
