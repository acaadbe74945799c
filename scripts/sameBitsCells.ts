/**
 * What one Node finds for `sameBits.ts`: trains each workload at each place and prints a `Cell` as JSON a line.
 *
 * Sizes are the benchmark's, but for Inception's rows: 16 of 64, one vector of lanes, a quarter of the time. The reference
 * interprets one operation after another, so it is compared on small networks for two steps.
 */
import { reference } from "../src/backends/reference/reference.ts";
import { workloads } from "../src/bench/workloads.ts";
import { lite, wavenet } from "../src/layers/architectures/index.ts";
import {
  blocksWorkload,
  fuses,
  hashAfter,
  modes,
  places,
  smallWorkloads,
  UNFUSED,
  type Place,
} from "../tests/training/workloads.ts";

export interface Cell {
  readonly workload: string;
  readonly place: string;
  /** The hash of the weights, or why the workload could not run there, or what went wrong. */
  readonly hash?: string;
  readonly skipped?: string;
  readonly failed?: string;
}

/** Architectures that the benchmark does not have. */
const task = { channels: 1, length: 20, classes: ["a", "b"] };
const more = [lite(task), wavenet(task)].map((model) => ({
  name: model.name,
  title: model.name,
  model,
  batch: 5,
  classes: task.classes,
}));

const everywhere = await places();
const tables: readonly { steps: number; workloads: typeof workloads; places: readonly Place[] }[] = [
  {
    steps: 2,
    workloads: [...smallWorkloads, blocksWorkload, ...more].map((w) => ({ ...w, name: `${w.name}, small` })),
    places: [{ name: "reference", threads: 1, backend: reference }, ...everywhere],
  },
  {
    steps: 50,
    workloads: workloads.map((w) =>
      w.name === "inception" ? { ...w, name: `${w.name}, 16 of ${w.batch} rows`, batch: 16 } : w,
    ),
    places: everywhere,
  },
];

for (const { steps, workloads: rows, places: columns } of tables)
  for (const workload of rows)
    for (const mode of modes)
      for (const { name, threads, backend } of columns) {
        const { length } = workload.model.input;
        const reason =
          typeof backend === "string" ? backend : name === "wasm" && !fuses(mode) ? UNFUSED : null;
        const found = await (typeof backend === "string" || reason !== null
          ? { skipped: reason ?? "" }
          : hashAfter(workload, steps, { backend, threads, ...mode }).then(
              (hash) => ({ hash }),
              (error: unknown) => ({ failed: String(error) }),
            ));
        const cell: Cell = {
          workload: `${workload.name}, ${mode.numerics} ${mode.convolution}: ${steps} steps of ${workload.batch} x ${length}`,
          place: `${name} ${threads}`,
          ...found,
        };
        console.log(JSON.stringify(cell));
      }
