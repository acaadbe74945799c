/** Calibration: the least and the most value of each layer over rows, as prediction computes them in float. */
import { compile } from "../../compiler/compile.ts";
import { chunks, type Dataset } from "../../data/dataset.ts";
import { GraphBuilder } from "../../graph/build.ts";
import { ends, INPUT, tensorInput } from "../../models/graphs.ts";
import { modelNodes, type Resolved } from "../../layers/model.ts";
import type { NetworkFields } from "../../models/network.ts";
import { placedWeights, throughParts } from "../../models/predictor.ts";
import { loadProgram } from "../../models/runtime.ts";
import { samplesAt, weightView, writeRows } from "../../vector/arena.ts";
import { LANES } from "../../vector/layout.ts";

export interface Range {
  readonly least: number;
  readonly most: number;
}

/** By number: 0 is the prepared row, i the i-th layer. */
export async function rangesOf(
  { model, weights, preparation }: NetworkFields,
  layers: readonly Resolved[],
  data: Dataset,
): Promise<Range[]> {
  const b = new GraphBuilder();
  const x = b.input(INPUT, "sample", ends(layers).input);
  const { layers: nodes } = modelNodes(b, layers, x, "predict", tensorInput(b, layers));
  // what changes nothing is the node of what it reads
  const first = [...new Set(nodes)].filter((node) => node !== x);
  const graph = b.build(Object.fromEntries(first.map((node) => [`layer/${node}`, node])));
  const program = compile({ predict: graph }, { batch: LANES, lanes: "samples", fixedWeights: true });
  const { floats, bits, run, dispose } = await loadProgram(program, undefined, 1);
  for (const [name, values] of placedWeights(layers, weights, program))
    weightView(floats, program.tensors[name]).set(values);
  run("weights");
  const input = samplesAt(floats, program.tensors[INPUT], LANES);
  const places = [x, ...first].map((node) => ({
    node,
    samples: node === x ? input : samplesAt(floats, program.tensors[`layer/${node}`], LANES),
    least: Infinity,
    most: -Infinity,
  }));
  const predict = throughParts({ input: model.input, preparation }, 0, () => ({
    batch: LANES,
    width: 0,
    run({ values, scales }, row, count) {
      writeRows(floats, bits, program, count);
      const finite = input.write(values, count, { first: row * input.size, scales });
      const [prepared, ...computed] = places;
      widen(prepared, prepared.samples.read(count));
      run("predict");
      for (const place of computed) widen(place, place.samples.read(count));
      return finite;
    },
  }));
  for (const batch of chunks(data)) predict(batch);
  dispose();
  return [x, ...nodes].map((node) => {
    const found = places.find((place) => place.node === node);
    if (!found) throw new Error("fault: a layer without a range");
    return { least: found.least, most: found.most };
  });
}

function widen(range: { least: number; most: number }, values: Float32Array): void {
  for (const x of values) {
    if (x < range.least && x > -Infinity) range.least = x;
    if (x > range.most && x < Infinity) range.most = x;
  }
}
