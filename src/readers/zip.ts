/**
 * The entries of a zip archive, stored or deflated, by its central directory. Sizes are checked against the bytes that there
 * are before anything is allocated, and what is unpacked against its CRC-32. Source: PKWARE APPNOTE 6.3.
 */
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import { FREE_BYTES, MOST_TIMES } from "../data/seriesRows.ts";
import { inflate, type Inflate } from "./inflate.ts";

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
/** Methods of packing. */
const STORED = 0;
const DEFLATED = 8;

export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5) && bytes[3] === bytes[2] + 1;

/** What errors say is to be done instead: of an archive that is too large, and of one that is packed in another way. */
export interface ZipRemedies {
  readonly large: string;
  readonly packed: string;
}
const NUMPY: ZipRemedies = { large: "give .npy files", packed: "write it with numpy.savez" };

/** Each entry's name and how to unpack it. Throws InputError `FILE, byte N: what; rule; remedy`. */
export function readZip(
  bytes: Uint8Array,
  file: string,
  unpacks: Inflate = inflate,
  remedies = NUMPY,
): ReadonlyMap<string, () => Uint8Array> {
  const refuse = (at: number, what: string): never => {
    throw new InputError(`${file}, byte ${at}: ${what}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  if (end < 0)
    refuse(bytes.length, "the zip archive ends without its directory; is the file cut short? give it whole");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === 0xffffffff)
    refuse(end, `the archive is zip64; archives below 4 GiB are read; ${remedies.large}`);
  const most = Math.max(FREE_BYTES, MOST_TIMES * bytes.length);
  let packed = 0;
  let unpacked = 0;
  const entries = new Map<string, () => Uint8Array>();
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== ENTRY)
      refuse(
        at,
        `entry ${i + 1} of ${count} of the directory is damaged; give the archive as it was written`,
      );
    const entry = readEntry(bytes, view, at);
    const { method, size, whole, local } = entry;
    if (entry.next > end)
      refuse(at, `entry ${i + 1} of the directory goes beyond it; give the archive as it was written`);
    const say = quote(entry.name);
    const refuseEntry = (what: string): never => refuse(entry.at, `${say} ${what}`);
    if (entries.has(entry.name)) refuseEntry("is there twice; entries have names of their own; delete one");
    requireReadable(entry, remedies, refuseEntry);
    if (local + 30 > bytes.length || view.getUint32(local, true) !== LOCAL)
      refuseEntry(`is said to begin at byte ${local}, where none does; give the archive as it was written`);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    packed += size;
    unpacked += whole;
    if (start + size > bytes.length || packed > bytes.length)
      refuseEntry(`is said to take ${size} bytes, more than there are; is the file cut short? give it whole`);
    if (method === STORED && size !== whole)
      refuseEntry(
        `is stored in ${size} bytes, but said to have ${whole}; give the archive as it was written`,
      );
    if (unpacked > most)
      refuse(
        at,
        `with ${say} the archive unpacks to ${unpacked} bytes, more than ${MOST_TIMES} times its own; ${remedies.large}`,
      );
    const data = bytes.subarray(start, start + size);
    entries.set(entry.name, () => contentOf(entry, data, unpacks, (what) => refuse(start, `${say} ${what}`)));
    at = entry.next;
  }
  return entries;
}

/** An entry of the directory, as it says of itself. */
interface Entry {
  readonly at: number;
  /** Where the next one begins. */
  readonly next: number;
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  /** Bytes as they lie in the archive, and unpacked. */
  readonly size: number;
  readonly whole: number;
  /** Where its data's own header begins. */
  readonly local: number;
}

function readEntry(bytes: Uint8Array, view: DataView, at: number): Entry {
  const nameLength = view.getUint16(at + 28, true);
  return {
    at,
    next: at + 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true),
    name: new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength)),
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    size: view.getUint32(at + 20, true),
    whole: view.getUint32(at + 24, true),
    local: view.getUint32(at + 42, true),
  };
}

function requireReadable(
  { flags, method }: Entry,
  { packed }: ZipRemedies,
  refuse: (what: string) => never,
): void {
  if (flags & 1) refuse("is encrypted; write the archive without a password");
  if (method !== STORED && method !== DEFLATED)
    refuse(`is packed by method ${method}; stored and deflated entries are read; ${packed}`);
}

function contentOf(
  { method, whole, crc }: Entry,
  data: Uint8Array,
  unpacks: Inflate,
  refuse: (what: string) => never,
): Uint8Array {
  const content = method === STORED ? data : unpack(data, whole, unpacks, refuse);
  if (content.length !== whole || crc32(content) !== crc)
    refuse("is damaged (its checksum does not agree); give the archive as it was written");
  return content;
}

function unpack(
  data: Uint8Array,
  size: number,
  unpacks: Inflate,
  refuse: (what: string) => never,
): Uint8Array {
  try {
    return unpacks(data, size);
  } catch {
    return refuse("is damaged (it cannot be unpacked); give the archive as it was written");
  }
}

/** Where the record at the end of the directory begins; at most 64 KiB of comment follow it. -1 where there is none. */
function findEnd(view: DataView): number {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 0xffff); at--)
    if (view.getUint32(at, true) === END && at + 22 + view.getUint16(at + 20, true) === view.byteLength)
      return at;
  return -1;
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/** CRC-32 as zip has it. */
export function crc32(bytes: Uint8Array): number {
  let c = -1;
  for (let i = 0; i < bytes.length; i++) c = CRC_TABLE[(c ^ bytes[i]) & 255] ^ (c >>> 8);
  return (c ^ -1) >>> 0;
}
