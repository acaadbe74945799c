/** Layers against PyTorch: outputs and running statistics within 1e-5, gradients within 1e-4 of each tensor's norm. */
import { describe, expect, it } from "vitest";
import { reference } from "../../src/backends/reference/reference.ts";
import { kinds } from "../../src/layers/kinds.ts";
import { layerDistances, type Distances } from "./compiled.ts";
import { grid } from "./vectors.ts";

function requireNear(found: ReadonlyMap<number, Distances>): void {
  for (const [rows, { forward, gradients }] of found) {
    for (const [name, d] of Object.entries(forward))
      expect(d, `${name} of ${rows} rows`).toBeLessThanOrEqual(1e-5);
    for (const [name, d] of Object.entries(gradients))
      expect(d, `gradient by ${name} of ${rows} rows`).toBeLessThanOrEqual(1e-4);
  }
}

for (const [family, cases] of Object.entries(grid.layers)) {
  describe(`PyTorch's ${family}`, () => {
    it.each(cases)("$name", async (c) => {
      requireNear(await layerDistances(c));
    });
  });
}

const all = Object.values(grid.layers).flat();
const covered = new Map(all.flatMap((c) => c.layers.map(({ kind }) => [kind, c] as const)).toReversed());

describe("PyTorch's layers on the reference back end", () => {
  it.each([...covered])("%s", async (_, c) => {
    requireNear(await layerDistances({ ...c, rows: c.rows.slice(0, 2) }, reference));
  });
});

it("every kind of layer is compared with PyTorch", () => {
  expect([...covered.keys()].toSorted()).toEqual(Object.keys(kinds).toSorted());
});
