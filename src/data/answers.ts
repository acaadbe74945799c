/**
 * What the rows of a data set are answered with: one tagged value, which is all that says so. Whoever needs to know
 * switches on its `kind`; the length of an array says how much there is, never what it is.
 */
import { InputError } from "./errors.ts";

/** What the rows of a data set are answered with, named by its `kind`. */
export type Answers =
  | {
      /** A class a row. */
      readonly kind: "classes";
      /** Class names, in the order of their indices. */
      readonly classes: readonly string[];
      /** The index of each row's class, `[rows]`. */
      readonly labels: Int32Array;
    }
  | {
      /** A class for each position: segmentation. */
      readonly kind: "positions";
      /** Class names, in the order of their indices. */
      readonly classes: readonly string[];
      /**
       * The index of each position's class, `[rows, positions]`; -1 (`NO_LABEL`) where it has none, as in the padding of
       * shorter rows: losses and scores leave such positions out.
       */
      readonly labels: Int32Array;
      /** Positions of a row. */
      readonly positions: number;
    }
  | {
      /** Several classes at once. */
      readonly kind: "multiLabel";
      /** Class names, in the order of their indices. */
      readonly classes: readonly string[];
      /** 0 or 1 for each class, `[rows, classes]`. */
      readonly targets: Float64Array;
    }
  | {
      /** Numbers: regression, forecasting. */
      readonly kind: "values";
      /** The values, `[rows, outputs]`. */
      readonly targets: Float64Array;
      /** Values of a row. */
      readonly outputs: number;
    }
  | {
      /** Nothing: rows to predict. */
      readonly kind: "none";
    };

/** The label of a position that has none. */
export const NO_LABEL = -1;

/** Whether some positions have no label. */
export const hasUnlabelled = (answers: Answers): boolean =>
  answers.kind === "positions" && answers.labels.includes(NO_LABEL);

/** The answers of one kind, or of some. */
export type AnswersOf<K extends Answers["kind"]> = Extract<Answers, { readonly kind: K }>;

/** What a model is trained for and answers with. */
export type AnswerKind = Exclude<Answers["kind"], "none">;

/** Labels `[rows, positions]`, row-major; of one position a row, a class a row. */
export const labelled = (classes: readonly string[], labels: Int32Array, positions = 1): Answers =>
  positions === 1 ? { kind: "classes", classes, labels } : { kind: "positions", classes, labels, positions };

const ofClasses: Readonly<Record<Answers["kind"], boolean>> = {
  classes: true,
  positions: true,
  multiLabel: true,
  values: false,
  none: false,
};

/** Whether answers of a kind are classes of some sort: then there is an accuracy. */
export const hasClasses = (kind: Answers["kind"]): boolean => ofClasses[kind];

/** Class names in the order of their indices; none where rows have values or no answer. */
export function classesOf(answers: Answers): readonly string[] {
  switch (answers.kind) {
    case "classes":
    case "positions":
    case "multiLabel":
      return answers.classes;
    case "values":
    case "none":
      return [];
  }
}

/** Class indices, one or several a row; none where rows have other answers. */
export function labelsOf(answers: Answers): Int32Array {
  switch (answers.kind) {
    case "classes":
    case "positions":
      return answers.labels;
    case "multiLabel":
    case "values":
    case "none":
      return NO_LABELS;
  }
}

/** Values, or 0 and 1 for each class, row-major; none where rows have other answers. */
export function targetsOf(answers: Answers): Float64Array {
  switch (answers.kind) {
    case "multiLabel":
    case "values":
      return answers.targets;
    case "classes":
    case "positions":
    case "none":
      return NO_TARGETS;
  }
}

const NO_LABELS = new Int32Array(0);
const NO_TARGETS = new Float64Array(0);

/** Numbers that a row is answered with. */
export function answersEach(answers: Answers): number {
  switch (answers.kind) {
    case "classes":
      return 1;
    case "positions":
      return answers.positions;
    case "multiLabel":
      return answers.classes.length;
    case "values":
      return answers.outputs;
    case "none":
      return 0;
  }
}

/** The answers of some rows, copied. */
export function answersAt(answers: Answers, rows: ArrayLike<number>): Answers {
  const each = answersEach(answers);
  switch (answers.kind) {
    case "classes":
    case "positions":
      return { ...answers, labels: copied(answers.labels, new Int32Array(rows.length * each), rows, each) };
    case "multiLabel":
    case "values":
      return {
        ...answers,
        targets: copied(answers.targets, new Float64Array(rows.length * each), rows, each),
      };
    case "none":
      return answers;
  }
}

function copied<T extends Int32Array | Float64Array>(
  from: T,
  into: T,
  rows: ArrayLike<number>,
  each: number,
): T {
  for (let i = 0; i < rows.length; i++)
    into.set(from.subarray(rows[i] * each, (rows[i] + 1) * each), i * each);
  return into;
}

/** Throws InputError where there are not as many answers as rows want. */
export function requireAnswersFor(rows: number, answers: Answers, name: string): void {
  const each = answersEach(answers);
  const count = labelsOf(answers).length + targetsOf(answers).length;
  if (count !== rows * each)
    throw new InputError(
      `${name}: ${count} answers for ${rows} rows; of kind ${answers.kind} each row has ${each}; make the counts agree`,
    );
}
