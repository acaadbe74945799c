/** Files for the studio's tests, made from numbers. */

/** A WAV file of one channel in 16 bits. */
export function wav(rate: number, samples: Int16Array): Buffer {
  const head = Buffer.alloc(44);
  const size = 2 * samples.length;
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + size, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20); // PCM
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(2 * rate, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(size, 40);
  return Buffer.concat([head, Buffer.from(samples.buffer, samples.byteOffset, size)]);
}
