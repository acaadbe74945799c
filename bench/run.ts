/**
 * The whole benchmark: `npm run bench [-- --workload NAME] [--contender NAME] [--rounds N] [--budget SECONDS]`.
 *
 * `toeplitz bench` with every workload and contender, the other trainers in JavaScript too. A run of everything writes
 * `docs/performance.json` (the latest run of each machine, this one first), `docs/performance.md` with its picture, and the table between the bench markers of README.md;
 * `--redraw` writes them again from the saved results.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { contendersOf } from "../src/bench/contenders.ts";
import type { Contender } from "../src/bench/contender.ts";
import { planOf } from "../src/bench/measure.ts";
import { runBench, type Performance } from "../src/bench/performance.ts";
import { report } from "../src/bench/tables.ts";
import { workloads } from "../src/bench/workloads.ts";
import { jax } from "./contenders/jax.ts";
import { tfjsCpu, tfjsWasm } from "./contenders/tfjs.ts";
import { machineOf, publish } from "./publish.ts";

/** What `npm run bench` has built: a fresh process starts as an installed one does. */
const startScript = new URL("../dist/bench/start.js", import.meta.url);

function named<T extends { readonly name: string }>(
  all: readonly T[],
  name: string | undefined,
  what: string,
): readonly T[] {
  if (name === undefined) return all;
  const found = all.filter((item) => item.name.toLowerCase() === name.toLowerCase());
  if (found.length > 0) return found;
  const known = [...new Set(all.map((item) => item.name))];
  throw new RangeError(`no ${what} "${name}"; there are ${known.join(", ")}`);
}

function positive(text: string, option: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new RangeError(`--${option} ${text}: a number above 0 is wanted`);
  return value;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      workload: { type: "string" },
      contender: { type: "string" },
      rounds: { type: "string", default: "11" },
      budget: { type: "string", default: "3" },
      redraw: { type: "boolean", default: false },
    },
  });
  const saved = new URL("../docs/performance.json", import.meta.url);
  const before = JSON.parse(readFileSync(saved, "utf8")) as readonly Performance[];
  if (values.redraw) return publish(before);
  const all: Contender[] = [...contendersOf("with peers", () => true, startScript), jax, tfjsCpu, tfjsWasm];
  const chosen = named(workloads, values.workload, "workload");
  const contenders = named(all, values.contender, "contender");
  const rounds = Math.ceil(positive(values.rounds, "rounds"));
  const performance = await runBench({
    workloads: chosen,
    contenders,
    plan: planOf(positive(values.budget, "budget"), rounds),
    starts: ({ start, name, threads }) => (start && threads === 1 && !name.endsWith("fused") ? 3 : 0),
    say: (text) => void process.stderr.write(`${text}\n`),
  });
  process.stdout.write(`${report(performance, "text")}\n`);
  if (chosen.length < workloads.length || contenders.length < all.length) return;
  const machines = [performance, ...before.filter((other) => machineOf(other) !== machineOf(performance))];
  writeFileSync(saved, `${JSON.stringify(machines)}\n`);
  publish(machines);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
