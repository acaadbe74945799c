/** A few hundred tables of every dialect; `npm run proof:tables` reads 10,000. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge } from "./differential.ts";
import { madeOf, recipes } from "./tables.ts";

describe("tables of pandas, Excel, R and loggers", () => {
  it("have the numbers that a second parser finds in them, or are refused in one line", async () => {
    const counts = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(recipes, async (recipe) => {
        const outcome = await judge(madeOf(recipe));
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      }),
      { numRuns: 300 },
    );
    // a reader that refuses everything would be right, too
    expect(counts.get("equal") ?? 0).toBeGreaterThan(100);
  });
});
