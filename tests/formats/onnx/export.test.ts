/** Every architecture with its preparation, exported, in onnxruntime; what the files hold. */
import { describe, expect, it } from "vitest";
import * as architectures from "../../../src/layers/architectures/index.ts";
import * as L from "../../../src/layers/functions.ts";
import { model } from "../../../src/layers/functions.ts";
import type { Task } from "../../../src/layers/architectures/task.ts";
import { encodeOnnx, onnxNotes } from "../../../src/formats/onnx/encode.ts";
import { ensemble } from "../../../src/models/ensemble.ts";
import { network, type NetworkFields } from "../../../src/models/network.ts";
import type { Preparation } from "../../../src/models/preparation.ts";
import { apart, named, networkOf, ort, rowsFor, runOnnx, weightsOf } from "./harness.ts";

const RUNTIME = { backend: "wasm", threads: 1 } as const;
const classes = ["walk", "run", "fall"] as const;
const channel = (n: number): Preparation => ({
  kind: "channel",
  mean: Array.from({ length: n }, (_, c) => 100.123456789 * (c + 1)),
  deviation: Array.from({ length: n }, (_, c) => 2.7 + c),
});
const minmax = (n: number): Preparation => ({
  kind: "minmax",
  low: Array.from({ length: n }, (_, c) => 90.1 * (c + 1)),
  range: Array.from({ length: n }, (_, c) => 17.3 + c),
});

/** A name, an architecture, its task and what is done to rows. */
type Case = readonly [string, (task: Task) => ReturnType<typeof model>, Task, Preparation];
const task = (channels: number, length: number, answers?: Task["answers"]): Task => ({
  channels,
  length,
  classes: answers?.kind === "values" ? [] : classes,
  ...(answers && { answers }),
});
const each: readonly Case[] = [
  ["chain", architectures.chain, task(1, 96), channel(1)],
  ["fcn", architectures.fcn, task(2, 60), channel(2)],
  ["resnet", architectures.resnet, task(2, 40), minmax(2)],
  ["inception", architectures.inception, task(1, 64), { kind: "sample" }],
  ["keyword", architectures.keyword, task(1, 400), channel(1)],
  ["lite", architectures.lite, task(1, 70), channel(1)],
  ["m5", architectures.m5, task(1, 1100), channel(1)],
  ["mnist1dCnn", architectures.mnist1dCnn, task(1, 40), { kind: "none" }],
  ["tcn", architectures.tcn, task(2, 50), channel(2)],
  ["tcn of positions", architectures.tcn, task(1, 50, { kind: "positions" }), channel(1)],
  ["unet1d", architectures.unet1d, task(2, 75, { kind: "positions" }), { kind: "sample" }],
  ["wavenet", architectures.wavenet, task(2, 48), channel(2)],
  ["wavenet of values", architectures.wavenet, task(2, 48, { kind: "values", outputs: 3 }), channel(2)],
];

const flat = (part: readonly (readonly number[] | number)[]): number[] => part.flat();

async function requireEqual(fields: NetworkFields, length?: number, rows = 200): Promise<void> {
  const net = await network(fields, RUNTIME);
  const raw = rowsFor(fields.model, fields.preparation, rows, length);
  const found = await runOnnx(encodeOnnx(fields), net.takes.channels, raw);
  const ours = net.outputs(raw);
  if (net.answers === "values") {
    expect(apart(ours, found.values)).toBeLessThan(1e-5);
    return;
  }
  expect(apart(ours, found.logits)).toBeLessThan(1e-5);
  const probabilities = net.predictRows(raw).map((p) => p.positions ?? p.probabilities);
  const count = fields.classes.length;
  const positions = ours.length / raw.rows / count;
  // of positions the file has [class][position]
  const theirs = Array.from({ length: raw.rows }, (_, i) =>
    Array.from({ length: positions }, (_t, t) =>
      Array.from({ length: count }, (_k, k) => found.probabilities[(i * count + k) * positions + t]),
    ),
  );
  expect(apart(probabilities.flatMap(flat), theirs.flat(2))).toBeLessThan(1e-5);
}

describe.skipIf(!ort)(`Each architecture in onnxruntime${named}`, () => {
  it.each(each)(
    "%s: the outputs and probabilities of predict on 200 random rows, within 1e-5",
    async (_, build, given, preparation) => {
      await requireEqual(
        networkOf(build(given), {
          classes: given.classes,
          preparation,
          ...(given.answers?.kind === "values" && {
            targets: { mean: [10, -3, 0.5], deviation: [2, 7, 0.1] },
          }),
        }),
      );
    },
  );

  it("every architecture is among them", () => {
    const builders = each.map(([, build]) => build as unknown);
    expect(Object.entries(architectures).filter(([, build]) => !builders.includes(build))).toEqual([]);
  });
});

const small = (input: { channels: number; length: number }, pool = {}) =>
  model(input, (x) =>
    L.dense(L.globalAveragePool(L.tanh(L.conv1d(x, { filters: 5, kernelSize: 3, padding: "same" })), pool), {
      units: 3,
    }),
  );
const pads = ["zero", "edge", "mean"] as const;
const places = ["end", "start", "centre"] as const;
const kinds = [
  { kind: "none" },
  { kind: "sample" },
  channel(2),
  minmax(2),
] as const satisfies readonly Preparation[];
const steps: readonly Preparation[] = [
  ...kinds,
  ...kinds.flatMap((kind) => pads.flatMap((pad) => places.map((at) => ({ ...kind, length: 30, pad, at })))),
  ...kinds.map((kind) => ({ ...kind, resample: 30 })),
  ...kinds.map((kind) => ({ ...kind, detrend: "linear" as const })),
  ...kinds.map((kind) => ({ ...kind, detrend: "linear" as const, resample: 30 })),
  ...kinds.map((kind) => ({
    ...kind,
    detrend: "linear" as const,
    length: 30,
    pad: "mean" as const,
    at: "start" as const,
  })),
];
const text = (p: Preparation): string =>
  Object.entries(p)
    .map(([key, value]) => (typeof value === "object" ? key : `${key} ${value}`))
    .join(", ");

describe.skipIf(!ort)(`Each preparation as nodes${named}`, () => {
  it.each(steps.map((p) => [text(p), p] as const))("%s", async (_, preparation) => {
    const input = { channels: 2, length: 30 };
    const open = preparation.length !== undefined || preparation.resample !== undefined;
    const fields = networkOf(small(input), { classes, preparation });
    for (const length of open ? [30, 21, 47, 1, 2, 60] : [30]) await requireEqual(fields, length, 20);
  });

  it.each(kinds.map((p) => [p.kind, p] as const))(
    "%s, missing values as 0 with a channel that says so",
    async (_, kind) => {
      const preparation = { ...kind, fill: "zero", length: 30, pad: "mean", at: "centre" } as const;
      const fields = networkOf(small({ channels: 4, length: 30 }), { classes, preparation });
      const net = await network(fields, RUNTIME);
      for (const length of [30, 17, 44]) {
        const rows = rowsFor(fields.model, preparation, 20, length);
        // a third of the values, and one channel of a row altogether
        for (let i = 0; i < rows.series.length; i++)
          if ((i * 7) % 3 === 0 || i < length) rows.series[i] = NaN;
        const { logits } = await runOnnx(encodeOnnx(fields), 2, rows);
        expect(apart(net.outputs(rows), logits)).toBeLessThan(1e-5);
      }
    },
  );

  it("constant rows are 0, as predict has them", async () => {
    const fields = networkOf(small({ channels: 1, length: 30 }), {
      classes,
      preparation: { kind: "sample" },
    });
    const rows = { rows: 2, series: new Float64Array(60).fill(0.1, 0, 30).fill(12345.678, 30) };
    const { logits } = await runOnnx(encodeOnnx(fields), 1, rows);
    expect(
      apart(
        (await network(fields, RUNTIME)).outputs({ ...rows, series: rows.series.map(Math.fround) }),
        logits,
      ),
    ).toBeLessThan(1e-6);
  });

  it("pools leave the padding of shorter rows out", async () => {
    const built = model({ channels: 1, length: 30 }, (x) => {
      const y = L.conv1d(x, { filters: 4, kernelSize: 3, padding: "same" });
      const half = L.maxPool(y, { size: 2 });
      return L.dense(
        L.concat(L.globalAveragePool(half, { ignore: "padding" }), L.globalMaxPool(y, { ignore: "padding" })),
        { units: 3 },
      );
    });
    for (const at of places) {
      const fields = networkOf(built, {
        classes,
        preparation: { kind: "sample", length: 30, pad: "zero", at },
      });
      for (const length of [30, 11, 40, 1]) await requireEqual(fields, length, 10);
    }
  });
});

describe.skipIf(!ort)(`Ensembles${named}`, () => {
  it.each([
    ["classes", task(1, 20)],
    ["positions", task(1, 20, { kind: "positions" })],
    ["multiLabel", task(1, 20, { kind: "multiLabel" })],
    ["values", task(1, 20, { kind: "values", outputs: 2 })],
  ] as const)("of %s are one graph", async (_, given) => {
    const built = architectures.tcn(given, { channels: 6, levels: 2 });
    const members = await Promise.all(
      [1, 2, 3].map((seed) =>
        network(
          {
            ...networkOf(built, { classes: given.classes, preparation: channel(1) }),
            ...(given.answers?.kind === "multiLabel" && { answers: "multiLabel" as const }),
            ...(given.answers?.kind === "values" && { targets: { mean: [seed, 2], deviation: [3, 4] } }),
            weights: weightsOf(built, seed),
          },
          RUNTIME,
        ),
      ),
    );
    const whole = ensemble(members);
    const rows = rowsFor(built, channel(1), 50);
    const found = await runOnnx(encodeOnnx(whole), 1, rows);
    expect(
      apart(whole.outputs(rows), found[given.answers?.kind === "values" ? "values" : "logits"]),
    ).toBeLessThan(1e-5);
    if (given.answers?.kind === "values") return;
    const told = whole.predictRows(rows);
    const sums = (list: ArrayLike<number>): number[] =>
      Array.from(
        { length: 50 * 3 },
        (_u, i) =>
          Array.from({ length: list.length / 150 }, (_t, t) => list[i * (list.length / 150) + t]).reduce(
            (a, b) => a + b,
          ) /
          (list.length / 150),
      );
    expect(
      apart(
        told.flatMap((p) => p.probabilities),
        sums(found.probabilities),
      ),
    ).toBeLessThan(1e-5);
  });
});

describe("What the file says", () => {
  it.skipIf(!ort)(`takes rows of any length where the model does${named}`, async () => {
    const fields = networkOf(architectures.fcn(task(1, 30)), { classes, preparation: channel(1) });
    const longer = await (await network(fields, RUNTIME)).withLength(77);
    const rows = rowsFor(longer.model, fields.preparation, 4);
    const { logits } = await runOnnx(encodeOnnx(fields, { length: "any" }), 1, rows);
    expect(apart(longer.outputs(rows), logits)).toBeLessThan(1e-5);
  });

  it("is refused where a layer holds to its length", () => {
    const fields = networkOf(architectures.chain(task(1, 96)), { classes });
    expect(() => encodeOnnx(fields, { length: "any" })).toThrow(
      "the model chain does not take rows of 192 values: dense_1 has filter 3 x 1 x 56, bias 1 x 3 x 1 for rows of 96",
    );
  });

  it("is the same bytes for the same model", () => {
    const fields = networkOf(architectures.tcn(task(2, 50)), { classes, preparation: channel(2) });
    expect(encodeOnnx(fields)).toEqual(encodeOnnx(structuredClone(fields)));
  });

  it("leaves missing values to whoever runs it, and says so", () => {
    const fields = networkOf(small({ channels: 1, length: 30 }), {
      classes,
      preparation: { kind: "sample", fill: "linear" },
    });
    expect(onnxNotes(fields)).toEqual([
      "missing values (NaN) are not filled in by the graph: fill them in before (the model's preparation says linear)",
    ]);
  });
});
