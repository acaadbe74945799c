/**
 * FLAC recordings: what the stream is, then frames, each with its checksum. Samples are whole numbers of 4 to 32 bits, scaled
 * to [-1, 1) as those of WAV are, exact. A file that is cut short is read to its last whole frame, with a note. Source: RFC 9639.
 */
import { textOfUnits } from "../numerics/extremes.ts";
import { InputError } from "../data/errors.ts";
import { FREE_BYTES, MOST_TIMES } from "../data/seriesRows.ts";
import { EndOfFile } from "./flacBits.ts";
import { FrameError, readFrame, type FlacStream } from "./flacFrame.ts";
import { afterTag } from "./id3.ts";
import type { Recording } from "./wav.ts";

const MAGIC = "fLaC";

/** By its first bytes, after an ID3 tag too. */
export const isFlac = (bytes: Uint8Array): boolean => startsAt(bytes, afterTag(bytes));

const startsAt = (bytes: Uint8Array, at: number): boolean =>
  textOfUnits(bytes.subarray(at, at + 4)) === MAGIC;

interface Head extends FlacStream {
  /** Samples a channel; 0 where they are not known. */
  readonly total: number;
  /** Where the first frame begins. */
  readonly start: number;
}

type Refuse = (at: number, what: string) => never;

/** Reads a recording. Throws InputError `FILE, byte N: what; rule; remedy`. */
export function parseFlac(bytes: Uint8Array, file: string): Recording {
  const refuse: Refuse = (at, what) => {
    throw new InputError(`${file}, byte ${at}: ${what}`);
  };
  const begin = afterTag(bytes);
  if (!startsAt(bytes, begin)) refuse(begin, "it is no FLAC file; one begins with fLaC; convert it to one");
  const head = readHead(bytes, begin + 4, refuse);
  const { rate, channels, bits, total } = head;
  const blocks: (readonly Float64Array[])[] = [];
  const notes: string[] = [];
  // a frame of silence is some bytes, whatever its length
  const most = Math.max(FREE_BYTES, MOST_TIMES * bytes.length) / channels;
  let length = 0;
  for (let at = head.start; at < bytes.length;) {
    if (total > 0 && length >= total) {
      notes.push(`after the last frame ${bytes.length - at} bytes follow, and are left out`);
      break;
    }
    const frame = nextFrame(bytes, at, head, refuse);
    if (!frame) {
      notes.push(`the file ends within a frame: the last ${bytes.length - at} bytes are left out`);
      break;
    }
    length += frame.samples[0].length;
    if (length > most)
      refuse(at, `it unpacks to more than ${MOST_TIMES} values a byte; give the recording as WAV`);
    blocks.push(frame.samples);
    at = frame.next;
  }
  if (length === 0)
    refuse(
      head.start,
      "the recording has no samples; a series has at least one; leave it out, or record it again",
    );
  if (total > 0 && length !== total)
    notes.push(`the header has ${total} samples, and the ${length} that are there are read`);
  const samples = new Float64Array(channels * length);
  let to = 0;
  for (const block of blocks) {
    block.forEach((line, c) => samples.set(line, c * length + to));
    to += block[0].length;
  }
  for (let i = 0; i < samples.length; i++) samples[i] /= 2 ** (bits - 1);
  return { rate, channels, length, samples, ...(notes.length > 0 && { notes }) };
}

/** The frame at a byte; null where the file ends within it. */
function nextFrame(
  bytes: Uint8Array,
  at: number,
  head: Head,
  refuse: Refuse,
): ReturnType<typeof readFrame> | null {
  try {
    return readFrame(bytes, at, head);
  } catch (error) {
    if (error instanceof EndOfFile) return null;
    if (error instanceof FrameError) return refuse(at, `${error.message}; give the file as it was written`);
    throw error;
  }
}

/** What the stream is: the first block of metadata; the others are passed over. */
function readHead(bytes: Uint8Array, from: number, refuse: Refuse): Head {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cut = (at: number): never =>
    refuse(at, "the metadata is cut short; is the file cut short? give it whole");
  let at = from;
  let stream: Omit<Head, "start"> | null = null;
  for (let isLast = false; !isLast;) {
    if (at + 4 > bytes.length) cut(at);
    const word = view.getUint32(at);
    isLast = word >>> 31 === 1;
    const [kind, size, body] = [(word >>> 24) & 127, word & 0xffffff, at + 4];
    if (body + size > bytes.length) cut(at);
    if (kind === 0 && size >= 18) {
      const [high, low] = [view.getUint32(body + 10), view.getUint32(body + 14)];
      stream = {
        rate: high >>> 12,
        channels: ((high >>> 9) & 7) + 1,
        bits: ((high >>> 4) & 31) + 1,
        total: (high & 15) * 2 ** 32 + low,
      };
    }
    at = body + size;
  }
  if (!stream) return refuse(from, "the metadata does not say what the stream is; convert the file");
  if (stream.rate === 0 || stream.bits < 4)
    refuse(
      from,
      `it has samples of ${stream.bits} bits at ${stream.rate} Hz; rates are above 0, samples of 4 to 32 bits; convert the file`,
    );
  return { ...stream, start: at };
}
