/** The schedules' literal factors; one-cycle and plateau are PyTorch 1.13's. */
import { describe, expect, it } from "vitest";
import { architectures, fit, optimizers, schedules } from "../../src/index.ts";
import {
  plateauStart,
  plateauStep,
  scheduleFactor,
  type Plateau,
  type Schedule,
} from "../../src/training/schedules.ts";
import { bumps } from "./shared.ts";

const all = (s: Schedule, steps: number, perEpoch?: number): number[] =>
  Array.from({ length: steps }, (_, k) => scheduleFactor(s, k, steps, perEpoch));

describe("schedules", () => {
  it("step: a tenth every two epochs of three steps", () => {
    expect(all(schedules.step({ every: 2, factor: 0.5 }), 15, 3)).toEqual([
      ...Array<number>(6).fill(1),
      ...Array<number>(6).fill(0.5),
      ...Array<number>(3).fill(0.25),
    ]);
  });

  it("exponential: a half every epoch", () => {
    expect(all(schedules.exponential({ factor: 0.5 }), 6, 2)).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25]);
  });

  it("any of them after a linear warm-up", () => {
    expect(all(schedules.constant({ warmup: 0.5 }), 8)).toEqual([0.25, 0.5, 0.75, 1, 1, 1, 1, 1]);
    expect(all(schedules.exponential({ factor: 0.5, warmup: 0.25 }), 8, 4)).toEqual([
      0.5, 1, 1, 1, 0.5, 0.5, 0.5, 0.5,
    ]);
  });

  it("cosine: down to its floor", () => {
    const s = schedules.cosine({ floor: 0.2 });
    expect(scheduleFactor(s, 4, 8)).toBeCloseTo(0.6, 14);
    expect(scheduleFactor(s, 8, 8)).toBeCloseTo(0.2, 14);
    expect(schedules.cosine()).toEqual({ kind: "cosine", warmup: 0 });
  });

  it("oneCycle: 1/25 up to 1 over 30 %, then down to 1/250,000", () => {
    const s = schedules.oneCycle();
    for (const [step, want] of [
      [0, 0.04],
      [2, 0.3716718427000253],
      [5, 1],
      [6, 0.9874640062350873],
      [12, 0.500002],
      [19, 4e-6],
    ])
      expect(scheduleFactor(s, step, 20)).toBeCloseTo(want, 12);
    expect(all(s, 1)).toEqual([1]);
    for (const steps of [2, 3, 4]) for (const f of all(s, steps)) expect(f).toBeGreaterThan(0);
  });

  it("plateau: half after more than 2 epochs without a better loss, not below 0.2", () => {
    const s = schedules.plateau({ patience: 2, minimum: 0.2 }) as Plateau;
    let state = plateauStart;
    const factors = [1, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8].map((loss) => {
      state = plateauStep(s, state, loss, 1);
      return state.factor;
    });
    expect(factors).toEqual([1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2]);
  });

  it.each([
    [
      { schedule: schedules.step({ every: 0 }) },
      "schedule step: every is 0; it is a whole number of at least 1",
    ],
    [{ schedule: schedules.plateau({ factor: 0 }) }, "schedule plateau: factor is 0; it is a number above 0"],
    [
      { schedule: schedules.cosine({ warmup: 1 }) },
      "schedule cosine: warmup is 1; it is at least 0 and below 1",
    ],
    [
      { optimizer: optimizers.adam({ beta1: 1 }) },
      "optimizer adam: beta1 is 1; it is at least 0 and below 1",
    ],
    [{ optimizer: optimizers.sgd({ nesterov: true }) }, "optimizer sgd: nesterov wants momentum above 0"],
  ])("fit refuses %o", async (options, message) => {
    const data = bumps({ rows: 4, length: 10, classes: 2 });
    const build = architectures.chain(data, { filters: [3], activation: "relu" });
    await expect(fit(build, data, options)).rejects.toThrow(message);
  });
});
