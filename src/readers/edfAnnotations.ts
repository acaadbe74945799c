/**
 * Annotations of EDF+ and BDF+: time-stamped lists, `+ONSET [0x15 DURATION] 0x14 TEXT 0x14 TEXT 0x14 0x00`, in a signal of each
 * record, zeros after them. A list whose first text is empty says when its record begins. Source: edfplus.info, section 2.2.
 */
import { quote } from "../data/quote.ts";
import type { Annotation, RefuseAt } from "./signals.ts";
import { readDecimal } from "./values.ts";

const BETWEEN = "\u0014";
const DURATION = "\u0015";

export interface Tals {
  /** Onsets in seconds from the first sample. */
  readonly annotations: readonly Annotation[];
  /** When each record begins, as it says; null where it does not. */
  readonly starts: readonly (number | null)[];
}

/** A stretch of bytes that holds lists. */
interface Place {
  readonly from: number;
  readonly to: number;
}

/** Reads the lists of each record's places. */
export function readTals(bytes: Uint8Array, records: readonly (readonly Place[])[], refuse: RefuseAt): Tals {
  const found: Annotation[] = [];
  const starts: (number | null)[] = [];
  for (const places of records) {
    let start: number | null = null;
    for (const { from, to } of places)
      for (let at = from; at < to;) {
        const zero = bytes.indexOf(0, at);
        const end = zero < 0 || zero > to ? to : zero;
        if (end > at) {
          const list = readList(bytes, at, end, refuse);
          if (start === null && list[0]?.text === "") start = list[0].onset;
          for (const annotation of list) if (annotation.text !== "") found.push(annotation);
        }
        at = end + 1;
      }
    starts.push(start);
  }
  const first = starts[0] ?? 0;
  return {
    annotations: first === 0 ? found : found.map((a) => ({ ...a, onset: a.onset - first })),
    starts,
  };
}

function readList(bytes: Uint8Array, at: number, end: number, refuse: RefuseAt): Annotation[] {
  const text = new TextDecoder().decode(bytes.subarray(at, end));
  const [time, ...texts] = text.split(BETWEEN);
  const [onset, duration] = time.split(DURATION).map(readDecimal);
  if (
    !/^[+-]/.test(time) ||
    !Number.isFinite(onset) ||
    !(duration === undefined || duration >= 0) ||
    texts.pop() !== ""
  )
    refuse(
      at,
      `an annotation is ${quote(text)}; it is +ONSET, a duration and texts, each closed by byte 20; write the file with a program for EDF+`,
    );
  return texts.map((one) => ({ onset, duration: duration ?? 0, text: one.trim() }));
}
