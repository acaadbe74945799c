/**
 * Annotations of WFDB (`.atr` and other annotators): words of 16 bits, a code in the upper 6, samples since the last in the
 * lower 10; some codes say more of the annotation before. Source: "WFDB Programmer's Guide", annot(5).
 */
import { InputError } from "../data/errors.ts";
import type { Annotation, Annotations } from "./signals.ts";

/** What is taken of a file: beats and other moments, or rhythms, from each change to the next. */
export type WfdbKind = "beats" | "rhythms";

/** Mnemonics by code. */
const MNEMONICS = ' NLRaVFJASEj/Q~ | sT*D"=pB^t+u?![]en@xf()r';
/** Codes of beats: N to Q, B, e, n, f, ? and r. */
const BEATS: ReadonlySet<number> = new Set([
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 25, 30, 34, 35, 38, 41,
]);
const RHYTHM = 28;
const NOTE = 22;
const SKIP = 59;
const AUX = 63;

interface Event {
  /** In samples. */
  readonly at: number;
  readonly code: number;
  readonly aux: string;
}

/**
 * Reads annotations, in samples: beats by their mnemonics, or rhythms by their names (`AFIB`), which last to the next
 * change and the last of them to the end of the recording (Infinity). Throws InputError `FILE, byte N: what`.
 */
export function parseAtr(bytes: Uint8Array, file: string, of?: WfdbKind): Annotations {
  const events = readEvents(bytes, file);
  const beats = events.filter(({ code }) => BEATS.has(code));
  const rhythms = events.filter(({ code, aux }) => code === RHYTHM && aux.startsWith("("));
  if (of === undefined && beats.length > 0 && rhythms.length > 0)
    throw new InputError(
      `${file}: it has ${beats.length} beats and ${rhythms.length} changes of rhythm; a position has one class; choose with --annotations-of beats or rhythms`,
    );
  const kind = of ?? (rhythms.length > 0 ? "rhythms" : "beats");
  const taken = kind === "beats" ? beats : rhythms;
  if (taken.length === 0)
    throw new InputError(
      `${file}: it has no ${kind} among its ${events.length} annotations; give another annotator`,
    );
  const left = events.length - taken.length;
  const annotations = taken.map(({ at, code, aux }, i): Annotation => {
    if (kind === "beats") return { onset: at, duration: 0, text: MNEMONICS[code] };
    return { onset: at, duration: (taken[i + 1]?.at ?? Infinity) - at, text: aux.slice(1) };
  });
  return {
    unit: "samples",
    annotations: annotations.filter(({ duration }) => kind === "beats" || duration > 0),
    notes: [
      `${taken.length} ${kind} are taken${kind === "beats" ? ", each one position long" : ""}`,
      ...(left > 0 ? [`${left} other annotations are left out`] : []),
    ],
  };
}

function readEvents(bytes: Uint8Array, file: string): Event[] {
  const refuse = (at: number, what: string): never => {
    throw new InputError(`${file}, byte ${at}: ${what}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: Event[] = [];
  let time = 0;
  let at = 0;
  for (;;) {
    if (at + 2 > bytes.length) refuse(at, "the annotations do not end; is the file cut short? give it whole");
    const word = view.getUint16(at, true);
    const code = word >> 10;
    const low = word & 0x3ff;
    at += 2;
    if (word === 0) break;
    if (code === SKIP) {
      if (at + 4 > bytes.length)
        refuse(at, "the annotations do not end; is the file cut short? give it whole");
      time += view.getInt16(at, true) * 0x10000 + view.getUint16(at + 2, true);
      at += 4;
    } else if (code === AUX) {
      if (at + low > bytes.length)
        refuse(at, `${low} bytes of text go beyond the end; is the file cut short? give it whole`);
      const aux = new TextDecoder()
        .decode(bytes.subarray(at, at + low))
        .replace(/\0.*$/s, "")
        .trim();
      const last = events.pop();
      if (!last) return refuse(at, "a text belongs to no annotation; give a file of WFDB annotations");
      if (last.code === NOTE && aux.startsWith("## time resolution"))
        refuse(
          at,
          "times are in a resolution of their own; those in samples are read; write the annotations in samples",
        );
      events.push({ ...last, aux });
      at += low + (low % 2);
    } else if (code < SKIP && code > 0) {
      time += low;
      if (code > 49)
        refuse(
          at - 2,
          `an annotation has code ${code}; there are codes to 49; give a file of WFDB annotations`,
        );
      const before = events[events.length - 1];
      if (time < 0 || (before && time < before.at))
        refuse(at - 2, "annotations go back in time; they are in order; give a file of WFDB annotations");
      events.push({ at: time, code, aux: "" });
    } else if (code === 0) time += low;
  }
  return events;
}
