/** Checks of labelled data sets before training and testing. Data sets with regression targets pass. */
import { dataset, type Dataset } from "./dataset.ts";
import { InputError } from "./errors.ts";
import { quote } from "./quote.ts";

/** The labels of each class, by class index. */
function rowCounts(data: Dataset): Int32Array {
  const counts = new Int32Array(data.classes.length);
  for (const label of data.labels) counts[label]++;
  return counts;
}

/**
 * Refuses (InputError) a data set that nothing can be learned from: no rows, or rows of one class only. Classes
 * without rows do not count.
 */
export function requireTrainable(data: Dataset): void {
  if (data.rows === 0) {
    throw new InputError(`${data.name}: no rows; training needs at least one; give a data set that has some`);
  }
  if (data.labels.length === 0 && data.targets.length > 0) return;
  if (data.labels.length === 0)
    throw new InputError(
      `${data.name}: its rows have no class and no values to foretell, and training needs one of them; ` +
        "say which column it is (label or target)",
    );
  const counts = rowCounts(data);
  const present = data.classes.filter((_, index) => counts[index] > 0);
  if (present.length > 1) return;
  throw new InputError(
    `${data.name}: every one of the ${data.rows} rows is of class ${quote(present[0])}; ` +
      "a classifier needs at least two classes; add rows of another class",
  );
}

/**
 * The data set without the classes that no row has: a header may declare more than its rows hold. Where rows have
 * several labels at once, all stay.
 */
export function withoutEmptyClasses(data: Dataset): Dataset {
  if (data.labels.length === 0) return data;
  const counts = rowCounts(data);
  const classes = data.classes.filter((_, index) => counts[index] > 0);
  if (classes.length === data.classes.length) return data;
  const indices = data.classes.map((name) => classes.indexOf(name));
  return dataset({ ...data, classes, labels: data.labels.map((label) => indices[label]) });
}

/**
 * A test set whose labels are the class indices of training, matched by name, whatever order or classes its own
 * header has. Refuses (InputError) a class with rows that training does not have; a class without rows is
 * dropped. Series, order of rows and name stay.
 */
export function alignClasses(train: Pick<Dataset, "name" | "classes">, test: Dataset): Dataset {
  if (test.labels.length === 0) return alignTargets(train, test);
  const counts = rowCounts(test);
  const indices = test.classes.map((name, index) => {
    const trained = train.classes.indexOf(name);
    if (trained >= 0 || counts[index] === 0) return trained;
    throw new InputError(
      `${test.name}: ${counts[index]} rows are of class ${quote(name)}, which ${train.name} does not have; ` +
        "a model answers only with classes of its training set; relabel those rows or take them out",
    );
  });
  return dataset({ ...test, labels: test.labels.map((label) => indices[label]), classes: train.classes });
}

/** The same for rows with a target a class. */
function alignTargets(train: Pick<Dataset, "name" | "classes">, test: Dataset): Dataset {
  const { rows, classes } = test;
  if (classes.length === 0 || test.targets.length !== rows * classes.length) return test;
  const unknown = classes.find((name) => !train.classes.includes(name));
  if (unknown !== undefined)
    throw new InputError(
      `${test.name}: it has class ${quote(unknown)}, which ${train.name} does not have; take it out`,
    );
  const targets = new Float64Array(rows * train.classes.length);
  train.classes.forEach((name, k) => {
    const from = classes.indexOf(name);
    if (from < 0) return;
    for (let r = 0; r < rows; r++)
      targets[r * train.classes.length + k] = test.targets[r * classes.length + from];
  });
  return dataset({ ...test, classes: train.classes, targets });
}
