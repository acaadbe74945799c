/** Intervals by hand: none over another, each change taken back. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  added,
  edited,
  NO_MARKS,
  redone,
  removed,
  undone,
  type Marks,
} from "../../studio/views/data/marks.ts";
import {
  isLong,
  layoutOptions,
  NO_CHOICES,
  optionsOf,
  positions,
  withRole,
} from "../../studio/views/data/choices.ts";
import { linesOf } from "../../studio/views/data/columnsTable.tsx";

const two = (): Marks => added(added(NO_MARKS, 10, 20, "a").marks, 30, 40, "b").marks;

describe("marks", () => {
  it("cuts a new interval to where no other is, and says so", () => {
    const { marks, said } = added(two(), 15, 35, "c");
    expect(marks.now).toEqual([
      { start: 10, end: 20, label: "a" },
      { start: 20, end: 30, label: "c" },
      { start: 30, end: 40, label: "b" },
    ]);
    expect(said).toBe('cut to 20 to 30, where "b" is not: a position has one class');
  });

  it("refuses one within another, one without a label, and one that ends before it begins", () => {
    for (const change of [
      added(two(), 12, 18, "c"),
      added(two(), 50, 60, " "),
      edited(two(), 0, { start: 25 }),
      edited(two(), 0, { end: NaN }),
    ]) {
      expect(change.marks.now).toEqual(two().now);
      expect(change.said).not.toBe("");
    }
  });

  it("changes edges and labels", () => {
    expect(edited(two(), 0, { end: 25, label: "z" }).marks.now[0]).toEqual({
      start: 10,
      end: 25,
      label: "z",
    });
    expect(removed(two(), 0).now).toEqual([{ start: 30, end: 40, label: "b" }]);
  });

  it("is in order and without overlaps after any changes, and each is taken back and done again", () => {
    const change = fc.tuple(fc.constantFrom("add", "edit", "remove"), fc.nat(100), fc.nat(100), fc.nat(5));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        let marks = NO_MARKS;
        for (const [what, a, b, i] of changes) {
          const before = marks.now;
          if (what === "add") ({ marks } = added(marks, Math.min(a, b), Math.max(a, b), "x"));
          else if (i < marks.now.length && what === "edit")
            ({ marks } = edited(marks, i, { start: a, end: b }));
          else if (i < marks.now.length) marks = removed(marks, i);
          if (marks.now !== before) {
            expect(undone(marks).now).toEqual(before);
            expect(redone(undone(marks)).now).toEqual(marks.now);
          }
          marks.now.forEach(({ start, end }, k) => {
            expect(end).toBeGreaterThan(start);
            if (k > 0) expect(start).toBeGreaterThanOrEqual(marks.now[k - 1].end);
          });
        }
      }),
    );
  });
});

describe("choices", () => {
  const columns = (["t", "x", "y", "class"] as const).map((name) => ({
    name,
    type: "DOUBLE",
    role: name === "t" || name === "class" ? ("left out" as const) : ("channel" as const),
  }));
  const found = { rows: "series", separator: ",", columns } as const;

  it("are the options of the core", () => {
    let own = withRole(NO_CHOICES, "class", "label");
    expect(isLong(own)).toBe(false);
    own = withRole(own, "t", "time");
    expect(isLong(own)).toBe(true);
    expect(optionsOf(own, found)).toEqual({ label: "class", time: "t" });
    own = withRole(own, "y", "left out");
    expect(optionsOf(own, found)).toEqual({ label: "class", time: "t", channels: ["x"] });
    own = withRole(withRole(own, "y", null), "x", "time");
    expect(optionsOf(own, found)).toEqual({ label: "class", time: "x" });
  });

  it("are texts until they are read", () => {
    expect(optionsOf({ ...NO_CHOICES, rate: "50", window: "2s", hop: "10", channels: "a, b" }, null)).toEqual(
      {
        rate: 50,
        window: "2s",
        hop: 10,
        channels: ["a", "b"],
      },
    );
    expect(
      optionsOf({ ...NO_CHOICES, window: "96", horizon: "24", forecast: "load, 2", hop: "" }, null),
    ).toEqual({ window: 96, horizon: 24, target: ["load", "2"] });
    // of whom a forecast is says nothing without one
    expect(optionsOf({ ...NO_CHOICES, forecast: "load" }, null)).toEqual({});
    expect(positions(" 12 ")).toBe(12);
    expect(
      layoutOptions({ ...NO_CHOICES, separator: ";", header: "none", skip: "2", decimal: "comma" }),
    ).toEqual({
      separator: ";",
      header: false,
      skip: 2,
      decimal: "comma",
    });
    expect(() => optionsOf({ ...NO_CHOICES, rate: "fast" }, null)).toThrow(
      'samples a second is "fast"; it is a number above 0; correct it',
    );
  });

  it("show hundreds of steps alike as one line, and each that is looked for", () => {
    const wide = Array.from({ length: 150 }, (_, i) => ({
      name: `x${i}`,
      type: "DOUBLE",
      role: "channel" as const,
    }));
    const all = [{ name: "class", type: "VARCHAR", role: "label" as const }, ...wide];
    expect(
      linesOf(all, new Map(), "").map(({ first, last, count }) => [first.name, last.name, count]),
    ).toEqual([
      ["class", "class", 1],
      ["x0", "x149", 150],
    ]);
    expect(linesOf(all, new Map(), "x14")).toHaveLength(11);
  });
});
