/** What a run is by its recipe, from options as they are typed. */
import { describe, expect, it } from "vitest";
import {
  fit,
  fromArrays,
  losses,
  model,
  layers as L,
  mnist1d,
  optimizers,
  readRecipe,
  recipeRun,
  schedules,
} from "../../src/index.ts";

const rows = fromArrays({
  series: Array.from({ length: 20 }, (_, i) => [
    Array.from({ length: 12 }, (_t, t) => (i % 2 === 0 ? t : -t) + i / 10),
  ]),
  labels: Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? "up" : "down")),
  name: "waves",
});
const network = (texts: Readonly<Record<string, string>>) => {
  const run = recipeRun(rows, readRecipe(texts));
  if (run.kind === "rocket") throw new Error("it is a network");
  return run;
};

describe("options that are typed", () => {
  it("are read by the command line's readers, with its defaults", () => {
    expect(readRecipe({ epochs: "3", lr: "0.01", classWeights: "up=2", detrend: "" })).toEqual({
      epochs: 3,
      lr: 0.01,
      classWeights: { up: 2 },
      detrend: true,
      validation: 0,
      keep: "last",
      seed: 0,
      numerics: "strict",
      convolution: "fast",
    });
  });

  it("are refused by name", () => {
    // typed with a value or without: a field has one
    expect(readRecipe({ balance: "0.5" })).toMatchObject({ balance: 0.5 });
    expect(() => readRecipe({ balance: "yes" })).toThrow(
      '--balance is "yes"; it is a number above 0, such as 1',
    );
    expect(() => readRecipe({ lr: "much" })).toThrow('--lr is "much"; it is a number above 0, such as 0.001');
    expect(() => readRecipe({ epoch: "3" })).toThrow('option "epoch" is unknown (did you mean epochs?)');
  });
});

describe("a run by its recipe", () => {
  it("has the recipe of its model where no option says otherwise", () => {
    const { options, title, members } = network({});
    expect([title, members]).toEqual(["fcn", 1]);
    expect(options).toMatchObject({
      epochs: 300,
      batch: 16,
      seed: 0,
      optimizer: optimizers.adam({ learningRate: 1e-3 }),
      schedule: schedules.cosine(),
      loss: losses.crossEntropy(),
      normalize: "channel",
    });
  });

  it("takes steps for epochs, another optimizer at its own rate, and no more rows a step than there are", () => {
    const { options } = network({ steps: "7", optimizer: "sgd", batch: "64", validation: "0.2" });
    expect(options).toMatchObject({ steps: 7, optimizer: optimizers.sgd(), batch: 16 });
    expect(options.epochs).toBeUndefined();
    expect(network({ validation: "0.2" }).held?.rows).toBe(4);
  });

  it("is five networks of inceptiontime, and closed form of minirocket", () => {
    expect(network({ model: "inceptiontime" })).toMatchObject({
      kind: "ensemble",
      title: "inceptiontime",
      members: 5,
    });
    const rocket = recipeRun(rows, readRecipe({ model: "minirocket", validation: "0.2", seed: "2" }));
    expect(rocket).toMatchObject({ kind: "rocket", options: { seed: 2 } });
    expect(rocket.kind === "rocket" && [rocket.train.rows, rocket.held?.rows]).toEqual([16, 4]);
  });

  it("takes layers of one's own, where they go with the rows", () => {
    const layers = (length: number): string =>
      JSON.stringify(
        model({ channels: 1, length }, (x) =>
          L.dense(L.conv1d(x, { filters: 2, kernelSize: 3 }), { units: 2 }),
        ),
      );
    const run = recipeRun(rows, readRecipe({}), { own: { text: layers(12), file: "mine.json" } });
    expect(run).toMatchObject({ kind: "network", title: "mine" });
    const refused = (text: string) => () =>
      recipeRun(rows, readRecipe({}), { own: { text, file: "mine.json" } });
    expect(refused(layers(13))).toThrow(
      "mine.json: the model takes rows of 1 x 13 (channels x length), but waves has 1 x 12",
    );
    expect(refused("{")).toThrow("mine.json: it is no JSON");
    expect(refused("[]")).toThrow("mine.json: not a model");
  });

  it("is refused where options do not go with the model or the rows", () => {
    expect(() => network({ model: "fnc" })).toThrow('model "fnc" is unknown (did you mean fcn?)');
    expect(() => network({ filters: "3,3" })).toThrow(
      "--filters and --activation belong to --model chain, not to fcn",
    );
    expect(() => network({ loss: "huber" })).toThrow("--loss huber wants rows with target values");
    expect(() => network({ model: "unet1d" })).toThrow("predicts a class of each of 12 positions");
  });

  it("trains to the weights of mnist1d's documented first steps, whichever way its options come", async () => {
    const { train, test } = mnist1d({ samples: 200 });
    const run = recipeRun(train, readRecipe({ steps: "5" }), { test });
    if (run.kind === "rocket") throw new Error("it is a network");
    expect(run.title).toBe("mnist1d-cnn");
    const own = await fit(run.model, train, {
      steps: 5,
      batch: 100,
      optimizer: optimizers.adam({ learningRate: 0.02 }),
      schedule: schedules.cosine(),
    });
    expect((await fit(run.model, train, run.options)).weightsSha256).toBe(own.weightsSha256);
  });
});
