/** Files of annotations from intervals: what `parseAnnotations` reads. */
import { InputError } from "../data/errors.ts";
import type { Interval } from "../data/intervals.ts";

/**
 * Intervals as the text of a file that `parseAnnotations` reads back to the same positions: a table `start_sample,end_sample,label` (with
 * their seconds beside them where the rate is known), or JSON as Label Studio exports it, in seconds.
 *
 * @param as `csv` or `json`
 * @param rate positions a second (Hz); JSON wants it
 * @throws InputError for JSON without a rate
 */
export function annotationsText(intervals: readonly Interval[], as: "csv" | "json", rate?: number): string {
  if (as === "csv") {
    const rows = intervals.map(({ start, end, label }) => [
      start,
      end,
      ...(rate === undefined ? [] : [start / rate, end / rate]),
      field(label),
    ]);
    const header = [
      "start_sample",
      "end_sample",
      ...(rate === undefined ? [] : ["start_seconds", "end_seconds"]),
      "label",
    ];
    return [header, ...rows].map((row) => `${row.join(",")}\n`).join("");
  }
  if (rate === undefined)
    throw new InputError(
      "annotations in JSON are in seconds, and the sampling rate is not known; give it, or write a table (csv)",
    );
  const result = intervals.map(({ start, end, label }, i) => ({
    id: String(i + 1),
    from_name: "label",
    to_name: "series",
    type: "timeserieslabels",
    value: { start: start / rate, end: end / rate, timeserieslabels: [label] },
  }));
  return `${JSON.stringify([{ annotations: [{ result }] }], null, 1)}\n`;
}

/** A field of a table, in quotes where it has to be: a line of it is one. */
function field(text: string): string {
  const line = text.replace(/[\r\n]+/g, " ");
  return /[",]|^\s|\s$/.test(line) ? `"${line.replaceAll('"', '""')}"` : line;
}
