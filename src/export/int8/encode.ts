/**
 * A network as C99 in 8 bits: quantised after training by the ranges of its layers over rows, and scored on them beside the float network
 * before anything is written.
 */
import { InputError } from "../../data/errors.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { AnyModel } from "../../formats/modelFile.ts";
import type { Signal } from "../../layers/layer.ts";
import { resolve } from "../../layers/model.ts";
import { INPUT, OUTPUT } from "../../models/graphs.ts";
import type { Evaluation, Network } from "../../models/network.ts";
import { predictions, predictionsOf, tellingOf, type Predictions } from "../../models/predictions.ts";
import { throughParts } from "../../models/predictor.ts";
import { inOwnUnits } from "../../models/targets.ts";
import { VERSION } from "../../models/version.ts";
import type { Placement } from "../../vector/program.ts";
import { sheetOf } from "../sheetOf.ts";
import { answerText, headerText } from "../c/answer.ts";
import { networkFor, scheduleOf, type CFiles, type CodeKind } from "../c/code.ts";
import { namesOf } from "../c/names.ts";
import { prepareText } from "../c/prepare.ts";
import { testText } from "../c/test.ts";
import { comment, helpersFor, lines, PRELUDE } from "../c/text.ts";
import { functionsText, stepTexts } from "./cSteps.ts";
import { islandTexts } from "./islandTexts.ts";
import { lowered, requireInt8 } from "./lower.ts";
import { layoutOf } from "./memory.ts";
import { rangesOf } from "./ranges.ts";
import { int8Run } from "./reference.ts";
import type { Plan } from "./steps.ts";

/** A network in 8 bits. */
export interface Int8Network extends Predictions {
  readonly plan: Plan;
  dispose(): void;
}

/**
 * Quantises a network by labelled rows, whose channels are in its order.
 *
 * @throws InputError for a layer that has no int8 form
 */
export async function int8Network(network: Network, data: Dataset): Promise<Int8Network> {
  const { model, weights, preparation, targets } = network;
  const layers = resolve(model);
  requireInt8(layers, model.name);
  const bad = weights.find((w) => !w.data.every(Number.isFinite));
  if (bad) throw new InputError(`${model.name}: ${bad.name} has weights that are not finite; train it again`);
  const plan = await lowered(layers, weights, await rangesOf(network, layers, data));
  const { run, dispose } = await int8Run(plan);
  const { input } = model;
  const size = input.channels * input.length;
  const { channels, length } = plan.values[plan.output];
  const width = channels * length;
  const row = new Float32Array(size);
  const outputs = throughParts({ input, preparation }, width, () => ({
    batch: 1,
    width,
    run({ values, scales }, at, _count, to) {
      let finite = true;
      for (let i = 0; i < size; i++) {
        const x = values[at * size + i];
        const c = Math.floor(i / input.length);
        row[i] = scales ? (x - scales.shift[c]) / scales.scale[c] : x;
        finite &&= Number.isFinite(x);
      }
      if (finite) to.set(run(row), at * width);
      return finite;
    },
  }));
  const told = { name: model.name, ...tellingOf(network) };
  return { plan, dispose, ...predictions(told, (rows) => inOwnUnits(outputs(rows), targets)) };
}

/** How a network does in 8 bits beside itself in float, on the same rows. */
export interface Int8Scores {
  readonly float: Evaluation;
  readonly int8: Evaluation;
  /** The part of rows of which both say the same class (classes); NaN of values. */
  readonly agreement: number;
}

/** Scores both on rows with answers, in one pass of the int8 network. */
export function scoresOf(network: Network, int8: Int8Network, data: Dataset): Int8Scores {
  const told = { name: network.model.name, ...tellingOf(network) };
  let same = 0;
  const both = predictions(told, (rows) => {
    const outputs = int8.outputs(rows);
    if (network.answers === "values") return outputs;
    const ours = predictionsOf(outputs, rows.rows, told);
    network.predictRows(rows).forEach(({ label }, r) => {
      same += Number(label === ours[r].label);
    });
    return outputs;
  });
  return {
    float: network.evaluate(data),
    int8: both.evaluate(data),
    agreement: network.answers === "values" ? NaN : same / data.rows,
  };
}

export interface Int8Files extends Omit<CFiles, "products"> {
  readonly scores: Int8Scores;
}

/**
 * A network as int8 C whose files are called `name`.c and the like, quantised and scored by rows with answers.
 *
 * @throws InputError as `encodeC`, and for a layer that has no int8 form
 */
export async function encodeInt8(
  model: AnyModel,
  name: string,
  data: Dataset,
  code: CodeKind = "fast",
): Promise<Int8Files> {
  const network = networkFor(model, name);
  const int8 = await int8Network(network, data);
  const scores = scoresOf(network, int8, data);
  const { plan } = int8;
  const islands = await islandTexts(plan, scheduleOf(code));
  const layout = layoutOf(plan, islands.scratch);
  const text = stepTexts(plan, layout, islands.texts(layout.scratch));
  const startOf = (value: number): number => layout.values[plan.values[value].memory].start / 4;
  const input = placement(plan.values[plan.input]);
  const output = placement(plan.values[plan.output]);
  const ports = { batch: 1, rows: { count: 0, mask: 0 }, tensors: { [INPUT]: input, [OUTPUT]: output } };
  const { outputs } = int8;
  const sheet = sheetOf({ ...network, outputs }, [network], [ports]);
  int8.dispose();
  const names = namesOf(name);
  const floats = layout.bytes / 4;
  const functions = functionsText(text.used, code);
  const body = [...islands.kernels, functions].join("\n");
  const source = [
    `/* The network ${comment(sheet.name)} in 8 bits, written by toeplitz ${VERSION}: C99, the same bits wherever floats are IEEE's. */`,
    `#include "${name}.h"`,
    PRELUDE,
    ...(islands.weights.length > 0
      ? [`static const float w[${islands.weights.length}] = {`, ...lines(islands.weights), "};", ""]
      : []),
    ...helpersFor(body),
    ...islands.kernels,
    functions,
    ...text.constants,
    "",
    "APART static void run(float *m) {",
    "  int8_t *q = (int8_t *)m;",
    ...text.calls,
    "  (void)q;",
    "}",
    "",
    prepareText(sheet.preparation, sheet.input, input, startOf(plan.input), names.sample),
    "",
    answerText(sheet, names, { output: { start: startOf(plan.output), place: output }, masks: [] }),
  ].join("\n");
  return {
    source,
    header: headerText(sheet, names, floats),
    test: testText(sheet, names, `${name}.h`),
    flash: text.flash + 4 * islands.weights.length,
    ram: layout.bytes,
    scores,
  };
}

/** Rows of positions one after another, without anything between them. */
const placement = ({ channels, length }: Signal): Placement => ({
  type: { space: "sample", shape: [1, channels, length] },
  layout: { lanes: "samples", left: 0, pitch: length },
  offset: 0,
  bytes: channels * length * 4,
});
