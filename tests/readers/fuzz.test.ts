import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { damaged, outcome, readers } from "./fuzz.ts";

describe("damaged files are read soundly or refused in one line that names the file and the place", () => {
  it.each(Object.entries(readers))("%s", (_, reader) => {
    for (const seed of reader.seeds) expect(outcome(reader, seed)).toBe("taken");
    fc.assert(
      fc.property(damaged(reader), (bytes) => void outcome(reader, bytes)),
      { numRuns: 500 },
    );
  });
});
