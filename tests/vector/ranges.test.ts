import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodeWriter } from "../../src/compiler/code.ts";
import {
  meet,
  meetAcrossTurns,
  requireWithin,
  stretch,
  touchedBy,
  union,
  type Run,
} from "../../src/vector/ranges.ts";

/** Stretches by where they begin and end. */
const bytes = (...ends: readonly number[]): Run[] =>
  Array.from({ length: ends.length / 2 }, (_, i) => stretch(ends[2 * i], ends[2 * i + 1]));

describe("the bytes that code touches", () => {
  it("3 turns of 128 bytes that read a vector at 64 touch 64 to 384", () => {
    const code = new CodeWriter();
    const [from, to] = [code.pointer(), code.pointer()];
    code.loop(3, [[from, 128]], [], () => {
      code.store1(to, 8, code.load(from, 64));
      return [];
    });
    const { reads, writes } = touchedBy(code.finish().body);
    expect([...reads]).toEqual([[from, [{ from: 64, to: 128, step: 128, count: 3 }]]]);
    expect([...writes]).toEqual([[to, bytes(8, 12)]]);
  });

  it("a loop that walks backwards touches what lies before its pointer", () => {
    const code = new CodeWriter();
    const [from, to] = [code.pointer(), code.pointer()];
    code.loop(4, [[from, -64]], [], () => {
      code.store(to, 0, code.load(from, 192));
      return [];
    });
    expect([...touchedBy(code.finish().body).reads]).toEqual([[from, bytes(0, 256)]]);
  });

  it("are put in order and joined where they touch", () => {
    expect(union(bytes(64, 128, 0, 4, 100, 192, 4, 8))).toEqual(bytes(0, 8, 64, 192));
  });

  it("meet where one byte is in both, and not where one ends as the other starts", () => {
    expect(meet(bytes(0, 64, 128, 192), bytes(64, 128))).toBe(false);
    expect(meet(bytes(0, 64, 128, 192), bytes(64, 129))).toBe(true);
    expect(meet([], bytes(0, 1))).toBe(false);
  });

  it("of turns 64 bytes apart: a vector meets no other turn's, two vectors side by side do", () => {
    expect(meetAcrossTurns(bytes(0, 64), bytes(0, 64), 10, 64)).toBe(false);
    expect(meetAcrossTurns(bytes(0, 64), bytes(0, 128), 10, 64)).toBe(true);
    expect(meetAcrossTurns(bytes(0, 64), bytes(640, 704), 10, 64)).toBe(false); // 10 turns on: the loop is over by then
    expect(meetAcrossTurns(bytes(0, 64), bytes(640, 704), 11, 64)).toBe(true);
    expect(meetAcrossTurns(bytes(0, 64), bytes(0, 64), 2, 0)).toBe(true);
  });

  it("of a part of every row are a run, that turns within the row widen and turns over rows lengthen", () => {
    const code = new CodeWriter();
    const to = code.pointer();
    const zero = code.float(0);
    // 2 groups of 3 rows of 256 bytes, of which 2 turns write 64 each
    code.loop(2, [[to, 64]], [], () => {
      code.loop(2, [[to, 768]], [], () => {
        code.loop(3, [[to, 256]], [], () => {
          code.store(to, 0, zero);
          return [];
        });
        return [];
      });
      return [];
    });
    const { writes } = touchedBy(code.finish().body);
    expect([...writes]).toEqual([[to, [{ from: 0, to: 128, step: 256, count: 6 }]]]);
    const turn = [{ from: 0, to: 64, step: 256, count: 6 }];
    expect(meetAcrossTurns(turn, turn, 4, 64)).toBe(false);
    expect(meetAcrossTurns(turn, turn, 5, 64)).toBe(true);
  });

  it("meet, and across turns, as a walk over every byte says, or more where steps differ", () => {
    const run = fc
      .record({
        from: fc.integer({ min: 0, max: 60 }),
        length: fc.integer({ min: 1, max: 12 }),
        gap: fc.integer({ min: 0, max: 9 }),
        count: fc.integer({ min: 1, max: 4 }),
      })
      .map(({ from, length, gap, count }) => ({
        from,
        to: from + length,
        step: count > 1 ? length + gap : 0,
        count,
      }));
    const ranges = fc.array(run, { minLength: 1, maxLength: 3 }).map(union);
    const touched = (all: readonly Run[], by: number): Set<number> =>
      new Set(
        all.flatMap(({ from, to, step, count }) =>
          Array.from(
            { length: (to - from) * count },
            (_, i) => from + by + (i % (to - from)) + step * Math.floor(i / (to - from)),
          ),
        ),
      );
    fc.assert(
      fc.property(
        ranges,
        ranges,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: -20, max: 20 }),
        (a, b, count, step) => {
          let found = false;
          for (let i = 0; i < count; i++)
            for (let k = 0; k < count; k++)
              found ||= i !== k && [...touched(a, i * step)].some((x) => touched(b, k * step).has(x));
          const said = meetAcrossTurns(a, b, count, step);
          const steps = new Set([...a, ...b].map((r) => r.step).filter((s) => s > 0));
          if (found || steps.size <= 1) expect(said).toBe(found);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("must lie within the tensor that a pointer is meant for; only a read may pass its end, by 60 bytes", () => {
    const code = new CodeWriter();
    const [from, to] = [code.pointer(), code.pointer()];
    code.loop(4, [[to, 64]], [], () => {
      code.store(to, 0, code.load(from, 4));
      return [];
    });
    const check = (read: number, written: number, before = 0): void =>
      requireWithin("k", code.finish(), [
        { before, bytes: read },
        { before: 0, bytes: written },
      ]);
    expect(() => check(8, 256)).not.toThrow();
    expect(() => check(4, 256)).toThrow("fault in the compiler: k reads bytes 4 to 68 of a tensor of 4");
    expect(() => check(64, 256, -8)).toThrow(
      "fault in the compiler: k reads bytes -4 to 60 of a tensor of 64",
    );
    expect(() => check(64, 252)).toThrow("fault in the compiler: k writes bytes 0 to 256 of a tensor of 252");
  });
});
