/** The table of docs/limits.md, from the limits of the code. */
import { limits } from "../../src/layers/limits.ts";

/** What a model may be at most. */
export const modelLimits = (): string =>
  [
    "| what | most |",
    "| --- | ---: |",
    ...Object.values(limits).map(({ what, most }) => `| ${what} | ${most.toLocaleString("en-US")} |`),
  ].join("\n");
