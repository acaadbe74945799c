/**
 * A stream's memory as bytes, little-endian: "tpzstrm1", the SHA-256 of the network and its hop, the samples so far (f64),
 * how many raw values wait (u32) and how many are history (u32), then these as f64 and f32.
 */
import type { Numerics } from "../../vector/program.ts";
import { InputError } from "../../data/errors.ts";
import { Sha256 } from "../../numerics/sha256.ts";
import type { Engine, StreamFields } from "./engine.ts";

const MAGIC = "tpzstrm1";
const HASH_BYTES = 32;
const HEADER = MAGIC.length + HASH_BYTES + 8 + 4 + 4;

/** The SHA-256 of a network that streams: of what its answers are made of. */
export function identityOf({ model, preparation, weights }: StreamFields, numerics: Numerics): string {
  const hash = new Sha256();
  hash.update(new TextEncoder().encode(JSON.stringify([model, preparation, numerics])));
  for (const { name, data } of weights) {
    hash.update(new TextEncoder().encode(name));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest();
}

/** The SHA-256 of what two streams share that can go on from each other's states. */
export function fingerprintOf(identity: string, every: number): string {
  const hash = new Sha256();
  hash.update(ascii(`${identity} ${every}`));
  return hash.digest();
}

/** An AudioWorklet has no TextEncoder. */
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

const hashBytes = (hex: string): number[] =>
  Array.from({ length: HASH_BYTES }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));

export function encodeState(
  fingerprint: string,
  { samples, pending, past }: ReturnType<Engine["save"]>,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER + 8 * pending.length + 4 * past.length);
  const view = new DataView(bytes.buffer);
  bytes.set(ascii(MAGIC));
  bytes.set(hashBytes(fingerprint), MAGIC.length);
  let at = MAGIC.length + HASH_BYTES;
  view.setFloat64(at, samples, true);
  view.setUint32(at + 8, pending.length, true);
  view.setUint32(at + 12, past.length, true);
  at = HEADER;
  for (const x of pending) {
    view.setFloat64(at, x, true);
    at += 8;
  }
  for (const x of past) {
    view.setFloat32(at, x, true);
    at += 4;
  }
  return bytes;
}

/** Throws InputError for anything but the state of such a stream. */
export function decodeState(
  bytes: Uint8Array,
  fingerprint: string,
  {
    pastFloats,
    pendingOf,
    channels,
  }: Pick<Engine, "pastFloats" | "pendingOf"> & { readonly channels: number },
): ReturnType<Engine["save"]> {
  const refuse = (what: string): never => {
    throw new InputError(`not a state of this stream: ${what}; give the bytes that state() gave`);
  };
  if (bytes.length < HEADER || ascii(MAGIC).some((b, i) => bytes[i] !== b))
    return refuse(`it does not begin with ${MAGIC}`);
  const own = hashBytes(fingerprint);
  if (own.some((b, i) => bytes[MAGIC.length + i] !== b))
    return refuse("it is of another network, preparation, numerics or hop");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = MAGIC.length + HASH_BYTES;
  const samples = view.getFloat64(at, true);
  const waiting = view.getUint32(at + 8, true);
  const floats = view.getUint32(at + 12, true);
  if (
    !Number.isSafeInteger(samples) ||
    samples < 0 ||
    waiting !== pendingOf(samples) * channels ||
    floats !== pastFloats
  )
    return refuse("its counts are not those of such a stream");
  if (bytes.length !== HEADER + 8 * waiting + 4 * floats)
    return refuse(`it has ${bytes.length} bytes, not ${HEADER + 8 * waiting + 4 * floats}`);
  at = HEADER;
  const pending = Float64Array.from({ length: waiting }, (_, i) => view.getFloat64(at + 8 * i, true));
  at += 8 * waiting;
  const past = Float32Array.from({ length: floats }, (_, i) => view.getFloat32(at + 4 * i, true));
  if (!pending.every(Number.isFinite)) return refuse("a sample in it is not finite");
  return { samples, pending, past };
}
