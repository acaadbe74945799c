/** A calibrated model says the same wherever it goes: every target has the bits of predict, ONNX its numbers. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { encodeHtml } from "../../src/export/html/html.ts";
import { encodeInt8, int8Network } from "../../src/export/int8/encode.ts";
import { encodeMjs, schedule } from "../../src/export/mjs.ts";
import type { ExportedModel } from "../../src/export/runtime.ts";
import { streamPart } from "../../src/export/stream.ts";
import type { StreamingModel } from "../../src/export/streamRuntime.ts";
import { decodeOnnx, encodeOnnx, ensemble, network, type Network } from "../../src/index.ts";
import { changedModel } from "../formats/onnx/changed.ts";
import { named, ort, rowsFor, runOnnx } from "../formats/onnx/harness.ts";
import { gcc, missing, Workshop, type CProgram } from "./compiled.ts";
import { StreamWorkshop } from "./compiledStreams.ts";
import { labelledRows } from "./int8Rows.ts";
import { everyArchitecture, fieldsOf, randomRow } from "./models.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-temperature-"));
const workshop = new Workshop();
const streams = new StreamWorkshop();
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  workshop.remove();
  streams.remove();
});
const noGcc = missing("gcc");

const T = 2.3;
const chain = { ...everyArchitecture.chain(), temperature: T };
const unet = { ...everyArchitecture.unet1d(), temperature: T };

async function imported<M>(module: string, name: string): Promise<M> {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, module);
  const { load } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { load: () => Promise<M> };
  return load();
}

function expectSameC(
  program: CProgram<never> | CProgram,
  model: Pick<Network, "predictRows" | "classes">,
  fields: typeof chain,
): void {
  const rows = Array.from({ length: 50 }, (_, seed) => randomRow(fields, seed));
  program.run(rows).forEach((said, r) => {
    const [{ label, probabilities, labels }] = model.predictRows(rows[r]);
    expect(said && Array.from(said.probabilities)).toEqual(probabilities);
    expect(model.classes[said?.label ?? -1]).toBe(label);
    if (labels) expect(Array.from(said?.labels ?? [], (k) => model.classes[k])).toEqual(labels);
  });
}

describe("a calibrated network has the probabilities of predict, to the bit,", () => {
  it.each([
    ["chain", chain],
    ["unet", unet],
  ] as const)("as a module: %s", async (name, fields) => {
    const model = await network(fields, { threads: 1 });
    const exported = await imported<ExportedModel>(encodeMjs(model, name).module, name);
    const plain = await network({ ...fields, temperature: undefined }, { threads: 1 });
    for (let seed = 0; seed < 30; seed++) {
      const row = randomRow(fields, seed);
      expect(exported.predictRows(row)).toEqual(model.predictRows(row));
      expect(exported.predictRows(row)[0].probabilities).not.toEqual(plain.predictRows(row)[0].probabilities);
    }
  });

  it("as a module of an ensemble, whose temperature is its own", async () => {
    const members = await Promise.all(
      [1, 5].map((seed) =>
        network({
          ...everyArchitecture.chain(),
          weights: fieldsOf(chain.model, chain.preparation, seed).weights,
        }),
      ),
    );
    const model = ensemble(members, {}, T);
    const exported = await imported<ExportedModel>(encodeMjs(model, "both").module, "both");
    for (let seed = 0; seed < 10; seed++) {
      const row = randomRow(chain, seed);
      expect(exported.predictRows(row)).toEqual(model.predictRows(row));
    }
  });

  it("as a module that streams", async () => {
    const model = await network(chain, { threads: 1 });
    const part = await streamPart(model, "x.mjs", { hop: 8 }, { schedule });
    const exported = await imported<StreamingModel>(
      encodeMjs(model, "streams", "inside", part).module,
      "streams",
    );
    const samples = Float64Array.from({ length: 90 }, (_, t) => Math.sin(t));
    const said = (answers: Iterable<{ label: string; probabilities: Float64Array }>): unknown[] =>
      Array.from(answers, (a) => [a.label, ...a.probabilities]);
    const ours = said((await model.stream({ hop: 8 })).push(samples));
    expect(ours.length).toBeGreaterThan(2);
    expect(said(exported.stream({ hop: 8 }).push(samples))).toEqual(ours);
  });

  it("as a page, which has the module in it", async () => {
    const model = await network(chain, { threads: 1 });
    expect(encodeHtml(model, "page")).toContain(`"temperature":${T}`);
  });

  it.skipIf(noGcc)(`as C${noGcc ? ` (skipped: ${noGcc})` : ""}`, { timeout: 120_000 }, async () => {
    for (const [name, fields] of [
      ["chain", chain],
      ["unet", unet],
    ] as const) {
      const model = await network(fields, { threads: 1 });
      const program = await workshop.compiled(model, name, gcc);
      expect(program.golden().code).toBe(0);
      expectSameC(program, model, fields);
    }
  });

  it.skipIf(noGcc)(
    `as C in 8 bits, of its own reference${noGcc ? ` (skipped: ${noGcc})` : ""}`,
    { timeout: 120_000 },
    async () => {
      const model = await network(chain, { threads: 1 });
      const data = await labelledRows(chain, 12);
      const program = workshop.compiledFiles(await encodeInt8(model, "eight", data), "eight", gcc);
      const int8 = await int8Network(model, data);
      expect(int8.temperature).toBe(T);
      expectSameC(program as unknown as CProgram, { ...int8, classes: model.classes }, chain);
      int8.dispose();
    },
  );

  it.skipIf(noGcc)(
    `as C that streams${noGcc ? ` (skipped: ${noGcc})` : ""}`,
    { timeout: 120_000 },
    async () => {
      for (const [fields, hop] of [
        [chain, 8],
        [{ ...everyArchitecture.tcn(), temperature: T }, 16],
      ] as const) {
        const net = await network(fields, { convolution: "direct", threads: 1 });
        const { said, wanted, golden } = await streams.run(net, hop, 300, gcc);
        expect(golden.code).toBe(0);
        expect(said.length).toBeGreaterThan(2);
        expect(said).toEqual(wanted);
      }
    },
  );
});

describe("a calibrated network as ONNX", () => {
  it("is read back as it was, with its temperature; an ensemble too", async () => {
    expect(decodeOnnx(encodeOnnx(chain)).model).toMatchObject({ temperature: T });
    const whole = {
      kind: "ensemble",
      members: [everyArchitecture.chain()],
      temperature: T,
      provenance: {},
    } as const;
    expect(decodeOnnx(encodeOnnx(whole)).model).toMatchObject({ kind: "ensemble", temperature: T });
  });

  it("of a graph that another program changed is read by its nodes, and the notes say that the temperature is lost", () => {
    const { model, notes } = decodeOnnx(changedModel(encodeOnnx(chain)));
    expect("temperature" in model).toBe(false);
    expect(notes.join("\n")).toContain("temperature");
  });

  it.skipIf(!ort)(`has predict's probabilities within 1e-5 in onnxruntime${named}`, async () => {
    for (const fields of [chain, unet]) {
      const model = await network(fields, { threads: 1 });
      for (let seed = 0; seed < 10; seed++) {
        const given = rowsFor(fields.model, fields.preparation, 1, fields.model.input.length, seed);
        const { probabilities } = await runOnnx(encodeOnnx(fields), fields.model.input.channels, given);
        const [{ positions: each, probabilities: whole }] = model.predictRows(given);
        // of positions [class][position]
        const wanted = each
          ? Array.from(probabilities, (_, i) => each[i % each.length][Math.floor(i / each.length)])
          : whole;
        probabilities.forEach((x, k) => expect(x).toBeCloseTo(wanted[k], 5));
      }
    }
  });
});
