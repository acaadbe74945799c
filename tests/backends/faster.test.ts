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
  it("shares out where that is faster, after two runs alone, and looks again after 1000", () => {
    expect(choices(10, { alone: 1, shared: () => 0.6 })).toBe("11nnnnnnnn");
    expect(choices(1003, { alone: 1, shared: () => 0.6 }).slice(995)).toBe("nnnnn1nn");
  });

  it("stays alone where sharing is slower: a loss of 4 is tried again after 80, a twentieth of the whole", () => {
    expect(choices(90, { alone: 1, shared: () => 5 })).toBe(`11n${"1".repeat(80)}n${"1".repeat(6)}`);
  });

  it("bears a slow run with what fast ones gained, 8 runs alone at most", () => {
    const slowAt = (slow: number, time: number) => (run: number) => (run === slow ? time : 0.5);
    // 20 runs gained 8 at most; one of 8.5 loses 7.5, one of 10 loses 9: 1 too much, so 20 alone
    expect(choices(30, { alone: 1, shared: slowAt(22, 8.5) })).toBe(`11${"n".repeat(28)}`);
    expect(choices(45, { alone: 1, shared: slowAt(22, 10) })).toBe(`11${"n".repeat(21)}${"1".repeat(20)}nn`);
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
    for (const entry of ["a", "a", "b", "a", "b"]) run(entry);
    expect(done.slice(0, 3)).toEqual(["one a", "one a", "one b"]);
    expect(done[3]).toBe("all a");
    expect(done[4]).toBe("one b");
  });
});
