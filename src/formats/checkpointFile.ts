/**
 * A checkpoint as a file: safetensors with `format` "toeplitz-checkpoint". The first entry of the metadata is the SHA-256
 * of the whole file with zeros in its place, so that no byte of it can change unseen. A right sum says that the file is
 * whole, not who wrote it: what it holds is checked as any input is. Member i's tensors have the prefix `i/`, its numbers are
 * JSON in the metadata.
 */
import { textOfUnits } from "../numerics/extremes.ts";
import type { Shape } from "../numerics/tensor.ts";
import type { Checkpoint, RunState } from "../training/state.ts";
import { faultInNames } from "../data/channelNames.ts";
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import {
  dictionary,
  flag,
  list,
  Misfit,
  parseJson,
  record,
  text,
  whole,
  type Check,
} from "../data/schema.ts";
import { limits } from "../layers/limits.ts";
import { checkModel, ModelError, type Model } from "../layers/model.ts";
import { rawChannels } from "../models/preparation.ts";
import { hash, progressOf, settingsOf } from "../training/schemas.ts";
import { checkPreparation, checkTargets } from "./preparationFile.ts";
import { sha256 } from "../numerics/sha256.ts";
import { CHECKPOINT_FORMAT } from "./notAModel.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "./safetensors.ts";

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
  const written = (from: number, to: number): string => textOfUnits(bytes.subarray(from, to));
  if (bytes.length === 0) throw new InputError(`${file}: it is empty; ${REMEDY}`);
  if (written(8, SUM_AT) !== OPENING)
    throw new InputError(`${file}: it does not begin as a checkpoint does; ${REMEDY}`);
  const zeroed = Uint8Array.from(bytes); // not slice, which of a Buffer is no copy
  zeroed.fill(ZEROS.charCodeAt(0), SUM_AT, SUM_AT + 64);
  if (sha256(zeroed) !== written(SUM_AT, SUM_AT + 64))
    throw new InputError(
      `${file}: its SHA-256 is not the one that it holds: it is damaged or cut short; ${REMEDY}`,
    );
  const { tensors, metadata } = decodeSafetensors(bytes, file);
  if (metadata.format !== CHECKPOINT_FORMAT) throw new InputError(`${file}: it is no checkpoint; ${REMEDY}`);
  const json = <T>(key: string, check: Check<T>): T => {
    if (!Object.hasOwn(metadata, key)) throw new Misfit(key, "is missing");
    return at(key, () => check(parseJson(metadata[key], asWritten)));
  };
  try {
    const count = json("members", whole(1, limits.members.most));
    const members = Array.from({ length: count }, (_, i) =>
      memberOf(json(`${i}/state`, storedState), tensors, `${i}/`),
    );
    return { members, notes: json("notes", dictionary(text(MOST_NOTE), MOST_NOTES)) };
  } catch (error) {
    if (error instanceof Misfit) throw new InputError(`${file}: ${error.message}; ${REMEDY}`);
    throw error;
  }
}

/** What is wrong below a key of the metadata. */
function at<T>(key: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Misfit) throw new Misfit(`${key}:`, error.message);
    throw error;
  }
}

/** Notes that whoever saves may keep, and their length. */
const MOST_NOTES = 1000;
const MOST_NOTE = 10_000_000;

const REMEDY = "no run can go on from it: put back a copy or start the run over";

type StoredState = Omit<RunState, "tensors" | "best"> & { readonly best: boolean };

const model: Check<Model> = (value, path = "") => {
  try {
    return checkModel(value);
  } catch (error) {
    if (error instanceof ModelError) throw new Misfit(path, `is wrong: ${error.message}`);
    throw error;
  }
};
const fail = (what: string): never => {
  throw new Misfit("", what);
};

const stateShape = record(
  {
    toeplitz: text(100),
    model,
    dataSha256: hash,
    settings: settingsOf,
    preparation: (value: unknown) => value,
    progress: progressOf,
    best: flag,
  },
  {
    channelNames: list(text(), limits.rowValues.most),
    targets: (value: unknown) => checkTargets(value, fail),
  },
);

const storedState: Check<StoredState> = (value, path) => {
  const state = stateShape(value, path);
  const preparation = checkPreparation(state.preparation, state.model.input, fail);
  const fault = state.channelNames
    ? faultInNames(state.channelNames, rawChannels(preparation, state.model.input.channels))
    : null;
  if (fault !== null) fail(`channelNames: ${fault}`);
  return { ...state, preparation };
};

function memberOf(stored: StoredState, tensors: readonly Tensor[], prefix: string): RunState {
  const within = (start: string): Tensor[] =>
    tensors
      .filter(({ name }) => name.startsWith(start))
      .map((tensor) => ({ ...tensor, name: tensor.name.slice(start.length) }));
  const best = within(`${prefix}best/`).map(({ name, data, shape: extents }) => {
    if (extents.length !== 3 || !data.every(Number.isFinite))
      throw new Misfit(`tensor ${quote(`${prefix}best/${name}`)}`, "has no three axes of finite numbers");
    const shape: Shape = [extents[0], extents[1], extents[2]];
    return { name, shape, data };
  });
  const own = within(prefix).filter(({ name }) => !name.startsWith("best/"));
  const wrong = own.find(({ data }) => !data.every(Number.isFinite));
  if (wrong)
    throw new Misfit(`tensor ${quote(`${prefix}${wrong.name}`)}`, "holds values that are not finite");
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
