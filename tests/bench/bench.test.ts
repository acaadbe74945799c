/** `toeplitz bench` runs and its tables hold what was measured. No test looks at how long anything took. */
import { describe, expect, it } from "vitest";
import { page, withTable } from "../../bench/publish.ts";
import type { Contender } from "../../src/bench/contender.ts";
import { measureWorkload, planOf } from "../../src/bench/measure.ts";
import { encodeOnnx } from "../../src/formats/onnx/encode.ts";
import { importOrt, plainNetwork } from "../../src/bench/onnxruntime.ts";
import { peakMeter } from "../../src/bench/peaks.ts";
import { find, peakOf, share, speedup, steadyOf, type Performance } from "../../src/bench/performance.ts";
import { summary } from "../../src/bench/tables.ts";
import { trainerOf } from "../../src/bench/toeplitz.ts";
import { batchOf, flops, workloads } from "../../src/bench/workloads.ts";
import { fastestBackend } from "../../src/node.ts";
import { cli } from "../cli/harness.ts";

const workload = (name: string) => {
  const found = workloads.find((w) => w.name === name);
  if (!found) throw new Error(name);
  return found;
};

describe("toeplitz bench", () => {
  it("measures a workload on this machine and prints tables, progress beside them", async () => {
    const { code, stdout, stderr } = await cli([
      "bench",
      "chain",
      "--budget",
      "0.001",
      "--rounds",
      "1",
      "--alone",
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Peaks\n\nloop +bits +operations +threads +GFLOP\/s\n/);
    expect(stdout).toContain(
      "chain: five 1-channel convolutions of 9 taps, tanh, dense 10; batch 64, length 128",
    );
    expect(stdout).toMatch(/\ntoeplitz wasm strict +1 +[\d.]+/);
    expect(stderr).toContain("chain: step\n");
  });

  it("prints one JSON object that the tables are made of", async () => {
    const words = ["bench", "chain", "--budget", "0.001", "--rounds", "2", "--alone", "--json"];
    const performance = JSON.parse((await cli(words)).stdout) as Performance;
    expect(performance.schema).toBe(2);
    expect(performance.workloads.map(({ name }) => name)).toEqual(["chain"]);
    for (const w of performance.workloads) {
      expect(w.results.length).toBe(3 * performance.contenders.length);
      for (const { medianMs } of w.results) expect(medianMs).toBeGreaterThan(0);
    }
    expect(tables(page([performance])).length).toBeGreaterThanOrEqual(2);
    for (const t of [...tables(page([performance])), ...tables(summary(performance))])
      expect(new Set(t.map((row) => row.split("|").length)).size).toBe(1);
  });

  it("refuses a workload that there is none of", async () => {
    expect(await cli(["bench", "fnc"])).toMatchObject({
      code: 2,
      stderr:
        'toeplitz: workload "fnc" is unknown (did you mean fcn?); it is one of chain, mnist1d-cnn, fcn, fcn-2, resnet, tcn, inception, m5\n',
    });
  });
});

/** The tables of a Markdown text, by row. */
const tables = (text: string): string[][] =>
  text
    .split("\n\n")
    .filter((part) => part.startsWith("|"))
    .map((part) => part.split("\n"));

describe("the benchmark's arithmetic", () => {
  it("counts two operations a multiply-add, three passes, two where nothing before learns", () => {
    // five layers of 9 taps shorten 128 positions to 120, 112, 104, 96, 88; the dense layer has 88 x 10
    const macs = [120, 112, 104, 96, 88].map((n) => 9 * n);
    const forward = macs.reduce((a, b) => a + b) + 880;
    expect(flops(workload("chain"), "forward")).toBe(2 * 64 * forward);
    expect(flops(workload("chain"), "step")).toBe(2 * 64 * (3 * forward - macs[0]));
  });

  it("calls steps steady from where three in a row are near the later half", () => {
    const start = { importMs: 100, firstMs: 60, stepsMs: [50, 20, 10, 11, 10, 10, 10, 10] };
    // building took 10; 50, 20, 10 has the median 20; 20, 10, 11 has 11
    expect(steadyOf(start)).toEqual({ after: 1, afterMs: 60, stepMs: 10 });
    expect(steadyOf({ ...start, stepsMs: [10, 10, 10, 10] })).toEqual({ after: 0, afterMs: 50, stepMs: 10 });
  });

  it("compares round by round, and holds a contender against the peak of its width and operations", async () => {
    const fake = (name: string, ms: readonly number[]): Contender => {
      let round = -1; // the warm-up runs once
      const run = (count: number): Promise<number> =>
        Promise.resolve((count * (round++ < 0 ? 4 : ms[round - 1])) / 1000);
      const refused = { refused: "it does not" };
      return {
        name,
        threads: 1,
        matching: { bits: "widest", operation: "fma" },
        available: () => Promise.resolve({ version: "1" }),
        prepare: () =>
          Promise.resolve({ measures: { step: run, batch: refused, one: refused }, dispose: () => {} }),
      };
    };
    const contenders = [fake("toeplitz", [1, 2, 4]), fake("PyTorch", [3, 4, 20])];
    const plan = { rounds: 3, roundSeconds: 0.001, budgetSeconds: 1 };
    const results = await measureWorkload(
      workload("chain"),
      contenders,
      { ...plan, roundSeconds: 0 },
      () => {},
    );
    expect(results.filter((r) => r.measure === "one").map((r) => r.refused)).toEqual([
      "it does not",
      "it does not",
    ]);
    const w = { name: "w", title: "", batch: 1, flops: { step: 8e6, batch: 1, one: 1 }, results, starts: [] };
    const ours = find(w, "step", "toeplitz", 1);
    expect(ours).toMatchObject({ roundsMs: [1, 2, 4], medianMs: 2 });
    expect(speedup(ours, find(w, "step", "PyTorch", 1))).toBe(3); // of 3, 2, 5
    const peak = { code: "machine code", threads: 1 } as const;
    const performance: Performance = {
      schema: 2,
      date: "",
      machine: "",
      cores: 1,
      plan,
      contenders: contenders.map((c) => ({ name: c.name, threads: 1, matching: c.matching, version: "1" })),
      absent: [],
      peaks: [
        { ...peak, bits: 128, operation: "fma", gflops: 4 },
        { ...peak, bits: 256, operation: "fma", gflops: 8 },
        { ...peak, bits: 256, operation: "mul+add", gflops: 7 },
      ],
      workloads: [w],
    };
    expect(peakOf(performance, performance.contenders[0])).toBe(8);
    expect(share(performance, w, ours)).toBe(0.5); // 8 MFLOP in 2 ms are 4 GFLOP/s
  });

  it("plans warm-up and rounds within the budget", () => {
    expect(planOf(1, 7)).toEqual({ rounds: 7, roundSeconds: 0.075, budgetSeconds: 1 });
    expect(planOf(0.2, 5).roundSeconds).toBe(0.025);
  });

  it("puts a table between the README's markers and leaves other texts alone", () => {
    expect(withTable("a <!-- bench --> old <!-- /bench --> b", "new")).toBe(
      "a <!-- bench -->\n\nnew\n\n<!-- /bench --> b",
    );
    expect(withTable("no markers", "new")).toBe("no markers");
  });

  it("finds a peak for each loop that can run here", async () => {
    const meter = await peakMeter(2);
    meter.round();
    const peaks = meter.best();
    meter.close();
    expect(peaks[0]).toMatchObject({ code: "wasm", bits: 128, operation: "mul+add", threads: 1 });
    for (const { gflops } of peaks) expect(gflops).toBeGreaterThan(0);
    const once = new Set(peaks.map((p) => `${p.code} ${p.bits} ${p.operation} ${p.threads}`));
    expect(once.size).toBe(peaks.length);
  });
});

const ort = await importOrt();

describe.skipIf(!ort)("the ONNX files (skipped where onnxruntime-node is absent: npm run peers)", () => {
  it.each(workloads.map((w) => [w.name, w] as const))(
    "%s computes what our model computes, within 1e-4",
    async (_, w) => {
      if (!ort) return;
      const t = await trainerOf(w, { backend: await fastestBackend() });
      const batch = batchOf(w);
      t.step(batch);
      const session = await ort.InferenceSession.create(encodeOnnx(plainNetwork(w.model, t.weights())), {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
      });
      const { channels, length } = w.model.input;
      const x = new ort.Tensor("float32", Float32Array.from(batch.series), [w.batch, channels, length]);
      const { values: y } = await session.run({ input: x });
      const ours = t.forward(batch);
      await session.release();
      expect(y.data.length).toBe(ours.length);
      const most = Math.max(1, ...ours.map(Math.abs));
      expect(Math.max(...ours.map((v, i) => Math.abs(v - y.data[i])))).toBeLessThan(1e-4 * most);
    },
  );
});
