/** MiniRocket as a graph: its features count ties, so the sums in the graph are its own, one by one. */
import { describe, expect, it } from "vitest";
import { fromArrays, gather, miniRocket } from "../../../src/index.ts";
import { encodeModel } from "../../../src/formats/modelFile.ts";
import { decodeOnnx } from "../../../src/formats/onnx/decode.ts";
import { encodeOnnx } from "../../../src/formats/onnx/encode.ts";
import { random } from "../../hostile/random.ts";
import { apart, named, ort, runOnnx } from "./harness.ts";

/** Rows of some channels, waves of two lengths in noise; whole numbers, so that sums tie with biases often. */
function rows(count: number, channels: number, length: number, seed: number) {
  const r = random(seed, count);
  const series = Array.from({ length: count }, (_, n) =>
    Array.from({ length: channels }, (_c, c) =>
      Array.from({ length }, (_t, t) =>
        Math.round(8 * Math.sin(((n % 2) + 1.5 + c) * t * 0.2) + 6 * r.next()),
      ),
    ),
  );
  return fromArrays({ series, labels: series.map((_, n) => (n % 2 === 0 ? "slow" : "fast")) });
}

const sizes = [
  [1, 60],
  [3, 41],
] as const;

describe("MiniRocket in ONNX", () => {
  it.each(sizes)("of %i channels and %i positions: back as it was", (channels, length) => {
    const model = miniRocket(rows(40, channels, length, 1), { seed: 3 });
    const bytes = encodeOnnx(model);
    expect(Buffer.compare(encodeModel(decodeOnnx(bytes).model), encodeModel(model))).toBe(0);
  });

  it.skipIf(!ort).each(sizes)(
    `of %i channels and %i positions: the scores of predict within 1e-5${named}`,
    async (channels, length) => {
      const model = miniRocket(rows(40, channels, length, 1), { seed: 3 });
      const bytes = encodeOnnx(model);
      const { series } = gather(
        rows(200, channels, length, 9),
        Array.from({ length: 200 }, (_, i) => i),
      );
      const all = { series, rows: 200 };
      const { logits, probabilities } = await runOnnx(bytes, channels, all);
      expect(apart(model.outputs(all), logits)).toBeLessThan(1e-5);
      expect(
        apart(
          model.predictRows(all).flatMap((p) => p.probabilities),
          probabilities,
        ),
      ).toBeLessThan(1e-5);
    },
  );
});
