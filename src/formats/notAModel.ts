/**
 * What is given as a model file and is something else: a page that a server sent in place of a file, a layers' JSON, data.
 * Known by first bytes that no safetensors file has: it begins with a length below 2^40, whose last bytes are 0.
 */
import { InputError } from "../data/errors.ts";

/** The `format` of a checkpoint: here, so that who loads models takes in none of what checks the other. */
export const CHECKPOINT_FORMAT = "toeplitz-checkpoint";

/** The `format` of safetensors with a state dict, by which libraries know PyTorch's. */
export const STATE_DICT_FORMAT = "pt";

const REMEDY = "give the file that save or train wrote (model.safetensors)";

/** First bytes, and what a file that begins so is. */
const MAGIC: readonly (readonly [what: string, start: readonly number[]])[] = [
  ["a zip archive (so .npz, and models of PyTorch and Keras)", [0x50, 0x4b, 0x03, 0x04]],
  ["packed with gzip", [0x1f, 0x8b, 0x08]],
  ["packed with zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["a NumPy array", [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]],
  ["an HDF5 file", [0x89, 0x48, 0x44, 0x46]],
  ["a Parquet table", [0x50, 0x41, 0x52, 0x31]],
  ["a sound file (RIFF)", [0x52, 0x49, 0x46, 0x46]],
  ["a PNG picture", [0x89, 0x50, 0x4e, 0x47]],
  ["a PDF document", [0x25, 0x50, 0x44, 0x46]],
  ["WebAssembly", [0x00, 0x61, 0x73, 0x6d]],
];

/** Beginnings of text, the first that fits, and what to do with a file that begins so. */
const TEXTS: readonly (readonly [start: RegExp, what: string, remedy: string])[] = [
  [
    /^<(!doctype html|html|head|body|script|!--)/i,
    "an HTML page",
    "a server sent a page in the place of the file: see whether its address is right and open to you",
  ],
  [/^<(\?xml|[a-z])/i, "XML", "a server may have sent an error in the place of the file; see its address"],
  [
    /^version https:\/\/git-lfs\.github\.com/,
    "a pointer of Git LFS",
    "the file itself is not there yet; git lfs pull fetches it",
  ],
  [/^(\{|\[)/, "JSON", `layers without weights go to train --model FILE.json; for a trained model ${REMEDY}`],
  [
    /^(@|#|%|[^\n]*[,;\t])/,
    "text, as tables and time series are",
    `of the command line, MODEL comes before DATA; ${REMEDY}`,
  ],
];

/** The bytes of a model file in one of the forms that they come in. Throws InputError for what is none, or another file. */
export function modelBytes(given: unknown, file: string): Uint8Array {
  const bytes = bytesOf(given);
  if (bytes === null)
    throw new InputError(
      `${file}: load takes its bytes, a Uint8Array or an ArrayBuffer (await response.arrayBuffer()), ` +
        `not ${describe(given)}; of a path, loadFile of toeplitz/node`,
    );
  if (bytes.length === 0)
    throw new InputError(`${file}: the file is empty, not a model; ${REMEDY}, or fetch it again`);
  const found = otherFile(bytes);
  if (found) throw new InputError(`${file}: it is ${found.what}, not a model; ${found.remedy}`);
  return bytes;
}

function bytesOf(given: unknown): Uint8Array | null {
  if (given instanceof Uint8Array) return given;
  if (ArrayBuffer.isView(given)) return new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
  // by its tag: a buffer of another frame or realm is of another class
  const tag = Object.prototype.toString.call(given);
  return tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]"
    ? new Uint8Array(given as ArrayBuffer)
    : null;
}

const describe = (given: unknown): string =>
  typeof given === "string"
    ? "a string"
    : given === null || given === undefined
      ? String(given)
      : Object.prototype.toString.call(given).slice(8, -1);

function otherFile(bytes: Uint8Array): { readonly what: string; readonly remedy: string } | null {
  const magic = MAGIC.find(([, start]) => start.every((byte, i) => bytes[i] === byte));
  if (magic) return { what: magic[0], remedy: REMEDY };
  if (bytes.subarray(0, 8).includes(0)) return null;
  const text = new TextDecoder().decode(bytes.subarray(0, 512)).replace(/^\ufeff?\s+/, "");
  // a cut letter at the end is one such sign; more of them are of binary files
  if (/[\p{Cc}\ufffd](?!$)/u.test(text.replace(/[\t\r\n]/g, ""))) return null;
  const kind = TEXTS.find(([start]) => start.test(text));
  if (kind) return { what: kind[1], remedy: kind[2] };
  return bytes.length < 8 ? null : { what: "text", remedy: REMEDY };
}
