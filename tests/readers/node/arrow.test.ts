/** Arrow files and streams, held to the rules of Parquet. Files are small and written here. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import {
  bool,
  dateDay,
  decimal,
  dictionary,
  fixedSizeList,
  float32,
  float64,
  int16,
  int64,
  list,
  struct,
  tableFromArrays,
  tableToIPC,
  timestamp,
  utf8,
  type DataType,
} from "@uwdata/flechette";
import { afterAll, describe, expect, it } from "vitest";
import { InputError } from "../../../src/data/errors.ts";
import { gather, type Dataset } from "../../../src/data/dataset.ts";
import { readDataset, type TableOptions } from "../../../src/node.ts";
import { Tables } from "../../../src/readers/node/duckdb.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-arrow-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

type Values = Readonly<Record<string, readonly unknown[]>>;
interface How {
  readonly types?: Record<string, DataType>;
  readonly format?: "file" | "stream";
  readonly maxBatchRows?: number;
}

const ipc = (values: Values, { types = {}, format = "file", maxBatchRows }: How = {}): Uint8Array =>
  tableToIPC(tableFromArrays(values as Record<string, unknown[]>, { types, maxBatchRows }), {
    format,
  }) as Uint8Array;

const refusal = async (path: string, options: TableOptions = {}): Promise<string> => {
  const error: unknown = await readDataset(path, options).catch((e: unknown) => e);
  return error instanceof InputError ? error.message.replaceAll(folder, "") : "(it was read)";
};

const n = 12;
const steps = Array.from({ length: n }, (_, i) => i);
const long: Values = {
  id: steps,
  who: steps.map((i) => (i % 2 ? "bob" : "ann")),
  t: steps.map((i) => new Date(Date.UTC(2024, 0, 1, 0, 0, n - i))),
  x: steps.map((i) => (i === 4 ? null : i / 4)),
  ok: steps.map((i) => i % 3 === 0),
  count: steps.map((i) => (i * i) % 7),
  note: steps.map((i) => `n${i}`),
  cost: steps.map((i) => i + 0.25),
  day: steps.map(() => new Date(Date.UTC(2024, 1, 29))),
};
const types = {
  id: int64(),
  who: dictionary(utf8()),
  t: timestamp(3), // nanoseconds
  x: float64(),
  ok: bool(),
  count: int16(),
  note: utf8(),
  cost: decimal(9, 2),
  day: dateDay(),
};
const ofLong = { seriesBy: "who", time: "t" } as const;
const facts = ({ rows, channelNames, length, series, notes }: Dataset) => [
  rows,
  channelNames,
  length,
  [...series],
  notes,
];

describe("an Arrow file", () => {
  it("is read as the same table in Parquet is: types, order, missing values, what is left out", async () => {
    const path = join(folder, "long.parquet");
    await Tables.with(path, [path], (tables) =>
      tables.run(
        `COPY (SELECT i AS id, CASE WHEN i % 2 = 1 THEN 'bob' ELSE 'ann' END AS who, TIMESTAMP '2024-01-01' + to_seconds(${n} - i) AS t, ` +
          `CASE WHEN i = 4 THEN NULL ELSE i / 4.0::DOUBLE END AS x, i % 3 = 0 AS ok, CAST((i * i) % 7 AS SMALLINT) AS count, ` +
          `'n' || i AS note, CAST(i + 0.25 AS DECIMAL(9, 2)) AS cost, DATE '2024-02-29' AS day FROM range(${n}) r(i)) TO '${path}' (FORMAT parquet)`,
      ),
    );
    const arrow = await readDataset(write("long.arrow", ipc(long, { types })), ofLong);
    expect(facts(arrow)).toEqual(facts(await readDataset(path, ofLong)));
    expect([arrow.rows, arrow.length, arrow.channelNames]).toEqual([2, 6, ["x", "ok", "count", "cost"]]);
    expect([...gather(arrow, [0]).series].slice(0, 6)).toEqual([2.5, 2, 1.5, NaN, 0.5, 0]);
    expect(arrow.notes).toContain("left out: id (by its name it is no measurement; --channels takes it)");
  });

  it("is the same in one batch or in several, as a file or as a stream, by any of its endings", async () => {
    const all = [];
    for (const ending of ["arrow", "arrows", "feather", "ipc"])
      for (const format of ["file", "stream"] as const)
        for (const maxBatchRows of [5, 100])
          all.push(
            facts(
              await readDataset(write(`one.${ending}`, ipc(long, { types, format, maxBatchRows })), ofLong),
            ),
          );
    for (const one of all) expect(one).toEqual(all[0]);
  });

  it("has classes, dates and groups as text, numbers of 32 bits without their tail", async () => {
    const path = write(
      "wide.feather",
      ipc(
        {
          a: [1, 2, 3],
          b: [4, null, 6],
          level: [0.1, 0.1, 2],
          day: [0, 0, 86400000].map((ms) => new Date(ms)),
        },
        { types: { a: float32(), b: int16(), level: float32(), day: dateDay() } },
      ),
    );
    const data = await readDataset(path, { label: "level", group: "day" });
    expect([data.classes, data.groups]).toEqual([
      ["0.1", "2"],
      ["1970-01-01", "1970-01-01", "1970-01-02"],
    ]);
    expect([...data.series]).toEqual([1, 4, 2, NaN, 3, 6]);
  });

  it("of lists has series, lists of lists channels, as Parquet has", async () => {
    const path = write(
      "lists.arrow",
      ipc(
        { label: ["up", "down"], x: [[1, 2, 3], [4, null]], both: [[[1, 2, 3], [4, 5, 6]], [[7, 8], [9, 0]]] }, // prettier-ignore
        { types: { label: utf8(), x: list(float64()), both: fixedSizeList(list(float32()), 2) } },
      ),
    );
    const data = await readDataset(path, { label: "label" });
    expect([data.channelNames, data.lengths]).toEqual([["x", "both0", "both1"], Int32Array.of(3, 2)]);
    expect([...gather(data, [0, 1]).series]).toEqual(
      [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, NaN, NaN, 7, 8, NaN, 9, 0, NaN], // prettier-ignore
    );
    expect(data.notes).toContain('column "both" has lists of lists: taken as 2 channels of time steps');
    const uneven = write("uneven.arrow", ipc({ x: [[1, 2], [3]], y: [[1, 2], [3, 4]] })); // prettier-ignore
    expect(await refusal(uneven)).toBe(
      '/uneven.arrow: row 1 (from 0), column "y" has 2 values, "x" has 1; the lists of a row have one length; choose with --channels',
    );
  });

  it("that is one of several has its name as a column; all have the same columns", async () => {
    write("day-1.arrow", ipc({ x: [1, 2], k: ["a", "a"] }));
    write("day-2.arrow", ipc({ k: ["b", "b"], x: [3, 4] }));
    const data = await readDataset(join(folder, "day-*.arrow"), {
      seriesBy: "filename",
      label: "k",
      channels: ["x"],
    });
    expect([[...data.series], data.classes]).toEqual([[1, 2, 3, 4], ["a", "b"]]); // prettier-ignore
    write("day-3.arrow", ipc({ y: [1], k: ["a"] }));
    expect(await refusal(join(folder, "day-*.arrow"), { seriesBy: "filename" })).toBe(
      "/day-3.arrow: its columns are y TINYINT, k VARCHAR, those of /day-1.arrow x TINYINT, k VARCHAR; all have the same; give files that are alike",
    );
  });

  it("packed by LZ4, as pyarrow writes it, is read: 40 rows of 1, of classes a and b in turn", async () => {
    const path = write("packed.arrow", Buffer.from(PACKED, "base64"));
    const data = await readDataset(path, { label: "kind" });
    expect([data.rows, [...new Set(data.series)], [...data.labels].slice(0, 4)]).toEqual([
      40,
      [1],
      [0, 1, 0, 1],
    ]);
  });

  it("packed by Zstandard is read where Node unpacks it, else refused with what to do", async () => {
    const path = write("zstd.arrow", Buffer.from(ZSTD, "base64"));
    const isThere = "zstdDecompressSync" in process.getBuiltinModule("node:zlib");
    expect(await refusal(path, { label: "kind" })).toBe(
      isThere
        ? "(it was read)"
        : "/zstd.arrow: it is packed by zstd, which Node unpacks from 22.15 on; write it with LZ4 or uncompressed, or use a newer Node",
    );
  });

  it.each<[string, () => Uint8Array, TableOptions, string]>([
    ["text beside numbers", () => ipc({ x: ["1", "2", "c"] }), {}, 'column "x": row 2 (from 0) has "c"; values are numbers; correct it, or choose the columns with --channels'],
    ["structures", () => ipc({ x: [{ a: 1 }] }, { types: { x: struct({ a: float64() }) } }), {}, 'column "x": it holds structures (STRUCT); leave it out with --channels'],
    ["a class that is a structure", () => ipc({ x: [1], y: [{ a: 1 }] }, { types: { y: struct({ a: float64() }) } }), { label: "y" }, 'column "y" is of type STRUCT; a class, a group and a series are text, numbers or times; name another'],
    ["infinities", () => ipc({ x: [1, Infinity] }), {}, 'row 1 (from 0), column "x" is Infinity; values are finite; correct it or leave the field empty'],
    ["a query", () => ipc({ x: [1] }), { sql: "select x from data" }, "sql: Arrow files are read without DuckDB, which answers queries; leave it out, or write the table as Parquet"],
    ["names that differ in case alone", () => ipc({ x: [1], X: [2] }), {}, 'columns "x" and "X" differ in case alone; give one of them another name'],
    ["no rows", () => ipc({ x: [] }, { types: { x: float64() } }), {}, "there are no rows; a data set has at least one; give some"],
    ["a file cut short", () => ipc({ x: [1, 2] }).subarray(0, -9), {}, "the Arrow file ends without its mark; is the file cut short? give it whole"],
    ["a stream cut short", () => ipc({ x: steps }, { format: "stream" }).subarray(0, -20), {}, "is the file cut short? give it whole"],
    ["version 1 of Feather", () => new TextEncoder().encode("FEA1........FEA1"), {}, "it is Feather of version 1, which is not read; write it with version 2 (pyarrow's default)"],
    ["text", () => new TextEncoder().encode("a,b\n1,2\n3,4\n"), {}, "it is no Arrow file, or damaged"],
  ])("is refused: %s", async (_, bytes, options, message) => {
    expect(await refusal(write("bad.arrow", bytes()), options)).toMatch(/^\/bad\.arrow: [^\n]*$/);
    expect(await refusal(write("bad.arrow", bytes()), options)).toContain(message);
  }); // prettier-ignore

  it("as a stream without the mark of its end is read to the end, with a note", async () => {
    const path = write(
      "open.arrows",
      ipc({ x: [1, 2, 4], y: [3, 3, 4] }, { format: "stream" }).subarray(0, -8),
    );
    const data = await readDataset(path);
    expect([...data.series]).toEqual([1, 3, 2, 3, 4, 4]);
    expect(data.notes).toContain(
      `${path}: the Arrow stream has no mark of its end: the rows that are there are taken`,
    );
  });

  it("that is damaged gives a sound data set or one line, whatever the damage", async () => {
    const seeds = [
      ipc(long, { types, maxBatchRows: 5 }),
      ipc(long, { types, format: "stream" }),
      Buffer.from(PACKED, "base64"),
      ipc({ x: [[1, 2, 3], [4]], y: [[1, 2, 3], [4]] }, { types: { x: list(float64()) } }), // prettier-ignore
    ];
    const damage = fc.record({
      seed: fc.constantFrom(...seeds),
      hits: fc.array(
        fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.integer({ min: 0, max: 255 })),
        { maxLength: 4 },
      ),
      keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ seed, hits, keep }) => {
        const bytes = Uint8Array.from(seed);
        for (const [place, byte] of hits) bytes[Math.floor(place * bytes.length)] = byte;
        const path = write("damaged.arrow", bytes.subarray(0, Math.max(1, Math.floor(keep * bytes.length))));
        const read: unknown = await readDataset(path).catch((e: unknown) => e);
        if (read instanceof Error && !(read instanceof InputError)) throw read;
        if (read instanceof InputError) expect(read.message).toMatch(/^[^\n]*damaged\.arrow[^\n]*$/);
      }),
      { numRuns: 400 },
    );
  });
});

/** Streams of pyarrow 25: `x` is 40 times 1, `kind` a and b in turn. */
const PACKED =
  "/////6AAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAIAAABEAAAABAAAANT///8AAAEFEAAAABwAAAAEAAAAAAAAAAQAAABraW5kAAAAAAQABAAEAAAAEAAUAAgABgAHAAwAAAAQABAAAAAAAAEDEAAAABgAAAAEAAAAAAAAAAEAAAB4AAYACAAGAAYAAAAAAAIA/////9gAAAAUAAAAAAAAAAwAGAAGAAUACAAMAAwAAAAAAwQAHAAAABgBAAAAAAAAAAAAAAwAHAAQAAQACAAMAAwAAAB4AAAAHAAAABQAAAAoAAAAAAAAAAAAAAAEAAQABAAAAAUAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAArAAAAAAAAADAAAAAAAAAAAAAAAAAAAAAwAAAAAAAAALsAAAAAAAAA8AAAAAAAAAAjAAAAAAAAAAAAAAACAAAAKAAAAAAAAAAAAAAAAAAAACgAAAAAAAAAAAAAAAAAAABAAQAAAAAAAAQiTRhgQIIUAAAAEQABACHwPwcADwgA/xxQAAAA8D8AAAAAAAAAAACkAAAAAAAAAAQiTRhgQIKkAACAAAAAAAEAAAACAAAAAwAAAAQAAAAFAAAABgAAAAcAAAAIAAAACQAAAAoAAAALAAAADAAAAA0AAAAOAAAADwAAABAAAAARAAAAEgAAABMAAAAUAAAAFQAAABYAAAAXAAAAGAAAABkAAAAaAAAAGwAAABwAAAAdAAAAHgAAAB8AAAAgAAAAIQAAACIAAAAjAAAAJAAAACUAAAAmAAAAJwAAACgAAAAAAAAAAAAAAAAoAAAAAAAAAAQiTRhgQIIMAAAAL2FiAgAOUGJhYmFiAAAAAAAAAAAA/////wAAAAA=";
const ZSTD =
  "/////6AAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAIAAABEAAAABAAAANT///8AAAEFEAAAABwAAAAEAAAAAAAAAAQAAABraW5kAAAAAAQABAAEAAAAEAAUAAgABgAHAAwAAAAQABAAAAAAAAEDEAAAABgAAAAEAAAAAAAAAAEAAAB4AAYACAAGAAYAAAAAAAIA/////+AAAAAUAAAAAAAAAAwAGAAGAAUACAAMAAwAAAAAAwQAHAAAAKAAAAAAAAAAAAAAAAwAHgAQAAQACAAMAAwAAACAAAAAJAAAABgAAAAoAAAAAAAAAAAAAAAAAAYACAAHAAYAAAAAAAABBQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACQAAAAAAAAAKAAAAAAAAAAAAAAAAAAAACgAAAAAAAAAUQAAAAAAAACAAAAAAAAAABkAAAAAAAAAAAAAAAIAAAAoAAAAAAAAAAAAAAAAAAAAKAAAAAAAAAAAAAAAAAAAAEABAAAAAAAAKLUv/WBAAJUAAEgAAAAAAADwPwACAC8rCgjgCAAAAACkAAAAAAAAACi1L/0gpAUCAEIKDwsQYL4ZKIpSdZRRCn/c8cYZX1zxxBE/3PDCCR9c8MAB/+69O/ft2rNjv269OvXp0qNDf+68OfPlypMjHwAAAAAAAAAAKAAAAAAAAAAotS/9IChFAAAQYWIBAHscFgAAAAAAAAD/////AAAAAA==";
