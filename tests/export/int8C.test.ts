/** Networks in 8 bits as C, compiled by gcc: the bits of the reference, of every architecture. */
import { afterAll, describe, expect, it } from "vitest";
import type { CodeKind } from "../../src/export/c/c.ts";
import { encodeInt8, int8Network } from "../../src/export/int8/encode.ts";
import { network, type NetworkFields } from "../../src/models/network.ts";
import { gcc, missing, Workshop } from "./compiled.ts";
import { labelledRows, otherEnds, otherLayers } from "./int8Rows.ts";
import { everyArchitecture, fieldsOf, randomRow } from "./models.ts";

const workshop = new Workshop();
afterAll(() => workshop.remove());
const absent = missing("gcc");

describe.skipIf(absent)(
  `int8 C has the bits of its reference${absent ? ` (skipped: ${absent})` : ""}`,
  () => {
    async function expectSame(
      fields: NetworkFields,
      name: string,
      flags: readonly string[],
      code?: CodeKind,
    ): Promise<void> {
      const model = await network(fields, { threads: 1 });
      const data = await labelledRows(fields, 12);
      const files = await encodeInt8(model, name, data, code);
      const program = workshop.compiledFiles(files, name, { ...gcc, flags });
      expect(program.golden(), name).toEqual({ code: 0, text: "8 golden rows: equal bits\n" });
      const int8 = await int8Network(model, data);
      const rows = Array.from({ length: 30 }, (_, seed) => randomRow(fields, seed));
      program.run(rows).forEach((said, r) => {
        const outputs = int8.outputs(rows[r]);
        const same = said && Buffer.from(said.outputs.buffer).equals(Buffer.from(outputs.buffer));
        expect(same, `${name}, row ${r}`).toBe(true);
        if (model.answers === "values" || said === null) return;
        const [{ label, probabilities }] = int8.predictRows(rows[r]);
        expect(Array.from(said.probabilities)).toEqual(probabilities);
        expect(model.classes[said.label]).toBe(label);
      });
      int8.dispose();
    }

    it.each(Object.entries(everyArchitecture))("of %s", { timeout: 120_000 }, (name, make) =>
      expectSame(make(), name, ["-O1"]),
    );

    it.each(Object.entries({ ...otherLayers, ...otherEnds }))(
      "of the layers %s",
      { timeout: 60_000 },
      (name, model) => expectSame(fieldsOf(model, { kind: "none" }), `layers_${name}`, ["-O2"]),
    );

    it("of a regression in the targets' own units, and of several labels", { timeout: 60_000 }, async () => {
      const model = everyArchitecture.chain().model;
      const targets = { mean: [10, 20, 30], deviation: [2, 3, 4] };
      await expectSame(fieldsOf(model, { kind: "none" }, 1, { classes: [], targets }), "values", ["-O2"]);
      await expectSame(fieldsOf(model, { kind: "none" }, 1, { answers: "multiLabel" }), "several", ["-O2"]);
    });

    it("of smaller code", { timeout: 60_000 }, async () => {
      for (const name of ["chain", "tcn", "keyword"] as const)
        await expectSame(everyArchitecture[name](), `small_${name}`, ["-Os"], "small");
    });

    it("where the compiler may fuse and vectorise as it likes", { timeout: 60_000 }, async () => {
      const flags = ["-O3", "-march=native", "-ffp-contract=fast", "-std=gnu17"];
      await expectSame(everyArchitecture.keyword(), "fused", flags);
      await expectSame(everyArchitecture.mnist1dCnn(), "unoptimised", [
        "-O0",
        "-fsanitize=undefined",
        "-fno-sanitize-recover",
      ]);
    });
  },
);
