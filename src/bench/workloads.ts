/**
 * What is timed: published networks, each with its batch. Every contender builds them from the model's own data, so
 * that all of them compute the same thing.
 */
import { chain, fcn, inception, m5, mnist1dCnn, resnet, tcn } from "../layers/architectures/index.ts";
import { resolve, type Model } from "../layers/model.ts";
import { summary } from "../layers/summary.ts";
import { uniform } from "../numerics/threefry.ts";
import type { AnswersOf } from "../data/answers.ts";
import type { Batch } from "../data/dataset.ts";

/** A network with the rows of a training step. The loss is softmax cross-entropy. */
export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly model: Model;
  readonly batch: number;
  readonly classes: readonly string[];
}

/** A task of one channel. */
const task = (length: number, classes: number) => ({
  channels: 1,
  length,
  classes: Array.from({ length: classes }, (_, k) => String(k)),
});
type Task = ReturnType<typeof task>;

const workload = (
  name: string,
  what: string,
  build: (task: Task) => Model,
  { classes, length }: Task,
  batch: number,
): Workload => ({
  name,
  title: `${what}; batch ${batch}, length ${length}`,
  model: build({ channels: 1, length, classes }),
  batch,
  classes,
});

export const workloads: readonly Workload[] = [
  workload("chain", "five 1-channel convolutions of 9 taps, tanh, dense 10", chain, task(128, 10), 64),
  workload(
    "mnist1d-cnn",
    "MNIST-1D CNN (25 filters of 5, 3, 3 taps, stride 2, dense 10)",
    mnist1dCnn,
    task(40, 10),
    100,
  ),
  workload("fcn", "FCN (128, 256, 128 filters of 8, 5, 3 taps, batch norm)", fcn, task(150, 2), 16),
  workload("fcn-2", "FCN at a batch of 2", fcn, task(150, 2), 2),
  workload("resnet", "ResNet (9 convolutions of 64 and 128 filters, batch norm)", resnet, task(150, 2), 16),
  workload(
    "tcn",
    "TCN (8 levels, 32 channels, 3 taps, weight norm, dropout 0.05)",
    (t) => tcn(t, { channels: 32, kernelSize: 3, levels: 8 }),
    task(1024, 10),
    16,
  ),
  workload("inception", "InceptionTime's network (6 modules, 40, 20, 10 taps)", inception, task(128, 2), 64),
  workload("m5", "M5 on raw audio (80 taps stride 4, then 128 to 512 filters)", m5, task(8000, 10), 8),
];

const SEED = 12345;

/** A batch of rows that have a class each. */
export type ClassedBatch = Batch & { readonly answers: AnswersOf<"classes"> };

/** The batch that every contender trains on: noise about a level that tells the classes apart; [batch, channels, length]. */
export function batchOf({ model, batch: rows, classes }: Workload): ClassedBatch {
  const size = model.input.channels * model.input.length;
  const labels = Int32Array.from({ length: rows }, (_, n) => n % classes.length);
  const series = Float64Array.from({ length: rows * size }, (_, i) =>
    Math.fround(2 * uniform(SEED, 0, 0, i) - 1 + labels[Math.floor(i / size)] / classes.length),
  );
  return { series, rows, answers: { kind: "classes", classes, labels } };
}

/** The first row of a batch. */
export const oneOf = ({ series, rows }: Batch): Pick<Batch, "series" | "rows"> => ({
  series: series.slice(0, series.length / rows),
  rows: 1,
});

/**
 * Floating-point operations of convolutions and dense layers: two a multiply-add, forward, and in a training step also
 * of the filters' gradients and, where a layer before learns, of the input's.
 */
export function flops({ model, batch }: Workload, of: "step" | "forward"): number {
  const learns = [false];
  const layers = summary(model).layers;
  const passes = resolve(model).map(({ from, parameters }) => {
    const before = from.some((f) => learns[f]);
    learns.push(before || parameters.length > 0);
    return of === "forward" ? 1 : before ? 3 : 2;
  });
  return layers.reduce((sum, { multiplyAdds }, i) => sum + 2 * multiplyAdds * passes[i] * batch, 0);
}
