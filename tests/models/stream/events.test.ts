/** Events out of answers, on sequences that a hand can follow. */
import { describe, expect, it } from "vitest";
import { events, scoreEvents, type EventOptions, type StreamEvent } from "../../../src/index.ts";

/** Answers every 10 samples, written as class and tenths of its probability: `a9 b4`. */
function found(text: string, options: EventOptions): StreamEvent[] {
  const detector = events(options);
  const ended = text.split(" ").map((word, i) => {
    const p = Number(word[1]) / 10;
    return detector.take({
      at: 10 * i,
      label: word[0],
      probabilities: [p, ...Array<number>(9).fill((1 - p) / 9)],
    });
  });
  return [...ended, detector.finish()].filter((event) => event !== null);
}

describe("events", () => {
  it("are stretches of one class at the threshold or above, from its first sample to after its last", () => {
    expect(found("a6 a8 a9 a8 a6", { threshold: 0.8 })).toEqual([
      { start: 10, end: 31, label: "a", peak: 0.9 },
    ]);
    expect(found("a9 b9 b8", { threshold: 0.8 })).toEqual([
      { start: 0, end: 1, label: "a", peak: 0.9 },
      { start: 10, end: 21, label: "b", peak: 0.9 },
    ]);
  });

  it("are held for so many answers in a row", () => {
    expect(found("a9 a6 a9 a9 a6", { threshold: 0.8, hold: 2 })).toEqual([
      { start: 20, end: 31, label: "a", peak: 0.9 },
    ]);
    const detector = events({ threshold: 0.8, hold: 2 });
    const answer = (at: number) => ({ at, label: "a", probabilities: [0.9, 0.1] });
    detector.take(answer(0));
    expect(detector.open).toBeNull();
    detector.take(answer(1));
    expect(detector.open).toEqual({ start: 0, end: 2, label: "a", peak: 0.9 });
  });

  it("have a pause after them", () => {
    expect(found("a9 a1 b9 a1 a9", { threshold: 0.8, coolDown: 30 })).toEqual([
      { start: 0, end: 1, label: "a", peak: 0.9 },
      { start: 40, end: 41, label: "a", peak: 0.9 },
    ]);
  });

  it("are none of classes that mean nothing, and of answers that are no numbers", () => {
    expect(found("n9 n9 a9", { threshold: 0.8, unknown: ["n"] })).toEqual([
      { start: 20, end: 21, label: "a", peak: 0.9 },
    ]);
    const detector = events({ threshold: 0.5 });
    expect(detector.take({ at: 0, label: "", probabilities: [NaN, NaN] })).toBeNull();
    expect(detector.finish()).toBeNull();
  });

  it("refuse what cannot be meant", () => {
    expect(() => events({ threshold: 80 })).toThrow(
      "threshold is 80; it is a probability above 0 and at most 1",
    );
    expect(() => events({ threshold: 0.5, hold: 0 })).toThrow("hold is 0");
    expect(() => events({ threshold: 0.5, coolDown: -1 })).toThrow("coolDown is -1");
  });

  it("are scored against annotations: two false alarms in half an hour are four an hour", () => {
    const event = (start: number, label: string): StreamEvent => ({
      start,
      end: start + 100,
      label,
      peak: 1,
    });
    const truth = [
      { start: 1000, end: 1500, label: "a" },
      { start: 3000, end: 3500, label: "b" },
    ];
    const given = [event(1450, "a"), event(3100, "a"), event(9000, "b")];
    const score = scoreEvents(given, truth, { samples: 18_000, rate: 10 });
    expect(score).toEqual({ found: 1, missed: 1, falseAlarms: 2, falseAlarmsPerHour: 4, recall: 0.5 });
    expect(scoreEvents([event(3550, "b")], truth, { samples: 10, rate: 1, tolerance: 60 }).found).toBe(1);
    expect(scoreEvents([event(3550, "b")], truth, { samples: 10, rate: 1, tolerance: 50 }).found).toBe(0);
  });
});
