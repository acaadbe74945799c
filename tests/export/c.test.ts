/** Networks as C, compiled by gcc, say what the library says, to the bit. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { encodeC } from "../../src/export/c/c.ts";
import { double, hexFloat, stringLiteral } from "../../src/export/c/literals.ts";
import { namesOf } from "../../src/export/c/names.ts";
import { ensemble } from "../../src/models/ensemble.ts";
import { network, type Network, type NetworkFields } from "../../src/models/network.ts";
import type { Preparation } from "../../src/models/preparation.ts";
import { blocksOf, textOf } from "../docs/markdown.ts";
import { gcc, missing, Workshop, type CProgram } from "./compiled.ts";
import { everyArchitecture, fieldsOf, randomRow } from "./models.ts";

const workshop = new Workshop();
afterAll(() => workshop.remove());
const absent = missing("gcc");

/** C and the library say the same of random rows. */
function expectSame(program: CProgram, model: Network, fields: NetworkFields, count: number): void {
  const rows = Array.from({ length: count }, (_, seed) => randomRow(fields, seed));
  program.run(rows).forEach((said, r) => {
    const outputs = model.outputs(rows[r]);
    expect(said && Buffer.from(said.outputs.buffer).equals(Buffer.from(outputs.buffer)), `row ${r}`).toBe(
      true,
    );
    if (model.answers === "values" || said === null) return;
    const [{ label, probabilities, labels }] = model.predictRows(rows[r]);
    expect(Array.from(said.probabilities)).toEqual(probabilities);
    expect(model.classes[said.label] ?? "").toBe(label);
    if (model.answers === "positions")
      expect(Array.from(said.labels, (k) => model.classes[k] ?? "")).toEqual(labels);
  });
}

describe.skipIf(absent)(`C has the bits of predict${absent ? ` (skipped: ${absent})` : ""}`, () => {
  it.each(Object.entries(everyArchitecture))("of %s", { timeout: 120_000 }, async (name, make) => {
    const fields = make();
    const model = await network(fields, { threads: 1 });
    const program = await workshop.compiled(model, name, { ...gcc, flags: ["-O1"] });
    expect(program.golden()).toEqual({ code: 0, text: "8 golden rows: equal bits\n" });
    expectSame(program, model, fields, 100);
  });

  const small = everyArchitecture.chain().model;
  const two = { mean: [0.5], deviation: [1.5] };
  const steps: readonly Preparation[] = (["none", "sample"] as const).flatMap((kind) => [
    { kind },
    { kind, fill: "linear", length: 64, pad: "mean", at: "start" },
    { kind, fill: "forward", length: 64, pad: "edge", at: "centre", detrend: "linear" },
    { kind, fill: "linear", resample: 64, detrend: "linear" },
    { kind, resample: 64 },
    { kind, detrend: "linear", length: 64, pad: "zero", at: "centre" },
  ]);
  it.each([...steps, { kind: "channel", ...two, fill: "forward", resample: 64 } as const])(
    "prepared by %j",
    async (preparation) => {
      const fields = fieldsOf(small, preparation);
      const model = await network(fields, { threads: 1 });
      const name = `prepared${JSON.stringify(preparation).replaceAll(/[^a-z0-9]/g, "")}`;
      const program = await workshop.compiled(model, name, gcc);
      expect(program.golden().code).toBe(0);
      expectSame(program, model, fields, 200);
    },
  );

  it("of masks of missing values, resampled and padded", async () => {
    for (const [k, rest] of [{ resample: 60 }, { length: 60, pad: "edge", at: "start" }].entries()) {
      const fields = fieldsOf(everyArchitecture.fcn().model, {
        kind: "sample",
        fill: "zero",
        ...rest,
      } as Preparation);
      const model = await network(fields, { threads: 1 });
      const program = await workshop.compiled(model, `masks${k}`, { ...gcc, flags: ["-O0"] });
      expectSame(program, model, fields, 60);
    }
  });

  it("of a regression in the targets' own units, of several labels, and of a row that is refused", async () => {
    const fields = fieldsOf(small, { kind: "none" }, 1, {
      classes: [],
      targets: { mean: [10, 20, 30], deviation: [2, 3, 4] },
    });
    const values = await network(fields, { threads: 1 });
    const program = await workshop.compiled(values, "values", gcc);
    expectSame(program, values, fields, 50);
    expect(program.run([{ series: new Float64Array(63), rows: 1 }])).toEqual([null]);
    expect(program.run([{ series: new Float64Array(64).fill(NaN), rows: 1 }])).toEqual([null]);
    const several = fieldsOf(small, { kind: "none" }, 1, { answers: "multiLabel" });
    const labels = await network(several, { threads: 1 });
    expectSame(await workshop.compiled(labels, "labels", gcc), labels, several, 50);
  });

  it("of smaller code", async () => {
    for (const name of ["chain", "unet1d", "tcn"] as const) {
      const fields = everyArchitecture[name]();
      const model = await network(fields, { threads: 1 });
      const program = await workshop.compiled(model, `small_${name}`, { ...gcc, code: "small" });
      expect(program.files.source.length).toBeLessThan((await encodeC(model, name)).source.length);
      expectSame(program, model, fields, 100);
    }
  });

  it("as docs/exports.md calls it, of numbers in float too", async () => {
    const [text] = blocksOf("docs/exports.md", textOf("docs/exports.md")).filter(
      ({ language }) => language === "c",
    );
    const program = await workshop.compiled(await network(everyArchitecture.chain()), "gun", gcc);
    expect(program.golden().code).toBe(0);
    const folder = join(workshop.folder, "gun");
    writeFileSync(join(folder, "say.c"), text.text);
    for (const more of [[], ["-DGUN_SAMPLE=float"]]) {
      if (more.length > 0)
        writeFileSync(join(folder, "say.c"), text.text.replace("const double", "const float"));
      execFileSync("gcc", ["-std=c99", "-Wall", "-Wextra", "-Werror", ...more, "-c", "say.c", "gun.c"], {
        cwd: folder,
      });
    }
  });

  it("where the compiler may fuse and vectorise as it likes", async () => {
    const fields = everyArchitecture.mnist1dCnn();
    const model = await network(fields, { threads: 1 });
    for (const flags of [["-O3", "-march=native", "-ffp-contract=fast"], ["-O0"], ["-Os", "-std=gnu17"]]) {
      const program = await workshop.compiled(model, "digits", { ...gcc, flags });
      expect(program.golden().code, flags.join(" ")).toBe(0);
      expectSame(program, model, fields, 50);
    }
  });
});

describe("what is written as C", () => {
  it("is the same each time, and says what it takes", async () => {
    const model = await network(everyArchitecture.mnist1dCnn(), { threads: 1 });
    const files = await encodeC(model, "digits");
    expect(await encodeC(model, "digits")).toEqual(files);
    // 5,210 weights; the input of 40 and its halo, outputs of 25 x 19, 25 x 10, 25 x 5 and 10 are 900 floats and some padding
    expect(files.flash).toBe(5210 * 4);
    expect(files.ram).toBeLessThan(4000);
    // 25 filters of 5 taps at 19 places, 25 of 75 at 10, 25 of 75 at 5 and 10 of 125
    expect(files.products).toBe(25 * 5 * 19 + 25 * 75 * 10 + 25 * 75 * 5 + 10 * 125);
    expect(files.source).not.toMatch(/malloc|memcpy|#include <(stdlib|string|stdio)/);
  });

  it("names symbols by the file, whatever it is called", () => {
    expect(namesOf("gun-point 2")).toEqual({
      name: "gun_point_2",
      macro: "GUN_POINT_2",
      sample: "GUN_POINT_2_SAMPLE",
    });
    expect(namesOf("2")).toMatchObject({ name: "model_2" });
    expect(namesOf("__x")).toMatchObject({ name: "x" });
  });

  it("has numbers and texts that are read back as they are", () => {
    expect([1, -0, 0.1, 2 ** -149, -3.4028234663852886e38].map(hexFloat)).toEqual([
      "1.0f",
      "-0.0f",
      "0x1.99999ap-4f",
      "0x0.000002p-126f",
      "-0x1.fffffep+127f",
    ]);
    expect([1, 0.1, 1e300].map(double)).toEqual(["1.0", "0.1", "1e+300"]);
    expect(stringLiteral('a"\\?ü\n1')).toBe('"a\\042\\134\\077\\303\\274\\0121"');
  });

  it("refuses by name what is no network, and names that #include cannot have", async () => {
    const member = await network(everyArchitecture.chain(), { threads: 1 });
    await expect(encodeC(ensemble([member, member]), "two")).rejects.toThrow(
      "two.c: an ensemble of 2 networks is not written as C; export one of them, or write .mjs",
    );
    await expect(encodeC(member, 'a"b')).rejects.toThrow("the file's name stands in #include");
  });
});
