/**
 * The benchmark: `tsx bench/run.ts [--workload NAME] [--contender NAME] [--rounds N] [--threads N] [--budget SECONDS]`.
 * A child process's start and the imports of libraries are not counted anywhere.
 *
 * All contenders are built, then take turns: in each round every one of them runs about 75 ms of the same measure, so
 * that a machine that slows down slows them all. Medians over rounds are reported, and the ratio to PyTorch is the
 * median of the rounds' ratios. The first step, with everything that is built or compiled for it, stands apart. A full
 * run writes `docs/performance.json`, `docs/performance.md` and the short table between the bench markers of README.md;
 * `--redraw` writes them again from the saved results.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import {
  isRefusal,
  measures,
  type Contender,
  type Measure,
  type Options,
  type Prepared,
  type Runner,
} from "./contender.ts";
import { contenders } from "./contenders/index.ts";
import { summary, table, withTable, type Performance, type Result } from "./report.ts";
import { workloads, type Workload } from "./workloads.ts";

const reference = "PyTorch";
const roundSeconds = 0.075;

/** One contender with a workload built, and what it has done so far. */
interface Entry {
  readonly contender: Contender;
  readonly prepared: Prepared;
  readonly buildSeconds: number;
}

/** A measure of an entry on its way: how often it runs a round, and the seconds of one run in each round. */
interface Lane {
  readonly entry: Entry;
  readonly run: Runner;
  readonly firstSeconds: number;
  count: number;
  spentSeconds: number;
  /** By number of round; a lane over its budget has fewer. */
  readonly seconds: number[];
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs once, then until 0.2 s or 200 runs are over, and sizes a round. */
async function warm(entry: Entry, run: Runner, budgetSeconds: number): Promise<Lane> {
  const firstSeconds = await run(1);
  let spentSeconds = firstSeconds;
  let each = firstSeconds;
  let runs = 0;
  for (let count = 1; runs < 200 && spentSeconds - firstSeconds < 0.2; count = Math.min(2 * count, 100)) {
    if (spentSeconds + each * count > budgetSeconds) break;
    const seconds = await run(count);
    each = seconds / count;
    runs += count;
    spentSeconds += seconds;
  }
  const count = Math.max(1, Math.round(roundSeconds / each));
  return { entry, run, firstSeconds, count, spentSeconds, seconds: [] };
}

/** Runs the rounds of one measure over all its lanes. */
async function interleave(lanes: readonly Lane[], rounds: number, budgetSeconds: number): Promise<void> {
  for (let round = 0; round < rounds; round++)
    for (const lane of lanes) {
      const last = lane.seconds.at(-1) ?? lane.firstSeconds / lane.count;
      if (lane.seconds.length > 0 && lane.spentSeconds + last * lane.count > budgetSeconds) continue;
      const seconds = await lane.run(lane.count);
      lane.spentSeconds += seconds;
      lane.seconds.push(seconds / lane.count);
    }
}

async function measureOne(
  workload: Workload,
  measure: Measure,
  entries: readonly Entry[],
  rounds: number,
  options: Options,
): Promise<Result[]> {
  const lanes: Lane[] = [];
  const results: Result[] = [];
  for (const entry of entries) {
    const run = entry.prepared.measures[measure];
    const about = { workload: workload.name, measure, contender: entry.contender.name };
    if (isRefusal(run)) results.push({ ...about, refused: run.refused });
    else
      try {
        lanes.push(await warm(entry, run, options.budgetSeconds));
      } catch (error) {
        results.push({ ...about, refused: message(error) });
      }
  }
  await interleave(lanes, rounds, options.budgetSeconds);
  const base = lanes.find(({ entry }) => entry.contender.name === reference);
  for (const { entry, firstSeconds, seconds } of lanes) {
    const loss = measure === "step" ? await entry.prepared.loss() : undefined;
    const note = entry.prepared.note(measure);
    const result: Result = {
      workload: workload.name,
      measure,
      contender: entry.contender.name,
      medianMs: 1000 * median(seconds),
      fastestMs: 1000 * Math.min(...seconds),
      slowestMs: 1000 * Math.max(...seconds),
      rounds: seconds.length,
      ...(base ? { ratio: median(seconds.map((value, round) => value / base.seconds[round])) } : {}),
      ...(measure === "step" ? { firstMs: 1000 * (entry.buildSeconds + firstSeconds) } : {}),
      ...(loss === undefined ? {} : { loss }),
      ...(note ? { note } : {}),
    };
    results.push(result);
  }
  const order = entries.map(({ contender }) => contender.name);
  return results.sort((a, b) => order.indexOf(a.contender) - order.indexOf(b.contender));
}

async function measureWorkload(
  workload: Workload,
  present: readonly Contender[],
  rounds: number,
  options: Options,
): Promise<Result[]> {
  const entries: Entry[] = [];
  const results: Result[] = [];
  for (const contender of present) {
    say(`${workload.name}: building ${contender.name}`);
    const start = performance.now();
    const prepared = await contender.prepare(workload, options);
    const buildSeconds = (performance.now() - start) / 1000;
    if (!isRefusal(prepared)) entries.push({ contender, prepared, buildSeconds });
    else
      for (const measure of measures)
        results.push({
          workload: workload.name,
          measure,
          contender: contender.name,
          refused: prepared.refused,
        });
  }
  for (const measure of measures) {
    say(`${workload.name}: ${measure}`);
    results.push(...(await measureOne(workload, measure, entries, rounds, options)));
  }
  for (const { prepared } of entries) await prepared.dispose();
  return results;
}

function named<T extends { readonly name: string }>(
  all: readonly T[],
  name: string | undefined,
  what: string,
): T[] {
  if (name === undefined) return [...all];
  const found = all.filter((item) => item.name.toLowerCase() === name.toLowerCase());
  if (found.length > 0) return found;
  throw new RangeError(`no ${what} "${name}"; there are ${all.map((item) => item.name).join(", ")}`);
}

function positive(text: string, option: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new RangeError(`--${option} ${text}: a number above 0 is wanted`);
  return value;
}

/** Writes the JSON, the whole table as a page and, where README.md has the markers, the short one. */
function publish(performance: Performance): void {
  const docs = new URL("../docs/", import.meta.url);
  writeFileSync(new URL("performance.json", docs), `${JSON.stringify(performance, null, 2)}\n`);
  const page = ["# Performance", "", "Made by `npm run bench`.", "", table(performance, "markdown"), ""];
  writeFileSync(new URL("performance.md", docs), page.join("\n"));
  const readme = new URL("../README.md", import.meta.url);
  if (!existsSync(readme)) return;
  const before = readFileSync(readme, "utf8");
  const after = withTable(before, summary(performance));
  if (after !== before) writeFileSync(readme, after);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      workload: { type: "string" },
      contender: { type: "string" },
      rounds: { type: "string", default: "15" },
      threads: { type: "string", default: "1" },
      budget: { type: "string", default: "40" },
      redraw: { type: "boolean", default: false },
    },
  });
  if (values.redraw) {
    const saved = readFileSync(new URL("../docs/performance.json", import.meta.url), "utf8");
    return publish(JSON.parse(saved) as Performance);
  }
  const rounds = Math.ceil(positive(values.rounds, "rounds"));
  const options: Options = {
    threads: Math.ceil(positive(values.threads, "threads")),
    budgetSeconds: positive(values.budget, "budget"),
  };
  const chosen = named(workloads, values.workload, "workload");
  const candidates = named(contenders, values.contender, "contender");

  const present: Contender[] = [];
  const versions: Record<string, string> = {};
  const absent: Record<string, string> = {};
  for (const contender of candidates) {
    const reason = await contender.available();
    if (reason === null) {
      present.push(contender);
      versions[contender.name] = contender.version();
    } else absent[contender.name] = reason;
  }
  const results: Result[] = [];
  try {
    for (const workload of chosen)
      results.push(...(await measureWorkload(workload, present, rounds, options)));
  } finally {
    for (const contender of candidates) await contender.close();
  }
  const performance: Performance = {
    schema: 1,
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus()[0]?.model ?? "unknown CPU"}, ${process.platform}-${process.arch}, Node ${process.versions.node}`,
    threads: options.threads,
    rounds,
    versions,
    absent,
    results,
  };
  process.stdout.write(`${table(performance, "text")}\n`);
  if (chosen.length === workloads.length && candidates.length === contenders.length) publish(performance);
}

try {
  await main();
} catch (error) {
  say(`bench: ${message(error)}`);
  process.exitCode = 1;
}
