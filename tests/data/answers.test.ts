import { describe, expect, it } from "vitest";
import {
  answersAt,
  answersEach,
  hasClasses,
  labelled,
  type AnswerKind,
  type Answers,
} from "../../src/data/answers.ts";
import { dataset, type DatasetFields } from "../../src/data/dataset.ts";
import { InputError } from "../../src/data/errors.ts";

const classes = ["a", "b"];
const labels = Int32Array.of(0, 1, 1, 0, 1, 0);
const zeroOrOne = Float64Array.of(1, 0, 1, 1, 0, 0);
/** Of three rows each. */
const all = {
  classes: labelled(classes, labels.slice(0, 3)),
  positions: labelled(classes, labels, 2),
  multiLabel: { kind: "multiLabel", classes, targets: zeroOrOne },
  values: { kind: "values", targets: Float64Array.of(1, 2, 3), outputs: 1 },
  none: { kind: "none" },
} as const satisfies Record<AnswerKind | "none", Answers>;
const rows = (answers: Answers): DatasetFields => ({
  name: "three",
  series: Float64Array.of(1, 2, 3),
  channels: 1,
  length: 1,
  answers,
});

describe("answers", () => {
  it.each([
    ["classes", [1, true, classes, 3, 0]],
    ["positions", [2, true, classes, 6, 0]],
    ["multiLabel", [2, true, classes, 0, 6]],
    ["values", [1, false, [], 0, 3]],
    ["none", [0, false, [], 0, 0]],
  ] as const)("%s: numbers a row, and what a data set derives from them", (kind, wanted) => {
    const data = dataset(rows(all[kind]));
    expect(data.answers.kind).toBe(kind);
    expect([
      answersEach(data.answers),
      hasClasses(kind),
      data.classes,
      data.labels.length,
      data.targets.length,
    ]).toEqual(wanted);
  });

  it("of one position are a class a row", () => {
    expect(labelled(classes, labels, 1)).toEqual({ kind: "classes", classes, labels });
  });

  it("of some rows are theirs, in the order asked for", () => {
    const at = [2, 0];
    expect(answersAt(all.positions, at)).toEqual(labelled(classes, Int32Array.of(1, 0, 0, 1), 2));
    expect(answersAt(all.multiLabel, at)).toEqual({
      ...all.multiLabel,
      targets: Float64Array.of(0, 0, 1, 0),
    });
    expect(answersAt(all.values, at)).toEqual({ ...all.values, targets: Float64Array.of(3, 1) });
    expect(answersAt(all.none, at)).toEqual({ kind: "none" });
  });
});

describe("a data set", () => {
  it("refuses answers that are more or fewer than its rows want", () => {
    expect(() => dataset(rows(labelled(classes, labels, 3)))).toThrow(
      new InputError("three: 6 answers for 3 rows; of kind positions each row has 3; make the counts agree"),
    );
  });

  it("refuses labels beside its answers: one of them would be stale", () => {
    const fields = { ...rows(all.values), labels } as unknown as DatasetFields;
    const message =
      'three: labels are given; they are those of answers; give answers, such as { kind: "classes", classes, labels }';
    expect(() => dataset(fields)).toThrow(new InputError(message));
    expect(() => dataset(rows(all.none)).with(fields)).toThrow(new InputError(message));
  });

  it("with other answers has their classes, and keeps the rest", () => {
    const data = dataset({ ...rows(all.values), groups: ["x", "y", "z"] }).with({ answers: all.classes });
    expect([data.classes, [...data.labels], data.targets.length]).toEqual([classes, [0, 1, 1], 0]);
    expect([data.rows, data.groups, [...data.series]]).toEqual([3, ["x", "y", "z"], [1, 2, 3]]);
  });
});
