/** One thread or all of them: by what runs took, in numbers that a hand can follow. */
import { describe, expect, it } from "vitest";
import { Course, faster } from "../../src/backends/faster.ts";
import { reference } from "../../src/backends/reference/reference.ts";
import type { Executable } from "../../src/backends/backend.ts";
import { models, trainingProgram } from "../compiler/programs.ts";

/** How `runs` runs are done, a letter each: one thread, or shared out; times by that and by the run's number. */
function choices(runs: number, times: { alone: number; shared: (run: number) => number }): string {
  const course = new Course();
  let told = "";
  for (let run = 0; run < runs; run++) {
    const isAlone = course.isAlone();
    course.tell(isAlone, isAlone ? times.alone : times.shared(run));
    told += isAlone ? "1" : "n";
  }
  return told;
}

describe("one thread or all", () => {
  it("shares out where that is faster, and looks again at powers of two, then every 256 runs", () => {
    expect(choices(18, { alone: 1, shared: () => 0.6 })).toBe("111n1nnn1nnnnnnn1n");
    expect(choices(515, { alone: 1, shared: () => 0.6 }).slice(509)).toBe("nnn1nn");
    expect(choices(770, { alone: 1, shared: () => 0.6 }).slice(766)).toBe("nn1n");
  });

  it("stays alone where sharing is slower: a loss of 4 is tried again after 80, a twentieth of the whole", () => {
    expect(choices(90, { alone: 1, shared: () => 5 })).toBe(`111n${"1".repeat(80)}n${"1".repeat(5)}`);
  });

  it("bears a slow run with what fast ones gained, 8 runs alone at most", () => {
    const slowAt = (slow: number, time: number) => (run: number) => (run === slow ? time : 0.5);
    const usual = choices(64, { alone: 1, shared: () => 0.5 });
    // 30 shared runs gained 8 at most; one of 8.5 loses 7.5, one of 10 loses 9: 1 too much, so 20 alone
    expect(choices(64, { alone: 1, shared: slowAt(40, 8.5) })).toBe(usual);
    expect(choices(64, { alone: 1, shared: slowAt(40, 10) })).toBe(
      `${usual.slice(0, 41)}${"1".repeat(20)}${usual.slice(61)}`,
    );
  });

  it("does not take slow first runs for the time alone", () => {
    const course = new Course();
    const shared: number[] = [];
    for (let run = 0; run < 200; run++) {
      const isAlone = course.isAlone();
      if (!isAlone) shared.push(run);
      // cold code takes 10; warm 1 alone and 2 on all threads
      course.tell(isAlone, run < 3 ? 10 : isAlone ? 1 : 2);
    }
    expect(shared.length).toBeLessThan(20);
  });

  it("runs what it chose, entries apart; one that has no threads stays as it is", async () => {
    const executable = await reference.load(trainingProgram(models.chain, 16, reference.schedule));
    expect(faster(executable)).toBe(executable);
    const done: string[] = [];
    const both: Executable = {
      ...executable,
      run: (entry) => void done.push(`all ${entry}`),
      alone: (entry) => void done.push(`one ${entry}`),
    };
    const { run } = faster(both);
    for (const entry of ["a", "a", "b", "a"]) run(entry);
    expect(done).toEqual(["one a", "one a", "one b", "one a"]);
    for (let i = 0; i < 100; i++) run("a");
    expect(done.some((what) => what === "all a")).toBe(true);
  });
});
