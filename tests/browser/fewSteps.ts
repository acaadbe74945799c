/** A few steps of a small network: what even the reference back end does at once. */
import { architectures, fit, fromArrays } from "../../src/index.ts";

export interface Few {
  readonly weightsSha256: string;
  readonly backend: string;
  readonly notes: readonly string[];
}

export async function trainFew(): Promise<Few> {
  const data = fromArrays({
    series: Array.from({ length: 8 }, (_, n) => Array.from({ length: 12 }, (_v, t) => (n % 2 ? t : 12 - t))),
    labels: Array.from({ length: 8 }, (_, n) => n % 2),
  });
  const notes: string[] = [];
  const model = architectures.chain(data, { filters: [3] });
  const run = await fit(model, data, { steps: 3, batch: 8, onNote: (note) => notes.push(note) });
  return { weightsSha256: run.weightsSha256, backend: run.backend, notes };
}
