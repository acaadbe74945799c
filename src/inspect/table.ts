import { printable } from "../data/printable.ts";
import { largestOf } from "../numerics/extremes.ts";

/** Columns right-aligned, except the first; a cell is one line, whatever name is in it. */
export function table(given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(printable));
  const widths = rows[0].map((_, c) => largestOf(rows.map((r) => (r[c] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
