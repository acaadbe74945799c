import { describe, expect, it } from "vitest";
import { parseArff } from "../../src/readers/arffFile.ts";
import { InputError } from "../../src/data/errors.ts";

const file = (attributes: readonly string[], ...rows: string[]): string =>
  ["% about", "@RELATION toy", ...attributes, "@DATA", ...rows, ""].join("\r\n");
const UNIVARIATE = ["@attribute a NUMERIC", "@attribute 'b c' real", "@Attribute class {x,'y z'}"];
const RELATIONAL = [
  "@attribute rel relational",
  "  @attribute t1 numeric",
  "  @attribute t2 numeric",
  "@end rel",
  "@attribute class {x,y}",
];

function refusal(text: string): string {
  try {
    parseArff(text, "dir/toy.arff");
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "accepted";
}

describe("parseArff", () => {
  it("reads numeric attributes and a nominal one, wherever it stands, with quotes, comments and gaps", () => {
    const toy = parseArff(file(UNIVARIATE, "1,-2.5,x", "% none", "", " ? , 3e1 ,'y z'"), "d/Toy_TEST.arff");
    expect([toy.name, toy.rows, toy.channels, toy.length]).toEqual(["Toy", 2, 1, 2]);
    expect([...toy.series]).toEqual([1, -2.5, NaN, 30]);
    expect(toy.classes).toEqual(["x", "y z"]);
    expect([...toy.labels]).toEqual([0, 1]);
    const first = ["@attribute class {b,a}", "@attribute v integer"];
    expect([...parseArff(file(first, "a,1", "b,2"), "t.arff").labels]).toEqual([1, 0]);
  });

  it("takes ? at the end of a row for a shorter row", () => {
    const toy = parseArff(file(UNIVARIATE, "1,?,x", "1,2,x"), "t.arff");
    expect([...(toy.lengths ?? [])]).toEqual([1, 2]);
  });

  it("reads the channels of a relational attribute", () => {
    const toy = parseArff(file(RELATIONAL, "'1,2\\n3,4',y", '"5,?\\n6,?",x'), "t.arff");
    expect([toy.rows, toy.channels, toy.length]).toEqual([2, 2, 2]);
    expect([...toy.series]).toEqual([1, 2, 3, 4, 5, NaN, 6, NaN]);
    expect([...(toy.lengths ?? [])]).toEqual([2, 1]);
    expect([...toy.labels]).toEqual([1, 0]);
  });

  it.each([
    [
      file(UNIVARIATE, "1,2,q", "1,2,x"),
      '7: column 3 is "q", which is no class of the header; the header names every class; correct one of them',
    ],
    [
      file(UNIVARIATE, "1,z,x", "1,2,x"),
      '7: column 2 is "z"; values are decimal numbers such as -1.5e-3; correct it or delete the row',
    ],
    [
      file(UNIVARIATE, "1,x", "1,2,x"),
      '7: column 2 is "x"; values are decimal numbers such as -1.5e-3; correct it or delete the row',
    ],
    [
      file(UNIVARIATE, "1,2,x,x", "1,2,x"),
      "7: the row has 4 columns, but the header has 3 attributes; each has one; complete or delete the row",
    ],
    [
      file(UNIVARIATE, "?,?,x", "1,2,x"),
      "7: every value of the row is missing; a row has at least one; delete the row",
    ],
    [
      file(UNIVARIATE, "{0 1,2 x}", "1,2,x"),
      "7: the row is sparse ({index value, ...}); sparse ARFF is not read; write every value",
    ],
    [file(UNIVARIATE, "1,2,'x", "1,2,x"), "7: column 3 begins with ' and does not end with it; correct it"],
    [file(UNIVARIATE), '7: no row follows "@data"; a data set has at least one; give a file that has rows'],
    [
      file(["@attribute a numeric"], "1"),
      '4: no nominal attribute before "@data"; it names the classes; write "@attribute class {a,b}"',
    ],
    [
      file(["@attribute a string"], "1"),
      '3: the attribute is "string"; it is numeric, relational, or a list of classes such as {a,b}; correct or delete it',
    ],
    [file(["@attribute a {x,x}"], "1"), '3: the class "x" is named twice; correct the attribute'],
    [
      file(["@attribute a {x}", "@attribute b {y}"], "1"),
      "4: a second nominal attribute; one names the classes; delete the other",
    ],
    [
      file(["what"], "1"),
      '3: "what" is no line of an ARFF header; it has @relation, @attribute and @data; correct it',
    ],
    [
      file(RELATIONAL, "'1,2\\n3',x", "'1\\n2',x"),
      "9: channel 2 has 1 value, but channel 1 has 2; the channels of a row have one length; complete or delete the row",
    ],
    [
      file(RELATIONAL, "'1,2\\n3,4',x", "'1,2',x", "'1,2',x"),
      "10: the row has 1 channel, but line 9 has 2; all rows have the same channels; complete or delete the row",
    ],
    [
      "@relation x\n@attribute a numeric",
      '2: the file ends without "@data"; an ARFF file has "@data" before its rows; give such a file',
    ],
  ])("refuses what is not right: %#", (text, message) => {
    expect(refusal(text)).toBe(`dir/toy.arff:${message}`);
  });
});
