/** Each layer of the family: gradients in f64, and the same bits on all back ends, forward and backward. */
import { describe, it } from "vitest";
import { family } from "./family.ts";
import { requireGradients, requireSameBits } from "./shared.ts";

describe.each(family)("$name", ({ build, size }) => {
  it.each([1, 3])("has the gradients of central differences, to 1e-7, on %i rows", (rows) => {
    requireGradients(build, size, rows);
  });

  it.each([1, 2, 5, 17])("has the same bits on all back ends on %i rows", async (rows) => {
    await requireSameBits(build, size, rows);
  });
});
