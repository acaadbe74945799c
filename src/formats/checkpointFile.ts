/**
 * A checkpoint as a file: safetensors with `format` "toeplitz-checkpoint". The first entry of the metadata is the SHA-256
 * of the whole file with zeros in its place, so that no byte of it can change unseen; a file whose sum is right is
 * trusted. Member i's tensors have the prefix `i/`, its numbers are JSON in the metadata.
 */
import { textOfUnits } from "../numerics/extremes.ts";
import type { Shape } from "../numerics/tensor.ts";
import type { Checkpoint, RunState } from "../training/state.ts";
import { InputError } from "../data/errors.ts";
import { sha256 } from "../numerics/sha256.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "./safetensors.ts";

export const CHECKPOINT_FORMAT = "toeplitz-checkpoint";
const ZEROS = "0".repeat(64);
/** What every checkpoint has after the eight bytes of its header's length; the sum follows. */
const OPENING = '{"__metadata__":{"sha256":"';
const SUM_AT = 8 + OPENING.length;

/** The bytes of a checkpoint; `notes` are kept beside it as they are. */
export function encodeCheckpoint(
  { members }: Checkpoint,
  notes: Readonly<Record<string, string>> = {},
): Uint8Array {
  const tensors: Tensor[] = [];
  const metadata: Record<string, string> = {
    sha256: ZEROS,
    format: CHECKPOINT_FORMAT,
    members: String(members.length),
    notes: JSON.stringify(notes),
  };
  members.forEach(({ tensors: own, best, ...plain }, i) => {
    metadata[`${i}/state`] = JSON.stringify({ ...plain, best: best !== null }, exactly);
    for (const { name, data } of own) tensors.push({ name: `${i}/${name}`, shape: [data.length], data });
    for (const { name, shape, data } of best ?? [])
      tensors.push({ name: `${i}/best/${name}`, shape: [...shape], data });
  });
  const bytes = encodeSafetensors(tensors, metadata);
  bytes.set(new TextEncoder().encode(sha256(bytes)), SUM_AT);
  return bytes;
}

/**
 * A checkpoint and its notes from its bytes.
 *
 * @throws InputError, naming `file`, for anything else and for a damaged one
 */
export function decodeCheckpoint(
  bytes: Uint8Array,
  file = "the checkpoint",
): Checkpoint & {
  /** What was kept beside the checkpoint. */
  readonly notes: Readonly<Record<string, string>>;
} {
  const text = (from: number, to: number): string => textOfUnits(bytes.subarray(from, to));
  if (bytes.length === 0) throw new InputError(`${file}: it is empty; ${REMEDY}`);
  if (text(8, SUM_AT) !== OPENING)
    throw new InputError(`${file}: it does not begin as a checkpoint does; ${REMEDY}`);
  const whole = Uint8Array.from(bytes); // not slice, which of a Buffer is no copy
  whole.fill(ZEROS.charCodeAt(0), SUM_AT, SUM_AT + 64);
  if (sha256(whole) !== text(SUM_AT, SUM_AT + 64))
    throw new InputError(
      `${file}: its SHA-256 is not the one that it holds: it is damaged or cut short; ${REMEDY}`,
    );
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  if (metadata.format !== CHECKPOINT_FORMAT) throw new InputError(`${file}: it is no checkpoint; ${REMEDY}`);
  const members = Array.from({ length: Number(metadata.members) }, (_, i) =>
    memberOf(JSON.parse(metadata[`${i}/state`], asWritten) as StoredState, tensors, `${i}/`),
  );
  return { members, notes: JSON.parse(metadata.notes) as Record<string, string> };
}

const REMEDY = "no run can go on from it: put back a copy or start the run over";

type StoredState = Omit<RunState, "tensors" | "best"> & { readonly best: boolean };

function memberOf(stored: StoredState, tensors: readonly Tensor[], prefix: string): RunState {
  const within = (start: string): Tensor[] =>
    tensors
      .filter(({ name }) => name.startsWith(start))
      .map((tensor) => ({ ...tensor, name: tensor.name.slice(start.length) }));
  const best = within(`${prefix}best/`).map(({ name, data, shape: [outer, middle, inner] }) => {
    const shape: Shape = [outer, middle, inner];
    return { name, shape, data };
  });
  const own = within(prefix).filter(({ name }) => !name.startsWith("best/"));
  return {
    ...stored,
    tensors: own.map(({ name, data }) => ({ name, data })),
    best: stored.best ? best : null,
  };
}

/** Numbers that JSON would lose, as `{"number": "Infinity"}`. */
function exactly(_key: string, value: unknown): unknown {
  const lost = typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0));
  return lost ? { number: Object.is(value, -0) ? "-0" : String(value) } : value;
}

function asWritten(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("number" in value)) return value;
  return Object.keys(value).length === 1 && typeof value.number === "string" ? Number(value.number) : value;
}
