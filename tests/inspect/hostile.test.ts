/** Reports survive whatever numbers there are: gaps in curves, no NaN in a drawing, no exception. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { confusionChart, lineChart, scatter, smallCurve } from "../../src/inspect/report/charts.ts";
import { reportPage, type ReportData } from "../../src/inspect/report/page.ts";
import type { Epoch } from "../../src/training/history.ts";

const odd = [NaN, Infinity, -Infinity, 1.7e308, -1.7e308, 5e-324, -5e-324, 0, -0, 3.4e38, 1e-40, 1];
const number = fc.oneof(fc.constantFrom(...odd), fc.double());
const numbers = fc.array(number, { minLength: 1, maxLength: 12 });
const sound = (drawn: string): void => expect(drawn).not.toMatch(/NaN|Infinity|undefined/);

describe("a report of numbers that are none", () => {
  it("draws curves with gaps", () => {
    fc.assert(
      fc.property(numbers, numbers, fc.constantFrom("linear" as const, "log" as const), (a, b, scale) => {
        const x = Array.from({ length: Math.min(a.length, b.length) }, (_, i) => i + 1);
        const series = [a, b].map((values, i) => ({
          name: `s${i}`,
          values: values.slice(0, x.length),
          colour: "s0",
        }));
        sound(lineChart({ title: "Loss", xLabel: "epoch", x, series, scale }));
        sound(smallCurve([a, b], "row", "caption"));
        sound(
          scatter(
            "points",
            x.map((_, i) => [a[i], b[i]] as const),
          ),
        );
      }),
      { numRuns: 500 },
    );
  });

  it("draws a logarithmic axis without a round number in it", () => {
    const series = [3.4e38, 2.1000000021e38].map((y) => ({ name: "s", values: [y], colour: "s0" }));
    sound(lineChart({ title: "Loss", xLabel: "epoch", x: [1], series, scale: "log" }));
  });

  it("shows rows that got no class in a column of their own", () => {
    const drawn = confusionChart(
      ["a", "b"],
      [
        [3, 0, 1],
        [0, 2, 2],
      ],
    );
    sound(drawn);
    expect(drawn).toContain("1 of 4 of class a called no class");
  });

  it("is a page, whatever the history and the scores", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number, number), { maxLength: 6 }), number, (told, last) => {
        const history = told.map(([loss, validation, v], i): Epoch => ({
          epoch: i + 1,
          steps: i + 1,
          loss,
          accuracy: last,
          validation: { loss: validation, accuracy: v },
          learningRate: v,
          backSignals: { conv1d_1: loss },
        }));
        const score = { loss: last, accuracy: last };
        const data: ReportData = {
          title: "t",
          about: "a",
          scores: { test: score, validation: null, training: score },
          history,
          judged: null,
          filters: { layer: "conv1d_1", shape: [2, 1, 3], data: [last, 1, 2, 3, last, 4] },
          settings: [],
          reproduce: [],
        };
        sound(reportPage(data));
      }),
      { numRuns: 200 },
    );
  });
});
