/**
 * `npm run proof:tables [-- --cases N] [--seed N]`: tables of pandas, Excel, R and loggers, 10,000 of them, whole and damaged,
 * read by the reader and by a second parser (tests/readers/csv/differential.ts). Each has the same numbers in both or is refused
 * in one line that is right; anything else is printed with its recipe, and the run fails.
 */
import { parseArgs } from "node:util";
import * as fc from "fast-check";
import { judge } from "../tests/readers/csv/differential.ts";
import type { Recipe } from "../tests/readers/csv/recipe.ts";
import { madeOf, recipes } from "../tests/readers/csv/tables.ts";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "10000" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
  },
});
const cases = Number(values.cases);
const seed = Number(values.seed);
/** Failures that are printed in full. */
const SHOWN = 5;

console.log(`${cases} tables, seed ${seed}`);
const counts = new Map<string, number>();
const count = (outcome: string): void => void counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
let wrong = 0;
let done = 0;
for (const recipe of fc.sample(recipes, { numRuns: cases, seed })) {
  await one(recipe);
  if (++done % 1000 === 0) console.error(`${done} of ${cases}, ${wrong} wrong`);
}
for (const [outcome, n] of [...counts].sort((a, b) => b[1] - a[1]))
  console.log(`${String(n).padStart(7)}  ${outcome}`);
if (wrong > 0) process.exitCode = 1;

async function one(recipe: Recipe): Promise<void> {
  try {
    count(await judge(madeOf(recipe)));
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    count("WRONG");
    if (++wrong <= SHOWN) console.log(`${text}\n${JSON.stringify(recipe)}\n`);
  }
}
