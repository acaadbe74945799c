/** The whole of a benchmark as data: contenders that are there, the machine's peaks, every workload in turn. */
import { largestOf } from "../numerics/extremes.ts";
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { isRefusal, type Contender, type Measure, type Start } from "./contender.ts";
import { median } from "../numerics/median.ts";
import { measureWorkload, type Plan, type Result } from "./measure.ts";
import { peakMeter, type Peak } from "./peaks.ts";
import { cores } from "./toeplitz.ts";
import { flops, type Workload } from "./workloads.ts";

/** A run of the benchmark: what `--json` prints; `docs/performance.json` holds the latest of each machine. */
export interface Performance {
  readonly schema: 2;
  readonly date: string;
  readonly machine: string;
  readonly cores: number;
  readonly plan: Plan;
  readonly contenders: readonly Present[];
  readonly absent: readonly {
    readonly contender: string;
    readonly threads: number;
    readonly reason: string;
  }[];
  readonly peaks: readonly Peak[];
  readonly workloads: readonly Measured[];
}

type Present = Pick<Contender, "name" | "threads" | "matching"> & { readonly version: string };

/** A workload and all that was measured of it. */
export interface Measured {
  readonly name: string;
  readonly title: string;
  readonly batch: number;
  /** Floating-point operations of convolutions and dense layers, for each measure. */
  readonly flops: Readonly<Record<Measure, number>>;
  readonly results: readonly Result[];
  readonly starts: readonly StartResult[];
}

export type StartResult = { readonly contender: string; readonly threads: number } & (
  { readonly refused: string } | (Start & { readonly steady: Steady })
);

/** When steps are as fast as they will be. */
export interface Steady {
  /** Steps before. */
  readonly after: number;
  /** Milliseconds from the end of imports until then. */
  readonly afterMs: number;
  /** The median of the later half. */
  readonly stepMs: number;
}

/** Steady is the first step from which the median of three is within a fifth of the later half's median. */
export function steadyOf({ firstMs, stepsMs }: Start): Steady {
  const stepMs = median(stepsMs.slice(stepsMs.length >> 1));
  const from = stepsMs.findIndex((_, i) => median(stepsMs.slice(i, i + 3)) <= 1.2 * stepMs);
  const after = from < 0 ? stepsMs.length : from;
  const steps = stepsMs.slice(0, after).reduce((sum, ms) => sum + ms, 0);
  return { after, afterMs: after === 0 ? firstMs - stepsMs[0] : firstMs - stepsMs[0] + steps, stepMs };
}

export interface Bench {
  readonly workloads: readonly Workload[];
  readonly contenders: readonly Contender[];
  readonly plan: Plan;
  /** How many fresh processes of a contender are watched; the one with the median first step is reported. */
  readonly starts: (contender: Contender) => number;
  readonly say: (text: string) => void;
}

export async function runBench({ workloads, contenders, plan, starts, say }: Bench): Promise<Performance> {
  const present: Contender[] = [];
  const described: Present[] = [];
  const absent: { contender: string; threads: number; reason: string }[] = [];
  const meter = await peakMeter(cores);
  const measured: Measured[] = [];
  try {
    for (const contender of contenders) {
      const { name, threads, matching } = contender;
      const found = await contender.available();
      if (isRefusal(found)) absent.push({ contender: name, threads, reason: found.refused });
      else {
        present.push(contender);
        described.push({ name, threads, matching, version: found.version });
      }
    }
    for (const workload of workloads) {
      for (let round = 0; round < 3; round++) meter.round();
      const results = await measureWorkload(workload, present, plan, say);
      const from: StartResult[] = [];
      for (const contender of present) {
        const count = starts(contender);
        if (count === 0) continue;
        say(`${workload.name}: first steps of ${contender.name}`);
        from.push(await startOf(contender, workload, count));
      }
      measured.push({
        name: workload.name,
        title: workload.title,
        batch: workload.batch,
        flops: {
          step: flops(workload, "step"),
          batch: flops(workload, "forward"),
          one: flops(workload, "forward") / workload.batch,
        },
        results,
        starts: from,
      });
    }
    for (let round = 0; round < 3; round++) meter.round();
  } finally {
    for (const contender of contenders) contender.close?.();
    meter.close();
  }
  return {
    schema: 2,
    date: new Date().toISOString().slice(0, 10),
    machine: `${processorName()}, ${process.platform}-${process.arch}, Node ${process.versions.node}`,
    cores,
    plan,
    contenders: described,
    absent,
    peaks: meter.best(),
    workloads: measured,
  };
}

/** What the processor calls itself; on Linux with its family and model, since clouds give one name to several generations. */
export function processorName(): string {
  const name = cpus()[0]?.model.trim() ?? "unknown CPU";
  if (process.arch !== "x64" || !existsSync("/proc/cpuinfo")) return name;
  const facts = readFileSync("/proc/cpuinfo", "utf8");
  const [family, model] = ["cpu family", "model"].map(
    (what) => new RegExp(`^${what}\\s*: (\\d+)$`, "m").exec(facts)?.[1] ?? "?",
  );
  return `${name} (family ${family}, model ${model})`;
}

async function startOf(contender: Contender, workload: Workload, count: number): Promise<StartResult> {
  const about = { contender: contender.name, threads: contender.threads };
  const found: Start[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const start = await contender.start?.(workload);
      if (!start) return { ...about, refused: "not measured" };
      if (isRefusal(start)) return { ...about, ...start };
      found.push(start);
    }
  } catch (error) {
    return { ...about, refused: error instanceof Error ? error.message.split("\n")[0] : String(error) };
  }
  const start = found.sort((a, b) => a.firstMs - b.firstMs)[count >> 1];
  return { ...about, ...start, steady: steadyOf(start) };
}

/** The peak that a contender is held against, where there is one at its thread count. */
export function peakOf({ peaks }: Performance, { matching, threads }: Present): number | undefined {
  if (!matching) return undefined;
  const widest = largestOf(peaks.map((p) => p.bits));
  const bits = matching.bits === "widest" ? widest : matching.bits;
  const fitting = peaks.filter(
    (p) => p.bits === bits && p.operation === matching.operation && p.threads === threads,
  );
  return fitting.length > 0 ? largestOf(fitting.map((p) => p.gflops)) : undefined;
}

export const find = (w: Measured, measure: Measure, contender: string, threads: number): Result | undefined =>
  w.results.find((r) => r.measure === measure && r.contender === contender && r.threads === threads);

/** How many times as fast one is as another: the median over the rounds that both have. */
export function speedup(one: Result | undefined, than: Result | undefined): number | undefined {
  if (!one?.roundsMs || !than?.roundsMs) return undefined;
  const ratios = one.roundsMs.flatMap((ms, i) => (than.roundsMs?.[i] ? [than.roundsMs[i] / ms] : []));
  return ratios.length > 0 ? median(ratios) : undefined;
}

/** Whom a measure is compared with. */
export const rival: Readonly<Record<Measure, string>> = {
  step: "PyTorch",
  batch: "onnxruntime-node",
  one: "onnxruntime-node",
};

/** Gigaflops a second over the matching peak. */
export function share(p: Performance, w: Measured, result: Result | undefined): number | undefined {
  const contender = p.contenders.find((c) => c.name === result?.contender && c.threads === result?.threads);
  const peak = contender && peakOf(p, contender);
  return peak && result?.medianMs ? w.flops[result.measure] / result.medianMs / 1e6 / peak : undefined;
}
