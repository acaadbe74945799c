/**
 * What standardised targets are worth: test RMSE of an FCN by one recipe, ours and PyTorch's, with targets standardised
 * and raw, beside the mean predictor. Data: a random walk in thousands, made here, and files of regressions that are given.
 *
 *     npx tsx scripts/regressions.ts [TRAIN.ts TEST.ts]
 *
 * PyTorch is found by TOEPLITZ_PYTHON (default: python3), and left out where there is none.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { architectures, baselines, fit, fromArrays, rowsOf, schedules, type Dataset } from "../src/index.ts";
import { fastestBackend, readDataset } from "../src/node.ts";
import { spread } from "../src/numerics/spread.ts";

const EPOCHS = 30;
const SEEDS = 3;
const WINDOW = 30;
const HOP = 3;

type Parts = readonly [train: Dataset, test: Dataset];

/** Days of an opening and a closing price that walk at random from 1,000 on, and a volume; the close is predicted. */
function walk(days: number): Parts {
  let state = 2021;
  const uniform = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const normal = (): number => Array.from({ length: 12 }, uniform).reduce((a, b) => a + b) - 6;
  const open: number[] = [];
  const close: number[] = [];
  const volume: number[] = [];
  let price = 1000;
  for (let day = 0; day < days; day++) {
    open.push(price);
    price *= Math.max(0.5, 1 + 0.0003 + 0.01 * normal());
    close.push(price);
    volume.push(Math.round(5e6 + 1e5 * normal()));
  }
  const starts = Array.from({ length: Math.floor((days - WINDOW) / HOP) + 1 }, (_, i) => i * HOP);
  const data = fromArrays({
    name: "random walk",
    series: starts.map((s) => [open, volume].map((values) => values.slice(s, s + WINDOW))),
    targets: starts.map((s) => close[s + WINDOW - 1]),
  });
  const test = Array.from({ length: data.rows }, (_, row) => row).filter((row) => row % 5 === 4);
  const train = Array.from({ length: data.rows }, (_, row) => row).filter((row) => row % 5 !== 4);
  return [rowsOf(data, train), rowsOf(data, test)];
}

async function ours([train, test]: Parts, targets: "standardize" | "raw"): Promise<number[]> {
  const found: number[] = [];
  const backend = await fastestBackend();
  for (let seed = 0; seed < SEEDS; seed++) {
    const told = { epochs: EPOCHS, schedule: schedules.cosine(), seed, targets, backend };
    const { model } = await fit(architectures.fcn(train), train, told);
    found.push(model.evaluate(test).rmse ?? NaN);
  }
  return found;
}

function pytorch([train, test]: Parts): Readonly<Record<"standardize" | "raw", number[]>> | null {
  const arrays = ({ rows, channels, length, series, targets }: Dataset): object => ({
    series: Array.from({ length: rows }, (_, r) =>
      Array.from({ length: channels }, (_c, c) =>
        Array.from(series.subarray((r * channels + c) * length, (r * channels + c + 1) * length)),
      ),
    ),
    targets: Array.from(targets),
  });
  const script = fileURLToPath(new URL("pytorch/regressions.py", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.env.TOEPLITZ_PYTHON ?? "python3", [script], {
    input: JSON.stringify({ train: arrays(train), test: arrays(test), epochs: EPOCHS, seeds: SEEDS }),
    encoding: "utf8",
  });
  if (status === 0) return JSON.parse(stdout) as Readonly<Record<"standardize" | "raw", number[]>>;
  console.error(`PyTorch is left out: ${stderr.trim().split("\n").at(-1) ?? ""}`);
  return null;
}

const shown = (values: readonly number[]): string => {
  const { mean, deviation } = spread(values);
  return `${mean.toFixed(4)} (deviation ${deviation.toFixed(4)})`;
};

const files = process.argv.slice(2);
const [train, test] = await Promise.all(files.map((file) => readDataset(file)));
for (const parts of [walk(1830), ...(files.length === 2 ? [[train, test] as const] : [])]) {
  const said = pytorch(parts);
  console.log(`${parts[0].name}: ${parts[0].rows} and ${parts[1].rows} rows, test RMSE over ${SEEDS} seeds`);
  console.log(`  mean predictor            ${baselines(...parts, undefined, 0).majority.toFixed(4)}`);
  for (const targets of ["standardize", "raw"] as const) {
    console.log(`  toeplitz  ${targets.padEnd(14)}  ${shown(await ours(parts, targets))}`);
    if (said) console.log(`  PyTorch   ${targets.padEnd(14)}  ${shown(said[targets])}`);
  }
}
