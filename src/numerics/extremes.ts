/**
 * The least and the largest of a list of any length. `Math.max(...list)` puts every value on the stack, which ends at some
 * 100,000 of them; a test keeps that form out of src/.
 */

/** [least, largest]; of no values [Infinity, -Infinity], and NaN twice where one is no number, as Math.min has it. */
export function extremes(values: Iterable<number>): [least: number, largest: number] {
  let least = Infinity;
  let largest = -Infinity;
  for (const value of values) {
    least = Math.min(least, value);
    largest = Math.max(largest, value);
  }
  return [least, largest];
}

/** The least of a list; Infinity of none. */
export const leastOf = (values: Iterable<number>): number => extremes(values)[0];
/** The largest of a list; -Infinity of none. */
export const largestOf = (values: Iterable<number>): number => extremes(values)[1];

/** Adds one list to the end of another, value by value. */
export function append<T>(to: T[], values: Iterable<T>): void {
  for (const value of values) to.push(value);
}

/** Bytes (or UTF-16 units) as the text of these units, a piece at a time. */
export function textOfUnits(
  units: ArrayLike<number> & { subarray(from: number, to: number): Iterable<number> },
): string {
  let text = "";
  for (let at = 0; at < units.length; at += PIECE)
    text += String.fromCharCode.apply(null, Array.from(units.subarray(at, at + PIECE)));
  return text;
}
const PIECE = 4096;
