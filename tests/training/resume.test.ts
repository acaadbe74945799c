/** A run that is stopped and goes on gives the bits of one that never was; one that is another is refused by name. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/formats/checkpointFile.ts";
import {
  architectures,
  fit,
  fitEnsemble,
  InputError,
  layers as L,
  model,
  optimizers,
  schedules,
  type Augmentation,
  type Checkpoint,
  type EpochEvent,
  type FitOptions,
  type Run,
} from "../../src/index.ts";
import { bumps } from "./shared.ts";

const data = bumps({ rows: 40, length: 24, classes: 3 });
const build = (): ReturnType<typeof model> =>
  model(data, (x) =>
    L.dense(
      L.dropout(L.globalAveragePool(L.relu(L.batchNorm(L.conv1d(x, { filters: 4, kernelSize: 5 })))), {
        rate: 0.2,
      }),
      { units: 3 },
    ),
  );
const net = build();

/** The state after every step and epoch, as a file gives it back. */
async function states(options: FitOptions): Promise<{ run: Run; saved: Checkpoint[] }> {
  const saved: Checkpoint[] = [];
  const save = (c: Checkpoint): void => void saved.push(decodeCheckpoint(encodeCheckpoint(c)));
  const run = await fit(net, data, { ...options, checkpoint: { everySeconds: 0, save } });
  return { run, saved };
}

const untimed = (history: readonly EpochEvent[]): object[] => history.map((e) => ({ ...e, seconds: 0 }));

const { sgd, adam, adamW, rmsProp } = optimizers;
const optimizer = fc.constantFrom(
  sgd(),
  sgd({ momentum: 0.9, nesterov: true }),
  adam({ learningRate: 0.01 }),
  adamW({ learningRate: 0.01 }),
  rmsProp({ centered: true, momentum: 0.5 }),
);
const schedule = fc.constantFrom(
  schedules.constant(),
  schedules.step({ every: 1 }),
  schedules.cosine({ warmup: 0.2 }),
  schedules.oneCycle(),
  schedules.plateau({ patience: 0, threshold: 0.5 }),
);
const augment = fc.constantFrom<readonly Augmentation[]>(
  [],
  [
    { kind: "jitter", sigma: 0.1 },
    { kind: "mixup", alpha: 0.4 },
  ],
);
const options = fc.record(
  {
    optimizer,
    schedule,
    augment,
    keep: fc.constantFrom("last" as const, "best" as const),
    validation: fc.constantFrom(0, 0.25),
    patience: fc.constantFrom(1, 2),
    ema: fc.constant(0.9),
    clipNorm: fc.constant(0.5),
    freeze: fc.constant(["conv1d_1.filter"]),
    batch: fc.constantFrom(7, 16, 64),
    steps: fc.integer({ min: 1, max: 14 }),
    seed: fc.integer({ min: 0, max: 9 }),
  },
  { requiredKeys: ["optimizer", "schedule", "steps", "batch"] },
);

describe("a run that goes on from a checkpoint", () => {
  it("has the weights and the history of the whole run, from whatever step, with every option", async () => {
    await fc.assert(
      fc.asyncProperty(options, fc.nat(), async (given, pick) => {
        const { run: whole, saved } = await states(given);
        const resume = saved[pick % saved.length];
        const events: EpochEvent[] = [];
        const rest = await fit(net, data, { ...given, resume, onEpoch: (e) => events.push(e) });
        expect(rest.weightsSha256).toBe(whole.weightsSha256);
        expect(untimed(rest.history)).toEqual(untimed(whole.history));
        expect([rest.steps, rest.epochs, rest.stoppedEarly]).toEqual([
          whole.steps,
          whole.epochs,
          whole.stoppedEarly,
        ]);
        expect([rest.train, rest.validation]).toEqual([whole.train, whole.validation]);
        const [{ progress }] = resume.members;
        expect([...progress.history, ...events].map((e) => e.epoch)).toEqual(
          whole.history.map((e) => e.epoch),
        );
      }),
      { numRuns: 15 },
    );
  });
});

describe("a checkpoint from before there were fast convolutions", () => {
  it("goes on directly, and is refused otherwise", async () => {
    const options = { steps: 6, batch: 16, convolution: "direct" as const };
    const { saved, run: whole } = await states(options);
    const resume = {
      members: saved[2].members.map((member) => {
        const { convolution, ...settings } = member.settings;
        expect(convolution).toBe("direct");
        return { ...member, settings };
      }),
    };
    expect((await fit(net, data, { ...options, resume })).weightsSha256).toBe(whole.weightsSha256);
    await expect(fit(net, data, { ...options, convolution: "fast", resume })).rejects.toThrow(
      'convolution is "fast", but "direct" in the checkpoint',
    );
  });
});

describe("a checkpoint that is of another run", () => {
  const given = { steps: 6, batch: 16, optimizer: adam(), schedule: schedules.step() };
  const refusal = async (change: FitOptions, on = data, by = net): Promise<string> => {
    const { saved } = await states(given);
    const again = fit(by, on, { ...given, resume: saved[2], ...change });
    const error = await again.then(
      () => null,
      (e: unknown) => e,
    );
    return error instanceof InputError ? error.message : `no InputError: ${String(error)}`;
  };

  it("is refused in one line that names the difference", async () => {
    const end = "; give what the run was begun with or start it over";
    expect(await refusal({ optimizer: adam({ learningRate: 0.5 }) })).toBe(
      `optimizer.learningRate is 0.5, but 0.001 in the checkpoint${end}`,
    );
    expect(await refusal({ seed: 1 })).toBe(`seed is 1, but 0 in the checkpoint${end}`);
    expect(await refusal({ convolution: "direct" })).toBe(
      `convolution is "direct", but "fast" in the checkpoint${end}`,
    );
    expect(await refusal({ ema: 0.9 })).toBe(`ema is 0.9, but absent in the checkpoint${end}`);
    expect(await refusal({ normalize: "none" })).toBe(
      `normalize is "none", but "channel" in the checkpoint${end}`,
    );
    expect(await refusal({ validation: 0.25 })).toBe(`validation is 0.25, but 0 in the checkpoint${end}`);
    expect(await refusal({}, bumps({ rows: 40, length: 24, classes: 3, seed: 8 }))).toMatch(
      /^the checkpoint is of other data \(sha256 [0-9a-f]{16}, these have [0-9a-f]{16}\); give the data that the run was begun with or start it over$/,
    );
    const other = {
      ...net,
      layers: net.layers.map((l) => (l.kind === "dropout" ? { ...l, options: { rate: 0.3 } } : l)),
    };
    expect(await refusal({}, data, other)).toMatch(
      /^the checkpoint is of another model \(layers\.\d+\.options\.rate is 0\.3, there 0\.2\); give what/,
    );
    const { saved } = await states(given);
    const [state] = saved[2].members;
    const old = { members: [{ ...state, toeplitz: "0.0.1" }] };
    expect(await refusal({ resume: old })).toMatch(
      /^the checkpoint is of toeplitz 0\.0\.1, this is \S+, whose bits/,
    );
    expect(await refusal({ resume: { members: [state, state] } })).toBe(
      "the checkpoint is of an ensemble (2 members); go on with it by fitEnsemble",
    );
    expect(await refusal({ checkpoint: { everySeconds: -1, save: () => undefined } })).toBe(
      "checkpoint: everySeconds is -1; it is a number of seconds, at least 0",
    );
  });

  it("may be made longer where the schedule does not follow from the length, and has the bits of a run of that length", async () => {
    const { run, saved } = await states(given);
    expect(run.steps).toBe(6);
    const longer = { ...given, steps: 11 };
    const end = saved[saved.length - 1];
    const rest = await fit(net, data, { ...longer, resume: end });
    expect(rest.weightsSha256).toBe((await fit(net, data, longer)).weightsSha256);
    expect(await refusal({ steps: 2 })).toMatch(/^the run is to have 2 steps, but has taken 3 already; /);
    const cosine = { ...given, schedule: schedules.cosine() };
    const { saved: annealed } = await states(cosine);
    expect(await refusal({ ...cosine, resume: annealed[0], steps: 11 })).toMatch(
      /^the run is to have 11 steps, but 6 in the checkpoint, and every rate of its cosine schedule follows /,
    );
  });
});

describe("checkpoints", () => {
  it("come after the first step and at the end, when 30 seconds are longer than the run", async () => {
    const steps: number[] = [];
    const save = ({ members: [{ progress }] }: Checkpoint): void => void steps.push(progress.steps);
    const run = await fit(net, data, { steps: 8, batch: 16, checkpoint: { save } });
    expect(steps).toEqual([1, 8]);
    expect((await fit(net, data, { steps: 8, batch: 16 })).weightsSha256).toBe(run.weightsSha256);
  });

  it("are not made of parameters that are not finite", async () => {
    const steps: number[] = [];
    const save = ({ members: [{ progress }] }: Checkpoint): void => void steps.push(progress.steps);
    const options = { steps: 50, batch: 16, optimizer: sgd({ learningRate: 1e30 }) };
    const chain = architectures.chain(data, { filters: [3], activation: "relu" });
    const failed = fit(chain, data, { ...options, checkpoint: { everySeconds: 0, save } });
    const step = await failed.then(
      () => 0,
      (e: { step: number }) => e.step,
    );
    expect(step).toBeGreaterThan(1);
    expect(steps.every((s) => s < step)).toBe(true);
  });

  it("of an ensemble go on within the member that was training", async () => {
    const given = { members: 3, steps: 5, batch: 16, validation: 0.25, keep: "best" as const };
    const saved: Checkpoint[] = [];
    const save = (c: Checkpoint): void => void saved.push(decodeCheckpoint(encodeCheckpoint(c)));
    const whole = await fitEnsemble(build, data, { ...given, checkpoint: { everySeconds: 0, save } });
    expect(saved.map(({ members }) => members.length).filter((n, i, all) => n !== all[i - 1])).toEqual([
      1, 2, 3,
    ]);
    for (const resume of [saved[1], saved[8], saved[saved.length - 1]]) {
      const rest = await fitEnsemble(build, data, { ...given, resume });
      expect(rest.weightsSha256).toBe(whole.weightsSha256);
      expect(untimed(rest.history)).toEqual(untimed(whole.history));
      expect([rest.steps, rest.validation]).toEqual([whole.steps, whole.validation]);
    }
  });

  it("as files are refused when a byte of them is changed, cut off or added", async () => {
    const { saved } = await states({ steps: 2, batch: 16, keep: "best" });
    const bytes = encodeCheckpoint(saved[0], { note: "kept" });
    expect(decodeCheckpoint(bytes).notes).toEqual({ note: "kept" });
    const refused = (b: Uint8Array): void =>
      expect(() => decodeCheckpoint(b, "f")).toThrow(
        /^f: it(s| is| does) .*: put back a copy or start the run over$/,
      );
    refused(new Uint8Array(0));
    refused(new Uint8Array([...bytes, 0]));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        refused(bytes.subarray(0, at));
        refused(bytes.map((b, i) => (i === at ? b ^ (1 << bit) : b)));
      }),
    );
  });
});
