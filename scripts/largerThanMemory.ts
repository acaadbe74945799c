/**
 * Trains one epoch on a generated table that is larger than the memory that the process may take, and says what it took:
 * `npm run proof:memory [-- GIB [csv|parquet]]`, 5 GiB of CSV where nothing is said. The file is the same every time, lies in
 * the system's folder for temporary files and is removed afterwards. Fails beyond 1 GiB of resident memory.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layers as L, model } from "../src/index.ts";
import { literal, Tables } from "../src/readers/node/duckdb.ts";

const [gib = "5", format = "csv"] = process.argv.slice(2);
const MOST_MIB = 1024;
const WINDOW = 256;
/** Bytes of a row as each format writes it: four values of some 17 digits, or of 8 bytes that do not compress. */
const ROW_BYTES = format === "csv" ? 80.5 : 32.1;
const rows = Math.ceil((Number(gib) * 2 ** 30) / ROW_BYTES);
const seconds = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`;

const folder = mkdtempSync(join(tmpdir(), "toeplitz-proof-"));
try {
  const file = join(folder, `signals.${format}`);
  const noise = (k: number): string => `(hash(i * 4 + ${k}) % 1000003) / 1000003.0`;
  const wave = (k: number): string =>
    `sin(i * (0.02 + 0.03 * (i // 65536 % 4)) + ${k}) + ${noise(k)} AS v${k}`;
  const made = performance.now();
  await Tables.with(file, [file], (tables) =>
    tables.run(
      `COPY (SELECT ${[0, 1, 2, 3].map(wave).join(", ")}, 'c' || (i // 65536 % 4) AS state FROM range(${rows}) t(i)) ` +
        `TO ${literal(file)} (FORMAT ${format}, USE_TMP_FILE false)`,
    ),
  );
  const bytes = statSync(file).size;
  console.log(
    `made ${file}: ${(bytes / 2 ** 30).toFixed(2)} GiB, ${rows} rows of 4 channels and a label, in ${seconds(made)}`,
  );

  const small = model({ channels: 4, length: WINDOW }, (x) =>
    L.dense(L.globalAveragePool(L.relu(L.conv1d(x, { filters: 8, kernelSize: 9, stride: 4 }))), { units: 4 }),
  );
  writeFileSync(join(folder, "small.json"), JSON.stringify(small));
  const tell = "process.on('exit', () => console.error('maxRSS ' + process.resourceUsage().maxRSS))";
  const trained = performance.now();
  const how = `--label state --window ${WINDOW} --epochs 1 --batch 64 --json`.split(" ");
  const paths = ["--model", join(folder, "small.json"), "--out", join(folder, "run")];
  const node = ["--import", `data:text/javascript,${encodeURIComponent(tell)}`, "dist/cli/main.js"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, "train", file, ...how, ...paths], {
    encoding: "utf8",
  });
  const mib = Number(/maxRSS (\d+)/.exec(stderr)?.[1]) / 1024;
  if (status !== 0) throw new Error(`train ended with ${status}: ${stderr}`);
  const { steps, train } = JSON.parse(stdout) as { steps: number; train: { loss: number; accuracy: number } };
  console.log(
    `train: 1 epoch, ${steps} steps, accuracy ${(100 * train.accuracy).toFixed(1)} %, in ${seconds(trained)}; ` +
      `at most ${mib.toFixed(0)} MiB resident (Node ${process.versions.node})`,
  );
  if (!(mib <= MOST_MIB)) throw new Error(`more than ${MOST_MIB} MiB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
