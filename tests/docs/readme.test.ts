/** The README's code does what it says, as it stands: its blocks with the values that they are given, and looked at. */
import { expect, it } from "vitest";
import { printed } from "./blocks.ts";
import { blocksOf, textOf } from "./markdown.ts";

/** The text of the block that has a piece of code in it, that piece and others replaced. */
function block(containing: string, changes: readonly (readonly [string, string])[] = []): string {
  const found = blocksOf("README.md", textOf("README.md")).find(({ text }) => text.includes(containing));
  if (found === undefined) throw new Error(`README.md has no code with ${containing}`);
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`README.md's code has no ${from}`);
    return text.replace(from, to);
  }, found.text);
}

it("trains, saves, loads and predicts", () => {
  // 24 rows of one channel: a bump early or late
  const given = `
    import { readFileSync } from "node:fs";
    const series = Array.from({ length: 24 }, (_, n) => [
      Array.from({ length: 20 }, (_unused, t) =>
        Math.exp(-((t - (n % 2 ? 5 : 14)) ** 2) / 4) + Math.sin(n * 7 + t) / 10),
    ]);
    const labels = series.map((_, n) => (n % 2 ? "early" : "late"));
    const sample = series[1];`;
  const code = block('save(run.model, "gun.safetensors")', [
    ["epochs: 300", "epochs: 8"],
    ["const net =", 'const bytes = readFileSync("gun.safetensors");\nconst net ='],
  ]);
  const looks = `console.log(JSON.stringify({ label, classes: probabilities.length, accuracy: run.train.accuracy }));`;
  const last = printed(`${given}\n${code}\n${looks}`).trim().split("\n").at(-1) ?? "";
  expect(JSON.parse(last)).toEqual({ label: "early", classes: 2, accuracy: 1 });
});

it("writes a network with a skip connection as plain JSON, which trains step by step", () => {
  const code = block("const residual = model(");
  const looks = `
    import { checkModel, fromArrays, losses, optimizers, trainer } from "toeplitz";
    const same = JSON.stringify(checkModel(JSON.parse(JSON.stringify(residual)))) === JSON.stringify(residual);
    const series = Array.from({ length: 16 }, (_, n) =>
      Array.from({ length: 6 }, (_a, c) => Array.from({ length: 100 }, (_b, t) => Math.sin((t * (1 + (n % 4))) / 9 + c))),
    );
    const train = fromArrays({ series, labels: series.map((_, n) => n % 4) });
    const optimizer = optimizers.adamW({ learningRate: 1e-3 });
    const t = await trainer(residual, { loss: losses.crossEntropy(), optimizer, batch: 16, seed: 0 });
    const course = [...train.batches(16, { epochs: 50, seed: 0 })].map((batch) => t.step(batch).loss);
    console.log(JSON.stringify({ same, first: course[0], last: course[49] }));`;
  const { same, first, last } = JSON.parse(printed(`${code}\n${looks}`)) as {
    same: boolean;
    first: number;
    last: number;
  };
  expect(same).toBe(true);
  expect(last).toBeLessThan(0.8 * first);
});
