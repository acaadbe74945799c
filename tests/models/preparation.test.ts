/** From raw rows to what a model sees: each step against numbers by hand, then what holds for any rows. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  architectures,
  dataset,
  encodeModel,
  fit,
  fitEnsemble,
  InputError,
  layers as L,
  load,
  miniRocket,
  model,
  preparedTask,
  type Checkpoint,
  type CheckpointOptions,
  type Dataset,
  type PrepareOptions,
} from "../../src/index.ts";
import { gather } from "../../src/data/dataset.ts";
import { explain } from "../../src/inspect/explain.ts";
import {
  fitPreparation,
  prepare,
  resolvePrepare,
  type Normalization,
  type Preparation,
} from "../../src/models/preparation.ts";

const NONE = Number.NaN;

/** Rows `[row][channel][time]` of any lengths; classes a, b, a, b, ... */
function rowsOf(rows: readonly (readonly (readonly number[])[])[]): Dataset {
  const lengths = rows.map((channels) => channels[0].length);
  const length = Math.max(...lengths);
  const padded = (line: readonly number[]): number[] => [
    ...line,
    ...Array.from({ length: length - line.length }, () => NONE),
  ];
  return dataset({
    name: "rows",
    series: Float64Array.from(rows.flatMap((channels) => channels.flatMap(padded))),
    channels: rows[0].length,
    length,
    ...(lengths.some((n) => n !== length) ? { lengths: Int32Array.from(lengths) } : {}),
    answers: { kind: "classes", classes: ["a", "b"], labels: Int32Array.from(rows, (_, i) => i % 2) },
  });
}

/** One row of one channel as a model sees it. */
function seen(row: readonly number[], options: PrepareOptions, kind: Normalization = "none"): number[] {
  const data = rowsOf([[row]]);
  const steps = resolvePrepare(data, options);
  return [...prepare(fitPreparation(kind, data, steps), data, preparedTask(data, steps))];
}

describe("fill", () => {
  it("linear: on the line between neighbours, the nearest value at the ends", () => {
    expect(seen([NONE, 2, NONE, NONE, 8, NONE], { fill: "linear" })).toEqual([2, 2, 4, 6, 8, 8]);
  });

  it("forward: the value before, at the start the first one", () => {
    expect(seen([NONE, 2, NONE, NONE, 8, NONE], { fill: "forward" })).toEqual([2, 2, 2, 2, 8, 8]);
  });

  it("zero: 0 after normalisation, and a channel of 1 where a value was measured", () => {
    expect(seen([1, NONE, 3], { fill: "zero" }, "sample")).toEqual([-1, 0, 1, 1, 0, 1]);
    expect(seen([5, NONE], { fill: "zero", length: 4 })).toEqual([5, 0, 0, 0, 1, 0, 0, 0]);
    const two = rowsOf([[[1, NONE], [3, 4]]]); // prettier-ignore
    const p: Preparation = { kind: "none", fill: "zero" };
    expect([...prepare(p, two, { channels: 4, length: 2 })]).toEqual([1, 0, 3, 4, 1, 0, 1, 1]);
  });

  it("a channel of a row without any value is 0 throughout", () => {
    for (const fill of ["linear", "forward"] as const)
      for (const kind of ["none", "sample", "channel", "minmax"] as const)
        for (const more of [{}, { detrend: "linear" }, { resample: 5 }, { length: 5, pad: "edge" }] as const)
          expect(seen([NONE, NONE, NONE], { fill, ...more }, kind).every((x) => Object.is(x, 0))).toBe(true);
  });

  it("is linear where a value is missing and nothing is said, and nothing where none is", () => {
    expect(resolvePrepare(rowsOf([[[1, 2]], [[1, NONE]]]))).toEqual({ fill: "linear" });
    expect(resolvePrepare(rowsOf([[[1, 2]], [[1, 3]]]))).toEqual({});
  });
});

describe("detrend", () => {
  it("subtracts the least-squares line: 0, 3, 0 lies 1 below, 2 above and 1 below its own", () => {
    expect(seen([0, 3, 0], { detrend: "linear" })).toEqual([-1, 2, -1]);
    expect(seen([0, 3, 0].map((x, t) => x + 100 - 8 * t), { detrend: "linear" })).toEqual([-1, 2, -1]); // prettier-ignore
  });

  it("fits the line to what was measured alone", () => {
    expect(seen([0, NONE, 0, 3, 0, NONE], { detrend: "linear", fill: "forward" })).toEqual(
      seen([0, 0, 0, 3, 0, 0], {}).map((x, t) => {
        // measured at 0, 2, 3, 4: means 9/4 and 3/4, products with the differences 2.25, squares 8.75
        const slope = 2.25 / 8.75;
        return Math.fround(x - (0.75 + (t - 2.25) * slope));
      }),
    );
  });

  it("makes a line 0 and not rounding, so that nothing blows it up afterwards", () => {
    const line = Array.from({ length: 50 }, (_, t) => 0.1 + t * 0.3);
    expect(seen(line, { detrend: "linear" }, "sample").every((x) => Object.is(x, 0))).toBe(true);
    expect(seen([0.1, 0.1, 0.1], { detrend: "linear" }, "sample")).toEqual([0, 0, 0]);
    expect(seen([7], { detrend: "linear" })).toEqual([0]);
  });
});

describe("resample", () => {
  it("takes even places from the first to the last value, on straight lines between neighbours", () => {
    expect(seen([0, 3, 6], { resample: 5 })).toEqual([0, 1.5, 3, 4.5, 6]);
    expect(seen([0, 10, 20, 30, 40], { resample: 3 })).toEqual([0, 20, 40]);
    expect(seen([1, 4], { resample: 4 })).toEqual([1, 2, 3, 4]);
    expect(seen([9], { resample: 3 })).toEqual([9, 9, 9]);
  });

  it("keeps the ends and, at its own length, every value", () => {
    fc.assert(
      fc.property(
        // numbers that float32 loses are refused
        fc.array(
          fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map((x) => (Math.abs(x) < 1e-30 ? 0 : x)),
          { minLength: 2, maxLength: 40 },
        ),
        fc.integer({ min: 2, max: 80 }),
        (values, length) => {
          const out = seen(values, { resample: length });
          expect([out[0], out[length - 1]]).toEqual([values[0], values[values.length - 1]].map(Math.fround));
          expect(seen(values, { resample: values.length })).toEqual(values.map(Math.fround));
          const low = Math.min(...values.map(Math.fround));
          const high = Math.max(...values.map(Math.fround));
          expect(out.every((x) => x >= low - 1e-3 && x <= high + 1e-3)).toBe(true);
        },
      ),
    );
  });

  it("knows a value where both that it is made of are known", () => {
    expect(seen([0, NONE, 4, 6], { resample: 7, fill: "zero" }, "none")).toEqual(
      [0, 0, 0, 0, 4, 5, 6, 1, 0, 0, 0, 1, 1, 1], // prettier-ignore
    );
  });
});

describe("length", () => {
  it("pads with exact +0 after normalisation, at the end, the start or both", () => {
    expect(seen([1, 3], { length: 5 }, "sample")).toEqual([-1, 1, 0, 0, 0]);
    expect(seen([1, 3], { length: 5, at: "start" }, "sample")).toEqual([0, 0, 0, -1, 1]);
    expect(seen([1, 3], { length: 5, at: "centre" }, "sample")).toEqual([0, -1, 1, 0, 0]);
  });

  it("pads with the row's ends, or its mean", () => {
    expect(seen([1, 2, 6], { length: 5, at: "centre", pad: "edge" })).toEqual([1, 1, 2, 6, 6]);
    expect(seen([1, 2, 6], { length: 5, pad: "mean" })).toEqual([1, 2, 6, 3, 3]);
    expect(seen([1, NONE, 5], { length: 5, pad: "mean", fill: "linear" })).toEqual([1, 3, 5, 3, 3]);
  });

  it("cuts where it would pad, before anything else is done", () => {
    expect(seen([1, 3, 9, 27, 81], { length: 2 }, "sample")).toEqual([-1, 1]);
    expect(seen([1, 3, 9, 27, 81], { length: 2, at: "start" })).toEqual([27, 81]);
    expect(seen([1, 3, 9, 27, 81], { length: 2, at: "centre" })).toEqual([3, 9]);
    expect(seen([0, 1, 2, 90], { length: 3, detrend: "linear" })).toEqual([0, 0, 0]);
  });

  it("is the longest row's where rows differ and nothing is said", () => {
    expect(resolvePrepare(rowsOf([[[1, 2, 3]], [[1]]]))).toEqual({ length: 3, pad: "zero", at: "end" });
    expect(resolvePrepare(rowsOf([[[1, 2, 3]], [[1]]]), { resample: 9 })).toEqual({ resample: 9 });
    expect(resolvePrepare(rowsOf([[[1, 2, 3]], [[1, 2, 4]]]), { pad: "edge" })).toEqual({
      length: 3,
      pad: "edge",
      at: "end",
    });
  });
});

describe("normalisation", () => {
  it("counts measured values alone: 1, 3 of one row and 5, 7 of the other have mean 4 and deviation sqrt 5", () => {
    const data = rowsOf([[[1, NONE, 3]], [[5, 7]]]);
    const p = fitPreparation("channel", data, resolvePrepare(data));
    expect(p).toEqual({
      kind: "channel",
      mean: [4],
      deviation: [Math.sqrt(5)],
      fill: "linear",
      length: 3,
      pad: "zero",
      at: "end",
    });
    const s = Math.sqrt(5);
    expect([...prepare(p, data, { channels: 1, length: 3 })]).toEqual(
      [-3 / s, -2 / s, -1 / s, 1 / s, 3 / s, 0].map(Math.fround),
    );
  });

  it("minmax: each channel to 0 at its lowest and 1 at its highest training value", () => {
    const data = rowsOf([[[2, 4], [0, 0]], [[6, 3], [0, 0]]]); // prettier-ignore
    const p = fitPreparation("minmax", data);
    expect(p).toEqual({ kind: "minmax", low: [2, 0], range: [4, 1] });
    expect([...prepare(p, data, { channels: 2, length: 2 })]).toEqual([0, 0.5, 0, 0, 1, 0.25, 0, 0]);
  });

  it("makes constant series 0, whichever it is", () => {
    for (const kind of ["sample", "channel", "minmax"] as const)
      expect(
        seen([0.3, 0.3, 0.3], {}, kind)
          .map(Math.abs)
          .every((x) => x < 1e-15),
      ).toBe(true);
  });

  it("is stored as it always was where nothing else is asked", () => {
    const data = rowsOf([[[1, 3]], [[5, 7]]]);
    const stored = (kind: Normalization): string =>
      JSON.stringify(fitPreparation(kind, data, resolvePrepare(data)));
    expect(stored("none")).toBe('{"kind":"none"}');
    expect(stored("sample")).toBe('{"kind":"sample"}');
    expect(stored("channel")).toBe(`{"kind":"channel","mean":[4],"deviation":[${Math.sqrt(5)}]}`);
  });
});

/** Rows of 1 to 12 values of two channels, some of them missing. */
const ragged = fc
  .array(
    fc.integer({ min: 1, max: 12 }).chain((length) =>
      fc.array(
        fc.array(fc.option(fc.integer({ min: -50, max: 50 }), { nil: NONE, freq: 6 }), {
          minLength: length,
          maxLength: length,
        }),
        { minLength: 2, maxLength: 2 },
      ),
    ),
    { minLength: 2, maxLength: 9 },
  )
  .map(rowsOf);

const anySteps: fc.Arbitrary<PrepareOptions> = fc
  .record({
    fill: fc.constantFrom("linear", "forward", "zero", undefined),
    detrend: fc.constantFrom("linear", undefined),
    shape: fc.oneof(
      fc.record({
        length: fc.integer({ min: 1, max: 15 }),
        pad: fc.constantFrom("zero", "edge", "mean"),
        at: fc.constantFrom("end", "start", "centre"),
      }),
      fc.record({ resample: fc.integer({ min: 2, max: 15 }) }),
      fc.constant({}),
    ),
  })
  .map(({ fill, detrend, shape }) => ({ fill, detrend, ...shape }));

const anyKind = fc.constantFrom("none", "sample", "channel", "minmax");

describe("any rows and steps", () => {
  it("become finite rows of the prepared shape", () => {
    fc.assert(
      fc.property(ragged, anySteps, anyKind, (data, options, kind) => {
        const steps = resolvePrepare(data, options);
        const { channels, length } = preparedTask(data, steps);
        const out = prepare(fitPreparation(kind, data, steps), data, { channels, length });
        expect(out.length).toBe(data.rows * channels * length);
        expect(out.every(Number.isFinite)).toBe(true);
      }),
    );
  });

  it("have mean 0 and deviation 1 a channel over what was measured and not cut, padding exact +0", () => {
    fc.assert(
      fc.property(
        ragged,
        fc.constantFrom("start", "end", "centre"),
        fc.integer({ min: 1, max: 15 }),
        (data, at, length) => {
          const steps = resolvePrepare(data, { fill: "zero", at, length });
          const input = preparedTask(data, steps);
          const p = fitPreparation("channel", data, steps);
          const out = prepare(p, data, input);
          for (const c of [0, 1]) {
            const values: number[] = [];
            for (let r = 0; r < data.rows; r++)
              for (let t = 0; t < length; t++) {
                const value = out[(r * 4 + c) * length + t];
                if (out[(r * 4 + 2 + c) * length + t] === 1) values.push(value);
                else expect(Object.is(value, 0)).toBe(true);
              }
            if (values.length === 0) continue;
            const mean = values.reduce((a, b) => a + b, 0) / values.length;
            const square = values.reduce((a, b) => a + b * b, 0) / values.length;
            expect(Math.abs(mean)).toBeLessThan(1e-5);
            if (new Set(values).size > 1) expect(Math.abs(square - 1)).toBeLessThan(1e-5);
          }
        },
      ),
    );
  });

  it("are prepared one by one as together, whatever stands after their ends", () => {
    fc.assert(
      fc.property(ragged, anySteps, anyKind, (data, options, kind) => {
        const steps = resolvePrepare(data, options);
        const { channels, length } = preparedTask(data, steps);
        const p = fitPreparation(kind, data, steps);
        const all = prepare(p, data, { channels, length });
        for (let r = 0; r < data.rows; r++) {
          const own = data.lengths?.[r] ?? data.length;
          const series = Float64Array.from({ length: 2 * own }, (_, i) => {
            return data.series[(2 * r + Math.floor(i / own)) * data.length + (i % own)];
          });
          const alone = prepare(p, { series, rows: 1 }, { channels, length });
          expect(alone).toEqual(all.slice(r * channels * length, (r + 1) * channels * length));
        }
      }),
    );
  });
});

const long = rowsOf(
  Array.from({ length: 24 }, (_, r) => [
    Array.from({ length: 9 + (r % 5) }, (_, t) =>
      t % 7 === 3 && r % 3 === 0 ? NONE : ((r * 7 + t * t) % 11) + 3 * (r % 2),
    ),
  ]),
);
const small = (task: { readonly channels: number; readonly length: number }) =>
  model(task, (x) =>
    L.dense(L.globalAveragePool(L.relu(L.conv1d(x, { filters: 3, kernelSize: 3 }))), { units: 2 }),
  );

/** One row up to its end. */
const row = (data: Dataset, r: number): Float64Array =>
  data.series.slice(r * data.length, r * data.length + (data.lengths?.[r] ?? data.length));

describe("a model", () => {
  it("trains on rows of unequal length with missing values, and answers to each alone as to all", async () => {
    const { model: net, train } = await fit(small(long), long, { epochs: 2, seed: 0 });
    expect(net.preparation).toMatchObject({ fill: "linear", length: 13, pad: "zero", at: "end" });
    expect(net.evaluate(long)).toMatchObject({ accuracy: train.accuracy, rows: 24 });
    const together = net.predictRows(long);
    for (let r = 0; r < long.rows; r++) expect(net.predict(row(long, r))).toEqual(together[r]);
    expect(net.predict([1, 2]).probabilities.length).toBe(2);
    expect(net.predict(Array.from({ length: 99 }, (_, t) => t % 5))).toEqual(
      net.predict(Array.from({ length: 13 }, (_, t) => t % 5)),
    );
  });

  it("comes back from its file with the same bits, for every step there is", async () => {
    const options: [PrepareOptions, Normalization][] = [
      [{ fill: "zero", detrend: "linear", length: 11, pad: "edge", at: "centre" }, "minmax"],
      [{ fill: "forward", resample: 20 }, "channel"],
      [{ pad: "mean", at: "start" }, "sample"],
    ];
    for (const [own, normalize] of options) {
      const { model: net } = await fit(small(preparedTask(long, own)), long, {
        steps: 2,
        prepare: own,
        normalize,
      });
      const bytes = encodeModel(net);
      const again = await load(bytes);
      if (again.kind !== "network") throw new Error("a network");
      expect(again.preparation).toEqual(net.preparation);
      expect(again.outputs(long)).toEqual(net.outputs(long));
      expect(encodeModel(again)).toEqual(bytes);
    }
  });

  it("is fitted on the training rows alone: other held-back rows change neither preparation nor weights", async () => {
    const held = (shift: number): Dataset =>
      rowsOf([[Array.from({ length: 30 }, (_, t) => t + shift)], [Array.from({ length: 4 }, () => shift)]]);
    const run = (shift: number) => fit(small(long), long, { epochs: 2, validation: held(shift) });
    const [one, other] = [await run(0), await run(1e6)];
    expect(one.model.preparation).toEqual(other.model.preparation);
    expect(one.weightsSha256).toBe(other.weightsSha256);
    expect(one.validation?.loss).not.toBe(other.validation?.loss);
  });

  it("goes on from a checkpoint with its preparation, and not with another", async () => {
    const saved: Checkpoint[] = [];
    const checkpoint: CheckpointOptions = { everySeconds: 0, save: (state) => void saved.push(state) };
    const given = { steps: 4, prepare: { length: 13, detrend: "linear" } } as const;
    const whole = await fit(small(long), long, { ...given, checkpoint });
    const rest = await fit(small(long), long, { ...given, resume: saved[1] });
    expect(rest.weightsSha256).toBe(whole.weightsSha256);
    expect(rest.model.preparation).toEqual(whole.model.preparation);
    await expect(
      fit(small(long), long, { ...given, prepare: { length: 13 }, resume: saved[1] }),
    ).rejects.toThrow('prepare.detrend is absent, but "linear" in the checkpoint');
  });

  it("takes its rows in an ensemble, a minirocket and an explanation too", async () => {
    const prepareOptions = { fill: "zero", length: 12 } as const;
    const run = await fitEnsemble(small, long, {
      members: 2,
      steps: 2,
      prepare: prepareOptions,
    });
    expect(run.model.takes).toEqual({ channels: 1, length: 12, lengths: "padded", missing: "filled" });
    expect(run.model.predict(row(long, 3))).toEqual(run.model.predictRows(long)[3]);

    const rocket = miniRocket(long, { features: 84, prepare: prepareOptions });
    const again = await load(encodeModel(rocket));
    expect(again.predictRows(long)).toEqual(rocket.predictRows(long));
    expect(again.predict(row(long, 3))).toEqual(rocket.predictRows(long)[3]);

    const [member] = run.model.members;
    const { input } = await explain(member, gather(long, [3]));
    expect(input.length).toBe(24);
  });

  it("is built for the prepared shape, and refused in words where it is not", async () => {
    const options = { fill: "zero", length: 40 } as const;
    const net = architectures.fcn(preparedTask(long, options));
    expect(net.input).toEqual({ channels: 2, length: 40 });
    await expect(fit(small(long), long, { prepare: options, steps: 1 })).rejects.toThrow(
      "rows has rows of 1 x 13 (channels x length), prepared to 2 x 40; the model model takes 1 x 13; " +
        "build it for preparedTask(data, prepare)",
    );
  });
});

describe("what is refused", () => {
  const even = rowsOf(Array.from({ length: 6 }, (_, r) => [[r, 1, 2, r % 2]]));

  it("a missing value, where the model was trained without a fill", async () => {
    const { model: net } = await fit(small(even), even, { steps: 1 });
    expect(() => net.predict([1, NONE, 2, 3])).toThrow(
      new InputError(
        "row 0, channel 0, time 1 is NaN, a missing value; the model was trained without a fill; " +
          "train with --fill linear, or fill it in",
      ),
    );
    expect(() => net.predict([1, 2, 3])).toThrow(
      "the sample has 1 channels of 3 values; the model takes 1 of 4",
    );
    const shorter = rowsOf([[[1, 2, 3]], [[1, 2, 3, 4]]]);
    expect(() => net.evaluate(shorter)).toThrow(
      "rows has rows of 1 x 4 (channels x length), some shorter; the model takes 1 x 4",
    );
    const validation = rowsOf([[[1, 2, NONE, 3]]]);
    await expect(fit(small(even), even, { steps: 1, validation })).rejects.toThrow(
      "rows: row 0, channel 0, time 2 is NaN",
    );
  });

  it("an infinite value, filled or not", async () => {
    const { model: net } = await fit(small(even), even, { steps: 1, prepare: { fill: "linear" } });
    expect(() => net.predict([1, NONE, Infinity, 3])).toThrow("row 0, channel 0, time 2 is Infinity");
  });

  it.each([
    { prepare: { length: 4 }, time: 9 },
    { prepare: { resample: 4 }, time: 2 },
  ])("a bad value that $prepare would cut away", async ({ prepare, time }) => {
    const { model: net } = await fit(small(even), even, { steps: 1, prepare });
    for (const bad of [NONE, -Infinity]) {
      const row = Array.from({ length: 13 }, (_, t) => (t === time ? bad : t));
      expect(() => net.predict(row)).toThrow(`row 0, channel 0, time ${time} is ${bad}`);
    }
  });

  it.each<[object, string]>([
    [{ fill: "cubic" }, 'prepare: fill is "cubic"; it is one of linear, forward, zero'],
    [{ detrend: "constant" }, 'prepare: detrend is "constant"; it is one of linear'],
    [{ pad: "nan" }, 'prepare: pad is "nan"; it is one of zero, edge, mean'],
    [{ at: "left" }, 'prepare: at is "left"; it is one of end, start, centre'],
    [{ length: 0 }, "prepare: length is 0; it is a whole number of at least 1"],
    [{ resample: 1 }, "prepare: resample is 1; it is a whole number of at least 2"],
    [
      { resample: 5, pad: "edge" },
      "prepare: resample and length (with pad, at) both make rows one length; give one of them",
    ],
  ])("%j", (options, message) => {
    expect(() => resolvePrepare(even, options as PrepareOptions)).toThrow(new InputError(message));
  });
});
