/** Results as documents: docs/performance.md and the table in README.md. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Performance } from "../src/cli/bench/performance.ts";
import { report, summary } from "../src/cli/bench/tables.ts";

const root = new URL("../", import.meta.url);

export function publish(performance: Performance): void {
  if (performance.schema !== 2)
    throw new Error("docs/performance.json is of another version: run npm run bench");
  writeFileSync(new URL("docs/performance.md", root), page(performance));
  const readme = new URL("README.md", root);
  const before = readFileSync(readme, "utf8");
  const after = withTable(before, summary(performance));
  if (after !== before) writeFileSync(readme, after);
}

export const page = (performance: Performance): string =>
  ["# Performance", "", "Made by `npm run bench`.", "", report(performance, "markdown"), ""].join("\n");

/** The text with the table between its bench markers; unchanged without both of them. */
export function withTable(text: string, content: string): string {
  const [open, close] = ["<!-- bench -->", "<!-- /bench -->"];
  const start = text.indexOf(open);
  const end = text.indexOf(close);
  if (start < 0 || end < start) return text;
  return `${text.slice(0, start + open.length)}\n\n${content}\n\n${text.slice(end)}`;
}
