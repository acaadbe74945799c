/** ID3 tags, which music programs put before recordings. Source: id3.org, ID3v2.4.0. */
import { textOfUnits } from "../numerics/extremes.ts";

/** Where a file goes on after a tag of version 2; 0 where it has none. */
export function afterTag(bytes: Uint8Array): number {
  if (bytes.length < 10 || textOfUnits(bytes.subarray(0, 3)) !== "ID3") return 0;
  const size = bytes.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 127), 0);
  return 10 + size + (bytes[5] & 16 ? 10 : 0); // a footer is as long as the header
}
