/** Losses and learning rates against PyTorch. */
import { describe, expect, it } from "vitest";
import { plateauStart, plateauStep, scheduleFactor } from "../../src/training/schedules.ts";
import { lossDistances } from "./compiled.ts";
import { doubles, grid, values, vectors } from "./vectors.ts";

describe("PyTorch's losses", () => {
  it.each(grid.losses)("$name", async (c) => {
    for (const [rows, { forward, gradients }] of await lossDistances(c)) {
      expect(forward.loss, `loss of ${rows} rows`).toBeLessThanOrEqual(1e-5);
      expect(gradients.x, `gradient of ${rows} rows`).toBeLessThanOrEqual(1e-4);
    }
  });
});

/** The learning rates of a run: before each step, or after each loss of a plateau. */
function rates({ name, schedule, steps, perEpoch, learningRate }: (typeof grid.schedules)[number]): number[] {
  if (schedule.kind !== "plateau")
    return Array.from(
      { length: steps },
      (_, step) => learningRate * scheduleFactor(schedule, step, steps, perEpoch),
    );
  let state = plateauStart;
  return Array.from(values(`${name}/losses`, steps), (loss) => {
    state = plateauStep(schedule, state, loss + 3, learningRate);
    return learningRate * state.factor;
  });
}

describe("PyTorch's schedules, the rates of 50 steps", () => {
  it.each(grid.schedules)("$name", (c) => {
    const got = rates(c);
    doubles(vectors.schedules[c.name]).forEach((rate, step) =>
      expect(Math.abs(got[step] - rate) / rate, `step ${step}`).toBeLessThan(1e-12),
    );
  });
});
