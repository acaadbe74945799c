/** Models know their channels by name: no order of them changes what they say. */
import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { chunks, gather, type Dataset } from "../../src/data/dataset.ts";
import { chooseChannels, matchChannels } from "../../src/data/matchChannels.ts";
import { slidingWindows } from "../../src/data/slidingWindows.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/formats/checkpointFile.ts";
import { load } from "../../src/formats/load.ts";
import { encodeModel, type AnyModel } from "../../src/formats/modelFile.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import {
  baselines,
  dataset,
  ensemble,
  fit,
  fitEnsemble,
  layers as L,
  miniRocket,
  model,
  type Task,
} from "../../src/index.ts";
import type { Model } from "../../src/layers/model.ts";
import type { Checkpoint } from "../../src/training/state.ts";
import { numbers } from "../graph/numeric.ts";

const names = ["load", "temp", "flow"];
/** Twelve rows of three channels of unlike kind: the classes differ in the slope of load and the level of temp. */
const series = numbers(3)(12 * 3 * 12, -0.5, 0.5);
for (let row = 0; row < 12; row++)
  for (let t = 0; t < 12; t++) {
    series[row * 36 + t] += row % 2 ? t : -t;
    series[row * 36 + 12 + t] += 50 + (row % 2);
    series[row * 36 + 24 + t] *= 1e-3;
  }
const data = dataset({
  name: "rig",
  series,
  channels: 3,
  channelNames: names,
  length: 12,
  answers: { kind: "classes", classes: ["a", "b"], labels: Int32Array.from({ length: 12 }, (_, i) => i % 2) },
});
const options = { epochs: 3, batch: 4, seed: 1 } as const;
const build = ({ channels, length }: Task): Model =>
  model({ channels, length }, (x) => {
    const a = L.relu(L.conv1d(x, { filters: 4, kernelSize: 3 }));
    return L.dense(L.globalAveragePool(a), { units: 2 });
  });

const models: Record<string, AnyModel> = {};
let weights = "";
beforeAll(async () => {
  const run = await fit(build(data), data, options);
  weights = run.weightsSha256;
  models.network = run.model;
  models.ensemble = (await fitEnsemble(build, data, { ...options, members: 2 })).model;
  models.minirocket = miniRocket(data);
});
const kinds = ["network", "ensemble", "minirocket"];
const orders = fc.shuffledSubarray(names, { minLength: 3 });
const outputsOf = (trained: AnyModel, rows: Dataset): number[] =>
  [...chunks(rows)].flatMap((batch) => [...trained.outputs(batch)]);

describe("A model and the names of its channels", () => {
  it.each(kinds)("%s: has those of its training rows, in its file too", async (kind) => {
    expect(models[kind].channelNames).toEqual(names);
    const again = await load(encodeModel(models[kind]));
    expect(again.channelNames).toEqual(names);
    expect(outputsOf(again, data)).toEqual(outputsOf(models[kind], data));
  });

  it.each(kinds)("%s: no order of named channels changes a prediction or a score", (kind) => {
    const trained = models[kind];
    const said = outputsOf(trained, data);
    const scored = trained.evaluate(data);
    fc.assert(
      fc.property(orders, fc.boolean(), (order, view) => {
        const given = chooseChannels(data, order);
        // a view of the same rows: windows as long as the rows
        const shuffled = view ? slidingWindows(given, { window: 12 }) : given;
        expect(outputsOf(trained, shuffled)).toEqual(said);
        expect(trained.evaluate(shuffled)).toEqual(scored);
        expect(trained.predictRows(gather(shuffled, [4]))).toEqual(trained.predictRows(gather(data, [4])));
        const matched = matchChannels(trained.channelNames, shuffled, "it").data;
        expect(outputsOf(trained, matched)).toEqual(said);
      }),
      { numRuns: 12 },
    );
  });

  it.each(kinds)("%s: a sample goes by position, or by name in any order", (kind) => {
    const trained = models[kind];
    const [load_, temp, flow] = [0, 1, 2].map((c) => series.slice(12 * c, 12 * (c + 1)));
    const said = trained.predict([load_, temp, flow]);
    expect(trained.predict({ flow, load: load_, temp })).toEqual(said);
    expect(trained.predict([temp, load_, flow])).not.toEqual(said);
    expect(() => trained.predict({ flow, temp })).toThrow(
      "the sample: its channels are flow, temp, but those of the model are load, temp, flow (load missing)",
    );
    expect(() => trained.predict({ flow, temp, load: load_, time: flow })).toThrow("(time too many)");
    expect(() => trained.predict({ flow, temp, load: flow.slice(1) })).toThrow("the model takes 3 of 12");
  });

  it.each(kinds)(
    "%s: rows of other names are refused with both lists, rows without go by position",
    (kind) => {
      const trained = models[kind];
      const renamed = data.with({ channelNames: ["load", "temperature", "flow"] });
      expect(() => trained.evaluate(renamed)).toThrow(
        /^rig: its channels are load, temperature, flow, but those of the model \w+ are load, temp, flow \(temp missing, temperature too many\); channels are matched by name; rename them/,
      );
      expect(() => trained.outputs(gather(renamed, [0]))).toThrow(
        "the rows: its channels are load, temperature",
      );
      const nameless = data.with({ channelNames: undefined });
      expect(outputsOf(trained, nameless)).toEqual(outputsOf(trained, data));
    },
  );

  it("names a channel in the place of its number where a value is missing", () => {
    const gap = data.with({ series: series.map((x, i) => (i === 36 + 12 + 5 ? NaN : x)) });
    expect(() => models.network.evaluate(gap)).toThrow('row 1, channel "temp", time 5 is NaN');
  });

  it("refuses names that are not one a channel, in code and in a file", async () => {
    const { tensors, metadata } = decodeSafetensors(encodeModel(models.network), "m");
    const file = (channelNames: string): Promise<AnyModel> =>
      load(encodeSafetensors(tensors, { ...metadata, channelNames }), { file: "m" });
    await expect(file('["load","temp"]')).rejects.toThrow(
      "m: the metadata's channelNames: 2 names for 3 channels; each has one; it is no model that toeplitz saved",
    );
    await expect(file('["load",3,""]')).rejects.toThrow("the name of channel 1 is");
    await expect(file('{"load":1}')).rejects.toThrow("the metadata's channelNames are no list of names");
    await expect(file("load")).rejects.toThrow("the metadata's channelNames are no list of names");
    const { channelNames: _names, ...old } = metadata;
    const older = await load(encodeSafetensors(tensors, old));
    expect(older.channelNames).toBeUndefined();
    expect(outputsOf(older, data)).toEqual(outputsOf(models.network, data));
  });

  it("an ensemble has members of the same channels", async () => {
    const turned = chooseChannels(data, ["temp", "load", "flow"]);
    const other = await fit(build(data), turned, options);
    const { network } = models;
    if (network.kind !== "network") throw new Error("no network");
    expect(() => ensemble([network, other.model])).toThrow(
      "member 1 of the ensemble takes and predicts 3 x 12 (temp, load, flow) -> classes",
    );
  });
});

describe("Training", () => {
  it("on channels in another order has the same weights when it is told the original one", async () => {
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        const shuffled = chooseChannels(data, order);
        const run = await fit(build(data), matchChannels(names, shuffled, "it").data, options);
        expect(run.weightsSha256).toBe(weights);
      }),
      { numRuns: 4 },
    );
  });

  it("validates, starts and goes on by name", async () => {
    const turned = chooseChannels(data, ["flow", "load", "temp"]);
    const other = await fit(build(data), data, { ...options, validation: turned });
    expect(other.validation).toEqual(other.train);
    const { network } = models;
    if (network.kind !== "network") throw new Error("no network");
    const tuned = await fit(build(data), data, { ...options, init: network });
    const tunedTurned = await fit(build(data), turned, { ...options, init: network });
    expect(tunedTurned.weightsSha256).toBe(tuned.weightsSha256);
    expect(tunedTurned.model.channelNames).toEqual(names);
    await expect(
      fit(build(data), data.with({ channelNames: ["a", "b", "c"] }), { ...options, init: network }),
    ).rejects.toThrow("but those of the network to start from are load, temp, flow");

    const states: Checkpoint[] = [];
    const save = (state: Checkpoint): void => void states.push(state);
    await fit(build(data), data, { ...options, checkpoint: { everySeconds: 0, save } });
    const middle = decodeCheckpoint(encodeCheckpoint(states[3]));
    expect(middle.members[0].channelNames).toEqual(names);
    const resumed = await fit(build(data), turned, { ...options, resume: middle });
    expect(resumed.weightsSha256).toBe(weights);
    await expect(
      fit(build(data), data.with({ channelNames: ["a", "b", "c"] }), { ...options, resume: middle }),
    ).rejects.toThrow("but those of the checkpoint are load, temp, flow");
  });

  it("is compared with baselines by name", () => {
    const turned = chooseChannels(data, ["flow", "load", "temp"]);
    expect(baselines(data, turned)).toEqual(baselines(data, data));
    expect(baselines(data, turned).nearest).toBe(1);
  });
});
