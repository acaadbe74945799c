import type { Dataset } from "./dataset.ts";
import { sha256 } from "./sha256.ts";

/**
 * The identity of a data set: SHA-256 over its shape and class names (as one line of JSON), its series
 * (little-endian binary64, row-major), its labels (little-endian int32) and its targets (binary64).
 * The name is left out: a renamed file is the same data.
 */
export function dataHash(data: Dataset): string {
  const { rows, channels, length, classes, series, labels, targets } = data;
  const outputs = rows ? targets.length / rows : 0;
  const head = new TextEncoder().encode(JSON.stringify({ rows, channels, length, outputs, classes }) + "\n");
  const bytes = new Uint8Array(head.length + 8 * series.length + 4 * labels.length + 8 * targets.length);
  bytes.set(head);
  const view = new DataView(bytes.buffer);
  let at = head.length;
  for (let i = 0; i < series.length; i++, at += 8) view.setFloat64(at, series[i], true);
  for (let i = 0; i < labels.length; i++, at += 4) view.setInt32(at, labels[i], true);
  for (let i = 0; i < targets.length; i++, at += 8) view.setFloat64(at, targets[i], true);
  return sha256(bytes);
}
