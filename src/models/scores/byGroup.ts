/** How a model does on each group of rows: a person, a recording, a machine. A mean over all can hide that it fails on one. */
import { rowsOf, type Dataset } from "../../data/dataset.ts";
import type { Predictions } from "../predictions.ts";
import type { Evaluation } from "./score.ts";

/** The figures of one group. */
export interface GroupEvaluation extends Evaluation {
  /** Its name. */
  readonly group: string;
}

/**
 * Evaluates each group of the rows by itself, in the order of their first rows; none where rows have no groups.
 *
 * @throws InputError as `evaluate`
 */
export function evaluateGroups(model: Pick<Predictions, "evaluate">, data: Dataset): GroupEvaluation[] {
  const rows = new Map<string, number[]>();
  (data.groups ?? []).forEach((name, row) => {
    const own = rows.get(name);
    if (own) own.push(row);
    else rows.set(name, [row]);
  });
  return [...rows].map(([group, own]) => ({ group, ...model.evaluate(rowsOf(data, own)) }));
}
