/**
 * Transports between ranks of one process. A message is copied late, some looks after both sides have begun it, so that
 * what is changed or read too early is seen.
 */
import { addInto } from "../../src/training/shardTree.ts";
import type { Message, Transport } from "../../src/distributed/transport.ts";

interface Half {
  readonly bytes: Uint8Array;
  /** The other half, once it is there. */
  other: Half | null;
  /** How often it has still to be looked at. */
  looks: number;
  isCopied: boolean;
}

const bytesOf = (view: ArrayBufferView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/** As many transports; `looks` gives how many looks a message takes, `isCut` which ranks neither send nor receive. */
export function network(
  size: number,
  looks: () => number = () => 0,
  isCut: (rank: number) => boolean = () => false,
): readonly Transport[] {
  const waiting = { send: new Map<string, Half[]>(), receive: new Map<string, Half[]>() };
  const begin = (kind: "send" | "receive", key: string, view: ArrayBufferView): Message => {
    const half: Half = { bytes: bytesOf(view), other: null, looks: looks(), isCopied: false };
    const others = waiting[kind === "send" ? "receive" : "send"].get(key);
    const other = others?.shift();
    if (other) {
      if (other.bytes.length !== half.bytes.length)
        throw new Error(`${key}: ${half.bytes.length} bytes meet ${other.bytes.length}`);
      [half.other, other.other] = [other, half];
    } else {
      const same = waiting[kind].get(key) ?? [];
      same.push(half);
      waiting[kind].set(key, same);
    }
    return {
      isDone: () => {
        if (half.other === null || half.looks-- > 0) return half.isCopied;
        if (!half.isCopied) {
          const [from, to] = kind === "send" ? [half, half.other] : [half.other, half];
          to.bytes.set(from.bytes);
          half.isCopied = half.other.isCopied = true;
        }
        return true;
      },
    };
  };
  const never: Message = { isDone: () => false };
  return Array.from({ length: size }, (_, rank) => ({
    rank,
    size,
    host: `host${rank}`,
    send: (to, tag, bytes) =>
      isCut(rank) || isCut(to) ? never : begin("send", `${rank} to ${to}, tag ${tag}`, bytes),
    receive: (from, tag, into) =>
      isCut(rank) || isCut(from) ? never : begin("receive", `${from} to ${rank}, tag ${tag}`, into),
    add: (into, values) => void addInto(into, values),
  }));
}
