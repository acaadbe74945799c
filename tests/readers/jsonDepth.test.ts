/** Depth of JSON, told from its bytes in whatever pieces they come. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonDepth, MOST_DEPTH } from "../../src/readers/jsonDepth.ts";

const encoder = new TextEncoder();

/** What is said of a text that comes in pieces of so many bytes; null where it passes. */
function said(text: string, piece = 7): string | null {
  const bytes = encoder.encode(text);
  const depth = new JsonDepth();
  try {
    for (let at = 0; at < bytes.length; at += piece) depth.push(bytes.subarray(at, at + piece), "f.json");
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
const nested = (deep: number, open = "[", close = "]"): string =>
  open.repeat(deep) + "1" + close.repeat(deep);

describe("JSON", () => {
  it(`may be nested ${MOST_DEPTH} deep, lists and objects together`, () => {
    expect(said(nested(64))).toBeNull();
    expect(said(nested(32, '{"a":[', "]}"))).toBeNull();
    expect(said(`${nested(64)}\n`.repeat(3))).toBeNull();
    expect(said(nested(65))).toBe(
      "f.json: line 1, byte 65: values are nested more than 64 deep; a table is rows of numbers, texts and lists of them; write it flatter",
    );
    expect(said(nested(33, '{"a":[', "]}"))).toMatch(/^f\.json: line 1, byte 193: values are nested/);
    expect(said(`{"x":1}\n{"x":2}\n{"x":${nested(64)}}\n`)).toMatch(/line 3, byte 85: values are nested/);
  });

  it("has brackets in texts that are none, behind escapes too", () => {
    const brackets = "[{".repeat(100);
    expect(said(JSON.stringify([{ a: brackets, [brackets]: `\\"${brackets}\\\\` }]))).toBeNull();
    expect(said(`["\\\\", ${nested(64)}]`)).toMatch(/nested/);
  });

  it("hides no depth behind brackets too many, a text that is not closed, or a comment", () => {
    expect(said(`${"]".repeat(100)}${nested(65)}`)).toMatch(/nested/);
    expect(said(`{"a":"x\n{"a":${nested(100)}}`)).toMatch(/^f\.json: line 1, byte 8: a text is not closed/);
    expect(said(`[/*"*/${nested(100)}]\n`)).toMatch(/not closed/);
  });

  it("of any shape passes as deep as it is, whatever the pieces", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 12 }), fc.integer({ min: 1, max: 9 }), (text, piece) => {
        expect(said(text, piece)).toBeNull();
        expect(said(`${"[".repeat(64)}${text}`, piece) === null).toBe(!/^[[{]/.test(text));
      }),
    );
  });
});
