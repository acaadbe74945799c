/**
 * `npx tsx bench/blockErrors.ts`: how exact convolutions in blocks are. The error of each form against f64, relative to the norm of the
 * result, of the direct kernels and of those in blocks: over random tensors, a row a block, then over the operands that the layers of
 * networks have after some steps. Prints the tables of docs/numerics.md.
 */
import { wasm } from "../src/backends/wasm/wasm.ts";
import { BLOCKS, blockOf, inBlocks, takesBlock } from "../src/compiler/fast.ts";
import { compile } from "../src/compiler/compile.ts";
import { mnist1d } from "../src/data/mnist1d.ts";
import { convolveMap, GraphBuilder } from "../src/graph/build.ts";
import { evaluate, type Values } from "../src/graph/evaluate.ts";
import {
  convolveShapes,
  type Block,
  type ConvolveMap,
  type ConvolveOf,
  type Graph,
} from "../src/graph/ops.ts";
import { fcn, inception, resnet } from "../src/layers/architectures/index.ts";
import { resolve } from "../src/layers/model.ts";
import { INPUT, parameterName, parametersOf, stateName, statesOf, TARGET } from "../src/models/graphs.ts";
import { uniform } from "../src/numerics/threefry.ts";
import { losses } from "../src/training/losses.ts";
import { optimizers } from "../src/training/optimizers.ts";
import { trainingGraphs } from "../src/training/graphs.ts";
import { trainer } from "../src/training/trainer.ts";
import { samplesAt, weightView, writeRows } from "../src/vector/arena.ts";

const ROWS = 16;
const forms = ["output", "input", "filter"] as const;
const operands = { output: ["w", "y"], input: ["v", "w"], filter: ["v", "y"] } as const;
type Tensors = Readonly<Record<"v" | "w" | "y", Float32Array>>;

const graphOf = (of: ConvolveOf, map: ConvolveMap, block: Block | null): Graph => {
  const b = new GraphBuilder();
  const shapes = convolveShapes(map);
  const [first, second] = operands[of].map((name) =>
    b.input(name, name === "w" ? "weight" : "sample", shapes[name]),
  );
  const graph = b.build({ out: b.convolve(of, first, second, map) });
  return inBlocks(graph, () => block);
};

async function resultOf(graph: Graph, tensors: Tensors): Promise<Float32Array> {
  const program = compile({ main: graph }, { batch: ROWS });
  const { floats, bits, run } = await wasm.load(program);
  writeRows(floats, bits, program, ROWS);
  for (const name of ["v", "w", "y"] as const) {
    const place = program.tensors[name] as (typeof program.tensors)[string] | undefined;
    if (place?.type.space === "sample") samplesAt(floats, place, ROWS).write(tensors[name], ROWS);
    else if (place) weightView(floats, place).set(tensors[name]);
  }
  run("main");
  const { out } = program.tensors;
  return out.type.space === "sample"
    ? samplesAt(floats, out, ROWS).read(ROWS)
    : weightView(floats, out).slice();
}

const relative = (got: Float32Array, exact: Values): number =>
  Math.sqrt(
    exact.reduce((sum, x, i) => sum + (got[i] - x) ** 2, 0) / exact.reduce((sum, x) => sum + x * x, 0),
  );

/** The errors of a form, directly and in blocks. */
async function errorsOf(
  of: ConvolveOf,
  map: ConvolveMap,
  block: Block,
  tensors: Tensors,
): Promise<[number, number]> {
  const { out } = evaluate(graphOf(of, map, null), tensors, ROWS);
  const direct = relative(await resultOf(graphOf(of, map, null), tensors), out);
  return [direct, relative(await resultOf(graphOf(of, map, block), tensors), out)];
}

const shown = ([direct, blocks]: readonly [number, number]): string =>
  `${direct.toExponential(1)} -> ${blocks.toExponential(1)} (${(blocks / direct).toFixed(1)} x)`;

/** Sums of uniform numbers, nearly normal; signals are cut off below 0 as an activation does. */
const noise = (count: number, seed: number, cut: boolean): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => {
    let sum = -6;
    for (let k = 0; k < 12; k++) sum += uniform(seed, k, 0, i);
    return cut ? Math.max(0, sum) : sum;
  });

async function random(): Promise<void> {
  console.log("| block | taps | output | input | filter |\n| --- | --- | --- | --- | --- |");
  const channels = 64;
  for (const block of BLOCKS)
    for (const taps of block.m === block.r && block.r === 4 ? [4, 8, 16, 40] : [block.r]) {
      const y = [1, channels, 60] as const;
      const padding = [Math.floor((taps - 1) / 2), Math.ceil((taps - 1) / 2)] as const;
      const map = convolveMap(y, [channels, channels, taps], { padding });
      const tensors = {
        v: noise(ROWS * channels * map.outLength, 1, true),
        w: noise(channels * channels * taps, 2, false),
        y: noise(ROWS * channels * 60, 3, true),
      };
      const cells: string[] = [];
      for (const of of forms)
        cells.push(takesBlock(of, map, block) ? shown(await errorsOf(of, map, block, tensors)) : "");
      console.log(`| F(${block.m}, ${block.r}) | ${taps} | ${cells.join(" | ")} |`);
    }
}

async function trained(): Promise<void> {
  console.log(
    "\n| network | form | layers | direct | in blocks | largest ratio |\n| --- | --- | --- | --- | --- | --- |",
  );
  const { train } = mnist1d({ samples: 320 });
  for (const build of [fcn, resnet, inception]) {
    const model = build(train);
    const t = await trainer(model, { batch: ROWS, seed: 0 });
    for (const batch of train.batches(ROWS, { epochs: 5, seed: 0 })) t.step(batch);
    const [batch] = [...train.batches(ROWS, { epochs: 1, seed: 1 })];
    const layers = resolve(model);
    const { gradients } = trainingGraphs(layers, losses.crossEntropy(), optimizers.adam());
    const values = new Map(t.weights().map(({ name, data }) => [name, data]));
    const { answers } = batch;
    const target = new Float32Array(ROWS * 10);
    if (answers.kind === "classes") answers.labels.forEach((k, row) => (target[row * 10 + k] = 1));
    const inputs: Record<string, ArrayLike<number>> = { [INPUT]: batch.series, [TARGET]: target };
    for (const { name } of parametersOf(layers)) inputs[parameterName(name)] = values.get(name) ?? [];
    for (const { name } of statesOf(layers)) inputs[stateName(name)] = values.get(name) ?? [];
    const nodes = gradients.nodes.flatMap(({ op, args }) => {
      const block = op.op === "convolve" ? blockOf(op.of, op.map) : null;
      return op.op === "convolve" && block ? [{ op, args, block }] : [];
    });
    const outputs = Object.fromEntries(nodes.flatMap(({ args }) => args).map((id) => [String(id), id]));
    const found = evaluate({ nodes: gradients.nodes, outputs }, inputs, ROWS);
    for (const of of forms) {
      const errors: [number, number][] = [];
      for (const { op, args, block } of nodes.filter((node) => node.op.of === of)) {
        const tensors: Record<"v" | "w" | "y", Float32Array> = {
          v: noise(0, 0, false),
          w: noise(0, 0, false),
          y: noise(0, 0, false),
        };
        operands[of].forEach((name, i) => (tensors[name] = Float32Array.from(found[String(args[i])])));
        errors.push(await errorsOf(of, op.map, block, tensors));
      }
      if (errors.length === 0) continue;
      const most = (i: 0 | 1): string => Math.max(0, ...errors.map((pair) => pair[i])).toExponential(1);
      const ratio = Math.max(0, ...errors.map(([direct, blocks]) => blocks / direct));
      console.log(
        `| ${model.name} | ${of} | ${errors.length} | ${most(0)} | ${most(1)} | ${ratio.toFixed(1)} x |`,
      );
    }
  }
}

await random();
await trained();
