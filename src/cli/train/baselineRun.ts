/** What a run's figure has to be compared with: baselines on the rows that it is tested on. */
import { baselines, type Baselines } from "../../training/baselines.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Preparation } from "../../models/preparation.ts";
import { decimals, percent } from "../format.ts";

export type RunBaselines = { readonly on: "test" | "validation" } & Baselines;

/** On the test part if there is one, else on the validation part, else none. `train`: the rows that the model learned from. */
export function baselinesOf(
  train: Dataset,
  { test, held }: { readonly test: Dataset | null; readonly held: Dataset | null },
  preparation?: Preparation,
): RunBaselines | null {
  const rows = test ?? held;
  return rows && { on: test ? "test" : "validation", ...baselines(train, rows, preparation) };
}

/** In words: accuracies, or RMSE of values. */
export function baselinesText({ on, majority, nearest }: RunBaselines, ofValues = false): string {
  const figure = (x: number): string => (ofValues ? `RMSE ${decimals(x)}` : percent(x));
  const near = nearest === null ? "left out (more than a second's work)" : figure(nearest);
  return `baselines  on ${on}: ${ofValues ? "mean value" : "commonest class"} ${figure(majority)}, nearest neighbour ${near}`;
}
