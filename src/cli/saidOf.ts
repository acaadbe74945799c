/** What a model says of one row, in a few words. */
import { listed } from "../data/channelNames.ts";
import { printable } from "../data/printable.ts";
import type { AnyModel } from "../formats/modelFile.ts";
import type { Prediction } from "../models/network.ts";

/** Values that are shown. */
const MOST_VALUES = 8;

/** The class and its probability, labels or values; of a class a position the commonest one, or that at `position`. */
export function saidOf(
  { answers, classes }: Pick<AnyModel, "answers" | "classes">,
  said: Prediction,
  position?: number,
): string {
  switch (answers) {
    case "values": {
      const values = said.values ?? [];
      const shown = values.slice(0, MOST_VALUES).map((x) => String(Number(x.toPrecision(6))));
      return `${shown.join(", ")}${values.length > MOST_VALUES ? ", …" : ""}`;
    }
    case "multiLabel":
      return listed(said.labels ?? []) || "none of the classes";
    case "classes":
      return withProbability(classes, said.label, said.probabilities);
    case "positions":
      if (position === undefined) return `mostly ${printable(said.label) || "no class"}`;
      return withProbability(classes, said.labels?.[position] ?? "", said.positions?.[position] ?? []);
  }
}

/** Of outputs that are no numbers there is no class. */
function withProbability(
  classes: readonly string[],
  label: string,
  probabilities: readonly number[],
): string {
  const p: number | undefined = probabilities[classes.indexOf(label)];
  return p === undefined ? "no class" : `${printable(label)} (${p.toFixed(4)})`;
}
