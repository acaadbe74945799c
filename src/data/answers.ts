/** What the rows of a data set ask of a model, which follows from the fields that they have. */
import type { Dataset } from "./dataset.ts";

/**
 * - `classes`: a class a row (`labels` has one a row);
 * - `positions`: a class for each position (`labels` has several a row): segmentation;
 * - `multiLabel`: several classes at once (`classes`, and `targets` of 0 and 1, one a class);
 * - `values`: numbers (`targets` without `classes`): regression, forecasting.
 */
export type Answers = "classes" | "positions" | "multiLabel" | "values";

export function answersOf(data: Pick<Dataset, "classes" | "labels" | "rows">): Answers {
  if (data.classes.length === 0) return "values";
  if (data.labels.length === 0 && data.rows > 0) return "multiLabel";
  return data.labels.length > data.rows ? "positions" : "classes";
}
