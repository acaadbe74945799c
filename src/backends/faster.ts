/**
 * One thread or all of them, whichever took less time lately. A number of threads pays off where they are awake and have a
 * processor each, which nothing but the clock knows: on a busy machine a barrier waits for whoever has it. Bits are the same.
 */
import type { Executable } from "./backend.ts";

/**
 * Runs after which the time alone is looked at again, however fast all threads are; before that at powers of two, since the first
 * runs of code are the slowest.
 */
const AGAIN = 256;
/** So much of what was gained counts against later losses, in times of a run alone. */
const CREDIT = 8;
/** Time on one thread for each lost: so much of the whole is lost at most by trying, one part in 20. */
const PATIENCE = 20;

/** The same executable, whose `run` is shared out only where that is faster. */
export function faster(executable: Executable): Executable {
  const { alone, run } = executable;
  if (alone === null) return executable;
  const courses = new Map<string, Course>();
  return {
    ...executable,
    run: (entry) => {
      const course = courses.get(entry) ?? new Course();
      courses.set(entry, course);
      const isAlone = course.isAlone();
      const start = performance.now();
      (isAlone ? alone : run)(entry);
      course.tell(isAlone, performance.now() - start);
    },
  };
}

/** How long runs of an entry took. Times are milliseconds. */
export class Course {
  /** Of a run alone, without what may have disturbed it: it falls at once and rises slowly. */
  #alone = Infinity;
  #runs = 0;
  #credit = 0;
  /** Time still to be spent on one thread. */
  #rest = 0;

  isAlone(): boolean {
    const runs = this.#runs;
    return this.#rest > 0 || runs % AGAIN === 0 || (runs & (runs - 1)) === 0;
  }

  tell(isAlone: boolean, time: number): void {
    this.#runs++;
    if (isAlone) {
      this.#alone = time < this.#alone ? time : this.#alone + (time - this.#alone) / 8;
      this.#rest -= time;
      return;
    }
    this.#credit = Math.min(this.#credit + this.#alone - time, CREDIT * this.#alone);
    if (this.#credit >= 0) return;
    this.#rest = PATIENCE * -this.#credit;
    this.#credit = 0;
  }
}
