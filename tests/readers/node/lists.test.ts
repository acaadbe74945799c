/** Columns of lists in JSON and Parquet: a row is a series. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { gather } from "../../../src/data/dataset.ts";
import { readDataset, type TableOptions } from "../../../src/node.ts";
import { Tables } from "../../../src/readers/node/duckdb.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-lists-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, rows: readonly object[]): string {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return path;
}

const refusal = async (path: string, options: TableOptions = {}): Promise<string> => {
  const error: unknown = await readDataset(path, options).catch((e: unknown) => e);
  return error instanceof Error ? error.message.replace(folder, "") : "(it was read)";
};

const series = [
  { id: 7, label: "up", start: "2024-01-01", target: [1, 2, 3.5], temp: [9, 8, 7] },
  { id: 9, label: "down", start: "2024-01-02", target: [4, null, 6, 7], temp: [1, 2, 3, 4] },
];

describe("lists", () => {
  it("are channels of a series a row, each of its own length; what has one value a row is no channel", async () => {
    const data = await readDataset(write("series.jsonl", series), { label: "label" });
    expect([data.rows, data.channelNames, data.lengths]).toEqual([
      2,
      ["target", "temp"],
      Int32Array.of(3, 4),
    ]);
    expect([...gather(data, [0, 1]).series]).toEqual(
      [
        [1, 2, 3.5, NaN, 9, 8, 7, NaN],
        [4, NaN, 6, 7, 1, 2, 3, 4],
      ].flat(),
    );
    expect(data.answers).toMatchObject({ classes: ["down", "up"], labels: Int32Array.of(1, 0) });
    expect(data.notes).toEqual([
      "columns: channels target, temp; label label; series by row",
      "left out: id (it has one value a row, and the series are lists; --channels takes it)",
      "left out: start (it is of type DATE)",
      "rows are series: each list is one time step after the other",
    ]);
  });

  it("are the same from Parquet, whose arrays of one length are lists too", async () => {
    const path = join(folder, "series.parquet");
    await Tables.with(path, [path], (tables) =>
      tables.run(
        `COPY (SELECT * FROM (VALUES ('up', [1.0, 2.0, 3.0], [1, 2, 3]::TINYINT[3]), ('down', [4.0, 5.0, 6.0], [4, 5, 6]::TINYINT[3])) ` +
          `t(label, x, y)) TO '${path}' (FORMAT parquet)`,
      ),
    );
    const data = await readDataset(path, { label: "label", channels: ["y", "x"] });
    expect([...data.series]).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
    expect(data.channelNames).toEqual(["y", "x"]);
  });

  it("of lists are channels of steps, where each row has as many", async () => {
    const path = write("nested.jsonl", [
      { kind: "a", x: [[1, 2, 3], [4, 5, 6]] }, // prettier-ignore
      { kind: "b", x: [[7, 8, 9], [0, 1, 2]] }, // prettier-ignore
    ]);
    const data = await readDataset(path, { label: "kind" });
    expect([...data.series]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]);
    expect(data.channelNames).toEqual(["x0", "x1"]);
    expect(data.notes).toContain('column "x" has lists of lists: taken as 2 channels of time steps');
    const steps = write("steps.jsonl", [{ kind: "a", x: [[1, 2], [3, 4], [5, 6]] }]); // prettier-ignore
    expect(await refusal(steps, { label: "kind" })).toBe(
      '/steps.jsonl: column "x" has lists of 3 lists, the shortest of 2 values; lists of lists are channels of time steps, as many in each row; ' +
        "rearrange them with --sql",
    );
  });

  it("may hold the class of each step, and are cut into windows like any series", async () => {
    const path = write("states.jsonl", [
      { state: ["rest", "walk", "walk", "walk"], x: [1, 2, 3, 4] },
      { state: ["rest", "rest", "rest", "walk"], x: [5, 6, 7, 8] },
    ]);
    const whole = await readDataset(path, { label: "state", answers: "positions" });
    expect([...whole.labels]).toEqual([0, 1, 1, 1, 0, 0, 0, 1]);
    const cut = await readDataset(path, { label: "state", window: 2 });
    expect([...cut.labels]).toEqual([1, 1, 0, 1]);
  });

  it("are refused where one is empty, or those of a row are not of one length, unless others are chosen", async () => {
    const path = write("uneven.jsonl", [
      { label: "a", x: [1, 2, 3], cat: [1, 2, 3] },
      { label: "b", x: [1, 2, 4], cat: [2] },
    ]);
    expect(await refusal(path, { label: "label" })).toBe(
      '/uneven.jsonl: row 1 (from 0), column "cat" has 1 values, "x" has 3; the lists of a row have one length; choose with --channels',
    );
    const data = await readDataset(path, { label: "label", channels: ["x"] });
    expect([...data.series]).toEqual([1, 2, 3, 1, 2, 4]);
    const empty = write("empty.jsonl", [{ label: "a", x: [1] }, { label: "b", x: [] }]); // prettier-ignore
    expect(await refusal(empty, { label: "label" })).toBe(
      '/empty.jsonl: row 1 (from 0), column "x" has no value; a series has at least one; leave the row out',
    );
  });
});
