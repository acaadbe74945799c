/**
 * One seed, one result: trains the benchmark's workloads on every back end, 1, 2 and 3 threads and each Node given, and
 * compares the SHA-256 of the weights after 50 steps (strict). Exit code 1 where one differs or does not run.
 *
 *   npm run proof:bits [-- NODE ...]      (default: the Node that runs this; several run side by side)
 *
 * What is trained is in `sameBitsCells.ts`.
 */
import { execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Cell } from "./sameBitsCells.ts";

interface Found extends Cell {
  readonly node: string;
}

const DIGITS = 12;
const script = fileURLToPath(new URL("sameBitsCells.ts", import.meta.url));
const paths = process.argv.length > 2 ? process.argv.slice(2) : [process.execPath];
const nodes = paths.map((path) => ({
  path,
  node: execFileSync(path, ["--version"], { encoding: "utf8" }).trim(),
}));

const cells: Found[] = [];
const ended = await Promise.all(
  nodes.map(async ({ path, node }) => {
    const child = spawn(path, ["--import", "tsx", script], { stdio: ["ignore", "pipe", "inherit"] });
    const code = new Promise<number | null>((resolve) => child.once("close", resolve));
    for await (const line of createInterface({ input: child.stdout })) {
      const cell: Found = { node, ...(JSON.parse(line) as Cell) };
      cells.push(cell);
      console.error(`${node} ${cell.workload}, ${cell.place}: ${short(cell)}`);
    }
    return { node, code: await code };
  }),
);

const distinct = (values: readonly string[]): string[] => [...new Set(values)];
const columns = distinct(cells.map(({ place }) => place));
const lines = [["workload", "Node", ...columns, ""]];
let wrong = 0;
for (const workload of distinct(cells.map((c) => c.workload))) {
  const row = cells.filter((c) => c.workload === workload);
  const first = row.find(({ hash }) => hash)?.hash;
  for (const { node } of nodes) {
    const own = row.filter((c) => c.node === node);
    const others = own.filter((c) => c.skipped === undefined && c.hash !== first).map(({ place }) => place);
    const missing = distinct(row.map(({ place }) => place)).length - own.length;
    wrong += others.length + missing;
    const different = others.length > 0 ? `DIFFERENT: ${others.join(", ")}` : "equal";
    const verdict = missing > 0 ? `${different}, ${missing} not run` : different;
    lines.push([
      workload,
      node,
      ...columns.map((place) => short(own.find((c) => c.place === place))),
      verdict,
    ]);
  }
}
const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
for (const line of lines)
  console.log(
    line
      .map((text, i) => text.padEnd(widths[i]))
      .join("  ")
      .trimEnd(),
  );

for (const text of distinct(cells.flatMap((c) => c.skipped ?? []))) console.log(`-: not run here: ${text}`);
for (const { node, workload, place, failed } of cells)
  if (failed) console.log(`${node} ${workload}, ${place}: ${failed}`);
for (const { node, code } of ended)
  if (code !== 0)
    console.log(`${node} ended with ${code} after ${cells.filter((c) => c.node === node).length} cells`);
process.exitCode = wrong > 0 || ended.some(({ code }) => code !== 0) ? 1 : 0;

/** The hash's first digits; "-" where there is none to expect. */
function short(cell: Cell | undefined): string {
  return cell?.hash?.slice(0, DIGITS) ?? (cell?.failed ? "failed" : "-");
}
