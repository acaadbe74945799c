/**
 * WAV recordings: RIFF chunks, of which `fmt ` says the form and `data` holds the samples; others are passed over. PCM of 8,
 * 16, 24 and 32 bits (scaled to [-1, 1)) and floats of 32 and 64 bits (as they are), any number of channels,
 * WAVE_FORMAT_EXTENSIBLE too, and RF64 (BW64) for more than 4 GiB. A writer that was interrupted leaves a size of samples
 * that is not true: they are then read to the end of the file, with a note. Sources: Microsoft and IBM, "Multimedia
 * Programming Interface", 1991, and its successors; EBU Tech 3306 (RF64).
 */
import { textOfUnits } from "../numerics/extremes.ts";
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";

/** Samples of one or more channels at one rate. */
export interface Recording {
  /** Samples a second. */
  readonly rate: number;
  /** How many channels there are. */
  readonly channels: number;
  /** Samples a channel. */
  readonly length: number;
  /** The values, `[channels, length]`: of WAV from -1 to below 1 (floats as they are), of other files in physical units. */
  readonly samples: Float64Array;
  /** What was not as the header says. */
  readonly notes?: readonly string[];
}

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** A data chunk that was written to a pipe does not know its size: it ends with the file. */
const UNKNOWN_SIZE = 0xffffffff;

export const isWav = (bytes: Uint8Array): boolean =>
  ["RIFF", "RF64", "BW64"].includes(word(bytes, 0)) && word(bytes, 8) === "WAVE";

const word = (bytes: Uint8Array, at: number): string => textOfUnits(bytes.subarray(at, at + 4));

interface Format {
  readonly tag: number;
  readonly channels: number;
  readonly rate: number;
  readonly bits: number;
}

/** Reads a recording. Throws InputError `FILE, byte N: what; rule; remedy`. */
export function parseWav(bytes: Uint8Array, file: string): Recording {
  const refuse = (at: number, what: string): never => {
    throw new InputError(`${file}, byte ${at}: ${what}`);
  };
  if (!isWav(bytes)) refuse(0, "it is no WAV file; one begins with RIFF and WAVE; convert it to one");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: Format | null = null;
  /** The size of the samples where `ds64` says it: they are more than the 32 bits of their chunk can count. */
  let large: number | null = null;
  for (let at = 12; at + 8 <= bytes.length;) {
    const id = word(bytes, at);
    const said = view.getUint32(at + 4, true);
    const start = at + 8;
    const left = bytes.length - start;
    if (id === "data") {
      if (!format)
        return refuse(at, 'the "data" chunk comes before "fmt "; which says what it holds; convert the file');
      return readSamples(view, start, sizeOfSamples(bytes, start, said, large), format, refuse);
    }
    if (said > left)
      refuse(
        at,
        `the chunk ${quote(id)} has ${said} bytes, but ${left} follow; is the file cut short? give it whole`,
      );
    if (id === "fmt ") format = readFormat(view, start, said, refuse);
    if (id === "ds64" && said >= 16) large = Number(view.getBigUint64(start + 8, true));
    at = nextChunk(bytes, start + said);
  }
  return refuse(bytes.length, 'the file ends without a "data" chunk; is the file cut short? give it whole');
}

/** Chunks begin at even places: after one of odd size stands a byte, which some writers leave out. */
function nextChunk(bytes: Uint8Array, end: number): number {
  if (end % 2 === 0) return end;
  return isChunk(bytes, end) && !isChunk(bytes, end + 1) ? end : end + 1;
}

/** Whether a chunk can begin here: four letters, and a size that the file has room for. */
function isChunk(bytes: Uint8Array, at: number): boolean {
  if (at + 8 > bytes.length || !/^[ -~]{4}$/.test(word(bytes, at))) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return word(bytes, at) === "data" || view.getUint32(at + 4, true) <= bytes.length - at - 8;
}

/** How many bytes of samples there are, and what is to be said where the header is not right about it. */
interface Size {
  readonly bytes: number;
  readonly note: string | null;
}

function sizeOfSamples(bytes: Uint8Array, start: number, said: number, large: number | null): Size {
  const left = bytes.length - start;
  const size = said === UNKNOWN_SIZE && large !== null ? large : said;
  // an empty chunk that others follow to the end is what it says, and so is any other
  const isTrue = size <= left && onlyChunks(bytes, nextChunk(bytes, start + size));
  if (isTrue || left === 0) return { bytes: Math.min(size, left), note: null };
  if (size > 0 && size < left)
    return {
      bytes: size,
      note: `after the ${size} bytes of samples that the header has, ${left - size} bytes follow that are no chunk; they are left out`,
    };
  const header =
    size === UNKNOWN_SIZE
      ? "the header does not know the size of the samples"
      : `the header has ${size} bytes of samples`;
  return { bytes: left, note: `${header}; the ${left} bytes to the end of the file are read` };
}

/** Whether the rest of the file is whole chunks. */
function onlyChunks(bytes: Uint8Array, from: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let at = from;
  while (at < bytes.length && isChunk(bytes, at))
    at = nextChunk(bytes, at + 8 + view.getUint32(at + 4, true));
  return at >= bytes.length;
}

type Refuse = (at: number, what: string) => never;

function readFormat(view: DataView, at: number, size: number, refuse: Refuse): Format {
  if (size < 16) refuse(at, `the "fmt " chunk has ${size} bytes; it has at least 16; convert the file`);
  const outer = view.getUint16(at, true);
  const tag = outer === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : outer;
  const channels = view.getUint16(at + 2, true);
  const rate = view.getUint32(at + 4, true);
  const block = view.getUint16(at + 12, true);
  const bits = view.getUint16(at + 14, true);
  const known = tag === PCM ? [8, 16, 24, 32] : tag === FLOAT ? [32, 64] : [];
  if (!known.includes(bits))
    refuse(
      at,
      `the samples are of format ${tag} with ${bits} bits; PCM of 8, 16, 24 or 32 bits and floats of 32 or 64 are read; convert the file`,
    );
  if (channels === 0 || rate === 0)
    refuse(at, `it has ${channels} channels at ${rate} Hz; both are above 0; convert the file`);
  if (block !== (channels * bits) / 8)
    refuse(
      at + 12,
      `a frame has ${block} bytes; ${channels} channels of ${bits} bits take ${(channels * bits) / 8}; convert the file`,
    );
  return { tag, channels, rate, bits };
}

function readSamples(view: DataView, at: number, size: Size, format: Format, refuse: Refuse): Recording {
  const { tag, channels, rate, bits } = format;
  const bytes = bits / 8;
  const frame = bytes * channels;
  const length = Math.floor(size.bytes / frame);
  if (length === 0)
    refuse(at, "the recording has no samples; a series has at least one; leave it out, or record it again");
  const over = size.bytes - length * frame;
  const notes = [
    ...(size.note === null ? [] : [size.note]),
    ...(over > 0
      ? [`the last ${over} of ${size.bytes} bytes of samples fill no frame of ${frame}, and are left out`]
      : []),
  ];
  const read = tag === FLOAT ? FLOATS[bits] : INTEGERS[bits];
  const samples = new Float64Array(channels * length);
  for (let t = 0; t < length; t++)
    for (let c = 0; c < channels; c++) {
      const byte = at + (t * channels + c) * bytes;
      const value = read(view, byte);
      if (!Number.isFinite(value)) refuse(byte, `a sample is ${value}; samples are finite; convert the file`);
      samples[c * length + t] = value;
    }
  return { rate, channels, length, samples, ...(notes.length > 0 && { notes }) };
}

type Read = (view: DataView, at: number) => number;

const INTEGERS: Readonly<Record<number, Read>> = {
  8: (v, at) => (v.getUint8(at) - 128) / 2 ** 7,
  16: (v, at) => v.getInt16(at, true) / 2 ** 15,
  24: (v, at) => (v.getUint16(at, true) + v.getInt8(at + 2) * 2 ** 16) / 2 ** 23,
  32: (v, at) => v.getInt32(at, true) / 2 ** 31,
};
const FLOATS: Readonly<Record<number, Read>> = {
  32: (v, at) => v.getFloat32(at, true),
  64: (v, at) => v.getFloat64(at, true),
};
