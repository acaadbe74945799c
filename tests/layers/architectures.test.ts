/** The architectures: published numbers of parameters, and one step of gradients on every back end. */
import { describe, expect, it } from "vitest";
import { architectures } from "../../src/index.ts";
import { tcn, tcnReach } from "../../src/layers/architectures/tcn.ts";
import type { Task } from "../../src/layers/architectures/task.ts";
import { alternating, peak } from "../../src/layers/architectures/lite.ts";
import { m5 } from "../../src/layers/architectures/m5.ts";
import { unet1d } from "../../src/layers/architectures/unet1d.ts";
import { wavenet } from "../../src/layers/architectures/wavenet.ts";
import { parameterCount, resolve, type Model } from "../../src/layers/model.ts";
import { losses } from "../../src/training/losses.ts";
import { optimizers } from "../../src/training/optimizers.ts";
import { trainer } from "../../src/training/trainer.ts";
import { bumps } from "../training/shared.ts";

const task = (length: number, classes: number, channels = 1) => ({
  channels,
  length,
  classes: Array.from({ length: classes }, (_, i) => `${i}`),
});
const outputOf = (model: Model) => resolve(model).at(-1)?.output;

describe("parameters", () => {
  it.each<[string, number, Model]>([
    // published without the dense layer: 264,704 and 504,000 (Wang et al. 2017), 420,192 and 9,814 (LITE, table 2)
    ["fcn", 264704 + 129 * 2, architectures.fcn(task(150, 2))],
    ["resnet", 504000 + 129 * 2, architectures.resnet(task(150, 2))],
    ["inception", 420192 + 129 * 2, architectures.inception(task(150, 2))],
    ["lite", 9814 + 33 * 2, architectures.lite(task(150, 2))],
    // 8 blocks of 2 (25 x 25 x 7 + 25 + 25), the first on 1 channel with a shortcut, and 26 x 10; the paper: 70K
    ["tcn", 16 * 4425 - 24 * 25 * 7 + 50 + 260, tcn(task(784, 10), { levels: 8 })],
    // 80 x 128, then 3 x (128 x 128 + 128 x 256 + 256 x 512), biases and batch norm 3 x 1024, 513 x 10; the paper: 0.5M
    ["m5", 80 * 128 + 3 * (128 * 128 + 128 * 256 + 256 * 512) + 3 * 1024 + 5130, m5(task(8000, 10))],
  ])("of %s are %i", (_, count, model) => {
    expect(parameterCount(model)).toBe(count);
  });

  it("of tcn are 66,910 and of m5 559,114, as PyTorch counts the authors' networks", () => {
    expect(parameterCount(tcn(task(784, 10), { levels: 8 }))).toBe(66910);
    expect(parameterCount(m5(task(8000, 10)))).toBe(559114);
  });

  it("of a wavenet of 2 layers: 2 x 1 x 4 + 4, per layer 2 (4 x 4 x 2 + 4) + 4 x 8 + 8, one residual 4 x 4 + 4, the end", () => {
    const model = wavenet(task(50, 3), { residual: 4, skip: 8, layers: 2 });
    expect(parameterCount(model)).toBe(12 + 2 * (72 + 40) + 20 + 72 + 27);
  });

  it("of a U-Net of one halving", () => {
    const model = unet1d(task(33, 3), { filters: 2, depth: 1 });
    const pair = (from: number, to: number): number => 3 * from * to + 2 * to + 3 * to * to + 2 * to;
    expect(parameterCount(model)).toBe(pair(1, 2) + pair(2, 4) + (4 * 2 * 2 + 2) + pair(4, 2) + 2 * 3 + 3);
    expect(outputOf(model)).toEqual({ channels: 3, length: 33 });
  });
});

describe("shapes", () => {
  it("tcn takes as many levels as see the series", () => {
    expect(tcnReach(7, 8)).toBe(3061);
    const levels = (length: number): number =>
      resolve(tcn(task(length, 2))).filter((l) => l.kind === "add").length;
    expect([1, 13, 14, 37, 784, 5000].map(levels)).toEqual([1, 1, 2, 2, 7, 8]);
  });

  it("tcn forecasts: a value a target", () => {
    const model = tcn({ channels: 1, length: 96, classes: [], answers: { kind: "values", outputs: 96 } });
    expect(outputOf(model)).toEqual({ channels: 96, length: 1 });
  });

  it.each([1, 2, 3, 7, 16, 31])("unet1d labels each of %i positions", (length) => {
    expect(outputOf(architectures.unet1d(task(length, 4, 2)))).toEqual({ channels: 4, length });
  });

  it("m5 refuses what its pools cannot divide", () => {
    expect(() => m5(task(1000, 2))).toThrow(
      "m5 divides positions by 1024 in all and takes 1021 or more, not 1000",
    );
    expect(outputOf(m5(task(1021, 2)))).toEqual({ channels: 2, length: 1 });
  });

  it("lite's fixed filters: rises, falls and peaks", () => {
    expect(alternating(4, -1)).toEqual([-1, 1, -1, 1]);
    expect(peak(4)).toEqual([-1, -1, 2, 2, -1, -1]);
    expect(peak(8)).toEqual([-0.25, -1, -1, -0.25, 0.5, 2, 2, 0.5, -0.25, -1, -1, -0.25]);
  });
});

describe.each<[string, (t: Task) => Model, number]>([
  ["resnet", architectures.resnet, 12],
  ["inception", architectures.inception, 12],
  ["lite", architectures.lite, 20],
  ["tcn", architectures.tcn, 20],
  ["m5", (t) => m5(t, { filters: 4 }), 1100],
  ["wavenet", (t) => wavenet(t, { residual: 4, skip: 6 }), 20],
])("%s", (_, build, length) => {
  it("takes a step with the same bits on all back ends", async () => {
    const data = bumps({ rows: 3, channels: 2, length, classes: 2 });
    const [a, b] = await Promise.all(
      (["reference", "wasm"] as const).map(async (backend) => {
        const t = await trainer(build(data), {
          loss: losses.crossEntropy(),
          optimizer: optimizers.adam(),
          batch: 3,
          seed: 1,
          backend,
        });
        const { loss } = t.step(data);
        return { loss, sha256: t.weightsSha256() };
      }),
    );
    expect(Number.isFinite(a.loss)).toBe(true);
    expect(a).toEqual(b);
  });
});
