/**
 * A part of `npm run proof:fuzz`: hostile files of right form (tests/hostile/fuzzers.ts), each fuzzer in a process of its own of at
 * most 2 GiB of memory. A case that takes more than 5 s of processor time, or that ends in anything but a result or one line, is printed with
 * its number; `--only N` runs it alone.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fuzzers } from "../tests/hostile/fuzzers.ts";

const MOST_SECONDS = 5;
const MOST_BYTES = 2 ** 31;
/** Faults of one fuzzer that are printed. */
const MOST_SHOWN = 10;

interface Asked {
  readonly cases: number;
  readonly seed: number;
}

/** Each fuzzer in its own process; the number of those that found a fault. */
export function runHostile({ cases, seed }: Asked, names = Object.keys(fuzzers)): number {
  return names.filter((name) => {
    const words = ["--max-old-space-size=1800", ...process.execArgv, fileURLToPath(import.meta.url), name];
    const run = spawnSync(process.execPath, [...words, "--cases", String(cases), "--seed", String(seed)], {
      stdio: "inherit",
    });
    return run.status !== 0;
  }).length;
}

async function runOne(name: string, { cases, seed }: Asked, only?: number): Promise<void> {
  const counts = { taken: 0, refused: 0 };
  let faults = 0;
  let slowest: readonly [seconds: number, index: number] = [0, 0];
  const begin = performance.now();
  const told = (index: number, what: string): void => {
    faults++;
    if (faults <= MOST_SHOWN) console.log(`${name}, seed ${seed}, case ${index}: ${what}`);
  };
  for (let index = only ?? 0; index < (only === undefined ? cases : only + 1); index++) {
    const start = process.cpuUsage();
    try {
      counts[await fuzzers[name](seed, index)]++;
    } catch (error) {
      told(index, error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    const { user, system } = process.cpuUsage(start);
    const seconds = (user + system) / 1e6;
    if (seconds > slowest[0]) slowest = [seconds, index];
    if (seconds > MOST_SECONDS) told(index, `took ${seconds.toFixed(1)} s`);
  }
  const most = process.resourceUsage().maxRSS * 1024;
  if (most > MOST_BYTES) told(-1, `took ${Math.round(most / 2 ** 20)} MiB`);
  console.log(
    `${name.padEnd(16)} ${cases} cases of seed ${seed} in ${((performance.now() - begin) / 1000).toFixed(0)} s: ${counts.taken} taken, ` +
      `${counts.refused} refused, ${faults} faults; slowest ${slowest[0].toFixed(2)} s (case ${slowest[1]}), ${Math.round(most / 2 ** 20)} MiB`,
  );
  if (faults > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      cases: { type: "string", default: "50000" },
      seed: { type: "string", default: "1" },
      only: { type: "string" },
    },
  });
  const asked = { cases: Number(values.cases), seed: Number(values.seed) };
  await runOne(positionals[0], asked, values.only === undefined ? undefined : Number(values.only));
}
