/** Rows with the same values, which a split may put on both sides: a model that has seen a test row need not generalise. */
import { chunks, type Dataset } from "./dataset.ts";

/** More values than this are not looked through (a core does some hundred million a second). */
const MOST_VALUES = 1e8;

/** How many rows of `test` are rows of `train` too; null where there is too much to look through. */
export function rowsInBoth(train: Dataset, test: Dataset): number | null {
  if (!(valuesOf(train) + valuesOf(test) <= MOST_VALUES)) return null;
  const seen = new Set(rowKeys(train));
  let count = 0;
  for (const key of rowKeys(test)) if (seen.has(key)) count++;
  return count;
}

/** How many rows are copies of an earlier one; null where there is too much to look through. */
export function repeatedRows(data: Dataset): number | null {
  return valuesOf(data) <= MOST_VALUES ? data.rows - new Set(rowKeys(data)).size : null;
}

const valuesOf = ({ rows, channels, length }: Dataset): number => rows * channels * length;

/** 52 bits of each row's values: 32 from one hash (FNV-1a over words), 20 from another. */
function* rowKeys(data: Dataset): Generator<number> {
  for (const { series, rows } of chunks(data)) {
    const words = new Int32Array(series.buffer, series.byteOffset, 2 * series.length);
    const size = words.length / rows;
    for (let start = 0; start < words.length; start += size) {
      let a = 0x811c9dc5;
      let b = 0x2545f491;
      for (let i = start; i < start + size; i++) {
        a = Math.imul(a ^ words[i], 0x01000193);
        a ^= a >>> 15;
        b = Math.imul(b ^ words[i], 0x5bd1e995);
        b ^= b >>> 13;
      }
      yield (a >>> 0) * 2 ** 20 + (b >>> 12);
    }
  }
}
