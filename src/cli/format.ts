/** How numbers are shown to people. */
import { answersEach } from "../data/answers.ts";
import type { Dataset } from "../data/dataset.ts";
import { plural } from "../data/numberText.ts";

export { decimals, grouped, percent, plural } from "../data/numberText.ts";

/** `50 rows of 1 x 29 to 361`: how many, channels x length. */
export function rowsText({ rows, channels, length, lengths }: Dataset): string {
  const least = lengths?.reduce((a, b) => Math.min(a, b)) ?? length;
  return `${plural(rows, "row")} of ${channels} x ${least < length ? `${least} to ${length}` : length}`;
}

/** `4 classes`, `1 target a row`. */
export function answersText({ answers, classes }: Dataset): string {
  switch (answers.kind) {
    case "classes":
      return `${classes.length} classes`;
    case "positions":
      return `${classes.length} classes, one at each of ${plural(answers.positions, "position")}`;
    case "multiLabel":
      return `${classes.length} classes, several at once`;
    case "values":
    case "none":
      return `${plural(answersEach(answers), "target")} a row`;
  }
}

/** 7.3 s, 2 min 05 s, 1 h 04 min. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const whole = Math.round(seconds);
  const two = (n: number): string => String(n).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

export const milliseconds = (ms: number): string => `${ms < 10 ? ms.toFixed(2) : ms.toFixed(1)} ms`;

/** Words as a shell reads them back. */
export const shellLine = (words: readonly string[]): string => words.map(shellWord).join(" ");

/** A word as a shell reads it back. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** weightDecay is --weight-decay. */
export const dashed = (flag: string): string => `--${flag.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
