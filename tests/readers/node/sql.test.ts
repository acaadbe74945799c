/** `--sql` is one query over the data and nothing else, whoever wrote it; what docs/data.md shows works. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { InputError } from "../../../src/data/errors.ts";
import { readDataset } from "../../../src/node.ts";
import { literal, Tables } from "../../../src/readers/node/duckdb.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-sql-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const steps = Array.from({ length: 12 }, (_, i) => ({
  id: `s${Math.floor(i / 4)}`,
  t: i % 4,
  x: Math.sin(i),
  y: 2 * i,
  valid: i !== 5,
  kind: i < 6 ? "rest" : "walk",
}));
const csv = write(
  "steps.csv",
  `id,t,x,y,valid,kind\n${steps.map((s) => Object.values(s).join(",")).join("\n")}\n`,
);
const json = write("steps.jsonl", steps.map((s) => `${JSON.stringify(s)}\n`).join(""));
const parquet = join(folder, "steps.parquet");
const secret = write("secret.txt", "word\n");
const other = write("other.csv", "a,b\n1,2\n");

const rowsOf = (path: string, sql: string): Promise<unknown> =>
  readDataset(path, { sql }).then(
    ({ rows }) => rows,
    (error: Error) => error.message,
  );

describe("the queries that docs/data.md shows", () => {
  const doc = readFileSync(new URL("../../../docs/data.md", import.meta.url), "utf8");
  const queries = /```sql\n([\s\S]*?)```/.exec(doc)?.[1].trim().split("\n") ?? [];

  it("are twenty or more", () => {
    expect(queries.length).toBeGreaterThanOrEqual(20);
  });

  it("give rows of JSON and Parquet, and of CSV", async () => {
    await Tables.with(json, [json, parquet], (tables) =>
      tables.run(`COPY (SELECT * FROM read_json(${literal(json)})) TO ${literal(parquet)}`),
    );
    const failed: unknown[] = [];
    for (const [i, sql] of queries.entries())
      for (const path of i % 3 === 0 ? [csv, json, parquet] : [json, parquet]) {
        const rows = await rowsOf(path, sql);
        if (typeof rows !== "number" || rows === 0) failed.push([sql, rows]);
      }
    expect(failed).toEqual([]);
  });
});

/** What a query may not do, and the word of the refusal; PLACE is a file that nobody gave. */
const hostile: readonly (readonly [query: string, said: RegExp])[] = [
  // reads
  ["select * from read_text('SECRET')", /asks for/],
  ["select * from read_blob('SECRET')", /asks for/],
  ["select * from read_csv('OTHER')", /asks for/],
  ["select * from 'OTHER'", /asks for/],
  ["select * from read_json('SECRET')", /asks for/],
  ["select * from parquet_metadata('FOLDER/other.parquet')", /asks for/],
  ["select * from sniff_csv('OTHER')", /asks for/],
  ["select * from glob('FOLDER/*')", /asks for/],
  ["select * from data, (select * from read_text('/proc/self/environ'))", /asks for/],
  ["with a as (from read_text(['DATA', 'SECRET'])) from a", /asks for/],
  ["select * from read_text('DATA/../secret.txt')", /asks for/],
  ["select * from query('from read_text(''SECRET'')')", /asks for/],
  ["select getenv('HOME') as home from data", /getenv/],
  ["select (select content from read_text('SECRET')) as s from data", /asks for/],
  // fetches
  ["select * from read_parquet('http://127.0.0.1:9/x.parquet')", /asks for/],
  ["select * from read_csv('s3://bucket/x.csv')", /asks for/],
  ["select * from 'http://127.0.0.1:9/x.csv'", /does not exist|asks for/],
  ["select * from sqlite_scan('FOLDER/x.db', 't')", /sqlite_scan/],
  ["select * from postgres_scan('host=127.0.0.1', 'public', 't')", /postgres_scan/],
  // writes
  ["copy data to 'FOLDER/out.csv'", /begins with "copy"/],
  ["COPY (select 1) TO 'DATA'", /begins with "COPY"/],
  ["export database 'FOLDER/out'", /begins with "export"/],
  ["select * from query('copy data to ''FOLDER/out.csv''')", /SELECT/],
  ["with a as (select 1) insert into data from a", /syntax error|insert|data/],
  ["select 1 as a))); copy (select 1) to 'FOLDER/out.csv'; select * from ((select 1", /syntax error/],
  // attaches, installs, loads, changes what is set
  ["attach 'FOLDER/out.db'", /begins with "attach"/],
  ["install httpfs", /begins with "install"/],
  ["load 'FOLDER/x.duckdb_extension'", /begins with "load"/],
  ["set enable_external_access = true", /begins with "set"/],
  ["reset lock_configuration", /begins with "reset"/],
  ["pragma database_list", /begins with "pragma"/],
  ["call enable_logging(storage = 'file')", /begins with "call"/],
  ["/* select */ create table t as select 1", /begins with "create"/],
  ["-- from data\ndrop view data", /begins with "drop"/],
  // several
  ["select 1; select * from data", /2 statements/],
  ["select * from data; copy data to 'FOLDER/out.csv'", /2 statements/],
  ["create type pivot as enum ('a'); select * from data", /begins with "create"/],
  ["select 1 as pivot; select 2", /2 statements/],
  ["", /is empty/],
  [" ; -- nothing", /is empty/],
];

describe("a query that would do more", () => {
  it.each([
    ["CSV", csv],
    ["JSON", json],
  ])(
    "is refused in one line, over %s",
    async (_what, path) => {
      const before = readdirSync(folder).sort();
      const data = readFileSync(path, "utf8");
      for (const [query, said] of hostile) {
        const sql = query
          .replaceAll("SECRET", secret)
          .replaceAll("OTHER", other)
          .replaceAll("FOLDER", folder)
          .replaceAll("DATA", path);
        const error: unknown = await readDataset(path, { sql, label: "kind" }).catch((e: unknown) => e);
        expect(error, sql).toBeInstanceOf(InputError);
        const { message } = error as InputError;
        expect(message.replaceAll(sql, ""), sql).toMatch(said);
        expect(message, sql).not.toMatch(/word|\n/);
      }
      expect(readdirSync(folder).sort()).toEqual(before);
      expect(readFileSync(path, "utf8")).toBe(data);
    },
    60_000,
  );

  it("cannot open DuckDB again by a statement of ours either", async () => {
    await Tables.with(csv, [csv], async (tables) => {
      for (const statement of [
        "SET enable_external_access = true",
        "SET allowed_paths = ['/']",
        "SET lock_configuration = false",
        "SET temp_directory = '/'",
        `ATTACH '${join(folder, "out.db")}'`,
        `COPY (SELECT 1) TO '${join(folder, "out.csv")}'`,
        "INSTALL httpfs",
        "LOAD httpfs",
      ])
        await expect(tables.run(statement), statement).rejects.toThrow(InputError);
    });
    expect(readdirSync(folder).filter((name) => name.startsWith("out"))).toEqual([]);
  });
});

describe("a locked DuckDB", () => {
  it("reads files whose names are patterns, and several", async () => {
    for (const name of ["we[i]rd?.jsonl", "a*b.jsonl", "it's.jsonl"]) {
      const path = write(name, readFileSync(json, "utf8"));
      const { rows } = await readDataset(path, { sql: "from data where valid", label: "kind" });
      expect(rows, name).toBe(11);
    }
    mkdirSync(join(folder, "many"), { recursive: true });
    for (const k of [1, 2]) write(`many/f${k}.jsonl`, readFileSync(json, "utf8"));
    expect((await readDataset(join(folder, "many/*.jsonl"), { sql: "select * from data" })).rows).toBe(24);
  });
});
