import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FileTape as Tape } from "../../../src/readers/node/tape.ts";

const BLOCK = 2 ** 17;
const counting = (from: number, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => from + i);

/** A tape of 0, 1, 2, ... that came in uneven parts. */
function tapeOf(count: number, mostBytes: number): Tape {
  const tape = new Tape(mostBytes);
  for (let at = 0, part = 1; at < count; at += part, part = (part * 7919) % 100003)
    tape.append(counting(at, Math.min(part, count - at)));
  return tape.finish();
}

describe("a tape", () => {
  const inMemory = tapeOf(3 * BLOCK + 5, Infinity);
  const inFile = tapeOf(3 * BLOCK + 5, 2 * 8 * BLOCK);

  it("is in memory up to the bound and in a file beyond it, which has no name", () => {
    expect([inMemory.inMemory, inFile.inMemory]).toEqual([true, false]);
    expect(tapeOf(BLOCK, 8 * BLOCK).inMemory).toBe(true);
    expect(tapeOf(BLOCK + 1, 8 * BLOCK).inMemory).toBe(false);
    if (process.platform !== "win32")
      expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`toeplitz-${process.pid}-`))).toEqual([]);
  });

  it("gives back what came, wherever it is read: in order, overlapping or at random", () => {
    const place = fc.tuple(fc.nat(3 * BLOCK + 4), fc.nat(40000), fc.constantFrom("jump", "next", "overlap"));
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 20 }), (places) => {
        let end = 0;
        for (const [at, count, how] of places) {
          const from = how === "jump" ? at : how === "next" ? end : Math.max(0, end - (at % 500));
          const some = Math.min(count, inFile.length - from);
          for (const tape of [inMemory, inFile]) {
            const into = new Float64Array(some + 2).fill(-1);
            tape.read(from, some, into, 1);
            expect(into[0]).toBe(-1);
            expect(into[some + 1]).toBe(-1);
            const wrong = into.subarray(1, some + 1).findIndex((x, i) => x !== from + i);
            expect(wrong).toBe(-1);
          }
          end = from + some;
        }
      }),
    );
  });
});
