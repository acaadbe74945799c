/** MP3 recordings, decoded by mpg123 in WebAssembly: an optional package, loaded when such a file is read. */
import type * as Mpg123 from "mpg123-decoder";
import { InputError } from "../../data/errors.ts";
import { mp3Frames } from "../mp3.ts";
import type { Recording } from "../wav.ts";
import { optionalPackage } from "./optional.ts";

/**
 * Reads a recording; samples are those of mpg123, 32-bit floats about [-1, 1], without what encoders put before and after them
 * where the file says how much that is. Throws InputError, naming the file and the place.
 */
export async function readMp3(bytes: Uint8Array, file: string): Promise<Recording> {
  const { rate, channels, data, notes } = mp3Frames(bytes, file);
  const { MPEGDecoder } = optionalPackage("mpg123-decoder", "MP3 files are", file) as typeof Mpg123;
  const decoder = new MPEGDecoder();
  await decoder.ready;
  try {
    const { channelData, samplesDecoded: length, errors } = decoder.decode(data);
    if (errors.length > 0 || length === 0)
      throw new InputError(
        `${file}: it cannot be decoded (${errors[0]?.message.trim() || "no samples"}); convert it to WAV`,
      );
    const samples = new Float64Array(channels * length);
    for (let c = 0; c < channels; c++) samples.set(channelData[c].subarray(0, length), c * length);
    const odd = samples.findIndex((sample) => !Number.isFinite(sample));
    if (odd >= 0)
      throw new InputError(`${file}: a sample is ${samples[odd]}; samples are finite; convert it to WAV`);
    return { rate, channels, length, samples, ...(notes.length > 0 && { notes }) };
  } finally {
    decoder.free();
  }
}
