/**
 * The frames of an MP3 recording (MPEG 1, 2 and 2.5, layer III): where they are, their rate and channels. They are walked
 * from header to header before a decoder sees them, so that damage is said with its place. Source: ISO/IEC 11172-3 and 13818-3.
 */
import { textOfUnits } from "../numerics/extremes.ts";
import { InputError } from "../data/errors.ts";
import { afterTag } from "./id3.ts";

/** What a file holds, before it is decoded. */
export interface Mp3Frames {
  /** Samples a second. */
  readonly rate: number;
  readonly channels: 1 | 2;
  /** The bytes of the frames, one after the other. */
  readonly data: Uint8Array;
  /** What was left out. */
  readonly notes: readonly string[];
}

interface Frame {
  readonly size: number;
  readonly rate: number;
  readonly channels: 1 | 2;
}

/** kbit/s by the header's code: of MPEG 1, and of 2 and 2.5. */
const BITRATES = [
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const;
/** Samples a second of MPEG 1; those of 2 are half of them, of 2.5 a quarter. */
const RATES = [44100, 48000, 32000] as const;

/** The frame whose header is at a byte; null where none is. */
function frameAt(bytes: Uint8Array, at: number): Frame | null {
  if (at + 4 > bytes.length || bytes[at] !== 0xff || bytes[at + 1] >> 5 !== 7) return null;
  const version = (bytes[at + 1] >> 3) & 3; // 0: 2.5, 2: 2, 3: 1
  const layer = (bytes[at + 1] >> 1) & 3; // 1: III
  const [bitrate, rateCode] = [bytes[at + 2] >> 4, (bytes[at + 2] >> 2) & 3];
  if (version === 1 || layer !== 1 || bitrate === 0 || bitrate === 15 || rateCode === 3) return null;
  const rate = RATES[rateCode] / { 0: 4, 2: 2, 3: 1 }[version as 0 | 2 | 3];
  const kbits = BITRATES[version === 3 ? 0 : 1][bitrate];
  const padding = (bytes[at + 2] >> 1) & 1;
  const size = Math.floor(((version === 3 ? 144000 : 72000) * kbits) / rate) + padding;
  return { size, rate, channels: bytes[at + 3] >> 6 === 3 ? 1 : 2 };
}

/** By a frame with another one behind it, or to its end, after an ID3 tag too. */
export function isMp3(bytes: Uint8Array): boolean {
  const at = afterTag(bytes);
  const first = frameAt(bytes, at);
  if (!first) return false;
  return at + first.size === bytes.length || frameAt(bytes, at + first.size) !== null;
}

/** Finds the frames. Throws InputError `FILE, byte N: what; rule; remedy`. */
export function mp3Frames(bytes: Uint8Array, file: string): Mp3Frames {
  const refuse = (at: number, what: string): never => {
    throw new InputError(`${file}, byte ${at}: ${what}`);
  };
  const start = afterTag(bytes);
  const first = frameAt(bytes, start);
  if (!first)
    return refuse(
      start,
      "it is no MP3 file; one begins with a frame of layer III; convert it to one, or to WAV",
    );
  const { rate, channels } = first;
  let at = start;
  for (let frame: Frame | null = first; frame; frame = frameAt(bytes, at)) {
    if (at + frame.size > bytes.length) break;
    if (frame.rate !== rate || frame.channels !== channels)
      refuse(
        at,
        `a frame has ${frame.channels} channels at ${frame.rate} Hz, the first ${channels} at ${rate}; all have the same; convert the file`,
      );
    at += frame.size;
  }
  if (at === start) refuse(at, "the file ends within its first frame; is the file cut short? give it whole");
  return { rate, channels, data: bytes.subarray(start, at), notes: leftOver(bytes, at) };
}

/** What is to be said of the bytes after the last whole frame: of tags nothing. */
function leftOver(bytes: Uint8Array, at: number): string[] {
  const left = bytes.length - at;
  const word = textOfUnits(bytes.subarray(at, at + 8));
  if (left === 0 || (word.startsWith("TAG") && left === 128) || word === "APETAGEX") return [];
  return [
    frameAt(bytes, at)
      ? `the file ends within a frame: the last ${left} bytes are left out`
      : `after the last frame ${left} bytes follow that are none, and are left out`,
  ];
}
