import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearest } from "../../../src/readers/csv/decimal.ts";

/** What `nearest` says of a text of 16 to 19 digits from the first that is not 0. */
function read(text: string): number {
  const decimals = text.includes(".") ? text.length - text.indexOf(".") - 1 : 0;
  const digits = text.replace(".", "").replace(/^0+/, "");
  return nearest(Number(digits.slice(0, 15)), Number(digits.slice(15)), digits.length - 15, decimals);
}

describe("decimals of 16 to 19 digits", () => {
  it("are the nearest double, or none where it is a close thing", () => {
    expect(read("0.09983341664682815")).toBe(0.09983341664682815);
    expect(read("3.141592653589793")).toBe(Math.PI);
    expect(read("1234567890123456789")).toBe(Number("1234567890123456789"));
    // 2^53 + 1 stands in the middle of two doubles
    expect(read("9007199254740993")).toBeNaN();
    expect(read("9007199254740993.1")).toBe(9007199254740994);
    let unsure = 0;
    let all = 0;
    const digits = fc.array(fc.nat(9), { minLength: 15, maxLength: 18 });
    const cases = fc.record({ first: fc.integer({ min: 1, max: 9 }), digits, decimals: fc.nat(22) });
    fc.assert(
      fc.property(cases, ({ first, digits: more, decimals }) => {
        const whole = [first, ...more].join("").padStart(decimals + 1, "0");
        const text = decimals === 0 ? whole : `${whole.slice(0, -decimals)}.${whole.slice(-decimals)}`;
        const found = read(text);
        all++;
        if (Number.isNaN(found)) unsure++;
        else expect(found).toBe(Number(text));
      }),
      { numRuns: 20_000 },
    );
    expect(unsure / all).toBeLessThan(0.01);
  });

  it("are the doubles that were printed", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-4, max: 1e6, noNaN: true }), (x) => {
        const text = String(x);
        const count = text.replace(".", "").replace(/^0+/, "").length;
        fc.pre(count >= 16 && count <= 19 && !text.includes("e"));
        const found = read(text);
        if (!Number.isNaN(found)) expect(found).toBe(x);
      }),
      { numRuns: 5000 },
    );
  });
});
