/** Networks that PyTorch exported (scripts/pytorch/onnx_files.py), imported: its own outputs, within 1e-5. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeOnnx } from "../../../src/formats/onnx/decode.ts";
import { encodeModel } from "../../../src/formats/modelFile.ts";
import { load } from "../../../src/formats/load.ts";
import { apart } from "./harness.ts";

interface Case {
  readonly name: string;
  readonly file: string;
  readonly input: readonly number[];
  readonly x: readonly number[];
  readonly output: readonly number[];
  readonly y: readonly number[];
}
const folder = new URL("pytorch/", import.meta.url);
const cases = JSON.parse(readFileSync(new URL("cases.json", folder), "utf8")) as Case[];

/** `[n, a, b]` as `[n, b, a]`. */
const turned = (values: readonly number[], [n, a, b]: readonly number[]): number[] =>
  Array.from({ length: n * a * b }, (_, i) => {
    const within = i % (a * b);
    return values[Math.floor(i / (a * b)) * a * b + (within % a) * b + Math.floor(within / a)];
  });

describe("Networks of PyTorch 1.13", () => {
  it("are 30 and more", () => expect(cases.length).toBeGreaterThanOrEqual(30));

  it.each(cases.map((c) => [c.name, c] as const))("%s", async (_, { file, input, x, output, y }) => {
    const bytes = new Uint8Array(readFileSync(new URL(file, folder)));
    const { model, notes } = decodeOnnx(bytes, { file, length: freeLength(bytes, file, input) });
    const net = await load(encodeModel(model), { backend: "wasm", threads: 1 });
    const channelsLast = notes.some((note) => note.includes("[positions][channels]"));
    const rows = {
      series: Float64Array.from(channelsLast ? turned(x, input) : x),
      rows: input[0],
    };
    const left = notes.some((note) => note.includes("is left off"));
    const ours = left ? net.predictRows(rows).flatMap((p) => p.probabilities) : Array.from(net.outputs(rows));
    expect(apart(channelsLast ? turned(y, output) : y, ours)).toBeLessThan(1e-5);
  });
});

/** The length that has to be given where the file leaves it open. */
function freeLength(bytes: Uint8Array, file: string, input: readonly number[]): number | undefined {
  try {
    decodeOnnx(bytes, { file });
    return undefined;
  } catch (error) {
    return /its length is open/.test(String(error)) ? input[2] : undefined;
  }
}
