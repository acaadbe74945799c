/**
 * How long 1,000,000 rows x 4 columns take from a CSV and a Parquet file into windows: `npm run bench:tables`. The best of
 * five, in one process; the first read loads DuckDB. On a busy machine processor time says more.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { literal, Tables } from "../src/readers/node/duckdb.ts";
import { readDataset, type TableOptions } from "../src/node.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-tables-"));
const cases: readonly (readonly [string, string, TableOptions])[] = [
  ["four channels", "sin(i / 10.0) AS a, cos(i / 7.0) AS b, sin(i / 3.0) AS c, cos(i / 5.0) AS d", {}],
  [
    "series, time, channel, label",
    "i // 1000 AS s, i % 1000 AS t, sin(i / 10.0) AS a, 'c' || (i // 1000 % 3) AS label",
    { seriesBy: "s", time: "t", label: "label" },
  ],
];
try {
  for (const [what, columns, how] of cases)
    for (const format of ["csv", "parquet"]) {
      const file = join(folder, `table.${format}`);
      await Tables.with(file, [file], (tables) =>
        tables.run(
          `COPY (SELECT ${columns} FROM range(1000000) r(i)) TO ${literal(file)} (FORMAT ${format}, USE_TMP_FILE false)`,
        ),
      );
      const times: number[] = [];
      const cpu: number[] = [];
      for (let round = 0; round < 5; round++) {
        const start = performance.now();
        const used = process.cpuUsage();
        await readDataset(file, { ...how, window: 128, hop: 64 });
        times.push(Math.round(performance.now() - start));
        const { user, system } = process.cpuUsage(used);
        cpu.push(Math.round((user + system) / 1000));
      }
      const size = (statSync(file).size / 1e6).toFixed(0);
      console.log(
        `${what}, ${format} (${size} MB): best ${Math.min(...times)} ms of ${times.join(", ")}; processor time ${Math.min(...cpu)} ms`,
      );
    }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
