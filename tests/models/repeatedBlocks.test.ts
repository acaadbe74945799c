/** Equal convolutions in blocks, whose filters are transformed once and for all, each read their own. */
import { expect, it } from "vitest";
import { layers as L, model } from "../../src/index.ts";
import { network } from "../../src/models/network.ts";
import { fieldsOf, randomRow } from "../export/models.ts";

it("16 rows at once have the bits of each row alone, where layers repeat", async () => {
  const repeated = model({ channels: 40, length: 64 }, (x) => {
    let y = x;
    for (let i = 0; i < 3; i++) y = L.relu(L.conv1d(y, { filters: 40, kernelSize: 5, padding: "same" }));
    return L.dense(L.globalAveragePool(y), { units: 3 });
  });
  const fields = fieldsOf(repeated, { kind: "none" });
  const net = await network(fields, { threads: 1 });
  const rows = Array.from({ length: 16 }, (_, seed) => randomRow(fields, seed));
  const series = Float64Array.from(rows.flatMap((row) => Array.from(row.series)));
  const direct = await network(fields, { threads: 1, convolution: "direct" });
  const together = net.outputs({ series, rows: 16 });
  expect(together).toEqual(Float32Array.from(rows.flatMap((row) => Array.from(net.outputs(row)))));
  // and are near those of the direct form, which twins never harmed
  const others = direct.outputs({ series, rows: 16 });
  together.forEach((x, i) => expect(Math.abs(x - others[i])).toBeLessThan(1e-4 * (1 + Math.abs(others[i]))));
});
