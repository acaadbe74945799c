/**
 * `npm run proof:exports -- [PROGRAM ...]`: every architecture's .mjs and .c on random rows, with the bits of `predict`, in 8 bits
 * those of its reference, and streams with the bits of the library's. Modules run in this Node, in each PROGRAM (paths of node, deno and
 * bun) and in Chromium's page, worker and AudioWorklet; C is compiled by what compilers there are, for what there is an emulator
 * for. ROWS and CELLS (a part of the compilers' names) in the environment make it shorter. What is not there is said.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { network, type Network } from "../src/models/network.ts";
import { Workshop } from "../tests/export/compiled.ts";
import { StreamWorkshop } from "../tests/export/compiledStreams.ts";
import { everyArchitecture } from "../tests/export/models.ts";
import {
  absent,
  cells,
  int8Pair,
  proveCell,
  proveInt8,
  proveStreams,
  versionOf,
  type Int8Pair,
} from "./exports/compilers.ts";
import { inChromium, inProgram, writeModules, type Found } from "./exports/engines.ts";

const ROWS = Number(process.env.ROWS ?? 1000);

let failures = 0;
function tell(what: string, good: boolean, more = ""): void {
  if (!good) failures++;
  console.log(`${good ? "good" : "BAD "}  ${what}${more === "" ? "" : `: ${more}`}`);
}

const fields = Object.entries(everyArchitecture).map(([name, make]) => ({ name, fields: make() }));
const models: Record<string, Network> = {};
const int8: Int8Pair[] = [];
for (const { name, fields: given } of fields) {
  models[name] = await network(given, { threads: 1 });
  int8.push(await int8Pair(name, models[name], given));
}

const folder = mkdtempSync(join(tmpdir(), "toeplitz-exports-"));
const workshop = new Workshop();
const streams = new StreamWorkshop();
try {
  const expected = await writeModules(folder, models, ROWS);
  const compare = (where: string, found: Found): void => {
    const other = Object.keys(expected).filter((name) => String(found[name]) !== String(expected[name]));
    const flushed = found.denormals?.[0] === 0 ? ", where denormal numbers are flushed to zero" : "";
    tell(
      where,
      other.length === 0,
      other.length === 0
        ? `${fields.length} architectures, ${ROWS} rows each, and ${Object.keys(expected).length - fields.length} streams${flushed}`
        : `other bits of ${other.join(", ")}${flushed}`,
    );
  };
  for (const program of [process.execPath, ...process.argv.slice(2)]) {
    try {
      compare(`${program} (${versionOf(program)})`, inProgram(program, folder));
    } catch (error) {
      tell(program, false, String(error).slice(0, 500));
    }
  }
  const browser = await inChromium(folder);
  if (typeof browser === "string") console.log(`none  Chromium: ${browser}`);
  else for (const [place, found] of Object.entries(browser)) compare(`Chromium, ${place}`, found);

  for (const cell of cells.filter(({ name }) => name.includes(process.env.CELLS ?? ""))) {
    const reason = absent(cell);
    if (reason !== null) {
      console.log(`none  ${cell.name}: ${reason}`);
      continue;
    }
    try {
      const counts: string[] = [];
      for (const { name, fields: given } of fields) {
        const rows = await proveCell(workshop, cell, { name, model: models[name], fields: given }, ROWS);
        counts.push(`${name} ${rows}`);
      }
      tell(`${cell.name} (${versionOf(cell.command)})`, true, `rows ${counts.join(", ")}`);
      const each = int8.map((pair) => proveInt8(workshop, cell, pair, ROWS));
      tell(`${cell.name}, 8 bits`, true, `${int8.length} architectures, ${each[0]} rows each`);
      tell(`${cell.name}, streams`, true, `answers ${(await proveStreams(streams, cell)).join(", ")}`);
    } catch (error) {
      tell(cell.name, false, String(error).slice(0, 500));
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
  workshop.remove();
  streams.remove();
}
process.exitCode = failures > 0 ? 1 : 0;
