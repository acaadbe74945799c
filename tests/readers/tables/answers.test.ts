/** Answers of tables: several classes at once, and a class at each time step. */
import { describe, expect, it } from "vitest";
import { readCsv, type ReadCsvOptions } from "../../../src/index.ts";

const refusal = async (text: string, options: ReadCsvOptions): Promise<string> => {
  const error: unknown = await readCsv(text, options).catch((e: unknown) => e);
  return error instanceof Error ? error.message : "(it was read)";
};

describe("several labels", () => {
  const wide = "x0,x1,cough,fever\n1,2,0,1\n3,4,1,1\n5,6,0,0\n";

  it("are columns of 0 and 1, each a class, of a series a row", async () => {
    const { answers, series, notes } = await readCsv(wide, { label: "cough,fever" });
    expect(answers).toEqual({
      kind: "multiLabel",
      classes: ["cough", "fever"],
      targets: Float64Array.of(0, 1, 1, 1, 0, 0),
    });
    expect([...series]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(notes).toContain("columns: 1 channel of 2 steps: x0 to x1; labels cough, fever");
  });

  it("may be true and false, in the order in which they are named, with blanks after the comma", async () => {
    const text = "fever,x0,x1,cough\ntrue,1,2,false\nfalse,3,4,true\n";
    const { answers } = await readCsv(text, { label: "cough, fever" });
    expect(answers).toMatchObject({ classes: ["cough", "fever"], targets: Float64Array.of(0, 1, 1, 0) });
  });

  it("are one column where a column is called all of it", async () => {
    const { answers } = await readCsv('"a,b",x0,x1\nup,1,2\ndown,3,4\n', { label: "a,b" });
    expect(answers).toMatchObject({ kind: "classes", classes: ["down", "up"] });
  });

  const long = "who,x,p,q\na,1,1,0\na,2,1,0\na,3,0,0\na,4,0,1\nb,5,0,1\nb,6,0,1\n";

  it("are the commonest of each column in a window, on a tie the later", async () => {
    const { answers } = await readCsv(long, { label: "p,q", seriesBy: "who", window: 2, channels: ["x"] });
    expect(answers).toMatchObject({ kind: "multiLabel", targets: Float64Array.of(1, 0, 0, 1, 0, 1) });
  });

  it("are those of a whole series where they are the same all along; else the series is refused", async () => {
    const same = "who,x,p,q\na,1,1,0\na,2,1,0\nb,5,0,1\n";
    const { answers } = await readCsv(same, { label: "p,q", seriesBy: "who" });
    expect(answers).toMatchObject({ targets: Float64Array.of(1, 0, 0, 1) });
    expect(await refusal(long, { label: "p,q", seriesBy: "who" })).toBe(
      'table: series "a" has more than one label in column "p"; a series has one; cut it into windows with --window, ' +
        "tell series apart with --series-by, or take a class a time step with --answers positions",
    );
  });

  it("are refused where they are neither 0 nor 1, empty, text, named twice, or not there", async () => {
    const says = (rows: string, label = "a,b") => refusal(`x0,x1,a,b\n${rows}`, { label });
    expect(await says("1,2,0,1\n1,2,2,1\n")).toBe(
      'table: row 1 (from 0), column "a" is 2; of several labels each column says 0 or 1; correct it, or give one column of classes ' +
        "(--label) or columns of values (--target)",
    );
    expect(await says("1,2,0,1\n1,2,1,\n")).toBe(
      'table: row 1 (from 0), column "b" is empty; every row has an answer there; fill it in or leave the row out',
    );
    expect(await says("1,2,0,up\n1,2,1,down\n")).toContain('column "b" is text');
    expect(await says("1,2,0,1\n", "a,a")).toBe('table: column "a" (label) is named twice; name it once');
    expect(await says("1,2,0,1\n", "a,c")).toBe(
      'table: there is no column "c" (label); its columns are x0, x1, a, b',
    );
    expect(await refusal(long, { label: "p,q", target: "x" })).toContain("label and target are both given");
  });
});

describe("a class at each time step", () => {
  const text = "t,x,y,state\n0,1,10,rest\n1,2,20,walk\n2,3,30,walk\n3,4,40,run\n";

  it("is the label column's, in windows", async () => {
    const data = await readCsv(text, { time: "t", label: "state", window: 2, answers: "positions" });
    expect(data.answers).toEqual({
      kind: "positions",
      classes: ["rest", "run", "walk"],
      labels: Int32Array.of(0, 2, 2, 1),
      positions: 2,
    });
    expect([data.rows, data.channels, data.length]).toEqual([2, 2, 2]);
    const overlapping = await readCsv(text, {
      time: "t",
      label: "state",
      window: 3,
      hop: 1,
      answers: "positions",
    });
    expect([...overlapping.labels]).toEqual([0, 2, 2, 2, 2, 1]);
  });

  it("is that of rows out of order, when they are in order", async () => {
    const mixed = "t,x,y,state\n2,3,30,walk\n0,1,10,rest\n3,4,40,run\n1,2,20,walk\n";
    const data = await readCsv(mixed, { time: "t", label: "state", answers: "positions" });
    expect([[...data.labels], [...data.series]]).toEqual([
      [0, 2, 2, 1],
      [1, 2, 3, 4, 10, 20, 30, 40],
    ]);
  });

  it("is refused without a label, without time steps, of unequal series, and other words for tables", async () => {
    expect(await refusal(text, { time: "t", answers: "positions" })).toBe(
      "table: answers is positions, the class of each time step in a column; give that column with --label",
    );
    expect(await refusal(text, { label: "state", answers: "positions" })).toBe(
      "table: answers is positions, the class of each time step in a column; give --time, --series-by or --window, so that rows are time steps",
    );
    const unequal = "who,x,s\na,1,u\na,2,v\nb,3,u\n";
    expect(await refusal(unequal, { seriesBy: "who", label: "s", answers: "positions" })).toBe(
      'table: series "b" has length 1, the longest 2; with a class a time step all rows have one length; cut them into windows with --window',
    );
    expect(await refusal(text, { label: "state", answers: "values" })).toBe(
      "table: answers is values, which is for NumPy arrays; of tables --label names a class, --label a,b several at once, --target values; leave it out",
    );
  });
});
