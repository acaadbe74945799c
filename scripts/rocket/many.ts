/**
 * MiniRocket over many rows, which are in a file and not in memory: accuracy and the peak of this process's memory for 10,000
 * and for 100,000 rows of MNIST-1D's generator, each in a process of its own, and beside the closed form on 4,000.
 *
 *   npm run proof:rocket-rows -- [rows [solver [features]]]     of one solver alone, where it is named
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mnist1d } from "../../src/data/mnist1d.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { miniRocket, type RocketSolver } from "../../src/training/rocket.ts";

const TEST = 5000;

/** The same rows in a file, from which they are read one at a time. */
function inFile(data: Dataset, file: number): Dataset {
  const { channels, length, rows } = data;
  const size = channels * length;
  const one = new Float64Array(size);
  const bytes = new Uint8Array(one.buffer);
  return data.with({
    series: new Float64Array(),
    source: {
      rows,
      read(row, from, count, into, at) {
        readSync(file, bytes, 0, bytes.length, 8 * row * size);
        for (let c = 0; c < channels; c++)
          into.set(one.subarray(c * length + from, c * length + from + count), at + c * count);
      },
    },
  });
}

/** Fits so many rows and says a line. */
function one(rows: number, solver: RocketSolver, features = 9996): void {
  const folder = mkdtempSync(join(tmpdir(), "toeplitz-rocket-"));
  const path = join(folder, "rows");
  const file = (() => {
    const { train } = mnist1d({ samples: (rows * 5) / 4 });
    writeFileSync(path, new Uint8Array(train.series.buffer));
    return { id: openSync(path, "r"), train };
  })();
  try {
    const train = inFile(file.train, file.id);
    const { test } = mnist1d({ seed: 7, samples: 5 * TEST });
    const start = performance.now();
    let looks = "";
    const model = miniRocket(train, {
      solver,
      features,
      onLook: ({ epoch, step, loss }) => {
        if (step % 500 === 0) looks += ` ${step}:${loss.toFixed(3)}`;
        if (process.env.VERBOSE && step % 100 === 0) console.error(epoch, step, loss);
      },
    });
    const seconds = (performance.now() - start) / 1000;
    const { accuracy, loss } = model.evaluate(test);
    const { steps = "-", epochs = "-", alpha = "-" } = model.provenance;
    const peak = process.resourceUsage().maxRSS / 1024;
    console.log(
      `${solver.padEnd(10)} ${String(rows).padStart(7)} rows  ${features} features  accuracy ${(100 * accuracy).toFixed(2)} %  loss ${loss.toFixed(4)}  ` +
        `${seconds.toFixed(0)} s  ${steps} steps, ${epochs} epochs, alpha ${alpha}  peak ${peak.toFixed(0)} MiB  ${model.weightsSha256.slice(0, 16)}`,
    );
    if (looks) console.log(`           loss of rows held back by step:${looks}`);
  } finally {
    closeSync(file.id);
    rmSync(folder, { recursive: true });
  }
}

const [first, solver, features] = process.argv.slice(2);
if (solver !== undefined)
  one(Number(first), solver as RocketSolver, features === undefined ? undefined : Number(features));
else
  for (const [rows, how] of [
    [4000, "closedForm"],
    [4000, "streamed"],
    [10_000, "streamed"],
    [Number(first ?? 100_000), "streamed"],
  ] as const)
    spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), `${rows}`, how], {
      stdio: "inherit",
    });
