/** Tables that a stranger sent: nested deep, or in folders whose names would be columns. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { dataHash } from "../../../src/data/dataHash.ts";
import { readDataset } from "../../../src/node.ts";
import { literal, Tables } from "../../../src/readers/node/duckdb.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-hostile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}
const refusal = (path: string, sql?: string): Promise<string> =>
  readDataset(path, sql === undefined ? {} : { sql }).then(
    () => "(it was read)",
    (error: Error) => error.message.replace(folder, ""),
  );
const nested = (deep: number, open: string, close: string): string =>
  open.repeat(deep) + "1" + close.repeat(deep);

describe("JSON that is nested deep", () => {
  const cases: readonly (readonly [name: string, text: string])[] = [
    ["lists.json", nested(50_000, "[", "]")],
    ["open.json", "[".repeat(200_000)],
    ["objects.json", nested(50_000, '[{"a":', "}]")],
    ["cell.jsonl", `{"x":1,"a":2}\n{"x":1,"a":${nested(60_000, "[", "]")}}\n`],
    ["late.ndjson", `${'{"x":1}\n'.repeat(50_000)}{"x":${nested(20_000, '{"x":', "}")}}\n`],
    ["behind.json", `${"]".repeat(9)}${nested(50_000, "[", "]")}`],
  ];

  it.each(cases)("is refused with its line: %s, packed too", async (name, text) => {
    const rule = /^\/[\w.]+: line \d+, byte \d+: values are nested more than 64 deep; [^\n]+$/;
    expect(await refusal(write(name, text))).toMatch(rule);
    expect(await refusal(write(`${name}.gz`, gzipSync(text)))).toMatch(rule);
    expect(await refusal(join(folder, name), "select * from data limit 1")).toMatch(rule);
  });

  it("is refused in a .zst too, which DuckDB unpacks", async () => {
    const text = join(folder, "rows.csv");
    const packed = join(folder, "cell.jsonl.zst");
    await Tables.with(text, [packed], (tables) =>
      tables.run(
        `COPY (SELECT '{"x":1,"a":' || repeat('[', 60000) || repeat(']', 60000) || '}' AS line FROM range(2)) ` +
          `TO ${literal(packed)} (FORMAT csv, HEADER false, QUOTE '', DELIM '\\x1f', COMPRESSION zstd)`,
      ),
    );
    expect(await refusal(packed)).toMatch(
      /^\/cell\.jsonl\.zst: value 0 \(from 0\): line 1, byte 75: values are/,
    );
  });
});

describe("a folder called key=value", () => {
  const rows = Array.from({ length: 6 }, (_, i) => ({
    class: "ab"[i % 2],
    t0: Math.sin(i),
    t1: Math.cos(i),
  }));
  const files: Readonly<Record<string, string>> = {
    "x.csv": `class,t0,t1\n${rows.map((row) => Object.values(row).join(",")).join("\n")}\n`,
    "x.jsonl": rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
    "x.json": JSON.stringify(rows),
    "x.parquet": "",
  };

  it.each(Object.keys(files))("is no column of %s, with a query and without", async (name) => {
    const places = ["plain", "t0=5", "seed=1", "class=c/t1=2020-01-01"];
    for (const place of places) {
      if (name !== "x.parquet") write(join(place, name), files[name]);
      else {
        const path = join(folder, place, name);
        const json = write(join(place, "x.json"), files["x.json"]);
        await Tables.with(path, [path, json], (tables) =>
          tables.run(
            `COPY (SELECT * FROM read_json(${literal(json)}, hive_partitioning = false)) TO ${literal(path)}`,
          ),
        );
      }
    }
    const hashes = places.flatMap((place) =>
      [undefined, "select * from data"].map(async (sql) =>
        dataHash(await readDataset(join(folder, place, name), { label: "class", sql })),
      ),
    );
    expect(new Set(await Promise.all(hashes)).size).toBe(1);
  });

  it("is a column where a query asks for it", async () => {
    for (const day of [1, 2]) write(`days/day=${day}/x.jsonl`, files["x.jsonl"]);
    const data = await readDataset(join(folder, "days/*/x.jsonl"), {
      sql: "select * exclude (class), regexp_extract(filename, 'day=([^/]*)', 1) as day from data",
      label: "day",
    });
    expect([data.rows, data.classes]).toEqual([12, ["1", "2"]]);
  });
});
