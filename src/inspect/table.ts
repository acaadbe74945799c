import { largestOf } from "../numerics/extremes.ts";

/** Columns right-aligned, except the first. */
export function table(rows: readonly (readonly string[])[]): string {
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
