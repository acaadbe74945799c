/** Networks in 8 bits as C, compiled by gcc: the bits of the reference, of every architecture. */
import { afterAll, describe, expect, it } from "vitest";
import { encodeInt8, int8Network } from "../../src/export/int8/encode.ts";
import { network } from "../../src/models/network.ts";
import { gcc, missing, Workshop } from "./compiled.ts";
import { everyArchitecture, randomRow } from "./models.ts";
import { labelledRows } from "./int8Rows.ts";

const workshop = new Workshop();
afterAll(() => workshop.remove());
const absent = missing("gcc");

describe.skipIf(absent)(`int8 C has the bits of its reference${absent ? ` (skipped: ${absent})` : ""}`, () => {
  it.each(Object.entries(everyArchitecture))("of %s", { timeout: 120_000 }, async (name, make) => {
    const fields = make();
    const model = await network(fields, { threads: 1 });
    const data = await labelledRows(fields, 24);
    const files = await encodeInt8(model, name, data);
    console.log(name, files.flash, files.ram, files.scores.float.accuracy, files.scores.int8.accuracy, files.scores.agreement);
    const program = workshop.compiledFiles(files, name, { ...gcc, flags: ["-O1"] });
    expect(program.golden()).toEqual({ code: 0, text: "8 golden rows: equal bits\n" });
    const int8 = await int8Network(model, data);
    const rows = Array.from({ length: 30 }, (_, seed) => randomRow(fields, seed));
    program.run(rows).forEach((said, r) => {
      expect(said && Array.from(said.outputs), `row ${r}`).toEqual(Array.from(int8.outputs(rows[r])));
      expect(Array.from(said?.probabilities ?? [])).toEqual(int8.predictRows(rows[r])[0].probabilities);
    });
    int8.dispose();
  });
});
