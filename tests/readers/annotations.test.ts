import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../src/data/errors.ts";
import { intervals } from "../../src/data/intervals.ts";
import { labelsAt, parseAnnotations } from "../../src/readers/annotations.ts";
import { ascii } from "./bytes.ts";
import { atr, edf, tals } from "./signalFiles.ts";

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return "accepted";
}
const read = (text: string, file = "a.csv", options = {}) => parseAnnotations(ascii(text), file, options);
const expected = [
  { onset: 0.5, duration: 1, text: "walk" },
  { onset: 2, duration: 0.25, text: "run" },
];

describe("parseAnnotations", () => {
  it.each<[string, string]>([
    ["commas", "start,end,label\n0.5,1.5,walk\n2,2.25,run\n"],
    ["tabs, a duration and another order", "trial_type\tonset\tduration\nwalk\t0.5\t1\nrun\t2\t0.25\n"],
    [
      "semicolons, quotes and units in brackets",
      'Begin (s);End (s);Class\r\n0.5;1.5;"walk"\r\n\r\n2;2.25;"run"\r\n',
    ],
    ["milliseconds", "start_ms,end_ms,label\n500,1500,walk\n2000,2250,run"],
  ])("reads tables with a header: %s", (_, text) => {
    const { unit, annotations } = read(text);
    expect(unit).toBe("s");
    expect(annotations).toEqual(expected);
  });

  it("counts samples where the header says so, or the option where it does not, and tells what it took for granted", () => {
    const told = read("start_sample,end_sample,label\n5,15,walk\n");
    expect([told.unit, told.annotations]).toEqual(["samples", [{ onset: 5, duration: 10, text: "walk" }]]);
    expect(told.notes).toEqual([]);
    expect(read("start,end,label\n5,15,walk\n", "a.csv", { unit: "samples" })).toEqual({
      ...told,
      notes: [],
    });
    expect(read("start,end,label,by\n5,15,walk,me\n").notes).toEqual([
      'columns "start" and "end" are read as seconds (--annotation-unit samples or ms says otherwise)',
      'columns left out: "by"',
    ]);
    expect(refusal(() => read("start_ms,end_ms,label\n1,2,a\n", "a.csv", { unit: "s" }))).toBe(
      'a.csv:1: column "start_ms" is in ms, but the unit is said to be s; leave --annotation-unit out',
    );
  });

  it("reads labels of Audacity, and says that it leaves frequencies out", () => {
    const { unit, annotations, notes } = read("0.5\t1.5\twalk\n\\\t100\t200\n2.0\t2.25\trun\n", "labels.txt");
    expect([unit, annotations, notes]).toEqual(["s", expected, ["1 lines of frequencies are left out"]]);
  });

  it("reads a JSON export of Label Studio", () => {
    const region = (start: number, end: number, label: string): object => ({
      type: "timeserieslabels",
      value: { start, end, instant: false, timeserieslabels: [label] },
    });
    const regions = [
      region(0.5, 1.5, "walk"),
      { type: "choices", value: { choices: ["ok"] } },
      region(2, 2.25, "run"),
    ];
    const text = JSON.stringify([{ id: 1, annotations: [{ result: regions }], data: { csv: "a.csv" } }]);
    const { annotations, notes } = read(text, "a.json");
    expect(annotations).toEqual(expected);
    expect(notes).toEqual([
      "start and end of regions are read as seconds (--annotation-unit samples or ms says otherwise)",
      "1 of 3 results have no label of a stretch and are left out",
    ]);
    expect(refusal(() => read(JSON.stringify([{}, {}]), "a.json"))).toBe(
      "a.json: it has 2 tasks; a file annotates one recording; export them one by one",
    );
    expect(
      refusal(() => read(JSON.stringify([{ annotations: [{ result: [] }, { result: [] }] }]), "a.json")),
    ).toBe("a.json: it has 2 annotations of its task; which of them holds is not said; export one");
  });

  it("reads beats and rhythms of WFDB, also after more than 1,023 samples, and of both wants to be told which", () => {
    const bytes = atr([
      { at: 18, code: 28, aux: "(N" },
      { at: 77, code: 1 },
      { at: 370, code: 5 },
      { at: 100370, code: 28, aux: "(AFIB" },
      { at: 100400, code: 14 },
    ]);
    expect(refusal(() => parseAnnotations(bytes, "100.atr"))).toBe(
      "100.atr: it has 2 beats and 2 changes of rhythm; a position has one class; choose with --annotations-of beats or rhythms",
    );
    const beats = parseAnnotations(bytes, "100.atr", { of: "beats" });
    expect(beats).toEqual({
      unit: "samples",
      annotations: [
        { onset: 77, duration: 0, text: "N" },
        { onset: 370, duration: 0, text: "V" },
      ],
      notes: ["2 beats are taken, each one position long", "3 other annotations are left out"],
    });
    const { annotations } = parseAnnotations(bytes, "100.atr", { of: "rhythms" });
    expect(annotations).toEqual([
      { onset: 18, duration: 100352, text: "N" },
      { onset: 100370, duration: Infinity, text: "AFIB" },
    ]);
  });

  it("reads annotations of EDF+", () => {
    const list = tals(60, "+0\u0014\u0014", "+0.5\u00151\u0014walk\u0014", "+2\u00150.25\u0014run\u0014");
    const bytes = edf([{ label: "EDF Annotations", records: [list] }], { reserved: "EDF+C", seconds: 0 });
    expect(parseAnnotations(bytes, "a.edf").annotations).toEqual(expected);
  });

  it.each<[string, string, string]>([
    [
      "a.csv",
      "start,end\n1,2\n",
      'a.csv:1: its columns are "start", "end"; annotations have a start (start, onset), an end or a duration and a label; name them so',
    ],
    [
      "a.csv",
      "start,end,label\n1,2,a\n3,x,b\n",
      'a.csv:3: column "end" is "x"; it is a decimal number; correct it',
    ],
    ["a.csv", "start,end,label\n1,2,a\n3,4\n", "a.csv:3: it has 2 fields, the header 3; correct the line"],
    ["a.csv", "start,end,label\n2,1,a\n", "a.csv:2: the annotation ends before it begins; correct it"],
    [
      "a.csv",
      "start,onset,end,label\n",
      'a.csv:1: columns "start" and "onset" could both be the start; there is one; rename the other',
    ],
    [
      "a.txt",
      "1\t2\ta\n1,2,b\n",
      'a.txt:2: the line is "1,2,b"; labels are start, end and label with tabs between, or a table with a header; correct it',
    ],
    ["a.atr", "\u0001", "a.atr, byte 0: the annotations do not end; is the file cut short? give it whole"],
  ])("refuses %s that says no stretch (%#)", (file, text, message) => {
    expect(refusal(() => read(text, file))).toBe(message);
  });
});

describe("labelsAt", () => {
  const classes = ["none", "run", "walk"];
  it("gives each position the class of the annotation that its time lies in", () => {
    // positions at 0, 0.25, ... 2.25 s: walk covers 0.5 to 1.25, run 2 alone
    expect([...labelsAt(expected, { length: 10, rate: 4, classes, none: "none" })]).toEqual([
      0, 0, 2, 2, 2, 2, 0, 0, 1, 0,
    ]);
  });

  it("keeps ends that rounding moves: 0.3 to 0.7 s at 10 Hz is 3 to 6", () => {
    const labels = labelsAt([{ onset: 0.3, duration: 0.4, text: "run" }], {
      length: 10,
      rate: 10,
      classes,
      none: "none",
    });
    expect([...labels]).toEqual([0, 0, 0, 1, 1, 1, 1, 0, 0, 0]);
  });

  it("lets one begin where another ends, a moment be one position, and the last go on to the end", () => {
    const list = [
      { onset: 3, duration: Infinity, text: "walk" },
      { onset: 1, duration: 2, text: "run" },
      { onset: 0, duration: 0, text: "walk" },
    ];
    expect([...labelsAt(list, { length: 5, rate: 1, classes })]).toEqual([2, 1, 1, 2, 2]);
  });

  const at = (onset: number, duration: number, text: string) => ({ onset, duration, text });
  it.each<[readonly ReturnType<typeof at>[], string]>([
    [
      [at(1, 2, "run"), at(2.5, 1, "walk")],
      'a.csv: "run" (1 to 3 s) and "walk" (2.5 to 3.5 s) overlap; a position has one class; correct one of them',
    ],
    [
      [at(4, 2, "run")],
      'a.csv: "run" (4 to 6 s) goes beyond the end of the recording, which has 10 positions (5 s); is it of another recording, or in another unit? correct it',
    ],
    [[at(-1, 2, "run")], 'a.csv: "run" (-1 to 1 s) begins before the recording; correct it'],
    [
      [at(0.1, 0.2, "run")],
      'a.csv: "run" (0.1 to 0.3 s) lies between two samples; an annotation covers at least one; correct it',
    ],
    [[at(0, 1, "swim")], 'a.csv: "swim" (0 to 1 s) is of none of the 3 classes; add it to them'],
  ])("refuses what gives no one class (%#)", (list, message) => {
    expect(refusal(() => labelsAt(list, { length: 10, rate: 2, classes, none: "none", name: "a.csv" }))).toBe(
      message,
    );
  });

  it("refuses a position without an annotation where no class stands for that", () => {
    expect(refusal(() => labelsAt([at(0, 2, "run")], { length: 3, rate: 1, classes }))).toBe(
      "annotations: position 2 has no annotation; every position has a class; say what the others are called (none)",
    );
  });
});

describe("labelsAt", () => {
  it("is the inverse of intervals, at any rate", () => {
    const classes = ["a", "b", "c"];
    fc.assert(
      fc.property(
        fc.array(fc.nat(2), { minLength: 1, maxLength: 50 }),
        fc.constantFrom(1, 3, 7, 44100, 250.5),
        (labels, rate) => {
          const names = labels.map((k) => classes[k]);
          const annotations = intervals(names, rate).map(
            ({ startSeconds: onset = NaN, endSeconds = NaN, label }) => ({
              onset,
              duration: endSeconds - onset,
              text: label,
            }),
          );
          expect([...labelsAt(annotations, { length: labels.length, rate, classes })]).toEqual(labels);
        },
      ),
    );
  });
});
