import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { readDataset } from "../../../src/node.ts";

vi.mock("@duckdb/node-api", () => {
  throw new Error("Cannot find package");
});
const folder = mkdtempSync(join(tmpdir(), "toeplitz-none-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("Parquet, JSON and queries without DuckDB are refused with what to install; CSV and other files are read", async () => {
  const json = join(folder, "a.jsonl");
  writeFileSync(json, '{"a":1,"b":2}\n');
  await expect(readDataset(json)).rejects.toThrow(
    `${json}: Parquet, JSON and queries (--sql) are read by the optional package @duckdb/node-api, which is not installed; ` +
      "npm install @duckdb/node-api",
  );
  const csv = join(folder, "a.csv");
  writeFileSync(csv, "a,b\n1,2\n");
  expect([...(await readDataset(csv)).series]).toEqual([1, 2]);
  await expect(readDataset(csv, { sql: "select a from data" })).rejects.toThrow("@duckdb/node-api");
  const series = join(folder, "a.ts");
  writeFileSync(series, "@classLabel true a\n@data\n1,2:a\n");
  expect((await readDataset(series)).rows).toBe(1);
});
