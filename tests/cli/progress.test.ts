import { Writable } from "node:stream";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Io } from "../../src/cli/io.ts";
import { progress } from "../../src/cli/progress.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

/** What is on stderr after `compile` seconds of compiling and some steps of one second and 20 rows each. */
function shown(tty: boolean, compile: number, steps: number, total: number): string {
  let text = "";
  const stderr = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        done();
      },
    }),
    { isTTY: tty, columns: 200, cursorTo: () => true, clearLine: () => true, moveCursor: () => true },
  );
  const bar = progress({ stderr, env: { NO_COLOR: "1" } } as unknown as Io, false);
  vi.advanceTimersByTime(1000 * compile);
  for (let step = 1; step <= steps; step++) {
    vi.advanceTimersByTime(1000);
    bar.onStep({ step, steps: total, loss: 1, learningRate: 1, rows: 20 });
    bar.onEpoch({
      epoch: step,
      steps: step,
      loss: 1,
      accuracy: 1,
      validation: null,
      learningRate: 1,
      seconds: step,
    });
  }
  bar.stop();
  return text;
}

it.each([0, 60, 600])(
  "time left and rate are of steps, whatever the %d s of compiling before them",
  (compile) => {
    const last = shown(false, compile, 20, 100).trim().split("\n").at(-1);
    expect(last).toMatch(/^step 20\/100 .* 20 samples\/s {2}1 min 20 s left$/);
  },
);

it("the bar says nothing of either after the first step alone, and both after the second", () => {
  expect(shown(true, 60, 1, 100)).toContain("- samples/s  - left");
  expect(shown(true, 60, 2, 100)).toContain("20 samples/s  1 min 38 s left");
});

it("a run of one step has nothing left", () => {
  expect(shown(false, 5, 1, 1)).toMatch(/^step 1\/1 .* - samples\/s {2}0\.0 s left\n$/);
});
