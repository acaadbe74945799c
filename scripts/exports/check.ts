/**
 * What runs in every engine: random rows through an exported module, random samples through its stream, and a checksum of all that they
 * say. It is bundled, so that the numbers are those that the library is given.
 */
import type { ExportedModel } from "../../src/export/runtime.ts";
import { checksum } from "../../src/export/sheet.ts";
import type { NetworkFields } from "../../src/models/network.ts";
import type { Stream } from "../../src/models/stream/engineStream.ts";
import { randomRow } from "../../tests/export/models.ts";
import { mulberry } from "../../tests/export/random.ts";

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

/** A checksum over a stream's answers to so many samples, one by one, in pieces and all at once, which have to be the same. */
export function streamChecksumOf(stream: Stream, samples: number): number {
  const { channels } = stream;
  const random = mulberry(samples);
  const series = Float64Array.from({ length: samples * channels }, () => (random() - 0.5) * 4);
  const sums = [1, 37, samples].map((size) => {
    stream.reset();
    let sum = 0;
    const take = (answers: Iterable<{ readonly at: number; readonly outputs: Float32Array }>): void => {
      for (const { at, outputs } of answers) sum = (Math.imul(sum, 31) + at + checksum(outputs)) >>> 0;
    };
    for (let from = 0; from < samples; from += size)
      take(stream.push(series.subarray(from * channels, Math.min(samples, from + size) * channels)));
    take(stream.finish());
    return sum;
  });
  if (sums.some((sum) => sum !== sums[0])) throw new Error(`answers differ by cuts: ${sums.join(", ")}`);
  return sums[0];
}
