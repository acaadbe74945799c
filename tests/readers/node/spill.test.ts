/** A locked DuckDB still has a folder of its own for what is larger than its memory. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { literal, Tables } from "../../../src/readers/node/duckdb.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-spill-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** 312 MB of numbers, where DuckDB has 256 MiB. */
const ROWS = 1_300_000;
const CHANNELS = Array.from({ length: 29 }, (_, k) => `(i % ${k + 7})::DOUBLE AS x${k}`).join(", ");
const SUM = Array.from({ length: 29 }, (_, k) => `x${k}`).join(" + ");

describe("a locked DuckDB", () => {
  it("sorts what is larger than its memory in its own folder", async () => {
    const big = join(folder, "big.parquet");
    await Tables.with(big, [big], (tables) =>
      tables.run(
        `COPY (SELECT hash(i) % 1000003 AS key, ${CHANNELS} FROM range(${ROWS}) r(i)) TO ${literal(big)}`,
      ),
    );
    const own = join(folder, "own");
    mkdirSync(own);
    const before = process.env.TMPDIR;
    process.env.TMPDIR = own;
    let rows = 0;
    let last = -1;
    try {
      await Tables.with(big, [big], async (tables) => {
        const sorted = `SELECT key, ${SUM} FROM (SELECT * FROM read_parquet([${literal(big)}]) ORDER BY key)`;
        for await (const { rows: count, columns } of tables.chunks(sorted)) {
          if (rows === 0) expect(readdirSync(own, { recursive: true }).length).toBeGreaterThan(1);
          rows += count;
          const key = Number(columns[0].getItem(count - 1));
          expect(key).toBeGreaterThanOrEqual(last);
          last = key;
        }
      });
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
    expect([rows, readdirSync(own)]).toEqual([ROWS, []]);
    rmSync(big);
  }, 60_000);
});
