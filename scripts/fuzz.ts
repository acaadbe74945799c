/**
 * `npm run proof:fuzz [-- --cases N] [--hostile N] [--seed N] [--reader NAME]`: damaged files for every reader
 * (tests/readers/fuzz.ts), 100,000 each, the memory that each takes for inputs made to want much of it, and hostile files of
 * right form (tests/hostile/fuzzers.ts): models, headers, checkpoints, records and tables, 50,000 each. `--reader hostile` is
 * the last of these alone.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as fc from "fast-check";
import { runHostile } from "./hostileFiles.ts";
import { damaged, outcome, readers } from "../tests/readers/fuzz.ts";
import { hungry, readHungry } from "../tests/readers/hungry.ts";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    reader: { type: "string" },
    hostile: { type: "string", default: "50000" },
    hungry: { type: "string" },
    file: { type: "string", default: "" },
  },
});

if (values.hungry !== undefined) {
  measure(values.hungry, readFileSync(values.file));
} else {
  for (const [name, reader] of Object.entries(readers)) {
    if (values.reader !== undefined && values.reader !== name) continue;
    const counts = { taken: 0, refused: 0 };
    let slowest = 0;
    let longest = 0;
    const begin = performance.now();
    fc.assert(
      fc.property(damaged(reader), (bytes) => {
        const start = performance.now();
        counts[outcome(reader, bytes)]++;
        slowest = Math.max(slowest, performance.now() - start);
        longest = Math.max(longest, bytes.length);
      }),
      { numRuns: Number(values.cases), seed: Number(values.seed) },
    );
    const seconds = (performance.now() - begin) / 1000;
    console.log(
      `${name.padEnd(16)} ${counts.taken + counts.refused} cases in ${seconds.toFixed(0)} s: ${counts.taken} taken, ${counts.refused} refused; ` +
        `slowest ${slowest.toFixed(1)} ms, longest file ${longest} bytes`,
    );
  }
  const folder = mkdtempSync(join(tmpdir(), "toeplitz-fuzz-"));
  for (const [name, { make }] of values.reader === undefined ? Object.entries(hungry) : []) {
    const file = join(folder, "input");
    writeFileSync(file, make());
    const words = [...process.execArgv, fileURLToPath(import.meta.url), "--hungry", name, "--file", file];
    const run = spawnSync(process.execPath, words, { encoding: "utf8" });
    process.stdout.write(run.status === 0 ? run.stdout : `${name}: failed\n${run.stderr}`);
  }
  rmSync(folder, { recursive: true });
  if (values.reader === undefined || values.reader === "hostile") {
    const faulty = runHostile({ cases: Number(values.hostile), seed: Number(values.seed) });
    if (faulty > 0) process.exitCode = 1;
  }
}

/** Reads one hungry input in this process and says what it took at most. */
function measure(name: string, bytes: Uint8Array): void {
  const { file } = hungry[name];
  const before = process.resourceUsage().maxRSS;
  const start = performance.now();
  let told = "taken";
  try {
    readHungry(bytes, file);
  } catch (error) {
    told = `refused: ${error instanceof Error ? error.message.slice(0, 90) : String(error)}`;
  }
  const taken = (process.resourceUsage().maxRSS - before) * 1024;
  console.log(
    `${name.padEnd(34)} ${(bytes.length / 2 ** 20).toFixed(1)} MiB in ${((performance.now() - start) / 1000).toFixed(1)} s, ` +
      `${(taken / bytes.length).toFixed(1)} bytes of memory a byte; ${told}`,
  );
}
