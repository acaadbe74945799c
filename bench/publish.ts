/** Results as documents: docs/performance.md with its picture, and the table in README.md. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Performance } from "../src/bench/performance.ts";
import { picture } from "./picture.ts";
import { report, summary } from "../src/bench/tables.ts";

const root = new URL("../", import.meta.url);

/** The machine of a run, whichever Node it had. */
export const machineOf = ({ machine }: Performance): string => machine.split(", Node")[0];

/** `machines`: the latest run of each, the newest first. */
export function publish(machines: readonly Performance[]): void {
  if (machines.some(({ schema }) => schema !== 2))
    throw new Error("docs/performance.json is of another version: run npm run bench");
  writeFileSync(new URL("docs/performance.md", root), page(machines));
  writeFileSync(new URL("docs/performance.svg", root), picture(machines[0]));
  const readme = new URL("README.md", root);
  const before = readFileSync(readme, "utf8");
  const after = readmeWith(before, machines[0]);
  if (after !== before) writeFileSync(readme, after);
}

/** The README with the picture and the rows that decide. */
export const readmeWith = (readme: string, performance: Performance): string =>
  withTable(readme, `${image("docs/performance.svg")}\n\n${summary(performance)}`);

function image(path: string): string {
  return `![Times as fast as PyTorch and onnxruntime-node, on a logarithmic axis](${path})`;
}

const HOW_TO_READ = `
Made by \`npm run bench\`; \`toeplitz bench\` measures the same on your machine.

${image("performance.svg")}

How to read it:

- All contenders of a workload build it from one description (the model's own layers), then take turns: in each round every one runs
  the same measure for the same time, after a warm-up. A figure is the median over the rounds, in milliseconds.
- **vs PyTorch** (training) and **vs onnxruntime-node** (inference): how many times as fast, on as many threads, the median of the
  rounds' ratios. Below 1 x it is slower.
- **of peak**: operations of convolutions and dense layers (two a multiply-add: forward; in a step also the gradients of filters and,
  where a layer before learns, of inputs) a second, over the first table's peak of the same width, operations and threads: mul+add for
  strict, fma for fused, 128 bits for wasm. Everything else that a step does (normalisation, activations, the optimizer) takes time
  and counts for nothing. Operations are those of direct convolution, so one that takes fewer products ([numerics](numerics.md)) can pass 100 %.
- A training step is forward, backward and Adam on one batch; inference is \`network.outputs\`. Ours reads raw rows each time, and keeps
  to the bits of every other back end where it is strict. PyTorch is eager; onnxruntime-node has the same network and weights as an ONNX file, checked to give our
  outputs within 1e-4.
- **first step**: a fresh process, from the end of its imports until the first step is done (building, compiling, the step); steady is
  the first step from which the median of three is within a fifth of the later half's median. The median of three processes.
- What was measured by hand while the kernels were written (tiles, lanes, threads) is in [measurements](measurements.md).
`;

/** The newest run whole, and of each other machine the rows that decide. */
export const page = ([newest, ...others]: readonly Performance[]): string =>
  [
    "# Performance",
    HOW_TO_READ,
    report(newest, "markdown"),
    ...others.flatMap((other) => [`\n## On another machine: ${machineOf(other)}\n`, summary(other)]),
    "",
  ].join("\n");

/** The text with the table between its bench markers; unchanged without both of them. */
export function withTable(text: string, content: string): string {
  const [open, close] = ["<!-- bench -->", "<!-- /bench -->"];
  const start = text.indexOf(open);
  const end = text.indexOf(close);
  if (start < 0 || end < start) return text;
  return `${text.slice(0, start + open.length)}\n\n${content}\n\n${text.slice(end)}`;
}
