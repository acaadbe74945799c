/** Intervals written as a file are read back as the same positions. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { annotatedIntervals, annotationsText, parseAnnotations, type Interval } from "../../src/index.ts";

const back = (text: string, file: string, length: number, rate: number | undefined): Interval[] => {
  const { unit, annotations } = parseAnnotations(new TextEncoder().encode(text), file);
  return annotatedIntervals(annotations, { length, rate: unit === "s" ? (rate ?? 1) : 1 });
};

const label = fc
  .string({ minLength: 1, maxLength: 12 })
  .map((text) => text.replace(/[\r\n\0]/g, "").trim() || "x");
const intervals = fc
  .array(fc.tuple(fc.nat(1000), fc.integer({ min: 1, max: 5000 }), label), { minLength: 1, maxLength: 20 })
  .map((parts) => {
    let at = 0;
    return parts.map(([gap, long, name]): Interval => {
      const start = at + gap;
      at = start + long;
      return { start, end: at, label: name };
    });
  });
const rate = fc.constantFrom(1, 3, 50, 100, 128, 250, 360, 8000, 22050, 44100, 1 / 60);

describe("annotationsText", () => {
  it("is a table with positions, and seconds where the rate is known", () => {
    const own = [{ start: 10, end: 25, label: "a, b" }];
    expect(annotationsText(own, "csv")).toBe('start_sample,end_sample,label\n10,25,"a, b"\n');
    expect(annotationsText(own, "csv", 10)).toBe(
      'start_sample,end_sample,start_seconds,end_seconds,label\n10,25,1,2.5,"a, b"\n',
    );
  });

  it("wants a rate for JSON", () => {
    expect(() => annotationsText([], "json")).toThrow("the sampling rate is not known");
  });

  it("is read back the same, whatever the rate and the labels", () => {
    fc.assert(
      fc.property(intervals, fc.option(rate, { nil: undefined }), (own, hz) => {
        const length = own[own.length - 1].end;
        expect(back(annotationsText(own, "csv", hz), "a.csv", length, hz)).toEqual(own);
        if (hz !== undefined)
          expect(back(annotationsText(own, "json", hz), "a.json", length, hz)).toEqual(own);
      }),
      { numRuns: 300 },
    );
  });
});
