/** Rows in order of time, and what stays between two parts of them. */
import type { Dataset } from "./dataset.ts";

/** The rows of each series (of windows), else of each group, else all of them, each in order of time. */
export function timelines({ rows, spans, groups }: Dataset): number[][] {
  const lines = new Map<string | number, number[]>();
  for (let row = 0; row < rows; row++) {
    const key = spans ? spans.series[row] : (groups?.[row] ?? 0);
    const line = lines.get(key);
    if (line) line.push(row);
    else lines.set(key, [row]);
  }
  const all = [...lines.values()];
  if (spans) for (const line of all) line.sort((a, b) => spans.start[a] - spans.start[b]);
  return all;
}

/** Rows of a line that are within `gap` rows of its stretch `from` to `to`, or windows that overlap those in it. */
export function besides(
  { spans, length }: Dataset,
  line: readonly number[],
  from: number,
  to: number,
  gap: number,
): number[] {
  if (from === to) return [];
  const begin = spans ? spans.start[line[from]] : 0;
  const whole = length + (spans?.reach ?? 0);
  const end = spans ? spans.start[line[to - 1]] + whole : 0;
  return line.filter((row, i) => {
    if (i >= from && i < to) return false;
    if (i >= from - gap && i < to + gap) return true;
    return spans !== undefined && spans.start[row] < end && spans.start[row] + whole > begin;
  });
}
