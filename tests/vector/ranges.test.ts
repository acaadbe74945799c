import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CodeWriter } from "../../src/compiler/code.ts";
import { meet, meetAcrossTurns, requireWithin, touchedBy, union } from "../../src/vector/ranges.ts";

describe("the bytes that code touches", () => {
  it("3 turns of 128 bytes that read a vector at 64 touch 64 to 384", () => {
    const code = new CodeWriter();
    const [from, to] = [code.pointer(), code.pointer()];
    code.loop(3, [[from, 128]], [], () => {
      code.store1(to, 8, code.load(from, 64));
      return [];
    });
    const { reads, writes } = touchedBy(code.finish().body);
    expect([...reads]).toEqual([[from, [64, 384]]]);
    expect([...writes]).toEqual([[to, [8, 12]]]);
  });

  it("a loop that walks backwards touches what lies before its pointer", () => {
    const code = new CodeWriter();
    const [from, to] = [code.pointer(), code.pointer()];
    code.loop(4, [[from, -64]], [], () => {
      code.store(to, 0, code.load(from, 192));
      return [];
    });
    expect([...touchedBy(code.finish().body).reads]).toEqual([[from, [0, 256]]]);
  });

  it("are put in order and joined where they touch", () => {
    expect(union([64, 128, 0, 4, 100, 192, 4, 8])).toEqual([0, 8, 64, 192]);
  });

  it("meet where one byte is in both, and not where one ends as the other starts", () => {
    expect(meet([0, 64, 128, 192], [64, 128])).toBe(false);
    expect(meet([0, 64, 128, 192], [64, 129])).toBe(true);
    expect(meet([], [0, 1])).toBe(false);
  });

  it("of turns 64 bytes apart: a vector meets no other turn's, two vectors side by side do", () => {
    expect(meetAcrossTurns([0, 64], [0, 64], 10, 64)).toBe(false);
    expect(meetAcrossTurns([0, 64], [0, 128], 10, 64)).toBe(true);
    expect(meetAcrossTurns([0, 64], [640, 704], 10, 64)).toBe(false); // 10 turns on: the loop is over by then
    expect(meetAcrossTurns([0, 64], [640, 704], 11, 64)).toBe(true);
    expect(meetAcrossTurns([0, 64], [0, 64], 2, 0)).toBe(true);
  });

  it("of turns agree with a walk over every pair of them", () => {
    const ranges = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 12 })), {
        minLength: 1,
        maxLength: 4,
      })
      .map((list) => union(list.flatMap(([from, length]) => [from, from + length])));
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
              found ||=
                i !== k &&
                meet(
                  a.map((x) => x + i * step),
                  b.map((x) => x + k * step),
                );
          expect(meetAcrossTurns(a, b, count, step)).toBe(found);
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
