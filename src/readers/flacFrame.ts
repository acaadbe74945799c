/** One frame of a FLAC file: some samples of each channel, as whole numbers. Source: RFC 9639, section 9. */
import { Bits, crc16, crc8 } from "./flacBits.ts";

/** What the file says of all of its frames. */
export interface FlacStream {
  readonly rate: number;
  readonly channels: number;
  /** Bits a sample. */
  readonly bits: number;
}

export interface FlacFrame {
  /** The samples of each channel. */
  readonly samples: readonly Float64Array[];
  /** Where the next frame begins. */
  readonly next: number;
}

/** Why a frame is none. */
export class FrameError extends Error {}

const wrong = (why: string): never => {
  throw new FrameError(why);
};

const RATES = [0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000];
const SIZES = [0, 8, 12, -1, 16, 20, 24, 32];

/** Reads the frame that begins at a byte. Throws FrameError, or EndOfFile where the file ends within it. */
export function readFrame(bytes: Uint8Array, at: number, stream: FlacStream): FlacFrame {
  const bits = new Bits(bytes, at);
  if (bits.read(15) !== 0x7ffc) wrong("no frame begins there");
  bits.read(1); // whether blocks differ in size: each says its own
  const [blockCode, rateCode, assignment, sizeCode] = [
    bits.read(4),
    bits.read(4),
    bits.read(4),
    bits.read(3),
  ];
  bits.read(1);
  for (let more = Math.clz32(~(bits.read(8) << 24)) - 1; more > 0; more--) bits.read(8); // the frame's number
  const length = blockLength(bits, blockCode);
  const rate = rateOf(bits, rateCode, stream.rate);
  const said = crc8(bytes.subarray(at, bits.at));
  if (bits.read(8) !== said) wrong("the checksum of a frame's header does not agree");
  const channels = assignment < 8 ? assignment + 1 : 2;
  const depth = SIZES[sizeCode] || stream.bits;
  if (assignment > 10 || channels !== stream.channels || depth !== stream.bits || rate !== stream.rate)
    wrong(
      `a frame has ${channels} channels of ${depth} bits at ${rate} Hz, the file ${stream.channels} of ${stream.bits} at ${stream.rate}`,
    );
  const samples = Array.from({ length: channels }, (_, c) =>
    readSubframe(bits, length, depth + (isSide(assignment, c) ? 1 : 0)),
  );
  bits.align();
  const sum = crc16(bytes.subarray(at, bits.at));
  if (bits.read(16) !== sum) wrong("the checksum of a frame does not agree");
  if (assignment >= 8) toLeftAndRight(assignment, samples);
  return { samples, next: bits.at };
}

function blockLength(bits: Bits, code: number): number {
  if (code === 0) return wrong("a frame has a reserved block size");
  if (code === 1) return 192;
  if (code < 6) return 144 * 2 ** code;
  if (code < 8) return bits.read(code === 6 ? 8 : 16) + 1;
  return 2 ** code;
}

function rateOf(bits: Bits, code: number, own: number): number {
  if (code === 0) return own;
  if (code < 12) return RATES[code];
  if (code === 15) return wrong("a frame has no sampling rate");
  return code === 12 ? bits.read(8) * 1000 : bits.read(16) * (code === 14 ? 10 : 1);
}

/** Left and side, side and right, middle and side: the side takes a bit more. */
const isSide = (assignment: number, channel: number): boolean =>
  assignment === 9 ? channel === 0 : (assignment === 8 || assignment === 10) && channel === 1;

function toLeftAndRight(assignment: number, [a, b]: readonly Float64Array[]): void {
  for (let t = 0; t < a.length; t++) {
    if (assignment === 8) b[t] = a[t] - b[t];
    else if (assignment === 9) a[t] += b[t];
    else {
      const [middle, side] = [2 * a[t] + (Math.abs(b[t]) % 2), b[t]];
      a[t] = (middle + side) / 2;
      b[t] = (middle - side) / 2;
    }
  }
}

/** The samples of one channel. */
function readSubframe(bits: Bits, length: number, whole: number): Float64Array {
  if (bits.read(1) !== 0) wrong("a channel of a frame is damaged");
  const kind = bits.read(6);
  const wasted = bits.read(1) === 1 ? bits.zeros() + 1 : 0;
  const depth = whole - wasted;
  if (depth < 1) wrong("a channel of a frame is damaged");
  const out = new Float64Array(length);
  if (kind === 0) out.fill(bits.signed(depth));
  else if (kind === 1) for (let t = 0; t < length; t++) out[t] = bits.signed(depth);
  else if (kind >= 8 && kind <= 12) readFixed(bits, out, kind - 8, depth);
  else if (kind >= 32) readPredicted(bits, out, kind - 31, depth);
  else wrong(`a channel of a frame is of a reserved kind (${kind})`);
  if (wasted > 0) for (let t = 0; t < length; t++) out[t] *= 2 ** wasted;
  return out;
}

/** What the polynomials of order 0 to 4 predict from the samples before. */
const FIXED = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];

function readFixed(bits: Bits, out: Float64Array, order: number, depth: number): void {
  readFirst(bits, out, order, depth);
  readResidual(bits, out, order);
  predict(out, FIXED[order], 0);
}

function readPredicted(bits: Bits, out: Float64Array, order: number, depth: number): void {
  readFirst(bits, out, order, depth);
  const precision = bits.read(4) + 1;
  const shift = bits.signed(5);
  if (precision === 16 || shift < 0) wrong("a predictor of a frame is damaged");
  const coefficients = Array.from({ length: order }, () => bits.signed(precision));
  readResidual(bits, out, order);
  predict(out, coefficients, shift);
}

function readFirst(bits: Bits, out: Float64Array, order: number, depth: number): void {
  if (order > out.length) wrong("a predictor of a frame is longer than it");
  for (let t = 0; t < order; t++) out[t] = bits.signed(depth);
}

/** Adds to each residual what is predicted from the samples before it: exact, since sums stay below 2^53. */
function predict(out: Float64Array, coefficients: readonly number[], shift: number): void {
  const order = coefficients.length;
  for (let t = order; t < out.length; t++) {
    let sum = 0;
    for (let k = 0; k < order; k++) sum += coefficients[k] * out[t - 1 - k];
    out[t] += Math.floor(sum / 2 ** shift);
  }
}

/** Residuals in Rice's code, each partition with a parameter of its own. */
function readResidual(bits: Bits, out: Float64Array, order: number): void {
  const method = bits.read(2);
  if (method > 1) wrong("residuals of a frame are in a reserved code");
  const width = method === 0 ? 4 : 5;
  const partitions = 2 ** bits.read(4);
  const size = out.length / partitions;
  if (!Number.isInteger(size) || size < order) wrong("partitions of a frame do not fit it");
  for (let p = 0, t = order; p < partitions; p++) {
    const parameter = bits.read(width);
    const end = (p + 1) * size;
    if (parameter === 2 ** width - 1) {
      const raw = bits.read(5);
      for (; t < end; t++) out[t] = bits.signed(raw);
    } else
      for (; t < end; t++) {
        const code = bits.zeros() * 2 ** parameter + bits.read(parameter);
        out[t] = code % 2 === 0 ? code / 2 : -(code + 1) / 2;
      }
  }
}
