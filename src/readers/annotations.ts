/**
 * Annotations of a recording, from whatever file notes them, and a class a position from them; and back, stretches of one
 * class from the classes of positions. A file is known by its content: EDF+, JSON of Label Studio, WFDB's `.atr`, tables
 * with a header, labels of Audacity.
 */
import { InputError } from "../data/errors.ts";
import type { Interval } from "../data/intervals.ts";
import { quote } from "../data/quote.ts";
import { parseAnnotationTable, parseAudacity } from "./annotationTables.ts";
import { isEdf, parseEdfAnnotations } from "./edf.ts";
import { parseLabelStudio } from "./labelStudio.ts";
import type { Annotation, Annotations, AnnotationUnit } from "./signals.ts";
import { parseAtr, type WfdbKind } from "./wfdbAnnotations.ts";

/** How a file of annotations is read. */
export interface AnnotationOptions {
  /** What numbers count where the file does not say. Default: seconds, with a note. */
  readonly unit?: AnnotationUnit;
  /** Of `.atr`: beats (moments) or rhythms (from each change to the next). Default: what the file has; both are refused. */
  readonly of?: WfdbKind;
}

/**
 * Reads a file of annotations; `file` names it in errors, and its ending says that it is WFDB's `.atr`, or EDF+ (`.edf`).
 * Other files are known by their content: JSON of Label Studio's time series, labels of Audacity (start, end and label,
 * tabs between), and tables with a header of onsets or starts, durations or ends, and labels. docs/data.md describes each.
 *
 * @throws InputError, naming the file and the place, for an empty file, one of no such form, and an annotation without a
 * label or that ends before it begins
 */
export function parseAnnotations(
  bytes: Uint8Array,
  file: string,
  options: AnnotationOptions = {},
): Annotations {
  if (isEdf(bytes, file)) return { unit: "s", annotations: parseEdfAnnotations(bytes, file), notes: [] };
  if (bytes.length === 0) throw new InputError(`${file}: the file is empty; give annotations`);
  if (/\.atr$/i.test(file) || bytes.subarray(0, 4096).includes(0)) return parseAtr(bytes, file, options.of);
  const text = new TextDecoder().decode(bytes).replace(/^\ufeff/, "");
  if (/^\s*[[{]/.test(text)) return parseLabelStudio(text, file, options.unit);
  return /^[-+.\d]/.test(text) ? parseAudacity(text, file) : parseAnnotationTable(text, file, options.unit);
}

/** What positions are classed by. */
export interface LabelsAtOptions {
  /** Positions of the recording. */
  readonly length: number;
  /** Samples a second; 1 of annotations that count samples. */
  readonly rate: number;
  /** The classes by index. An annotation of another is refused. */
  readonly classes: readonly string[];
  /** The class of positions that no annotation covers. Absent: such a position is refused. */
  readonly none?: string;
  /** What the annotations are called in messages. Default: `annotations`. */
  readonly name?: string;
}

/**
 * The class of each position: position t is at t / rate seconds, and an annotation covers onset <= t / rate < onset +
 * duration; a moment covers the nearest position.
 *
 * @throws InputError for annotations that overlap (naming both), begin before the recording, end after it, cover no
 * position, or are of none of the classes
 */
export function labelsAt(annotations: readonly Annotation[], options: LabelsAtOptions): Int32Array {
  const { length, rate, classes, none, name = "annotations" } = options;
  const refuse = (what: string): never => {
    throw new InputError(`${name}: ${what}`);
  };
  const indices = new Map(classes.map((text, k) => [text, k]));
  const indexOf = (text: string, whose: string): number =>
    indices.get(text) ?? refuse(`${whose} is of none of the ${classes.length} classes; add it to them`);
  const labels = new Int32Array(length).fill(
    none === undefined ? -1 : indexOf(none, `none (${quote(none)})`),
  );
  for (const { from, to, annotation } of stretchesOf(annotations, { length, rate, name }))
    labels.fill(indexOf(annotation.text, spanText(annotation, rate)), from, to);
  const gap = none === undefined ? labels.indexOf(-1) : -1;
  if (gap >= 0)
    refuse(
      `position ${gap} has no annotation; every position has a class; say what the others are called (none)`,
    );
  return labels;
}

/**
 * The positions that each annotation covers, in their order, by the rule of `labelsAt`.
 *
 * @throws InputError as `labelsAt` does of annotations that overlap, go beyond the recording or cover no position
 */
export function annotatedIntervals(
  annotations: readonly Annotation[],
  options: Pick<LabelsAtOptions, "length" | "rate" | "name">,
): Interval[] {
  return stretchesOf(annotations, options).map(({ from, to, annotation }) => ({
    start: from,
    end: to,
    label: annotation.text,
  }));
}

/** Positions `from` to `to` (not included) and what they are. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly annotation: Annotation;
}

function stretchesOf(
  annotations: readonly Annotation[],
  { length, rate, name = "annotations" }: Pick<LabelsAtOptions, "length" | "rate" | "name">,
): Stretch[] {
  const refuse = (what: string): never => {
    throw new InputError(`${name}: ${what}`);
  };
  const stretches = annotations
    .map((annotation): Stretch => ({ ...places(annotation, rate, length), annotation }))
    .sort((a, b) => a.from - b.from || a.to - b.to);
  let before: Stretch | null = null;
  for (const stretch of stretches) {
    const { from, to, annotation } = stretch;
    const said = spanText(annotation, rate);
    if (before && from < before.to)
      refuse(
        `${spanText(before.annotation, rate)} and ${said} overlap; a position has one class; correct one of them`,
      );
    if (from < 0) refuse(`${said} begins before the recording; correct it`);
    if (to > length)
      refuse(
        `${said} goes beyond the end of the recording, which has ${length} positions` +
          `${rate === 1 ? "" : ` (${length / rate} s)`}; is it of another recording, or in another unit? correct it`,
      );
    if (from === to)
      refuse(`${said} lies between two samples; an annotation covers at least one; correct it`);
    before = stretch;
  }
  return stretches;
}

/** A sample counts as reached where it is nearer than this to an end, so that 0.3 s at 10 Hz is sample 3. */
const NEAR = 1e-6;

function places(
  { onset, duration }: Annotation,
  rate: number,
  length: number,
): { readonly from: number; readonly to: number } {
  const at = onset * rate;
  if (duration === 0) return { from: Math.round(at), to: Math.round(at) + 1 };
  const to = duration === Infinity ? length : Math.ceil((onset + duration) * rate - NEAR);
  return { from: Math.ceil(at - NEAR) + 0, to }; // 0, not -0
}

function spanText({ onset, duration, text }: Annotation, rate: number): string {
  const unit = rate === 1 ? "" : " s";
  const number = (x: number): string => String(Number(x.toPrecision(12)));
  return `${quote(text)} (${duration === 0 ? `at ${number(onset)}` : `${number(onset)} to ${number(onset + duration)}`}${unit})`;
}
