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
    ["no blank before the brace", '@attribute class{ "Walking" , "Running" }', "1,2,Walking", "3,4,Running"],
    [
      "tabs, upper case, comments",
      "@ATTRIBUTE\tclass\t{Walking,\tRunning}\t% two",
      "1,\t2,Walking % first",
      "3,4,\tRunning",
    ],
    ["commas at the ends of rows", "@attribute class {Walking,Running}", "1,2,Walking,", "3,4,Running, "],
    ["blanks in place of commas", "@attribute class {Walking,Running}", "1 2 Walking", "3\t4   Running"],
    [
      "escapes in quotes",
      "@attribute 'the \\'class\\'' {'Walking',\"Running\"}",
      "1,2,'Walking'",
      '3,4,"Runnin\\g"',
    ],
    ["weights of one", "@attribute class {Walking,Running}", "1,2,Walking,{1}", "3,4,Running, {1.0}"],
  ])("reads what Weka and the archive write: %s", (_, attribute, ...rows) => {
    const numeric = ["@attribute 'x 0'numeric", '@attribute\t"x 1"\tINTEGER'];
    const toy = parseArff(file([...numeric, attribute], ...rows), "t.arff");
    expect([toy.classes, [...toy.labels], [...toy.series]]).toEqual([
      ["Walking", "Running"],
      [0, 1],
      [1, 2, 3, 4],
    ]);
    expect(toy.notes).toBeUndefined();
  });

  it("says that weights are left out, and which attributes are values where they are not numbered", () => {
    const attributes = ["@attribute id numeric", "@attribute mean real {2}", "@attribute class {a,b}"];
    const toy = parseArff(file(attributes, "1,2,a,{5}", "3,4,b", "5,6,B, {0.5}"), "t.arff");
    expect([[...toy.series], [...toy.labels]]).toEqual([
      [1, 2, 3, 4, 5, 6],
      [0, 1, 1],
    ]);
    expect(toy.notes).toEqual([
      't.arff: the values of a row are its 2 numeric attributes in their order: "id", "mean"',
      't.arff: weights of attributes are left out: "mean"',
      't.arff:9: the label "B" is taken for the header\'s class of another letter case',
      "t.arff:7: the weight {5} of the row is left out, and so are 1 more: every row counts once",
    ]);
  });

  it.each([
    [
      "no nominal attribute",
      ["@attribute a1 numeric", "@attribute a2 numeric"],
      "1,2",
      "no attribute is nominal",
    ],
    [
      "? for every class",
      ["@attribute a1 numeric", "@attribute a2 numeric", "@attribute class {x,y}"],
      "1,2,?",
      "the class of every row is ?",
    ],
    [
      "a relational attribute alone",
      ["@attribute rel relational", "@attribute t1 numeric", "@attribute t2 numeric", "@end rel"],
      "'1,2'",
      "no attribute is nominal",
    ],
  ])("reads rows without an answer: %s", (_, attributes, row, why) => {
    const toy = parseArff(file(attributes, row, row), "t.arff");
    expect([toy.answers, [...toy.series]]).toEqual([{ kind: "none" }, [1, 2, 1, 2]]);
    expect(toy.notes).toEqual([`t.arff: ${why}: rows have no answer, and can be predicted`]);
  });

  it.each([
    [
      file(UNIVARIATE, "1,2,q", "1,2,x"),
      '7: column 3 is "q", which is not in the nominal attribute ("x", "y z"); the header names every class; correct the label or the header',
    ],
    [
      file(UNIVARIATE, "1,z,x", "1,2,x"),
      '7: column 2 is "z"; values are decimal numbers such as -1.5e-3; correct it, or write ? or NaN where there is none',
    ],
    [
      file(UNIVARIATE, "1,x", "1,2,x"),
      '7: column 2 is "x"; values are decimal numbers such as -1.5e-3; correct it, or write ? or NaN where there is none',
    ],
    [
      file(UNIVARIATE, "1,2,x,x", "1,2,x"),
      "7: the row has 4 columns, but the header has 3 attributes; each has one; complete the row, or leave it out",
    ],
    [
      file(UNIVARIATE, "?,?,x", "1,2,x"),
      "7: every value of the row is missing; a row has at least one; leave the row out",
    ],
    [
      file(UNIVARIATE, "{0 1,2 x}", "1,2,x"),
      "7: the row is sparse ({index value, ...}); sparse ARFF is not read; write every value",
    ],
    [file(UNIVARIATE, "1,2,'x", "1,2,x"), "7: column 3 begins with ' and does not end with it; correct it"],
    [file(UNIVARIATE), '7: no row follows "@data"; a data set has at least one; give a file that has rows'],
    [
      file(["@attribute class {x"], "1"),
      '3: the classes of attribute "class" begin with "{" and no "}" follows in the line; correct it',
    ],
    [
      file([`@attribute class{${"'a b', ".repeat(40)}c} d`], "1"),
      '3: "d" follows the classes of attribute "class", which end with "}"; correct it',
    ],
    [
      file(["@attribute x numeric", "@attribute Target numeric"], "1,2"),
      '5: attribute "Target" (line 4) is numeric, and no attribute is nominal; then all of them are values of the series; ' +
        "list its classes in braces, or leave the column out to predict the rows",
    ],
    [
      file(UNIVARIATE, "1,2,x", "1,2,?", "1,2,x"),
      '8: column 3 is "?", but line 7 has "x"; every row has a class, or none has and they can be predicted; ' +
        "complete the label, or leave the row out",
    ],
    [
      file(UNIVARIATE, "1,2,?", "1,2,'y z'", "1,2,x"),
      '8: column 3 is "y z", but line 7 has "?"; every row has a class, or none has and they can be predicted; ' +
        "complete the label, or leave the row out",
    ],
    [
      file(["@attribute a string"], "1"),
      '3: the attribute is "string"; it is numeric, relational, or a list of classes such as {a,b}; correct it, or leave the attribute out',
    ],
    [file(["@attribute a {x,x}"], "1"), '3: the class "x" is named twice; correct the attribute'],
    [
      file(["@attribute a {x}", "@attribute b {y}"], "1"),
      "4: a second nominal attribute; one names the classes; leave the other out",
    ],
    [
      file(["what"], "1"),
      '3: "what" is no line of an ARFF header; it has @relation, @attribute and @data; correct it',
    ],
    [
      file(RELATIONAL, "'1,2\\n3',x", "'1\\n2',x"),
      "9: channel 2 has 1 value, but channel 1 has 2; the channels of a row have one length; complete the row, or leave it out",
    ],
    [
      file(RELATIONAL, "'1,2\\n3,4',x", "'1,2',x", "'1,2',x"),
      "10: the row has 1 channel, but line 9 has 2; all rows have the same channels; complete the row, or leave it out",
    ],
    [
      "@relation x\n@attribute a numeric",
      '2: the file ends without "@data"; an ARFF file has "@data" before its rows; give such a file',
    ],
  ])("refuses what is not right: %#", (text, message) => {
    expect(refusal(text)).toBe(`dir/toy.arff:${message}`);
  });
});
