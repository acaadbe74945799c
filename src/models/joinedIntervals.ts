/** Intervals of whole series out of predictions for windows of them, which may overlap. */
import type { Interval } from "../data/intervals.ts";
import { className, classOf, NO_CLASS } from "./scores/score.ts";

/** A stretch of a series, and the mean probability of its class. */
export interface JoinedInterval extends Interval {
  /** The number of the series, from 0. */
  readonly series: number;
  /** The mean probability of the class over the stretch. */
  readonly p: number;
}

interface Open {
  readonly start: number;
  readonly label: number;
  sum: number;
  count: number;
}

/**
 * Takes the probabilities of windows in the order of their series and starts, and gives each stretch of one class as soon as it ends.
 * Where windows overlap, a position has the mean of their probabilities; positions between windows belong to no stretch.
 * Memory: a window.
 */
export class JoinedIntervals {
  readonly #classes: readonly string[];
  readonly #rate: number | undefined;
  #series = -1;
  /** The position of the first pending sum. */
  #from = 0;
  #pending: { readonly sums: number[]; count: number }[] = [];
  #open: Open | null = null;
  #ended: JoinedInterval[] = [];

  /** `classes` name the probabilities of a position; `rate` is the positions a second (Hz), for times in seconds. */
  constructor(classes: readonly string[], rate?: number) {
    this.#classes = classes;
    this.#rate = rate;
  }

  /** A window from `start` of a series, its probabilities `[position][class]`. The stretches that have ended. */
  add(series: number, start: number, positions: readonly (readonly number[])[]): JoinedInterval[] {
    if (series !== this.#series) {
      this.#settle(Infinity);
      this.#series = series;
      this.#from = start;
    }
    this.#settle(start);
    positions.forEach((probabilities, t) => {
      const at = start + t - this.#from;
      const slot = (this.#pending[at] ??= { sums: probabilities.map(() => 0), count: 0 });
      probabilities.forEach((p, k) => (slot.sums[k] += p));
      slot.count++;
    });
    return this.#taken();
  }

  /** The stretches that the end ends. */
  finish(): JoinedInterval[] {
    this.#settle(Infinity);
    return this.#taken();
  }

  /** Positions before `until` have all of their windows. */
  #settle(until: number): void {
    const count = Math.min(until - this.#from, this.#pending.length);
    for (const { sums, count: windows } of this.#pending.splice(0, count)) {
      const label = classOf(sums);
      if (this.#open?.label !== label) this.#close();
      this.#open ??= { start: this.#from, label, sum: 0, count: 0 };
      this.#open.sum += label === NO_CLASS ? NaN : sums[label] / windows;
      this.#open.count++;
      this.#from++;
    }
    if (this.#from >= until) return;
    this.#close();
    this.#from = until;
  }

  #close(): void {
    if (!this.#open) return;
    const { start, label, sum, count } = this.#open;
    const end = start + count;
    const rate = this.#rate;
    this.#ended.push({
      series: this.#series,
      start,
      end,
      label: className(this.#classes, label),
      ...(rate === undefined ? {} : { startSeconds: start / rate, endSeconds: end / rate }),
      p: sum / count,
    });
    this.#open = null;
  }

  #taken(): JoinedInterval[] {
    const ended = this.#ended;
    this.#ended = [];
    return ended;
  }
}
