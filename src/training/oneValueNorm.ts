/** Batch norms over one position: with a batch of one row they have one value a channel, of which there is no variance. */
import { batchSizes } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { resolve, type Model, type Resolved } from "../layers/model.ts";

/**
 * Refuses (InputError) a batch of one row where a batch norm has one value a channel: no variance follows from one value, and
 * the layer would give its bias alone. `rows` are learned from, at most `batch` at a time.
 */
export function checkBatchNorms(model: Model, rows: number, batch: number, shards = 1): void {
  const hasOneRow = (of: number): boolean =>
    batchSizes(rows, of).some((size) => (size >= shards ? Math.floor(size / shards) === 1 : size > 0));
  if (!hasOneRow(batch)) return;
  const layer = oneValueNorm(resolve(model));
  if (!layer) return;
  let fitting = Math.max(batch, 2);
  while (fitting < rows && hasOneRow(fitting)) fitting++;
  throw new InputError(
    `the model ${model.name}: layer ${layer.name} (batchNorm) is given one value a channel by a ${shards > 1 ? "shard" : "batch"} of one row ` +
      `(${rows} rows, ${batch} at a time${shards > 1 ? ` in ${shards} shards` : ""}); it is expected more than 1 value per channel in training; ` +
      (rows < 2 ? "give more rows" : `give --batch ${fitting} (batch in code)`) +
      ", or a model that normalises before it pools",
  );
}

/** The first batch norm over one position, which has one value a channel and row. */
export const oneValueNorm = (layers: readonly Resolved[]): Resolved | undefined =>
  layers.find(({ kind, output }) => kind === "batchNorm" && output.length === 1);
