import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printable, printableJson, printableLines } from "../../src/data/printable.ts";
import { quote } from "../../src/data/quote.ts";

const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe("text from outside", () => {
  it.each([
    ["\u001b]0;pwned\u0007\u001b[31mx", "\\u{1b}]0;pwned\\u{7}\\u{1b}[31mx"],
    ["a\u202eb\u2066c", "a\\u{202e}b\\u{2066}c"],
    ["zero\u200bwidth\ufeff", "zero\\u{200b}width\\u{feff}"],
    ["\u009b2Jc1", "\\u{9b}2Jc1"],
    ["two\r\nlines\u2028three", "two\\u{d}\\u{a}lines\\u{2028}three"],
    ["tag \u{e0041}", "tag \\u{e0041}"],
    ["Größe, 温度, \u{1f600}", "Größe, 温度, \u{1f600}"],
  ])("%j is one printable line", (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it("of several lines keeps its line breaks alone", () => {
    expect(printableLines("a\u001b[2J\nb\r\n")).toBe("a\\u{1b}[2J\nb\\u{d}\n");
  });

  it("as JSON is printable and reads back as the same value; quoted too", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(HIDDEN.test(printable(text))).toBe(false);
        expect(HIDDEN.test(quote(text))).toBe(false);
        const json = printableJson({ [text]: [text] });
        expect(HIDDEN.test(json)).toBe(false);
        expect(JSON.parse(json)).toEqual({ [text]: [text] });
      }),
    );
  });
});
