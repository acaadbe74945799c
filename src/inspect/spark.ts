/** A signal as one line of text. */
import { extremes } from "../numerics/extremes.ts";

const BLOCKS = "▁▂▃▄▅▆▇█";
const PLAIN = ".:-=+*#@";

/**
 * The signal between its least and largest value in at most `width` characters, each the mean of its stretch without what is
 * missing (NaN), a blank where all of it is.
 */
export function spark(values: ArrayLike<number>, width: number, style: "blocks" | "plain"): string {
  const levels = style === "blocks" ? BLOCKS : PLAIN;
  const cells = Math.min(width, values.length);
  const means = Array.from({ length: cells }, (_, c) => {
    const from = Math.floor((c * values.length) / cells);
    const to = Math.floor(((c + 1) * values.length) / cells);
    let sum = 0;
    let count = 0;
    for (let i = from; i < to; i++) {
      if (Number.isNaN(values[i])) continue;
      sum += values[i];
      count++;
    }
    return sum / count;
  });
  const known = means.filter((m) => !Number.isNaN(m));
  const [least, largest] = extremes(known);
  const range = largest - least;
  return means
    .map((m) => {
      if (Number.isNaN(m)) return " ";
      return levels[
        range > 0 ? Math.min(levels.length - 1, Math.floor(((m - least) / range) * levels.length)) : 3
      ];
    })
    .join("");
}
