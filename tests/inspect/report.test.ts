import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromArrays } from "../../src/data/fromArrays.ts";
import { confusionMatrix, confusionOf, NO_CONFUSION } from "../../src/models/scores/confusion.ts";
import { confusionChart, lineChart } from "../../src/inspect/report/charts.ts";
import { classScores, judge } from "../../src/inspect/report/judge.ts";
import { reportPage, type ReportData } from "../../src/inspect/report/page.ts";
import { bestEpoch, type Epoch } from "../../src/training/history.ts";
import { escape, linear, logarithmic, path, rounded, short, thinned } from "../../src/inspect/report/svg.ts";

const epoch = (n: number, loss: number, validation: number | null = null): Epoch => ({
  epoch: n,
  steps: 4 * n,
  loss,
  accuracy: 0.5,
  validation: validation === null ? null : { loss: validation, accuracy: 0.25 },
});

const data = (changes: Partial<ReportData> = {}): ReportData => ({
  title: "fcn on Waves",
  about: "26 parameters",
  scores: { test: { loss: 0.5, accuracy: 0.75 }, validation: null, training: { loss: 0.25, accuracy: 1 } },
  history: [epoch(1, 2), epoch(2, 1)],
  judged: null,
  filters: null,
  settings: [["data", "Waves"]],
  reproduce: ["toeplitz train waves.ts"],
  ...changes,
});

describe("the pieces of a report", () => {
  it("put ticks at 1, 2 or 5 times a power of ten, and powers of ten on a logarithmic axis", () => {
    expect(linear([0, 1], [0, 100]).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linear([3, 1203], [0, 100]).ticks).toEqual([500, 1000]);
    expect(linear([-0.03, 0.04], [0, 1]).ticks.map(linear([-0.03, 0.04], [0, 1]).label)).toEqual([
      "-0.02",
      "0.00",
      "0.02",
      "0.04",
    ]);
    expect(rounded([0.13, 0.99])).toEqual([0, 1]);
    expect(linear([7, 7], [0, 1]).at(7)).toBe(0.5);
    const log = logarithmic([0.001, 10], [0, 4]);
    expect(log.ticks).toEqual([0.001, 0.01, 0.1, 1, 10]);
    expect(log.at(0.1)).toBeCloseTo(2, 12);
    expect(logarithmic([0.2, 0.9], [0, 1]).ticks).toEqual([0.2, 0.5]);
  });
  it("have ticks within any domain, in order, and few of them", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e9, max: 1e9, noNaN: true }),
        fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
        (from, span) => {
          fc.pre(span > 1e-6 * Math.abs(from));
          const { ticks, at, label } = linear([from, from + span], [0, 100]);
          expect(ticks.length).toBeLessThanOrEqual(7);
          for (const t of ticks) expect(Math.abs(at(t) - 50)).toBeLessThanOrEqual(50.1);
          expect(ticks.every((t, i) => i === 0 || t > ticks[i - 1])).toBe(true);
          expect(new Set(ticks.map(label)).size).toBe(ticks.length);
          expect(ticks.map(label).every((text) => text.length < 16)).toBe(true);
        },
      ),
    );
  });
  it("thin a long series to the least and largest of each pixel, so that no spike is lost", () => {
    expect(thinned([5, 1, 2], 10)).toEqual([0, 1, 2]);
    expect(thinned([NaN, 3, 1, NaN, NaN, NaN], 1)).toEqual([1, 2]);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 50, maxLength: 400 }),
        (values) => {
          const kept = thinned(values, 10);
          expect(kept.length).toBeLessThanOrEqual(20);
          expect(kept.every((k, i) => i === 0 || k > kept[i - 1])).toBe(true);
          const drawn = kept.map((k) => values[k]);
          expect([Math.min(...drawn), Math.max(...drawn)]).toEqual([
            Math.min(...values),
            Math.max(...values),
          ]);
        },
      ),
    );
  });
  it("interrupt a path where there is no number", () => {
    expect(
      path([
        [0, 1],
        [1, 2],
        [2, NaN],
        [3, 4],
      ]),
    ).toBe("M0 1L1 2M3 4");
  });
  it("write numbers to be read, and text that cannot break out", () => {
    expect([0, 0.5, 0.000012345, 1234567, 1 / 3, NaN].map(short)).toEqual([
      "0",
      "0.5",
      "1.23e-5",
      "1.23e+6",
      "0.3333",
      "–",
    ]);
    expect(escape(`<a b="c" d='e'>&\u202e`)).toBe("&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\\u{202e}");
  });
  it("draw a chart of one epoch, and none of no number", () => {
    const chart = { title: "t", xLabel: "epoch", x: [1], scale: "log" } as const;
    expect(lineChart({ ...chart, series: [{ name: "a", values: [0.5], colour: "s0" }] })).toContain(
      "<circle",
    );
    expect(lineChart({ ...chart, series: [{ name: "a", values: [NaN], colour: "s0" }] })).toBe("");
  });
  it.each([2, 60])("keep the labels of %i classes apart", (n) => {
    const names = Array.from({ length: n }, (_, k) => `a class with a long name ${k}`);
    const drawn = confusionChart(
      names,
      names.map((_, k) => names.map((_n, j) => (k === j ? 9 : 0))),
    );
    const size = Number(/<g font-size="([\d.]+)"/.exec(drawn)?.[1]);
    const at = [...drawn.matchAll(/<text x="[\d.]+" y="([\d.]+)" text-anchor="end"/g)].map((m) =>
      Number(m[1]),
    );
    expect(at.length).toBe(n);
    expect(Math.min(...at.slice(1).map((y, i) => y - at[i]))).toBeGreaterThan(size);
    expect(drawn.match(/<rect class="right"/g)).toHaveLength(n);
  });
});

describe("what a report judges", () => {
  const rows = fromArrays({
    name: "w",
    series: [
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
    ],
    labels: ["a", "b", "b", "a"],
  });
  const outputs = (): Float32Array => Float32Array.of(2, 0, 0, 1, 3, 0, 0, 0.5);

  it("counts precision, recall and F1 of each class", () => {
    // a: 2 rows, 1 found, 2 said; b: 3 rows, 2 found, 3 said
    expect(classScores(["a", "b", "c"], confusionOf([0, 0, 1, 1, 1], [0, 1, 0, 1, 1], 3))).toEqual([
      { name: "a", precision: 0.5, recall: 0.5, f1: 0.5, support: 2 },
      { name: "b", precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, support: 3 },
      { name: "c", precision: NaN, recall: NaN, f1: NaN, support: 0 },
    ]);
  });
  it("lists the rows of the largest loss first, with the probability of their class", () => {
    const judged = judge({ outputs }, rows, "test");
    expect(confusionMatrix(judged?.classes?.confusion ?? NO_CONFUSION)).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(judged?.hardest.map((h) => h.row)).toEqual([2, 3, 1, 0]);
    const [first] = judged?.hardest ?? [];
    expect(first).toMatchObject({ truth: "b", said: "a" });
    expect(first.probability?.truth).toBeCloseTo(1 / (1 + Math.exp(3)), 12);
    expect(first.loss).toBeCloseTo(Math.log(1 + Math.exp(3)), 12);
    expect([...first.series[0]]).toEqual([5, 6]);
  });
  it("measures values by RMSE and MAE", () => {
    const values = fromArrays({ name: "v", series: [[1], [2]], targets: [1, 2] });
    const judged = judge({ outputs: () => Float32Array.of(1, 5) }, values, "test");
    expect(judged?.values).toMatchObject({
      mae: 1.5,
      rmse: Math.sqrt(4.5),
      pairs: [
        [1, 1],
        [2, 5],
      ],
    });
    expect(judged?.hardest.map((h) => [h.row, h.truth, h.said, h.loss])).toEqual([
      [1, "2", "5", 9],
      [0, "1", "1", 0],
    ]);
  });
  it("takes the least validation loss as the best epoch, else the least training loss, the first of equal ones", () => {
    expect(bestEpoch([epoch(1, 1, 3), epoch(2, 0.5, 2), epoch(3, 0.1, 2)])).toEqual({
      epoch: 2,
      by: "validation",
      loss: 2,
    });
    expect(bestEpoch([epoch(1, 1), epoch(2, 0.5), epoch(3, 0.6)])).toEqual({
      epoch: 2,
      by: "training",
      loss: 0.5,
    });
    expect(bestEpoch([epoch(1, NaN)])).toBeNull();
  });
});

describe("the page", () => {
  it("names no address, and lets no text become markup", () => {
    const evil = `</script><b onclick="alert(1)">`;
    const page = reportPage(
      data({
        title: evil,
        about: evil,
        settings: [[evil, evil]],
        reproduce: [evil],
        judged: {
          part: "test",
          rows: 1,
          loss: 1,
          accuracy: 0,
          classes: {
            names: [evil, "b"],
            confusion: { classes: 2, pairs: [{ actual: 0, predicted: 1, count: 1 }] },
          },
          hardest: [
            {
              row: 0,
              series: [Float64Array.of(1, 2)],
              loss: 1,
              truth: evil,
              said: "b",
              probability: { truth: 0.1, said: 0.9 },
            },
          ],
        },
      }),
    );
    expect(page.includes("<b onclick")).toBe(false);
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(/https?:|url\(|src=|href=|@import/.exec(page)).toBeNull();
  });
  it("stays small whatever the run: 100,000 epochs, rows of a million values, 1,000 filters", () => {
    const history = Array.from({ length: 100_000 }, (_, i) => epoch(i + 1, 1 + Math.sin(i), 2 + Math.cos(i)));
    const series = [Float64Array.from({ length: 1_000_000 }, (_, i) => Math.sin(i))];
    const hard = { row: 0, series, loss: 1, truth: "a", said: "b", probability: { truth: 0.1, said: 0.9 } };
    const page = reportPage(
      data({
        history,
        judged: {
          part: "test",
          rows: 1,
          loss: 1,
          accuracy: 0,
          classes: {
            names: ["a", "b"],
            confusion: { classes: 2, pairs: [{ actual: 0, predicted: 1, count: 1 }] },
          },
          hardest: [hard],
        },
        filters: { layer: "conv1d_1", shape: [1000, 1, 9], data: new Float32Array(9000).fill(1) },
      }),
    );
    expect(page.length).toBeLessThan(200_000);
  });
});
