/**
 * What runs in every engine: random rows through an exported module, and a checksum of all that it says. It is bundled, so that
 * the rows are those that the library is given.
 */
import type { ExportedModel } from "../../src/export/runtime.ts";
import { checksum } from "../../src/export/sheet.ts";
import type { NetworkFields } from "../../src/models/network.ts";
import { randomRow } from "../../tests/export/models.ts";

export type Spec = Pick<NetworkFields, "model" | "preparation">;

/** A checksum over the outputs and probabilities of so many rows. */
export function checksumOf(
  model: Pick<ExportedModel, "outputs" | "predictRows" | "answers">,
  spec: Spec,
  rows: number,
): number {
  let sum = 0;
  for (let seed = 0; seed < rows; seed++) {
    const row = randomRow(spec as NetworkFields, seed);
    sum = (Math.imul(sum, 31) + checksum(model.outputs(row))) >>> 0;
    if (seed % 10 > 0 || model.answers === "values") continue;
    const [{ probabilities }] = model.predictRows(row);
    sum = (Math.imul(sum, 31) + checksum(new Float32Array(Float64Array.from(probabilities).buffer))) >>> 0;
  }
  return sum;
}
