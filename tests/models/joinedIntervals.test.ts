import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { intervals, JoinedIntervals, type JoinedInterval } from "../../src/index.ts";

const classes = ["a", "b"];
const sure = (label: number): number[] => (label === 0 ? [1, 0] : [0, 1]);

describe("intervals of whole series out of windows", () => {
  it("go on from window to window, begin anew with a series, and end at a gap", () => {
    const joined = new JoinedIntervals(classes, 2);
    expect(joined.add(0, 0, [sure(0), sure(1)])).toEqual([]);
    expect(joined.add(0, 2, [sure(1), sure(1)])).toEqual([
      { series: 0, start: 0, end: 1, label: "a", startSeconds: 0, endSeconds: 0.5, p: 1 },
    ]);
    // positions 4 and 5 are in no window
    expect(joined.add(0, 6, [sure(1)])).toMatchObject([{ series: 0, start: 1, end: 4, label: "b" }]);
    expect(joined.add(1, 0, [sure(1)])).toMatchObject([{ series: 0, start: 6, end: 7, label: "b" }]);
    expect(joined.finish()).toMatchObject([{ series: 1, start: 0, end: 1, label: "b" }]);
    expect(joined.finish()).toEqual([]);
  });

  it("have the mean probability of the windows that cover a position", () => {
    const joined = new JoinedIntervals(classes);
    joined.add(0, 0, [
      [0.6, 0.4],
      [0.6, 0.4],
    ]);
    joined.add(0, 1, [[0.2, 0.8]]);
    expect(joined.finish()).toEqual([
      { series: 0, start: 0, end: 1, label: "a", p: 0.6 },
      { series: 0, start: 1, end: 2, label: "b", p: expect.closeTo(0.6, 12) },
    ]);
  });

  it("are the intervals of the labels, however windows lie, where windows agree", () => {
    const cuts = fc.record({ window: fc.integer({ min: 1, max: 9 }), hop: fc.integer({ min: 1, max: 9 }) });
    fc.assert(
      fc.property(fc.array(fc.nat(1), { minLength: 1, maxLength: 40 }), cuts, (labels, { window, hop }) => {
        fc.pre(hop <= window);
        const joined = new JoinedIntervals(classes);
        const found: JoinedInterval[] = [];
        let end = 0;
        for (let at = 0; at + window <= labels.length; at += hop) {
          found.push(...joined.add(0, at, labels.slice(at, at + window).map(sure)));
          end = at + window;
        }
        found.push(...joined.finish());
        const right = intervals(labels.slice(0, end).map((k) => classes[k]));
        expect(found).toEqual(right.map((own) => ({ series: 0, ...own, p: 1 })));
      }),
    );
  });
});
