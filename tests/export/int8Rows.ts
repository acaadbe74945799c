/** Random rows that networks of tests are calibrated on, with what they say themselves as answers: the float accuracy is 1. */
import { Dataset } from "../../src/data/dataset.ts";
import { network, type NetworkFields } from "../../src/models/network.ts";
import { takesOf } from "../../src/models/takes.ts";
import { mulberry } from "./random.ts";

/** `count` rows of full length, in the units that goldenRow has too. */
export async function labelledRows(fields: NetworkFields, count: number, seed = 7): Promise<Dataset> {
  const takes = takesOf(fields.preparation, fields.model.input);
  const random = mulberry(seed);
  const series = Float64Array.from(
    { length: count * takes.channels * takes.length },
    () => (random() - 0.5) * 8,
  );
  const model = await network(fields, { threads: 1 });
  const said = model.predictRows({ series, rows: count });
  const names = [...fields.classes];
  const labels = said.flatMap(({ label, labels: each }) => (each ?? [label]).map((name) => names.indexOf(name)));
  const positions = labels.length / count;
  return new Dataset({
    name: "random rows",
    series,
    channels: takes.channels,
    length: takes.length,
    answers:
      positions > 1
        ? { kind: "positions", classes: names, labels: Int32Array.from(labels), positions }
        : { kind: "classes", classes: names, labels: Int32Array.from(labels) },
  });
}
