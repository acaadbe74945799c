/** The row that makes a data set long: rows are padded to the longest, and one of another kind among them costs them all. */
import { median } from "../numerics/median.ts";
import type { Dataset } from "./dataset.ts";

/** How many times as long as the median makes a row stand out. */
const TIMES = 10;

/** The longest row, where it is more than ten times as long as the median; in words. Null where there is none. */
export function longRowText({ lengths, rowNames }: Dataset): string | null {
  if (!lengths) return null;
  const middle = median([...lengths]);
  const long = lengths.filter((n) => n > TIMES * middle).length;
  if (long === 0) return null;
  const longest = lengths.reduce((best, n, row) => (n > lengths[best] ? row : best), 0);
  const others = long > 1 ? ` (and ${long - 1} more such rows)` : "";
  return (
    `${rowNames?.[longest] ?? `row ${longest}`} has ${lengths[longest]} values, the median row ${middle}, and rows are padded to the ` +
    `longest${others}; leave it out, or cut rows with --length or --window`
  );
}
