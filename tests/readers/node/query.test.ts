/** A CSV with the query of all its rows is what it is without one, in every dialect. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { dataHash } from "../../../src/data/dataHash.ts";
import type { SourceOptions } from "../../../src/readers/node/readOptions.ts";
import { readParts } from "../../../src/readers/node/readParts.ts";
import { madeOf, recipes } from "../csv/tables.ts";

const folder = mkdtempSync(join(tmpdir(), "toeplitz-query-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("select * from data has the values, classes and notes of the file, or refuses in its words", async () => {
  const file = join(folder, "t.csv");
  const told = (options: SourceOptions): Promise<unknown> =>
    readParts(file, options).then(
      ({ train }) => [dataHash(train), train.classes, train.notes],
      (error: Error) => [error.name, error.message],
    );
  await fc.assert(
    fc.asyncProperty(recipes, async (recipe) => {
      const { bytes, options } = madeOf(recipe);
      writeFileSync(file, bytes);
      expect(await told({ ...options, sql: "select * from data" })).toEqual(await told(options));
    }),
    { numRuns: 60 },
  );
});
