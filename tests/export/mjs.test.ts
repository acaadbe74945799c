/** Exported modules say what the library says, to the bit. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
import { afterAll, describe, expect, it } from "vitest";
import { encodeMjs, type MjsFiles } from "../../src/export/mjs.ts";
import type { ExportedModel } from "../../src/export/runtime.ts";
import { runtimeText } from "../../src/export/runtimeText.ts";
import { streamRuntimeText } from "../../src/export/streamRuntimeText.ts";
import { ensemble } from "../../src/models/ensemble.ts";
import { network, type Network } from "../../src/models/network.ts";
import { miniRocket, fromArrays, type AnyModel } from "../../src/index.ts";
import { bundled, bundles } from "../../scripts/runtimeBundle.ts";
import { pageText } from "../../src/export/html/pageText.ts";
import { everyArchitecture, fieldsOf, randomRow } from "./models.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-mjs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Exported {
  readonly load: (source?: unknown) => Promise<ExportedModel>;
  readonly loadSync: (source?: unknown) => ExportedModel;
  readonly classes: readonly string[];
}

let written = 0;
/** A module as a user has it: a file, imported. */
async function imported({ module, wasm }: MjsFiles): Promise<Exported> {
  const own = join(folder, `${written++}.mjs`);
  writeFileSync(own, module);
  for (const { file, bytes } of wasm) writeFileSync(join(folder, file), bytes);
  return (await import(/* @vite-ignore */ pathToFileURL(own).href)) as Exported;
}

/** Both say the same of random rows. */
function expectSame(
  exported: ExportedModel,
  model: AnyModel,
  fields: Parameters<typeof randomRow>[0],
  rows: number,
): void {
  for (let seed = 0; seed < rows; seed++) {
    const row = randomRow(fields, seed);
    const given = model.outputs(row);
    expect(Buffer.from(exported.outputs(row).buffer).equals(Buffer.from(given.buffer)), `row ${seed}`).toBe(
      true,
    );
    expect(exported.predictRows(row)).toEqual(model.predictRows(row));
  }
}

describe("every architecture's module has the bits of predict", () => {
  it.each(Object.entries(everyArchitecture))("%s", async (name, make) => {
    const fields = make();
    const model = await network(fields, { threads: 1 });
    const exported = await (await imported(encodeMjs(model, name))).load();
    expect(exported.selfTest()).toBe(8);
    expect(exported.takes).toEqual(model.takes);
    expectSame(exported, model, fields, 100);
  });
});

describe("a module", () => {
  const mnist = (): Promise<Network> => network(everyArchitecture.mnist1dCnn(), { threads: 1 });

  it("of the MNIST-1D network is below 60 kB and the same whenever it is written", async () => {
    const { module } = encodeMjs(await mnist(), "digits");
    expect(module.length).toBeLessThan(60_000);
    expect(encodeMjs(await mnist(), "digits").module).toBe(module);
  });

  it("begins with the bundle of the library's code as it is now (npm run export:runtime)", async () => {
    const texts = { runtimeText, streamRuntimeText, pageText };
    for (const bundle of bundles) expect((await bundled(bundle)).text, bundle.to).toBe(texts[bundle.name]);
  });

  it("is ready at once by loadSync, and says what is wrong with a row in the library's words", async () => {
    const model = await mnist();
    const { loadSync, classes } = await imported(encodeMjs(model, "digits"));
    const exported = loadSync();
    expect(classes).toEqual(model.classes);
    const row = Array.from({ length: 40 }, (_, t) => t / 40);
    expect(exported.predict(row)).toEqual(model.predict(row));
    expect(() => exported.predict([1, 2])).toThrow(
      "the sample has 1 channels of 2 values; the model takes 1 of 40",
    );
    expect(() => exported.predict(row.map(() => NaN))).toThrow("row 0, channel 0, time 0 is NaN");
  });

  it("takes its WebAssembly from a file beside it, or from what the host compiled", async () => {
    const model = await mnist();
    const files = encodeMjs(model, "beside", "beside");
    expect(files.module.length).toBeLessThan(25_000);
    const { load, loadSync } = await imported(files);
    const row = randomRow(model, 3);
    const expected = model.outputs(row);
    expect((await load()).outputs(row)).toEqual(expected);
    const compiled = new WebAssembly.Module(files.wasm[0].bytes);
    expect((await load(compiled)).outputs(row)).toEqual(expected);
    expect(loadSync(compiled).outputs(row)).toEqual(expected);
    expect((await load(new Response(files.wasm[0].bytes))).outputs(row)).toEqual(expected);
  });

  it("needs nothing that a bare engine has not, as an AudioWorklet is: no atob, TextDecoder, fetch or process", async () => {
    const model = await mnist();
    const { module } = encodeMjs(model, "digits");
    const script = module.replace(/^export /gm, "");
    const said = runInNewContext(`${script}; const m = loadSync(); JSON.stringify([m.selfTest(), m.predict(Array(40).fill(0.5))])`) as string; // prettier-ignore
    expect(JSON.parse(said)).toEqual([8, model.predict(Array(40).fill(0.5) as number[])]);
  });

  it("of an ensemble holds all of its networks", async () => {
    const fields = [1, 2, 3].map((seed) => ({
      ...everyArchitecture.chain(),
      weights: fieldsOf(everyArchitecture.chain().model, { kind: "none" }, seed).weights,
    }));
    const model = ensemble(await Promise.all(fields.map((f) => network(f, { threads: 1 }))));
    const exported = await (await imported(encodeMjs(model, "three"))).load();
    expectSame(exported, model, fields[0], 20);
  });

  it("of a regression gives values in the targets' own units", async () => {
    const fields = fieldsOf(everyArchitecture.chain().model, { kind: "sample" }, 1, {
      classes: [],
      targets: { mean: [10, 20, 30], deviation: [2, 3, 4] },
    });
    const model = await network(fields, { threads: 1 });
    const exported = await (await imported(encodeMjs(model, "values"))).load();
    expectSame(exported, model, fields, 20);
    const [said] = exported.predictRows(randomRow(fields, 1));
    expect(() => said.label).toThrow("the model gives values, not classes; read values");
  });

  it("of several labels a row, and with channel names", async () => {
    const { model } = everyArchitecture.fcn();
    const preparation = { kind: "none" } as const;
    const fields = fieldsOf(model, preparation, 1, {
      answers: "multiLabel",
      channelNames: ["x", "</script>"],
    });
    const net = await network(fields, { threads: 1 });
    const { module } = encodeMjs(net, "labels");
    expect(module).not.toContain("</script>");
    const exported = await (await imported(encodeMjs(net, "labels"))).load();
    expectSame(exported, net, fields, 20);
    const named = { "</script>": Array(60).fill(1) as number[], x: Array(60).fill(0.5) as number[] };
    expect(exported.predict(named)).toEqual(net.predict(named));
  });

  it("of MiniRocket is refused by name", () => {
    const series = Array.from({ length: 8 }, (_, n) => [
      Array.from({ length: 20 }, (_t, t) => Math.sin(n * t)),
    ]);
    const rocket = miniRocket(fromArrays({ series, labels: series.map((_, n) => n % 2) }), { features: 84 });
    expect(() => encodeMjs(rocket, "rocket")).toThrow(
      "rocket.mjs: minirocket is no network and cannot be exported; train a network, such as --model inception",
    );
  });
});
