/** Class weights by name, and balanced: what `fit` makes of them is the loss with a number a class. */
import { describe, expect, it } from "vitest";
import {
  architectures,
  fit,
  fitEnsemble,
  fromArrays,
  InputError,
  losses,
  rowsOf,
  trainer,
  type Run,
} from "../../src/index.ts";
import { settledLoss } from "../../src/training/classWeights.ts";
import { moves } from "./shared.ts";
import { cli, tsText, workshop } from "../cli/harness.ts";

const data = moves;
const model = architectures.chain(data, { filters: [3] });
const weighted = (
  classWeights: NonNullable<Parameters<typeof losses.crossEntropy>[0]>["classWeights"],
): Promise<Run> => fit(model, data, { epochs: 4, batch: 4, loss: losses.crossEntropy({ classWeights }) });

describe("class weights", () => {
  it("balanced are rows / (classes x rows of the class): 12 / (3 x 6), 12 / (3 x 4), 12 / (3 x 2)", async () => {
    expect(data.classes).toEqual(["down", "still", "up"]);
    expect(settledLoss(losses.crossEntropy({ classWeights: "balanced" }), data)).toEqual(
      losses.crossEntropy({ classWeights: [12 / 18, 1, 2] }),
    );
    expect((await weighted("balanced")).weightsSha256).toBe((await weighted([12 / 18, 1, 2])).weightsSha256);
  });
  it("balanced count the rows that are learned from, or their positions, and no class without any", () => {
    const part = rowsOf(data, [0, 1, 3, 7]);
    expect(settledLoss(losses.crossEntropy({ classWeights: "balanced" }), part)).toMatchObject({
      classWeights: [1, 1, 1],
    });
    const placed = fromArrays({ series: [[1, 2, 3, 4]], labels: [["a", "b", "b", "b"]] });
    expect(settledLoss(losses.crossEntropy({ classWeights: "balanced" }), placed)).toMatchObject({
      classWeights: [2, 2 / 3],
    });
  });
  it("by name are 1 where a class is not named, in whatever order, for networks and ensembles", async () => {
    const [named, numbered] = [await weighted({ up: 3, down: 0.5 }), await weighted([0.5, 1, 3])];
    expect(named.weightsSha256).toBe(numbered.weightsSha256);
    expect(named.weightsSha256).not.toBe((await weighted(undefined)).weightsSha256);
    const both = async (
      classWeights: readonly number[] | Readonly<Record<string, number>>,
    ): Promise<string> =>
      (
        await fitEnsemble(() => model, data, {
          members: 2,
          epochs: 1,
          loss: losses.crossEntropy({ classWeights }),
        })
      ).weightsSha256;
    expect(await both({ up: 3 })).toBe(await both([1, 1, 3]));
  });
  it("that name no class, and those that a trainer cannot know, are refused", async () => {
    await expect(weighted({ left: 2 })).rejects.toThrow(
      new InputError(
        'classWeights names "left", which is no class of moves; its classes are "down", "still", "up"',
      ),
    );
    await expect(weighted({ up: -1 })).rejects.toThrow("classWeights has -1; each is a number of at least 0");
    const loss = losses.crossEntropy({ classWeights: "balanced" });
    await expect(trainer(model, { loss, batch: 4 })).rejects.toThrow(
      "classWeights by name, and balanced ones, want rows with classes, which fit has; give a number a class",
    );
  });
});

describe("--class-weights", () => {
  const shop = workshop();
  const file = shop.put("waves.ts", tsText(8, { length: 12 }));
  const words = ["train", file, "--model", "chain", "--filters", "3", "--epochs", "2"];

  it("are told, recorded and met again", async () => {
    const [first] = Object.keys(await classesOf());
    const out = shop.path("w");
    const { code, stderr } = await cli([...words, "--class-weights", `${first}=3`, "--out", out]);
    expect(code).toBe(0);
    expect(stderr).toContain(`crossEntropy (class weights ${first} 3, `);
    const again = await cli(["reproduce", `${out}/model.safetensors`, file, "--quiet"]);
    expect(again.stdout).toMatch(/^met: /);
    const even = await cli([...words, "--class-weights", "balanced", "--out", shop.path("b")]);
    expect(even.stderr).toMatch(/crossEntropy \(class weights \S+ 1, \S+ 1\), normalize/);
  });

  async function classesOf(): Promise<Readonly<Record<string, number>>> {
    const { stdout } = await cli(["inspect", file, "--json"]);
    const { classes } = JSON.parse(stdout) as { classes: { name: string; count: number }[] };
    return Object.fromEntries(classes.map(({ name, count }) => [name, count]));
  }

  it.each(["", "up", "up=", "=2", "up=-1", "up=1,up=2"])("refuses %j", async (text) => {
    const { code, stderr } = await cli([...words, "--class-weights", text]);
    expect([code, stderr]).toEqual([
      2,
      `toeplitz: --class-weights is ${JSON.stringify(text)}; it is balanced, or classes with a number of at least 0 each, such as up=2,down=0.5\n`,
    ]);
  });

  it("are for classes alone", async () => {
    const values = shop.put("v.ts", "@targetLabel true\n@data\n1,2,3,4:1\n2,3,4,5:2\n");
    const { code, stderr } = await cli(["train", values, "--class-weights", "balanced"]);
    expect([code, stderr]).toEqual([
      2,
      `toeplitz: --class-weights is for one class a row or position, but ${values} has target values; leave it out\n`,
    ]);
  });
});
