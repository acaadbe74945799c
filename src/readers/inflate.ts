/**
 * Unpacks raw deflate data (RFC 1951), as zip archives and MATLAB files have it, wherever JavaScript runs. It goes some KiB at
 * a time, so that data made to unpack to far more than it may (up to 1032 times its size) is given up at the bound.
 */
import { Inflate as Stream } from "fflate";

/** What unpacks: `inflate` below, or a platform's own that does the same faster. */
export type Inflate = (data: Uint8Array, most: number) => Uint8Array;

/** Bytes that are unpacked at once: to at most 1032 times as many. */
const STEP = 2 ** 12;

/** The unpacked bytes, at most `most`. Throws, whatever the error, where the data is damaged or unpacks to more. */
export function inflate(data: Uint8Array, most: number): Uint8Array {
  if (data.length === 0) throw new Error("there is nothing to unpack");
  const parts: Uint8Array[] = [];
  let size = 0;
  const stream = new Stream((part) => {
    size += part.length;
    if (size > most) throw new Error(`it unpacks to more than ${most} bytes`);
    parts.push(part);
  });
  for (let at = 0; at < data.length; at += STEP)
    stream.push(data.subarray(at, at + STEP), at + STEP >= data.length);
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
