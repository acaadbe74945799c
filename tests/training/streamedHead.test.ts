import { describe, expect, it } from "vitest";
import { rowsOf, type Dataset } from "../../src/data/dataset.ts";
import { fromArrays } from "../../src/data/fromArrays.ts";
import { mnist1d } from "../../src/data/mnist1d.ts";
import { miniRocket, multiRocketHydra, solverFor } from "../../src/training/rocket.ts";
import type { StreamedLook } from "../../src/training/streamedHead.ts";

const digits = mnist1d({ samples: 500 });
const small = { solver: "streamed", features: 168 } as const;

/** The same rows elsewhere, counted as they are read. */
function elsewhere(data: Dataset): { data: Dataset; reads: () => number } {
  let reads = 0;
  const { channels, length, rows, series } = data;
  const source = {
    rows,
    read(row: number, from: number, count: number, into: Float64Array, at: number) {
      reads++;
      for (let c = 0; c < channels; c++) {
        const start = (row * channels + c) * length + from;
        into.set(series.subarray(start, start + count), at + c * count);
      }
    },
  };
  return { data: data.with({ series: new Float64Array(), source }), reads: () => reads };
}

describe("the linear map over any number of rows", () => {
  it("is the closed form's up to 8,192 rows and 2^28 features, and streamed beyond", () => {
    expect(solverFor(8192, 9996)).toBe("closedForm");
    expect(solverFor(8193, 84)).toBe("streamed");
    expect(solverFor(4000, 54_848)).toBe("closedForm");
    expect(solverFor(5000, 54_848)).toBe("streamed");
  });

  it("has the accuracy of the closed form, within ten points on 400 rows, where chance is right in 10 %", () => {
    const [closed, streamed] = (["closedForm", "streamed"] as const).map(
      (solver) => miniRocket(digits.train, { features: 1008, solver }).evaluate(digits.test).accuracy,
    );
    expect(closed).toBeGreaterThan(0.6);
    expect(streamed).toBeGreaterThan(closed - 0.1);
  });

  it("gives the same bits for one seed, wherever the rows are, on every engine", () => {
    const model = miniRocket(digits.train, { ...small, seed: 2 });
    expect(model.weightsSha256).toBe("328e6455bd7340eadbb03fc07df364c1e61d165b187d9630d1a276704b82d227");
    const other = elsewhere(digits.train);
    expect(miniRocket(other.data, { ...small, seed: 2 }).weightsSha256).toBe(model.weightsSha256);
    expect(other.reads()).toBeGreaterThan(digits.train.rows);
    expect(miniRocket(digits.train, { ...small, seed: 3 }).weightsSha256).not.toBe(model.weightsSha256);
  });

  it("records its steps, and tells every tenth of them", () => {
    const looks: StreamedLook[] = [];
    const { provenance } = miniRocket(digits.train, { ...small, onLook: (look) => looks.push(look) });
    expect(looks.map(({ step }) => step)).toEqual(looks.map((_, i) => 10 * (i + 1)));
    expect(looks[looks.length - 1].loss).toBeLessThan(looks[0].loss);
    expect(looks[0].learningRate).toBe(10 / 9996);
    const { solver, steps, epochs, alpha } = provenance;
    // 300 rows learn, 100 say when to stop: 2 steps an epoch
    expect({ solver, epochs, steps, alpha }).toEqual({
      solver: "adam",
      epochs: "50",
      steps: "100",
      alpha: undefined,
    });
  });

  it("stops where the rows held back are no better for long: labels that mean nothing", () => {
    const rows = Array.from({ length: 9000 }, (_, i) => i);
    const noise = fromArrays({
      series: rows.map((i) => Array.from({ length: 10 }, (_, t) => ((i * 7919 + t * 104_729) % 1009) / 1009)),
      labels: rows.map((i) => (Math.floor(i / 3) % 2 ? "a" : "b")),
    });
    const { provenance } = miniRocket(noise, { features: 84 });
    expect(provenance.solver).toBe("adam");
    expect(Number(provenance.epochs)).toBeLessThan(50);
  });

  it("learns values, and MultiRocket-Hydra", () => {
    const turns = Array.from({ length: 400 }, (_, i) => 1 + i / 200);
    const data = fromArrays({
      series: turns.map((f) => Array.from({ length: 30 }, (_, t) => Math.sin((f * t) / 3))),
      targets: turns.map((f) => 1000 * f + 7),
    });
    expect(miniRocket(data, { solver: "streamed", features: 840 }).evaluate(data).r2).toBeGreaterThan(0.95);
    const waves = fromArrays({
      series: Array.from({ length: 60 }, (_, i) =>
        Array.from({ length: 12 }, (__, t) => Math.sin((t + i) / (i % 2 ? 1 : 2))),
      ),
      labels: Array.from({ length: 60 }, (_, i) => i % 2),
    });
    const two = multiRocketHydra(waves, { solver: "streamed", features: 672 });
    expect(two.evaluate(waves).accuracy).toBe(1);
  });

  it("refuses rows of groups that cannot be held back, and says why it wants to", () => {
    const groups = Array.from(digits.train.labels, (label) => `g${label}`);
    expect(() => miniRocket(rowsOf(digits.train.with({ groups }), [...groups.keys()]), small)).toThrow(
      /so many rows are fitted until those that are held back say so/,
    );
  });
});
