/** From a CSV file to a model file and back: read, train, evaluate on rows held back, save, load, predict. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { architectures, fit, InputError } from "toeplitz";
import { fastestBackend, loadFile, readDataset, save } from "toeplitz/node";
import { random } from "./random.ts";

/** A vibration sensor on a pump: a row is what the pump did and 64 readings. */
function pumpCsv(rows: number): string {
  const r = random(1);
  const columns = ["state", ...Array.from({ length: 64 }, (_, t) => `a${t}`)];
  const lines = Array.from({ length: rows }, (_, n) => {
    const state = ["idle", "pumping", "worn"][n % 3];
    const phase = 6 * r();
    const readings = Array.from({ length: 64 }, (_t, t) => {
      const turn = state === "idle" ? 0 : Math.sin(phase + t / 3);
      const rattle = state === "worn" ? 0.6 * Math.sin(2 * phase + 2.1 * t) : 0;
      return (20 + turn + rattle + 0.7 * r.normal()).toFixed(3);
    });
    return [state, ...readings].join(",");
  });
  return [columns.join(","), ...lines].join("\n");
}

const folder = await mkdtemp(join(tmpdir(), "pump-"));
try {
  const csv = join(folder, "pump.csv");
  await writeFile(csv, pumpCsv(240));

  const { train, test } = await readDataset(csv, { label: "state", test: 0.25, seed: 0 });
  console.log(`${train.rows} rows to train on, ${test.rows} held back; classes ${train.classes.join(", ")}`);

  const backend = await fastestBackend();
  const run = await fit(architectures.lite(train), train, { epochs: 15, batch: 16, seed: 0, backend });
  console.log(`accuracy on the rows held back: ${run.model.evaluate(test).accuracy.toFixed(3)}`);

  const file = join(folder, "pump.safetensors");
  await save(run.model, file);
  const net = await loadFile(file, { backend });
  const same = net.evaluate(test).loss === run.model.evaluate(test).loss;
  console.log(`loaded from the file: the ${same ? "same" : "OTHER"} loss to the last bit`);

  const { label, probabilities } = net.predict(test.series.subarray(0, test.length));
  const sure = Math.max(...probabilities).toFixed(3);
  console.log(`the first row held back is ${test.classes[test.labels[0]]}, predicted ${label} (${sure})`);
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(error.message); // CSV is read by the optional package @duckdb/node-api: where it is absent, this says so
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
