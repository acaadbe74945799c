/** MiniRocket for target values: ridge regression on its features, in the targets' own units. */
import { describe, expect, it } from "vitest";
import {
  decodeOnnx,
  encodeModel,
  encodeOnnx,
  fromArrays,
  load,
  miniRocket,
  type Rocket,
} from "../../src/index.ts";
import { uniform } from "../../src/numerics/threefry.ts";
import { classTargets, ridge } from "../../src/numerics/ridge.ts";
import { cli, workshop } from "../cli/harness.ts";

/** Sines of a random number of turns, which is the target, in some unit; the second target is its square root. */
function turns(rows: number, stream: number, unit = (x: number): number => x) {
  const count = Array.from({ length: rows }, (_, r) => 1 + 6 * uniform(3, stream, 0, r));
  const series = count.map((n, r) =>
    Array.from({ length: 64 }, (_, t) => {
      const phase = uniform(3, stream + 100, 0, r);
      return Math.sin(2 * Math.PI * ((n * t) / 64 + phase)) + 0.2 * uniform(3, stream + 200, r, t);
    }),
  );
  return fromArrays({ name: "turns", series, targets: count.map((n) => [unit(n), Math.sqrt(n)]) });
}

describe("ridge", () => {
  it("fits a line through points on it: y = 3 x + 1, z = -x", () => {
    const x = [0, 1, 2, 3, 4, 5];
    const targets = Float64Array.from(x.flatMap((v) => [3 * v + 1, -v]));
    const { coefficients, intercepts } = ridge(Float32Array.from(x), targets, 2, { alphas: [1e-9] });
    [3, -1].forEach((w, k) => expect(coefficients[k]).toBeCloseTo(w, 6));
    [1, 0].forEach((b, k) => expect(intercepts[k]).toBeCloseTo(b, 6));
  });

  it("has 1 of a row's class and -1 of others as targets", () => {
    expect([...classTargets([0, 2], 3)]).toEqual([1, -1, -1, -1, -1, 1]);
  });
});

describe("MiniRocket for values", () => {
  const model = miniRocket(turns(120, 1), { features: 840 });
  const test = turns(60, 2);

  it("finds how often a sine turns, R2 above 0.95, and says values", () => {
    const { r2, accuracy } = model.evaluate(test);
    expect(r2).toBeGreaterThan(0.95);
    expect(accuracy).toBeNaN();
    expect(model.answers).toBe("values");
    expect(model.predict([...test.series.subarray(0, 64)]).values).toHaveLength(2);
  });

  it("does not depend on the targets' unit: times 1000 plus 5000 gives the same R2", () => {
    const unit = (x: number): number => 1000 * x + 5000;
    const scaled = miniRocket(turns(120, 1, unit), { features: 840 });
    expect(scaled.evaluate(turns(60, 2, unit)).r2).toBeCloseTo(model.evaluate(test).r2 ?? NaN, 4);
  });

  it("comes back from its file, and from ONNX, bit for bit", async () => {
    const again = (await load(encodeModel(model))) as Rocket;
    expect(again.weightsSha256).toBe(model.weightsSha256);
    expect([...again.outputs(test)]).toEqual([...model.outputs(test)]);
    const { model: imported } = decodeOnnx(encodeOnnx(model), { file: "turns.onnx" });
    expect([...(await load(encodeModel(imported))).outputs(test)]).toEqual([...model.outputs(test)]);
  });
});

describe("train --model minirocket", () => {
  const shop = workshop();
  const file = shop.put(
    "values.ts",
    `@targetLabel true\n@data\n${Array.from({ length: 12 }, (_, r) => `${Array.from({ length: 12 }, (_v, t) => (t * r) % 7).join(",")}:${r}`).join("\n")}\n`,
  );

  it("takes target values and --threads 1, which is what it runs on; other counts are refused", async () => {
    const words = ["train", file, "--model", "minirocket", "--out", shop.path("r"), "--json"];
    const { code, stdout } = await cli([...words, "--threads", "1"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ model: "minirocket", threads: 1, train: { accuracy: null } });
    const two = await cli([...words, "--force", "--threads", "2"]);
    expect([two.code, two.stderr]).toEqual([
      2,
      "toeplitz: --threads does not apply to --model minirocket, which has a fit of its own; leave it out\n",
    ]);
  });
});
