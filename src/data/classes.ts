/** Checks of labelled data sets before training and testing. Data sets with regression targets pass. */
import { NO_LABEL, type Answers, type AnswersOf } from "./answers.ts";
import type { Dataset } from "./dataset.ts";
import { InputError } from "./errors.ts";
import { quote } from "./quote.ts";

/** How many labels each class has, by class index. */
function countsOf(classes: readonly string[], labels: Int32Array): Int32Array {
  const counts = new Int32Array(classes.length);
  for (const label of labels) if (label !== NO_LABEL) counts[label]++;
  return counts;
}

/** Rows above which nearly as many classes as rows are no classes, and the share of rows that is nearly all. */
const FEW_ROWS = 20;
const NEARLY_ALL = 0.9;

/** More classes than this are to have two rows each at least, taken together. */
const MANY_CLASSES = 100;

/** Whether nearly every row is the only one of its class, by how many rows each class has. */
export function isNearlyOneEach(counts: ArrayLike<number>): boolean {
  const list = Array.from(counts);
  const rows = list.reduce((a, b) => a + b, 0);
  return rows > FEW_ROWS && list.filter((count) => count === 1).length >= NEARLY_ALL * rows;
}

/**
 * Refuses (InputError) a data set that nothing can be learned from: no rows, rows of one class only, or nearly as many
 * classes as rows. Classes without rows do not count.
 */
export function requireTrainable({ name, rows, answers }: Dataset): void {
  if (rows === 0) {
    throw new InputError(`${name}: no rows; training needs at least one; give a data set that has some`);
  }
  switch (answers.kind) {
    case "multiLabel":
    case "values":
      return;
    case "none":
      throw new InputError(
        `${name}: its rows have no class and no target values, so there is nothing to learn from; they can be predicted; ` +
          "give rows with answers, or say which column has them (label or target)",
      );
    case "classes":
    case "positions": {
      const counts = countsOf(answers.classes, answers.labels);
      const present = answers.classes.filter((_, index) => counts[index] > 0);
      if (answers.kind === "classes" && isNearlyOneEach(counts)) {
        const ones = counts.filter((count) => count === 1).length;
        throw new InputError(
          `${name}: ${ones} of ${rows} rows are the only one of their class (${present
            .slice(0, 3)
            .map((label) => quote(label))
            .join(", ")}, …); of a class with one row nothing can be learned; ` +
            "are these values, or names of rows? say where the class is (label), or predict them as values (target)",
        );
      }
      if (answers.kind === "classes" && present.length > MANY_CLASSES && 2 * present.length > rows)
        throw new InputError(
          `${name}: ${present.length} classes in ${rows} rows (${present
            .slice(0, 3)
            .map((label) => quote(label))
            .join(", ")}, …), fewer than two rows a class; are these names of rows? ` +
            "say where the class is (label), or predict them as values (target)",
        );
      if (present.length > 1) return;
      throw new InputError(
        `${name}: every one of the ${rows} rows is of class ${quote(present[0])}; ` +
          "a classifier needs at least two classes; add rows of another class",
      );
    }
  }
}

/**
 * The data set without the classes that no row has: a header may declare more than its rows hold. Where rows have
 * several labels at once, all stay.
 */
export function withoutEmptyClasses(data: Dataset): Dataset {
  const { answers } = data;
  switch (answers.kind) {
    case "multiLabel":
    case "values":
    case "none":
      return data;
    case "classes":
    case "positions": {
      const counts = countsOf(answers.classes, answers.labels);
      const classes = answers.classes.filter((_, index) => counts[index] > 0);
      if (classes.length === answers.classes.length) return data;
      const places = placesOf(classes);
      const indices = answers.classes.map((name) => places.get(name) ?? NO_LABEL);
      return data.with({ answers: renumbered(answers, classes, indices) });
    }
  }
}

/**
 * A test set whose labels are the class indices of training, matched by name, whatever order or classes its own
 * header has. Refuses (InputError) a class with rows that training does not have; a class without rows is
 * dropped. Series, order of rows and name stay.
 */
export function alignClasses(train: Pick<Dataset, "name" | "classes">, test: Dataset): Dataset {
  const { answers } = test;
  switch (answers.kind) {
    case "values":
    case "none":
      return test;
    case "multiLabel":
      return test.with({ answers: alignedTargets(train, test, answers) });
    case "classes":
    case "positions": {
      const counts = countsOf(answers.classes, answers.labels);
      const places = placesOf(train.classes);
      const indices = answers.classes.map((name, index) => {
        const trained = places.get(name) ?? NO_LABEL;
        if (trained >= 0 || counts[index] === 0) return trained;
        throw new InputError(
          `${test.name}: ${counts[index]} rows are of class ${quote(name)}, which ${train.name} does not have; ` +
            "a model answers only with classes of its training set; relabel those rows or take them out",
        );
      });
      return test.with({ answers: renumbered(answers, train.classes, indices) });
    }
  }
}

/** The index of each class. */
const placesOf = (classes: readonly string[]): Map<string, number> =>
  new Map(classes.map((name, index) => [name, index]));

/** Labels of other classes: `indices` has the new index of each old one. */
const renumbered = (
  answers: AnswersOf<"classes" | "positions">,
  classes: readonly string[],
  indices: readonly number[],
): Answers => ({
  ...answers,
  classes,
  labels: answers.labels.map((label) => (label === NO_LABEL ? label : indices[label])),
});

/** The same for rows with several classes at once. */
function alignedTargets(
  train: Pick<Dataset, "name" | "classes">,
  { name: tested, rows }: Dataset,
  { classes, targets: own }: AnswersOf<"multiLabel">,
): Answers {
  const places = placesOf(classes);
  const known = placesOf(train.classes);
  const unknown = classes.find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new InputError(
      `${tested}: it has class ${quote(unknown)}, which ${train.name} does not have; take it out`,
    );
  const targets = new Float64Array(rows * train.classes.length);
  train.classes.forEach((name, k) => {
    const from = places.get(name);
    if (from === undefined) return;
    for (let r = 0; r < rows; r++) targets[r * train.classes.length + k] = own[r * classes.length + from];
  });
  return { kind: "multiLabel", classes: train.classes, targets };
}
