import { chunks, type Dataset } from "./dataset.ts";
import { Sha256 } from "../numerics/sha256.ts";

/**
 * The identity of a data set: SHA-256 over its shape and class names (as one line of JSON), its series
 * (little-endian binary64, row-major), its labels (little-endian int32), its targets (binary64) and, where rows differ in
 * length, their lengths (int32), and where they have weights, those (binary64).
 * The name is left out: a renamed file is the same data. So are names of channels, since whoever compares hashes has put
 * the channels into one order by name before, and where the rows are: in memory or not.
 */
export function dataHash(data: Dataset): string {
  const { rows, channels, length, classes, labels, targets, lengths = new Int32Array(0), rowWeights } = data;
  const outputs = rows ? targets.length / rows : 0;
  const head = new TextEncoder().encode(
    JSON.stringify({ rows, channels, length, outputs, classes, ...(rowWeights && { weighted: true }) }) +
      "\n",
  );
  const hash = new Sha256().update(head);
  for (const { series } of chunks(data)) hash.update(float64Bytes(series));
  hash.update(int32Bytes(labels)).update(float64Bytes(targets)).update(int32Bytes(lengths));
  return (rowWeights ? hash.update(float64Bytes(rowWeights)) : hash).digest();
}

function int32Bytes(values: Int32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => view.setInt32(4 * i, value, true));
  return new Uint8Array(view.buffer);
}

function float64Bytes(values: Float64Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  for (let i = 0; i < values.length; i++) {
    // every NaN is one value, but not one pattern of bits
    if (Number.isNaN(values[i])) view.setUint32(8 * i + 4, 0x7ff80000, true);
    else view.setFloat64(8 * i, values[i], true);
  }
  return new Uint8Array(view.buffer);
}
