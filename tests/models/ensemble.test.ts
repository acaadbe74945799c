import { describe, expect, it } from "vitest";
import { load } from "../../src/formats/load.ts";
import { encodeModel } from "../../src/formats/modelFile.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../src/formats/safetensors.ts";
import { inception } from "../../src/layers/architectures/index.ts";
import type { Task } from "../../src/layers/architectures/task.ts";
import { conv1d, dense, globalAveragePool, model } from "../../src/layers/functions.ts";
import type { Model } from "../../src/layers/model.ts";
import { ensemble, ensembleName, type Ensemble } from "../../src/models/ensemble.ts";
import { meanOutputs } from "../../src/models/meanOutputs.ts";
import { InputError } from "../../src/data/errors.ts";
import { fit } from "../../src/training/fit.ts";
import type { FitOptions } from "../../src/training/run.ts";
import { fitEnsemble, memberSeeds } from "../../src/training/fitEnsemble.ts";
import { softmax } from "../../src/models/scores/metrics.ts";
import { sha256 } from "../../src/numerics/sha256.ts";
import { bumps } from "../training/shared.ts";

const data = bumps({ rows: 24, length: 16, classes: 2 });
const small = (task: Task): Model =>
  model(
    task,
    (x) => dense(globalAveragePool(conv1d(x, { filters: 2, kernelSize: 3 })), { units: task.classes.length }),
    "small",
  );
const quick = { members: 3, steps: 4, batch: 8, seed: 2, backend: "reference" } as const;
const lines = (error: unknown): string => (error instanceof InputError ? error.message : String(error));

describe("the outputs of an ensemble", () => {
  it("are the log of the mean probability: 3/4 and 1/4 make 1/2, where the mean logit says more", () => {
    const classes = ["a", "b"];
    const told = { answers: "classes", classes, positions: 1 } as const;
    const out = meanOutputs(
      [
        [Math.log(3), 0],
        [5, 5 + Math.log(3)],
      ].map((x) => Float32Array.from(x)),
      told,
    );
    expect(softmax(out)[0]).toBeCloseTo(0.5, 6);
    const sure = meanOutputs(
      [
        [200, -200],
        [0, Math.log(3)],
      ].map((x) => Float32Array.from(x)),
      told,
    );
    expect(softmax(sure)[0]).toBeCloseTo(5 / 8, 6); // the mean of 1 and 1/4
    const never = meanOutputs(
      [
        [0, -1000],
        [0, -1000],
      ].map((x) => Float32Array.from(x)),
      told,
    );
    expect([...never]).toEqual([0, -1000]); // finite, though e^-1000 is none in f64
  });

  it("are averaged for each row and position", () => {
    const told = { answers: "positions", classes: ["a", "b"], positions: 2 } as const;
    const log3 = Math.log(3);
    // row 0: (3/4, 1/4) at position 0, (1/2, 1/2) at 1; of the other member (1/4, 3/4) and (1/2, 1/2); row 1: all even
    const one = Float32Array.from([log3, 0, 0, 0, 0, 0, 0, 0]);
    const other = Float32Array.from([0, 0, log3, 0, 0, 0, 0, 0]);
    for (const x of meanOutputs([one, other], told)) expect(x).toBeCloseTo(Math.log(1 / 2), 6);
  });

  it("are the log odds of the mean probability of labels, and the mean of values", () => {
    const parts = [Float32Array.of(Math.log(3), 1), Float32Array.of(-Math.log(3), 1)]; // 3/4 and 1/4
    const several = meanOutputs(parts, { answers: "multiLabel", classes: ["a", "b"], positions: 1 });
    expect(several[0]).toBeCloseTo(0, 6);
    expect(several[1]).toBeCloseTo(1, 6);
    const values = [Float32Array.of(1, 2), Float32Array.of(4, 6)];
    expect([...meanOutputs(values, { answers: "values", classes: [], positions: 1 })]).toEqual([2.5, 4]);
  });
});

describe("fitEnsemble", () => {
  it("trains what fit trains from seeds 6, 7, 8, and predicts the mean of their probabilities", async () => {
    const run = await fitEnsemble(small, data, quick);
    const { members: _members, ...options } = quick;
    const single = await Promise.all([6, 7, 8].map((seed) => fit(small(data), data, { ...options, seed })));
    expect(run.model.members.map((m) => m.provenance.weightsSha256)).toEqual(
      single.map((s) => s.weightsSha256),
    );
    const { series } = data;
    const rows = run.model.predictRows({ series, rows: 24 });
    const each = single.map((s) => s.model.predictRows({ series, rows: 24 }));
    rows.forEach(({ probabilities, label }, i) => {
      const mean = each.reduce((sum, of) => sum + of[i].probabilities[0], 0) / 3;
      expect(probabilities[0]).toBeCloseTo(mean, 6);
      expect(label).toBe(data.classes[probabilities[0] >= probabilities[1] ? 0 : 1]);
    });
    const { loss, accuracy } = run.model.evaluate(data);
    expect(run.train).toEqual({ loss, accuracy });
    expect(run).toMatchObject({
      steps: 12,
      epochs: 6,
      backend: "reference",
      aborted: false,
      validation: null,
    });
    expect(run.parameters).toBe(3 * single[0].parameters);
    const joined = new TextEncoder().encode(single.map((s) => s.weightsSha256).join(""));
    expect(run.weightsSha256).toBe(sha256(joined));
    expect(run.model).toMatchObject({ kind: "ensemble", classes: data.classes, model: { name: "small" } });
    expect(run.model.provenance).toMatchObject({ seed: "2", members: "3", weightsSha256: run.weightsSha256 });
  });

  it("gives the same bits again, and others for another seed", async () => {
    const hash = async (seed: number): Promise<string> =>
      (await fitEnsemble(small, data, { ...quick, seed })).weightsSha256;
    expect(await hash(2)).toBe(await hash(2));
    expect(await hash(3)).not.toBe(await hash(2));
  });

  it("holds the same rows back from every member", async () => {
    const run = await fitEnsemble(small, data, { ...quick, validation: 0.25, monitor: "auroc" });
    const prepared = run.model.members.map((m) => JSON.stringify(m.preparation));
    expect(new Set(prepared).size).toBe(1); // the mean of the rows that are left
    expect(run.validation).toEqual({
      loss: expect.any(Number),
      accuracy: expect.any(Number),
      auroc: expect.any(Number),
    });
    expect(run.history.map((event) => [event.member, event.epoch])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 2],
      [3, 1],
      [3, 2],
    ]);
  });

  it("tells which member an event is of, and ends with the members that are done", async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    const run = await fitEnsemble(small, data, {
      ...quick,
      signal: controller.signal,
      onStep({ member, members, step }) {
        seen.push(`${member}/${members}:${step}`);
        if (member === 3 && step === 2) controller.abort();
      },
    });
    expect(seen.slice(-3)).toEqual(["2/3:4", "3/3:1", "3/3:2"]);
    expect([run.aborted, run.model.members.length, run.steps]).toEqual([true, 2, 8]);
  });

  it("gives every member a seed of its own, below 2^32", () => {
    expect(memberSeeds(1, 5)).toEqual([5, 6, 7, 8, 9]);
    expect(memberSeeds(858_993_458, 5)[4]).toBe(2 ** 32 - 2);
    expect(() => memberSeeds(858_993_459, 5)).toThrow(
      "seed is 858993459; of an ensemble of 5 it is a whole number from 0 to 858993458",
    );
  });

  it("is called inceptiontime of inception networks", () => {
    expect([ensembleName(inception(data).name), ensembleName("small")]).toEqual(["inceptiontime", "small"]);
  });

  it("refuses what makes no ensemble", async () => {
    const refusal = (options: object): Promise<unknown> =>
      fitEnsemble(small, data, { ...quick, ...options }).catch(lines);
    expect(await refusal({ members: 0 })).toBe("members is 0; it is a whole number of at least 1");
    expect(await refusal({ init: [] } satisfies FitOptions)).toBe(
      "init and reinit do not apply to an ensemble: its members differ in where they start; leave them out",
    );
    expect(await refusal({ validation: 2 })).toContain("validation is 2");
    expect(() => ensemble([])).toThrow("an ensemble has at least one member; give networks");
    const other = bumps({ rows: 24, length: 20, classes: 2 });
    const networks = [data, other].map(async (d) => (await fit(small(d), d, { steps: 1 })).model);
    expect(() => ensemble([])).toThrow(InputError);
    const [a, b] = await Promise.all(networks);
    expect(() => ensemble([a, b])).toThrow(
      'member 1 of the ensemble takes and predicts 1 x 20 -> classes "class 0", "class 1" x 1, member 0 1 x 16',
    );
  });
});

describe("the file of an ensemble", () => {
  const trained = fitEnsemble(small, data, quick).then((run) => run.model);
  const altered = async (
    change: (tensors: Tensor[], metadata: Record<string, string>) => void,
  ): Promise<unknown> => {
    const { tensors, metadata } = decodeSafetensors(encodeModel(await trained), "file");
    const copy = { tensors: [...tensors], metadata: { ...metadata } };
    change(copy.tensors, copy.metadata);
    return load(encodeSafetensors(copy.tensors, copy.metadata), { file: "e.safetensors" }).catch(lines);
  };

  it("gives the same model and the same bytes", async () => {
    const bytes = encodeModel(await trained);
    const loaded = (await load(bytes)) as Ensemble;
    expect(loaded.kind).toBe("ensemble");
    expect(loaded.outputs(data)).toEqual((await trained).outputs(data));
    expect(loaded.weightsSha256).toBe((await trained).weightsSha256);
    expect(encodeModel(loaded)).toEqual(bytes);
    expect(decodeSafetensors(bytes, "file").tensors[0].name).toMatch(/^0\//);
  });

  it.each<[string, (tensors: Tensor[], metadata: Record<string, string>) => void, string]>([
    [
      "a count too large",
      (_t, m) => void (m.members = "1000000000"),
      'members are "1000000000", but it holds 3;',
    ],
    ["no count", (_t, m) => void delete m.members, 'members are "absent", but it holds 3;'],
    [
      "a member without a model",
      (_t, m) => void delete m["1/model"],
      ", member 1: the metadata's model is no JSON;",
    ],
    [
      "another format",
      (_t, m) => void (m["2/format"] = "x"),
      ", member 2: the metadata have no format toeplitz;",
    ],
    ["foreign metadata", (_t, m) => void (m.note = "x"), '"note" belongs to no member;'],
    [
      "a tensor of no member",
      (t) => void (t[0] = { ...t[0], name: "7/x" }),
      'tensor "7/x" belongs to no member;',
    ],
    ["a tensor without a number", (t) => void (t[0] = { ...t[0], name: "x" }), '"x" belongs to no member;'],
    ["a missing tensor", (t) => void t.shift(), "weights of "],
    ["no provenance", (_t, m) => void (m.provenance = "[1]"), "provenance is no object of strings;"],
    [
      "other classes",
      (_t, m) => void (m["1/classes"] = '["a","b"]'),
      "member 1 of the ensemble takes and predicts",
    ],
    [
      "a gap",
      (t, m) => {
        for (const key of Object.keys(m)) if (key.startsWith("1/")) m[key.replace("1/", "9/")] = m[key];
        for (const key of Object.keys(m)) if (key.startsWith("1/")) delete m[key];
        t.forEach(({ name }, i) => (t[i] = { ...t[i], name: name.replace(/^1\//, "9/") }));
      },
      "it has no member 1;",
    ],
  ])("refuses %s", async (_what, change, message) => {
    const error = await altered(change);
    expect(error).toMatch(/^e\.safetensors[:,] /);
    expect(error).toContain(message);
  });
});
