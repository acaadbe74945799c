import { describe, expect, it } from "vitest";
import { fuzzers, tryUnchanged } from "./fuzzers.ts";

describe("hostile files of right form end in a result or in one line", () => {
  it("what toeplitz writes itself is taken", async () => {
    await tryUnchanged();
  });

  it.each(Object.entries(fuzzers))("%s", async (name, fuzzer) => {
    const counts = { taken: 0, refused: 0 };
    for (let index = 0; index < 80; index++) {
      try {
        counts[await fuzzer(12, index)]++;
      } catch (error) {
        throw new Error(`${name}, seed 12, case ${index}`, { cause: error });
      }
    }
    expect(Math.min(counts.taken, counts.refused)).toBeGreaterThan(1);
  });
});
