import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import Module from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { readDataset } from "../../../src/node.ts";
import { isTooOld } from "../../../src/readers/node/duckdb.ts";

vi.spyOn(Module, "createRequire").mockImplementation(() => {
  throw Object.assign(new Error("Cannot find package"), { code: "MODULE_NOT_FOUND" });
});
const folder = mkdtempSync(join(tmpdir(), "toeplitz-none-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("what wants an optional package that is not there is refused with what to install; CSV and other files are read", async () => {
  const json = join(folder, "a.jsonl");
  writeFileSync(json, '{"a":1,"b":2}\n');
  await expect(readDataset(json)).rejects.toThrow(
    `${json}: Parquet, JSON and queries (--sql) are read by the optional package @duckdb/node-api, which is not installed; ` +
      "npm install @duckdb/node-api",
  );
  const arrow = join(folder, "a.arrow");
  writeFileSync(arrow, "ARROW1");
  await expect(readDataset(arrow)).rejects.toThrow(
    `${arrow}: Arrow files are read by the optional package @uwdata/flechette, which is not installed; npm install @uwdata/flechette@2.6`,
  );
  const mp3 = join(folder, "a.mp3");
  writeFileSync(
    mp3,
    Uint8Array.from({ length: 417 * 2 }, (_, i) => [0xff, 0xfb, 0x90, 0][i % 417] ?? 0),
  );
  await expect(readDataset(mp3)).rejects.toThrow(
    `${mp3}: MP3 files are read by the optional package mpg123-decoder, which is not installed; npm install mpg123-decoder`,
  );
  const csv = join(folder, "a.csv");
  writeFileSync(csv, "a,b\n1,2\n");
  expect([...(await readDataset(csv)).series]).toEqual([1, 2]);
  await expect(readDataset(csv, { sql: "select a from data" })).rejects.toThrow("@duckdb/node-api");
  const series = join(folder, "a.ts");
  writeFileSync(series, "@classLabel true a\n@data\n1,2:a\n");
  expect((await readDataset(series)).rows).toBe(1);
});

it("releases of DuckDB below 1.4 are too old, whatever they call themselves; those to come are not", () => {
  const old = ["v0.10.3", "v1.3.2", "1.3.4-alpha.27"];
  const taken = [
    "v1.4.0",
    "v1.4.0-r.1",
    "1.5.6-r.1",
    "v1.10.0",
    "v2.0.0",
    "v10.0.0-dev",
    "a build of one's own",
  ];
  expect([...old, ...taken].filter(isTooOld)).toEqual(old);
});
