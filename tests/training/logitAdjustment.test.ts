/** Logit adjustment: what `fit` adds to logits, and that rare classes are found by it. */
import { describe, expect, it } from "vitest";
import { architectures, fit, fromArrays, losses, type Run } from "../../src/index.ts";
import { settledLoss } from "../../src/training/classWeights.ts";
import { moves } from "./shared.ts";
import { cli, tsText, workshop } from "../cli/harness.ts";
import { uniform } from "../../src/numerics/threefry.ts";

const data = moves;

describe("logit adjustment", () => {
  it("adds tau log(share): of 6, 4 and 2 in 12 rows log 1/2, log 1/3, log 1/6", () => {
    const settled = settledLoss(losses.crossEntropy({ logitAdjustment: 2 }), data);
    const { logitAdjustment } = settled as { logitAdjustment: readonly number[] };
    [-1.3862943611, -2.1972245773, -3.5835189385].forEach((want, k) =>
      expect(logitAdjustment[k]).toBeCloseTo(want, 9),
    );
    expect(settledLoss(losses.crossEntropy({ logitAdjustment: 0 }), data)).toEqual(losses.crossEntropy());
    expect(() => settledLoss(losses.crossEntropy({ logitAdjustment: -1 }), data)).toThrow(
      "logitAdjustment is -1; it is a finite number of at least 0",
    );
  });

  it("finds more of a class of 1 row in 20 than plain cross-entropy, at the same accuracy or below", async () => {
    // two overlapping classes: a rare row differs by half a deviation at each of 12 positions
    let count = 0;
    const draw = (): number => uniform(5, 0, 0, count++);
    const rows = (many: number) => {
      const own = Array.from({ length: many }, (_, r) => (r % 20 === 0 ? "rare" : "usual"));
      const series = own.map((label) =>
        Array.from({ length: 12 }, () => draw() + draw() + draw() + (label === "rare" ? 0.5 : 0)),
      );
      return fromArrays({ series, labels: own });
    };
    const [train, test] = [rows(400), rows(2000)];
    const trained = (tau: number): Promise<Run> =>
      fit(architectures.chain(train, { filters: [5] }), train, {
        epochs: 12,
        loss: losses.crossEntropy({ logitAdjustment: tau }),
      });
    const [plain, even] = await Promise.all(
      [0, 1].map(async (tau) => (await trained(tau)).model.evaluate(test)),
    );
    expect(even.balancedAccuracy).toBeGreaterThan((plain.balancedAccuracy ?? NaN) + 0.05);
    expect(even.accuracy).toBeLessThanOrEqual(plain.accuracy);
  });
});

describe("--balance", () => {
  const shop = workshop();
  const file = shop.put("waves.ts", tsText(8, { length: 12 }));
  const words = ["train", file, "--model", "chain", "--filters", "3", "--epochs", "2"];

  it("is 1 where no number is given, is told, recorded and met again", async () => {
    const out = shop.path("w");
    const { code, stderr } = await cli([...words, "--out", out, "--balance"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/crossEntropy \(logit adjustment \S+ -0\.6931, \S+ -0\.6931\), normalize/);
    const again = await cli(["reproduce", `${out}/model.safetensors`, file, "--quiet"]);
    expect(again.stdout).toMatch(/^met: /);
    const two = await cli([...words, "--balance", "2", "--out", shop.path("b")]);
    expect(two.stderr).toContain("-1.386");
  });

  it("is for classes alone, and takes a number above 0", async () => {
    const values = shop.put("v.ts", "@targetLabel true\n@data\n1,2,3,4:1\n2,3,4,5:2\n");
    const refused = await cli(["train", values, "--balance"]);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      `toeplitz: --balance is for one class a row or position, but ${values} has target values; leave it out\n`,
    ]);
    expect((await cli([...words, "--balance=-1"])).code).toBe(2);
  });
});
