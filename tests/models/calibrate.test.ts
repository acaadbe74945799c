/** A temperature changes probabilities and nothing else, and is the one that the rows ask for. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromArrays } from "../../src/data/fromArrays.ts";
import {
  calibrate,
  encodeModel,
  ensemble,
  evaluateGroups,
  fitTemperature,
  knownFromUnknown,
  load,
  miniRocket,
  network,
  reliabilityOf,
  unknownThreshold,
  type Network,
} from "../../src/index.ts";
import { hashNetwork } from "../../src/models/ensemble.ts";
import { inverseOf, tempered } from "../../src/models/temperature.ts";
import { everyArchitecture, fieldsOf, randomRow } from "../export/models.ts";

/** Logits [z, 0] of which `right` of `rows` are of the first class. */
const twoClasses = (z: number, right: number, rows: number): [number[], number[]] => [
  Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? z : 0)),
  Array.from({ length: rows }, (_, i) => (i < right ? 0 : 1)),
];

describe("the temperature of logits", () => {
  it("makes the probability the part that is right, with one row in n + 2 in doubt", () => {
    // 3 of 4 right: targets are 5/6 and 1/6, their mean for the first class 3/4 * 5/6 + 1/4 * 1/6 = 2/3, log odds log 2
    const [logits, labels] = twoClasses(5, 3, 4);
    expect(fitTemperature(logits, labels, 2)).toBeCloseTo(5 / Math.log(2), 5);
    // 900 of 1000: 0.9 + 0.1 - 0.8/1002 less
    const p = 0.9 - 0.8 / 1002;
    const [many, of] = twoClasses(8, 900, 1000);
    expect(fitTemperature(many, of, 2)).toBeCloseTo(8 / Math.log(p / (1 - p)), 5);
  });

  it("stays finite where every row is right: 8 of 8 are as good as 9 of 10", () => {
    const [logits, labels] = twoClasses(30, 8, 8);
    expect(fitTemperature(logits, labels, 2)).toBeCloseTo(30 / Math.log(9), 4);
  });

  it("is the least of the cross-entropy, on a grid, and scales with the logits", () => {
    const row = fc.tuple(
      fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 3, maxLength: 3 }),
      fc.nat(2),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 5, maxLength: 30 }), (rows) => {
        const logits = rows.flatMap(([z]) => z);
        const labels = rows.map(([, k]) => k);
        const loss = (t: number): number => {
          const doubt = 1 / (rows.length + 2);
          return rows.reduce((sum, [z, k]) => {
            const whole = Math.log(z.reduce((s, x) => s + Math.exp(x / t), 0));
            return sum + z.reduce((s, x, j) => s - (j === k ? 1 - doubt : doubt / 2) * (x / t - whole), 0);
          }, 0);
        };
        const t = fitTemperature(logits, labels, 3);
        const best = loss(t);
        for (const factor of [0.5, 0.9, 0.99, 1.01, 1.1, 2]) {
          const other = Math.min(100, Math.max(0.01, t * factor));
          expect(loss(other)).toBeGreaterThanOrEqual(best - 1e-7 * Math.abs(best));
        }
      }),
      { numRuns: 50 },
    );
    const [logits, labels] = twoClasses(2, 3, 4);
    const t = fitTemperature(logits, labels, 2);
    expect(
      fitTemperature(
        logits.map((z) => 3 * z),
        labels,
        2,
      ),
    ).toBeCloseTo(3 * t, 5);
  });

  it("has a float32 as its inverse, whichever of both is stored, and stays from 0.01 to 100", () => {
    const [logits, labels] = twoClasses(5, 3, 4);
    const t = fitTemperature(logits, labels, 2);
    expect(1 / inverseOf(t)).toBe(t);
    const [wrong, all] = twoClasses(50, 1, 40);
    expect(fitTemperature(wrong, all, 2)).toBe(100);
  });

  it("refuses logits that are no numbers", () => {
    expect(() => fitTemperature([1, 0, NaN, 0], [0, 0], 2)).toThrow(
      "an output of row 1 is NaN, no finite number; a model that diverged is not calibrated",
    );
  });

  it("multiplies exactly, so that equal logits stay equal and others in order", () => {
    fc.assert(
      fc.property(
        fc.float({ noNaN: true }),
        fc.float({ noNaN: true }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (a, b, t) => {
          const [x, y] = tempered(Float32Array.of(a, b), t);
          expect(Math.sign(x - y)).toBe(Math.sign(a - b));
        },
      ),
    );
  });
});

const task = (n: number, seed = 0) =>
  fromArrays({
    name: "rows",
    series: Array.from({ length: n }, (_, r) =>
      Array.from({ length: 64 }, (_v, t) => Math.sin(r * 1.7 + seed + t * 0.2) * 2),
    ),
    labels: Array.from({ length: n }, (_, r) => `class ${r % 3}`),
  });
const chain = (rest = {}): Promise<Network> =>
  network({ ...everyArchitecture.chain(), ...rest }, { threads: 1 });

describe("a calibrated network", () => {
  it("has the outputs, labels and weights that it had, to the bit, and other probabilities", async () => {
    const plain = await chain();
    const rows = task(40);
    const found = await calibrate(plain, rows);
    expect(found.temperature).toBeGreaterThan(0.01);
    expect(plain.temperature).toBeUndefined();
    expect(hashNetwork(found)).toBe(hashNetwork(plain));
    for (let seed = 0; seed < 30; seed++) {
      const row = randomRow(everyArchitecture.chain(), seed);
      expect(found.outputs(row)).toEqual(plain.outputs(row));
      const [now, was] = [found.predictRows(row)[0], plain.predictRows(row)[0]];
      expect(now.label).toBe(was.label);
      expect(now.probabilities).not.toEqual(was.probabilities);
      const z = Array.from(found.outputs(row), (x) => x / (found.temperature ?? NaN));
      const whole = z.reduce((sum, x) => sum + Math.exp(x), 0);
      now.probabilities.forEach((p, k) => expect(p).toBeCloseTo(Math.exp(z[k]) / whole, 12));
    }
    expect(found.evaluate(rows).accuracy).toBe(plain.evaluate(rows).accuracy);
    expect(found.evaluate(rows).loss).toBeLessThan(plain.evaluate(rows).loss);
    expect(found.evaluate(rows).ece).toBeCloseTo(reliabilityOf(found, rows).ece, 12);
    // once more from there it is the same
    expect((await calibrate(found, rows)).temperature).toBe(found.temperature);
  });

  it("keeps its temperature in its file; a file without one has none, a wrong one is refused", async () => {
    const found = await calibrate(await chain(), task(40));
    const again = (await load(encodeModel(found))) as Network;
    expect(again.temperature).toBe(found.temperature);
    const row = randomRow(found, 3);
    expect(again.predictRows(row)).toEqual(found.predictRows(row));
    const plain = encodeModel(await chain());
    expect(new TextDecoder().decode(plain)).not.toContain("temperature");
    await expect(chain({ temperature: 0 })).rejects.toThrow(
      "the temperature is 0; it is a number from 0.01 to 100",
    );
    const broken = encodeModel({ ...found, temperature: 1e9 });
    await expect(load(broken)).rejects.toThrow(
      "in the metadata the temperature is 1000000000; it is a number from 0.01 to 100",
    );
  });

  it("streams, changes its length and says positions at its temperature", async () => {
    const plain = await network(everyArchitecture.unet1d(), { threads: 1 });
    const fields = { ...everyArchitecture.unet1d(), temperature: 2.5 };
    const found = await network(fields, { threads: 1 });
    const row = randomRow(fields, 1);
    const [now, was] = [found.predictRows(row)[0], plain.predictRows(row)[0]];
    expect(now.labels).toEqual(was.labels);
    expect(now.positions).not.toEqual(was.positions);
    const windows = await network(
      { ...everyArchitecture.chain(), temperature: 3 },
      { convolution: "direct", threads: 1 },
    );
    const stream = await windows.stream({ hop: 8 });
    const samples = Float64Array.from({ length: 80 }, (_, t) => Math.sin(t));
    const answers = Array.from(stream.push(samples), (a) => ({
      at: a.at,
      label: a.label,
      p: [...a.probabilities],
    }));
    expect(answers.length).toBeGreaterThan(1);
    for (const { at, label, p } of answers) {
      const said = windows.predict(samples.slice(at - 63, at + 1));
      expect(p).toEqual(said.probabilities);
      expect(label).toBe(said.label);
    }
  });

  it("is refused of values, several labels, a minirocket, and rows without labels, in one line each", async () => {
    const rows = task(12);
    const values = await chain({ classes: [] });
    await expect(calibrate(values, rows)).rejects.toThrow(
      "predicts values; this is for models of one class a row or position",
    );
    const several = await chain({ answers: "multiLabel" });
    await expect(calibrate(several, rows)).rejects.toThrow("predicts several labels a row");
    await expect(chain({ answers: "multiLabel", temperature: 2 })).rejects.toThrow(
      "a temperature is for one class a row or position; leave it out",
    );
    await expect(calibrate(miniRocket(rows), rows)).rejects.toThrow("it needs no temperature");
    const bare = fromArrays({ name: "bare", series: [Array.from({ length: 64 }, () => 1)], targets: [[1]] });
    await expect(calibrate(await chain(), bare)).rejects.toThrow("bare has no class a row");
  });
});

describe("an ensemble", () => {
  it("has a temperature of its own over the mean of its members' probabilities; members with one are refused", async () => {
    const fields = everyArchitecture.chain();
    const members = [
      await network(fields),
      await network({ ...fields, weights: fieldsOf(fields.model, fields.preparation, 5).weights }),
    ];
    const plain = ensemble(members);
    const rows = task(40);
    const found = await calibrate(plain, rows);
    const row = randomRow(fields, 2);
    expect(found.outputs(row)).toEqual(plain.outputs(row));
    expect(found.predictRows(row)[0].label).toBe(plain.predictRows(row)[0].label);
    expect(found.weightsSha256).toBe(plain.weightsSha256);
    const again = await load(encodeModel(found));
    expect(again.temperature).toBe(found.temperature);
    expect(again.predictRows(row)).toEqual(found.predictRows(row));
    const one = await calibrate(members[0], rows);
    expect(() => ensemble([members[1], one])).toThrow(
      "member 1 of the ensemble is calibrated by itself; calibrate the ensemble",
    );
  });
});

describe("a threshold for unknown rows", () => {
  it("rejects at most the part of known rows that is asked for, and is the largest that does", async () => {
    const net = await chain();
    const rows = task(40);
    const p = net
      .predictRows({ series: rows.series, rows: 40 })
      .map((x) => Math.max(...x.probabilities))
      .sort((a, b) => a - b);
    for (const reject of [0, 0.05, 0.3]) {
      const found = unknownThreshold(net, rows, { reject });
      expect(found.threshold).toBe(p[Math.floor(reject * 40)]);
      expect(found.rejected).toBeLessThanOrEqual(reject);
    }
    expect(() => unknownThreshold(net, rows, { reject: 1 })).toThrow(
      "reject is 1; it is a part of the rows, from 0 to below 1",
    );
  });

  it("by either score tells nothing of rows that are the same", async () => {
    const net = await chain();
    expect(knownFromUnknown(net, task(20), task(20))).toEqual({ probability: 0.5, energy: 0.5 });
  });
});

describe("groups", () => {
  it("each have the figures of their own rows", async () => {
    const net = await chain();
    const own = task(12);
    const grouped = fromArrays({
      name: "grouped",
      series: Array.from({ length: 12 }, (_, r) => Array.from(own.series.subarray(r * 64, (r + 1) * 64))),
      labels: Array.from({ length: 12 }, (_, r) => `class ${r % 3}`),
      groups: Array.from({ length: 12 }, (_, r) => (r < 4 ? "b" : "a")),
    });
    const found = evaluateGroups(net, grouped);
    expect(found.map(({ group, rows }) => [group, rows])).toEqual([
      ["b", 4],
      ["a", 8],
    ]);
    const right = found.reduce((sum, { accuracy, rows }) => sum + accuracy * rows, 0);
    expect(right / 12).toBeCloseTo(net.evaluate(grouped).accuracy, 12);
    expect(evaluateGroups(net, own)).toEqual([]);
  });
});
