import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatOf, linesOf } from "../../src/cli/predictionFormat.ts";

/** The fields of one record as RFC 4180 reads it. */
function fields(line: string): string[] {
  const found = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)];
  return found.map(([, quoted, plain]) => (quoted === undefined ? plain : quoted.replaceAll('""', '"')));
}

describe("lines of predictions", () => {
  it("quote names with commas, quotes and line breaks, as RFC 4180 has it", () => {
    const classes = ['say "hi"', "a,b", "two\nlines"];
    const { head, line } = linesOf("csv", { answers: "classes", classes, width: 0, grouped: true });
    expect(head).toBe('row,group,label,p,"p(say ""hi"")","p(a,b)","p(two\nlines)"\n');
    const prediction = { label: "a,b", probabilities: [0.25, 0.5, 0.25] };
    expect(line({ row: 7, group: "x", prediction })).toBe('7,x,"a,b",0.500000,0.250000,0.500000,0.250000\n');
    fc.assert(
      fc.property(fc.string(), fc.string(), (label, group) => {
        const { line: of } = linesOf("csv", {
          answers: "classes",
          classes: [label],
          width: 0,
          grouped: true,
        });
        const text = of({ row: 0, group, prediction: { label, probabilities: [1] } });
        expect(text.endsWith("\n")).toBe(true);
        expect(fields(text.slice(0, -1)).slice(0, 3)).toEqual(["0", group, label]);
      }),
    );
  });
  it("give the values of a regression", () => {
    const values = { row: 1, values: [0.5, -2] };
    const of = { answers: "values" as const, classes: [], width: 2, grouped: false };
    expect(linesOf("csv", of).head + linesOf("csv", of).line(values)).toBe("row,value 1,value 2\n1,0.5,-2\n");
    expect(linesOf("jsonl", of).line(values)).toBe('{"row":1,"values":[0.5,-2]}\n');
    expect(linesOf("text", of).line(values)).toBe("     1  0.5  -2\n");
  });
  it("are CSV unless something else is asked for", () => {
    expect(formatOf({})).toBe("csv");
    expect(formatOf({ out: "a.JSONL" })).toBe("jsonl");
    expect(formatOf({ out: "a.jsonl", format: "text" })).toBe("text");
    expect(formatOf({ out: "a.csv", json: true })).toBe("jsonl");
  });
});
