/** Tables through DuckDB. Files are small and written here. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { readDataset, type TableOptions } from "../../../src/node.ts";
import { Tables } from "../../../src/readers/node/duckdb.ts";
import { dataHash } from "../../../src/data/dataHash.ts";
import { gather } from "../../../src/data/dataset.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-tables-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const refusal = async (path: string, options: TableOptions = {}): Promise<string> => {
  const error: unknown = await readDataset(path, options).catch((e: unknown) => e);
  return error instanceof Error ? error.message.replace(folder, "") : "(it was read)";
};

const wide = write("wide.csv", "id,s0,class,s1,s2\nx1,1,b,2,3\nx2,4,a,,6.5\nx3,-7,b,8e1,NaN\n");

describe("a wide table", () => {
  it("has a series a row: numbers in the order of their columns, empty fields missing, text left out", async () => {
    const data = await readDataset(wide, { label: "class" });
    expect([data.name, data.rows, data.channels, data.length]).toEqual(["wide", 3, 1, 3]);
    expect([...data.series]).toEqual([1, 2, 3, 4, NaN, 6.5, -7, 80, NaN]);
    expect(data.classes).toEqual(["a", "b"]);
    expect([...data.labels]).toEqual([1, 0, 1]);
  });

  it("has channels by what the columns' names begin with, in the order of their numbers", async () => {
    const path = write("channels.csv", "y_1,x_10,x_2,y_0,n,label\n1,2,3,4,9,5\n5,6,7,8,9,6\n");
    const data = await readDataset(path, { label: "label", channels: ["x", "y"] });
    expect([data.channels, data.length]).toEqual([2, 2]);
    expect([...data.series]).toEqual([3, 2, 4, 1, 7, 6, 8, 5]);
    expect(data.classes).toEqual(["5", "6"]);
    expect(await refusal(path, { channels: ["x", "n"] })).toBe(
      '/channels.csv: no column is "n" (channels) and a number, such as n0; its columns are y_1, x_10, x_2, y_0, n, label',
    );
  });

  it("has values to predict, and groups", async () => {
    const path = write("target.csv", "who,a,b,aim,other\nann,1,2,0.5,7\nbob,3,4,1.5,8\n");
    const data = await readDataset(path, { target: ["aim", "other"], group: "who" });
    expect([...data.targets]).toEqual([0.5, 7, 1.5, 8]);
    expect([...data.series]).toEqual([1, 2, 3, 4]);
    expect(data.groups).toEqual(["ann", "bob"]);
  });

  it("holds a fraction back of every class, as any data set does", async () => {
    const rows = Array.from({ length: 10 }, (_, i) => `${Math.sin(i)},${i < 5 ? "a" : "b"}`).join("\n");
    const { train, test } = await readDataset(write("split.csv", `v,class\n${rows}\n`), {
      label: "class",
      test: 0.2,
      seed: 0,
    });
    expect([train.rows, test.rows, [...test.labels]]).toEqual([8, 2, [0, 1]]);
  });

  it("is told by a name from its header even where that is numbers", async () => {
    const data = await readDataset(write("numbers.csv", "0,1,kind\n1,2,a\n1,2,b\n"), { label: "kind" });
    expect([...data.series]).toEqual([1, 2, 1, 2]);
  });
});

const long = write(
  "long.csv",
  "who,t,x,y,state\nann,0,1,10,rest\nann,1,2,20,rest\nann,2,3,30,rest\nbob,0,4,40,walk\nbob,1,5,50,walk\n",
);
const ofLong = { seriesBy: "who", time: "t", label: "state" } as const;

describe("a long table", () => {
  it("has a time step a row; series of unequal length end with NaN", async () => {
    const data = await readDataset(long, ofLong);
    expect([data.rows, data.channels, data.length]).toEqual([2, 2, 3]);
    expect([...data.series]).toEqual([1, 2, 3, 10, 20, 30, 4, 5, NaN, 40, 50, NaN]);
    expect([...(data.lengths ?? [])]).toEqual([3, 2]);
    expect(data.classes).toEqual(["rest", "walk"]);
    expect([...data.labels]).toEqual([0, 1]);
  });

  it("is sorted where its rows are not in order, and rows of one time stay as they stand", async () => {
    const path = write(
      "mixed.csv",
      "who,t,x,y,state\nbob,1,5,50,walk\nann,2,3,30,rest\nann,0,1,10,rest\nbob,0,4,40,walk\nann,1,2,20,rest\n",
    );
    expect(dataHash(await readDataset(path, ofLong))).toBe(dataHash(await readDataset(long, ofLong)));
    const ties = write("ties.csv", "t,x\n2,1\n1,2\n1,3\n1,4\n0,5\n");
    const data = await readDataset(ties, { time: "t" });
    expect([...data.series]).toEqual([5, 2, 3, 4, 1]);
  });

  it("is ordered by dates and times too", async () => {
    const path = write("dates.csv", "day,x\n2024-03-01,3\n2024-02-29,2\n2023-12-31,1\n");
    expect([...(await readDataset(path, { time: "day" })).series]).toEqual([1, 2, 3]);
  });

  it("is cut into windows that keep to their series", async () => {
    const data = await readDataset(long, { ...ofLong, channels: ["y"], window: 2, hop: 1 });
    expect([data.rows, data.channels, data.length]).toEqual([3, 1, 2]);
    expect([...gather(data, [0, 1, 2]).series]).toEqual([10, 20, 20, 30, 40, 50]);
    expect([...data.labels]).toEqual([0, 0, 1]);
    expect(data.spans?.names).toEqual(["ann", "bob"]);
  });

  it("gives a window its commonest label, of several the one that comes last, and the targets of its last position", async () => {
    const path = write("states.csv", "x,state,aim\n1,a,0.1\n2,a,0.2\n3,b,0.3\n4,b,0.4\n5,a,0.5\n6,c,0.6\n");
    const labels = await readDataset(path, { label: "state", channels: ["x"], window: 3, hop: 1 });
    expect(labels.classes).toEqual(["a", "b", "c"]);
    expect([...labels.labels]).toEqual([0, 1, 1, 2]);
    const pairs = await readDataset(path, { label: "state", channels: ["x"], window: 2 });
    expect([...pairs.labels]).toEqual([0, 1, 2]);
    const aims = await readDataset(path, { target: "aim", channels: ["x"], window: 3, hop: 3 });
    expect([...aims.targets]).toEqual([0.3, 0.6]);
    expect(await refusal(path, { label: "state", time: "x" })).toBe(
      '/states.csv: series "states" has more than one label in column "state"; a series has one; ' +
        "cut it into windows with --window, tell series apart with --series-by, or take a class a time step with --answers positions",
    );
  });

  it("of several files has a series a file, unless told otherwise", async () => {
    write("day-1.csv", "x,who\n1,ann\n2,ann\n");
    write("day-2.csv", "x,who\n3,ann\n4,ann\n");
    const data = await readDataset(join(folder, "day-*.csv"), { window: 2, hop: 1 });
    expect([...gather(data, [0, 1]).series]).toEqual([1, 2, 3, 4]);
    expect(data.spans?.names.map((name) => name.replace(folder, ""))).toEqual(["/day-1.csv", "/day-2.csv"]);
    const joined = await readDataset(join(folder, "day-*.csv"), { seriesBy: "who", window: 2, hop: 1 });
    expect([...gather(joined, [0, 1, 2]).series]).toEqual([1, 2, 2, 3, 3, 4]);
  });

  it("holds the end of each series back, and windows that overlap it are in neither part", async () => {
    const rows = Array.from({ length: 20 }, (_, t) => `${t < 10 ? "p" : "q"},${t}`).join("\n");
    const path = write("time.csv", `who,x\n${rows}\n`);
    const { train, test } = await readDataset(path, {
      seriesBy: "who",
      channels: ["x"],
      window: 3,
      hop: 1,
      test: 0.25,
    });
    expect([...(test.spans?.start ?? [])]).toEqual([6, 7, 6, 7]);
    expect([...(train.spans?.start ?? [])]).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
    expect([...gather(test, [3]).series]).toEqual([17, 18, 19]);
  });

  it("says what a wide table of the same values says", async () => {
    const values = fc.double({ noDefaultInfinity: true });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 2, max: 4 }),
        fc.array(values, { minLength: 24, maxLength: 24 }),
        async (channels, length, numbers) => {
          const rows = Math.floor(numbers.length / (channels * length));
          const text = (x: number): string => (Number.isNaN(x) ? "" : String(x));
          // an empty field at a wide row's end would make the row shorter
          const at = (r: number, c: number, t: number): string => {
            const value = numbers[(r * channels + c) * length + t];
            return text(Number.isNaN(value) && t === length - 1 ? 0 : value);
          };
          const names = Array.from({ length: channels }, (_, c) => `c${"xyz"[c]}`);
          const times = Array.from({ length }, (_, t) => t);
          const head = names.flatMap((name) => times.map((t) => `${name}${t}`));
          const series = Array.from({ length: rows }, (_, r) => r);
          const asWide = series.map((r) => [
            `k${r % 2}`,
            ...names.flatMap((_, c) => times.map((t) => at(r, c, t))),
          ]);
          const asLong = series.flatMap((r) =>
            times.map((t) => [r, t, `k${r % 2}`, ...names.map((_, c) => at(r, c, t))]),
          );
          const csv = (lines: readonly (readonly unknown[])[]): string =>
            lines.map((l) => l.join(",")).join("\n") + "\n";
          const one = write("a-wide.csv", csv([["kind", ...head], ...asWide]));
          const other = write("a-long.csv", csv([["row", "t", "kind", ...names], ...asLong]));
          const a = await readDataset(one, { label: "kind", channels: names });
          const b = await readDataset(other, { label: "kind", channels: names, seriesBy: "row", time: "t" });
          expect(dataHash(b)).toBe(dataHash(a));
        },
      ),
      { numRuns: 6 },
    );
  });
});

describe("files", () => {
  it("of Parquet, JSON, JSON lines and packed CSV are read alike", async () => {
    const csv = "k,a,b\nx,1,2.5\ny,3,\n";
    const plain = write("same.csv", csv);
    write("same.jsonl", '{"k":"x","a":1,"b":2.5}\n{"k":"y","a":3,"b":null}\n');
    write("same.json", '[{"k":"x","a":1,"b":2.5},{"k":"y","a":3,"b":null}]');
    write("same.csv.gz", gzipSync(csv));
    const parquet = join(folder, "same.parquet");
    await Tables.with(plain, [plain, parquet], (tables) =>
      tables.run(`COPY (SELECT * FROM read_csv('${plain}')) TO '${parquet}'`),
    );
    const hashes = ["csv", "jsonl", "json", "csv.gz", "parquet"].map(async (ending) =>
      dataHash(await readDataset(join(folder, `same.${ending}`), { label: "k" })),
    );
    expect(new Set(await Promise.all(hashes)).size).toBe(1);
  });

  it("packed and cut short are refused, though every line that is left is whole", async () => {
    const csv = `k,a\n${"x,1\ny,2\n".repeat(20_000)}`;
    const packed = gzipSync(csv);
    const message =
      /^\/cut\S*\.csv\.gz: it does not unpack \(unexpected end of file\); is the file cut short\? give it whole$/;
    for (const part of [0.5, 0.7, 0.9, 0.99]) {
      const cut = packed.subarray(0, Math.floor(packed.length * part));
      expect(await refusal(write("cut.csv.gz", cut), { label: "k" })).toMatch(message);
    }
    write("cut-whole.csv.gz", packed);
    expect(await refusal(join(folder, "cut*.csv.gz"), { label: "k" })).toMatch(message);
  });

  it("may have any name, and so may columns", async () => {
    const path = write("it's [1]*.csv", '"a ""b""",its \'k\'\n1,x\n2,y\n');
    const data = await readDataset(path, { label: "its 'k'" });
    expect([...data.series]).toEqual([1, 2]);
    const long = await readDataset(path, { label: "its 'k'", seriesBy: "its 'k'", channels: ['a "b"'] });
    expect([...long.series]).toEqual([1, 2]);
  });

  it("are asked by a query that calls them data", async () => {
    const data = await readDataset(wide, {
      sql: "select * exclude (id, s2) from data where s0 > 0 -- the first two\n;",
      label: "class",
    });
    expect([...data.series]).toEqual([1, 2, 4, NaN]);
  });

  it("are asked with the numbers, times, classes and files' names that they have without a query", async () => {
    const csv =
      "who;when;x;y;valve;code\nann;13.01.2024 10:00;1.234,5;5 mV;True;007\nann;14.01.2024 11:00;0,25;NA;False;NA\n";
    write("query-1.csv", csv);
    write("query-2.csv", csv.replaceAll("ann", "bob"));
    const how = { seriesBy: ["filename", "who"], time: "when", label: "code", window: 1 };
    const path = join(folder, "query-*.csv");
    const plain = await readDataset(path, how);
    const asked = await readDataset(path, { ...how, sql: "select * from data" });
    expect(dataHash(asked)).toBe(dataHash(plain));
    expect([...gather(asked, [0, 1]).series]).toEqual([1234.5, 5, 1, 0.25, NaN, 0]);
    expect(asked.classes).toEqual(["007", "NA"]);
    expect(asked.notes).toEqual(plain.notes);
    const cast = "select who, cast(replace(z, '!', '') as double) as z from data";
    const text = write("query-3.csv", "who,z\na,1!\na,2\n");
    expect([...gather(await readDataset(text, { sql: cast, window: 2 }), [0]).series]).toEqual([1, 2]);
    expect(await refusal(text, { sql: "select * from data", window: 2 })).toBe(
      '/query-3.csv: column "z": line 2 has "1!"; values are numbers; correct it, or choose the columns with --channels',
    );
  });

  it("that take more than the memory for them are read from a temporary file to the same data", async () => {
    const rows = Array.from(
      { length: 70000 },
      (_, i) => `${Math.floor(i / 10000)},${Math.sin(i)},${Math.cos(i)},${i % 2 ? "odd" : "even"}`,
    );
    const path = write("many.csv", `s,a,b,kind\n${rows.join("\n")}\n`);
    for (const how of [{ label: "kind" }, { seriesBy: "s", channels: ["a", "b"], window: 8 }]) {
      const here = await readDataset(path, how);
      const there = await readDataset(path, { ...how, memory: 1 });
      expect(there.source).toBeDefined();
      expect(dataHash(there)).toBe(dataHash(here));
    }
  });
});

describe("what is refused", () => {
  it("names the line and the column, however late it comes", async () => {
    const rows = Array.from({ length: 30000 }, (_, i) => `${i},${i},x`).join("\n");
    expect(await refusal(write("late.csv", `a,b,label\n${rows}\n5,abc,x\n`), { label: "label" })).toBe(
      '/late.csv: column "b": line 30002 has "abc"; values are numbers; correct it, or choose the columns with --channels',
    );
    expect(await refusal(write("short.csv", `a,b,label\n${rows}\n5,6\n`), { label: "label" })).toBe(
      "/short.csv: line 30002 has 2 fields, the header 3; correct the line",
    );
  });

  it("is a column that is not there, or is not what it must be", async () => {
    expect(await refusal(wide, { label: "klass" })).toBe(
      '/wide.csv: there is no column "klass" (label); its columns are id, s0, class, s1, s2',
    );
    expect(await refusal(wide, { label: "class", target: "s0" })).toBe(
      "/wide.csv: label and target are both given; rows have a class or values; give one",
    );
    expect(await refusal(wide, { seriesBy: "id", channels: ["class"] })).toBe(
      '/wide.csv: column "class" is text; values are numbers; choose the columns with --channels',
    );
    expect(await refusal(long, { time: "who" })).toBe(
      '/long.csv: column "who" (time) is of type VARCHAR; it holds numbers, dates or times',
    );
    expect(await refusal(write("text.csv", "a,b\nx,y\nz,w\n"))).toBe(
      "/text.csv: no column has numbers that are a measurement; name the columns with --channels",
    );
  });

  it("is a word among numbers, a missing label, an infinity", async () => {
    expect(await refusal(write("word.csv", "a,b\n1,2\n1,oops\n1,3\n"))).toBe(
      '/word.csv: column "b": line 3 has "oops"; values are numbers; correct it, or choose the columns with --channels',
    );
    expect(await refusal(write("none.csv", "a,label\n1,x\n2,\n"), { label: "label" })).toBe(
      '/none.csv: row 1 (from 0), column "label" is empty; every row has one; fill it in or leave the row out',
    );
    expect(await refusal(write("inf.csv", "a\n1.5\n1e999\n"))).toMatch(/^\/inf\.csv: .*"a"/);
    expect(await refusal(write("group.csv", "g,x\na,1\nb,2\n"), { group: "g", window: 2 })).toBe(
      '/group.csv: row 1 (from 0), column "g" changes from "a" to "b" within a series; a series is of one group; tell series apart with --series-by',
    );
  });

  it("is no file, an empty one, one without rows, a broken one, a broken query", async () => {
    expect(await refusal(join(folder, "nope.parquet"))).toBe(
      "/nope.parquet: cannot read it: there is no such file or folder; check the path",
    );
    expect(await refusal(write("empty.csv", ""))).toBe("/empty.csv: the file is empty; give a table");
    expect(await refusal(write("head.csv", "a,b\n"), { window: 2 })).toMatch(
      /^\/head\.csv: there are no rows/,
    );
    expect(await refusal(write("broken.parquet", "PAR1 and then nothing of the sort"))).toMatch(
      /^\/broken\.parquet: [^\n]+$/,
    );
    expect(await refusal(join(folder, "no*.csv"), { label: "x" })).not.toContain("\n");
    expect(await refusal(wide, { sql: "select selec 1 from" })).toBe(
      '/wide.csv: syntax error at or near "1"; correct the file or --sql',
    );
    expect(await refusal(wide, { sql: "select nope from data" })).toMatch(
      /^\/wide\.csv: Referenced column "nope" not found[^\n]+$/,
    );
  });

  it("is an option of tables on another file", async () => {
    const path = write("x.ts", "@classLabel true a b\n@data\n1,2:a\n");
    expect(await refusal(path, { label: "class", time: "t" })).toBe(
      "/x.ts: label, time: only tables (.csv, .tsv, .txt, .parquet, .json, .jsonl, also .gz) have columns; leave it out",
    );
    expect((await readDataset(path, { window: 1 })).rows).toBe(2);
  });

  it("leaves nothing behind in the folder for temporary files", () => {
    expect(existsSync(join(process.cwd(), ".tmp"))).toBe(false);
  });
});
