/**
 * `npm run bench:scale [-- --redraw]`: what limits 1 to 64 threads, and what exchange costs 2 to 1,024 ranks. Writes
 * docs/scale.json, and from it docs/scale.svg and the tables of docs/scale.md; `--redraw` does the latter alone. Wants
 * x86-64 and mpirun.openmpi; takes some minutes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Performance } from "../src/bench/performance.ts";
import { withTable } from "./publish.ts";
import { measure, type Scale } from "./scale/measure.ts";
import { tables } from "./scale/page.ts";
import { picture } from "./scale/picture.ts";

const file = (name: string): URL => new URL(`../docs/${name}`, import.meta.url);
const read = (name: string): string => readFileSync(file(name), "utf8");

if (!process.argv.includes("--redraw")) {
  const [performance] = JSON.parse(read("performance.json")) as readonly Performance[];
  const scale = await measure(performance, console.error);
  writeFileSync(file("scale.json"), `${JSON.stringify(scale, null, 1)}\n`);
}
const scale = JSON.parse(read("scale.json")) as Scale;
writeFileSync(file("scale.svg"), picture(scale));
writeFileSync(file("scale.md"), withTable(read("scale.md"), tables(scale)));
