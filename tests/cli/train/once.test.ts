/** A run is resolved once: following the training data of a file from the command to the arena. */
import { describe, expect, it, vi } from "vitest";

const counts: Record<string, number> = {};

/** The module as it is, with calls of some of its functions counted. */
async function counted<M extends object>(original: () => Promise<M>, names: readonly string[]): Promise<M> {
  const module = await original();
  const spied = Object.entries(module).filter(([name]) => names.includes(name));
  if (spied.length !== names.length) throw new Error(`not all of ${names.join(", ")} are exported`);
  const wrap =
    (name: string, fn: (...args: unknown[]) => unknown) =>
    (...args: unknown[]): unknown => {
      counts[name] = (counts[name] ?? 0) + 1;
      return fn(...args);
    };
  return { ...module, ...Object.fromEntries(spied.map(([name, fn]) => [name, wrap(name, fn as never)])) };
}

vi.mock("../../../src/data/split.ts", (original) => counted(original as never, ["holdOut"]));
vi.mock("../../../src/data/classes.ts", (original) => counted(original as never, ["requireTrainable"]));
vi.mock("../../../src/models/preparation.ts", (original) =>
  counted(original as never, ["resolvePrepare", "fitPreparation"]),
);
vi.mock("../../../src/training/fitChecks.ts", (original) =>
  counted(original as never, ["checkOptions", "checkInput", "checkOutputs"]),
);
vi.mock("../../../src/training/identity.ts", (original) => counted(original as never, ["identityOf"]));

const { cli, workshop } = await import("../harness.ts");
const shop = workshop();

const once = {
  holdOut: 1,
  requireTrainable: 1,
  resolvePrepare: 1,
  fitPreparation: 1,
  checkOptions: 1,
  checkInput: 1,
  checkOutputs: 1,
  identityOf: 1,
};

async function train(model: string): Promise<typeof counts> {
  const rows = Array.from({ length: 24 }, (_, r) =>
    [r % 2, ...Array.from({ length: 16 }, (_t, t) => Math.sin(t * (1 + (r % 2)) + r).toFixed(4))].join("\t"),
  );
  const file = shop.put("waves.tsv", `${rows.join("\n")}\n`);
  for (const name of Object.keys(counts)) delete counts[name];
  const out = shop.path(model);
  const words = ["train", file, "--model", model, "--epochs", "1", "--validation", "0.25"];
  // a normalisation that is asked for is not compared with others
  const place = ["--normalize", "channel", "--out", out, "--backend", "wasm", "--quiet"];
  const { code, stderr } = await cli([...words, ...place]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return { ...counts };
}

describe("a run is resolved once", () => {
  it("by a network", async () => {
    expect(await train("fcn")).toEqual(once);
  });

  it("by an ensemble, whatever its members", async () => {
    expect(await train("inceptiontime")).toEqual(once);
  });
});
