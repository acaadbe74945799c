/** What several networks say together: the mean of their probabilities, or of their values. */
import { exp, log } from "../numerics/f64.ts";
import type { Telling } from "./predictions.ts";

/**
 * The outputs of an ensemble from those of its members, `[rows, classes, positions]` each: computed in f64, in the order
 * of the members, and rounded once.
 */
export function meanOutputs(
  parts: readonly Float32Array[],
  told: Pick<Telling, "answers" | "classes" | "positions">,
): Float32Array {
  const out = new Float32Array(parts[0].length);
  switch (told.answers) {
    case "values":
      return out.map((_, i) => parts.reduce((sum, part) => sum + part[i], 0) / parts.length);
    case "multiLabel":
      return out.map((_, i) => {
        const [yes, no] = logMean(parts.map((part) => [part[i], 0])); // 1 / (1 + e^-x) is softmax([x, 0])
        return yes - no;
      });
    case "classes":
    case "positions":
      return meanOfClasses(parts, told.classes.length, told.positions);
  }
}

function meanOfClasses(parts: readonly Float32Array[], count: number, positions: number): Float32Array {
  const out = new Float32Array(parts[0].length);
  for (let at = 0; at < out.length; at++) {
    if (Math.floor(at / positions) % count > 0) continue; // each row and position once, at its first class
    const mean = logMean(
      parts.map((part) => Array.from({ length: count }, (_, k) => part[at + k * positions])),
    );
    for (let k = 0; k < count; k++) out[at + k * positions] = mean[k];
  }
  return out;
}

/** log(mean over members of softmax(logits)), by class; finite where the logits are. */
function logMean(logits: readonly (readonly number[])[]): number[] {
  const each = logits.map((row) => {
    const whole = logSumExp(row);
    return row.map((x) => x - whole);
  });
  return logits[0].map((_, k) => logSumExp(each.map((row) => row[k])) - log(logits.length));
}

function logSumExp(values: readonly number[]): number {
  const max = values.reduce((a, b) => (b > a ? b : a));
  return max + log(values.reduce((sum, x) => sum + exp(x - max), 0));
}
