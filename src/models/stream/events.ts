/**
 * Events out of a stream's answers: stretches in which one class is probable enough for long enough. And how good they are: what
 * of a recording's annotations they find, and how many false alarms they give an hour.
 */
import { InputError } from "../../data/errors.ts";
import type { Interval } from "../../data/intervals.ts";

/** What an answer says, as `stream.push` gives it. */
export interface Said {
  /** The sample that it is about. */
  readonly at: number;
  /** The class, by name; "" of none. */
  readonly label: string;
  /** By class. */
  readonly probabilities: ArrayLike<number>;
}

/** The options of `events`. */
export interface EventOptions {
  /** The least probability of the most probable class that counts, above 0 and at most 1. */
  readonly threshold: number;
  /** Answers in a row that say the class before it is an event, at least 1. Default: 1. */
  readonly hold?: number;
  /** Samples after the end of an event in which no other begins. Default: 0. */
  readonly coolDown?: number;
  /** Classes that are no events: noise, rest, unknown. Default: none. */
  readonly unknown?: readonly string[];
}

/** A stretch of one class. */
export interface StreamEvent {
  /** The sample that its first answer is about. */
  readonly start: number;
  /** One more than the sample that its last answer is about. */
  readonly end: number;
  /** Its class. */
  readonly label: string;
  /** The highest probability of its class in it. */
  readonly peak: number;
}

/** Takes answers in their order. */
export interface Events {
  /** The event that the answer ends, or null. */
  take(answer: Said): StreamEvent | null;
  /** The event that the end of the series ends, or null. */
  finish(): StreamEvent | null;
  /** The event that goes on, so far: it has been held as long as is asked; null where there is none. */
  readonly open: StreamEvent | null;
}

/**
 * Finds events. It remembers the present stretch alone.
 *
 * @throws InputError for options out of range
 */
export function events({ threshold, hold = 1, coolDown = 0, unknown = [] }: EventOptions): Events {
  if (!(threshold > 0 && threshold <= 1))
    throw new InputError(`threshold is ${threshold}; it is a probability above 0 and at most 1`);
  if (!(Number.isSafeInteger(hold) && hold >= 1))
    throw new InputError(`hold is ${hold}; it is a whole number of answers of at least 1`);
  if (!(coolDown >= 0))
    throw new InputError(`coolDown is ${coolDown}; it is a number of samples of at least 0`);
  let start = 0;
  let last = 0;
  let label: string | null = null;
  let peak = 0;
  let count = 0;
  let quietUntil = -Infinity;
  const present = (): StreamEvent | null =>
    label !== null && count >= hold ? { start, end: last + 1, label, peak } : null;
  const close = (): StreamEvent | null => {
    const event = present();
    label = null;
    count = 0;
    if (event !== null) quietUntil = event.end + coolDown;
    return event;
  };
  return {
    get open() {
      return present();
    },
    take(answer) {
      const p = highest(answer.probabilities);
      const counts = p >= threshold && answer.label !== "" && !unknown.includes(answer.label);
      const ended = counts && answer.label === label ? null : close();
      if (!counts || (label === null && answer.at < quietUntil)) return ended;
      if (label === null) {
        label = answer.label;
        start = answer.at;
        peak = p;
      }
      last = answer.at;
      peak = Math.max(peak, p);
      count++;
      return ended;
    },
    finish: close,
  };
}

function highest(probabilities: ArrayLike<number>): number {
  let most = 0;
  for (let k = 0; k < probabilities.length; k++) if (probabilities[k] > most) most = probabilities[k];
  return most;
}

/** How good events are. */
export interface EventScore {
  /** Annotated stretches that an event of their class touches. */
  readonly found: number;
  /** Annotated stretches that no event of their class touches. */
  readonly missed: number;
  /** Events that touch no annotated stretch of their class. */
  readonly falseAlarms: number;
  /** False alarms over the hours of the recording. */
  readonly falseAlarmsPerHour: number;
  /** Found over all that are annotated; NaN where nothing is. */
  readonly recall: number;
}

/**
 * Events of a recording against its annotations, stretches from a sample up to, but not with, another. An event is right where it touches a stretch of its class that is wider by
 * `tolerance` samples on either side.
 *
 * @throws InputError for a recording without a length or a rate
 */
export function scoreEvents(
  given: readonly StreamEvent[],
  truth: readonly Pick<Interval, "start" | "end" | "label">[],
  { samples, rate, tolerance = 0 }: { samples: number; rate: number; tolerance?: number },
): EventScore {
  if (!(samples > 0 && rate > 0))
    throw new InputError(`a recording of ${samples} samples at ${rate} Hz; both are numbers above 0`);
  const touches = (e: StreamEvent, a: Pick<Interval, "start" | "end" | "label">): boolean =>
    e.label === a.label && e.start < a.end + tolerance && e.end > a.start - tolerance;
  const found = truth.filter((a) => given.some((e) => touches(e, a))).length;
  const falseAlarms = given.filter((e) => !truth.some((a) => touches(e, a))).length;
  return {
    found,
    missed: truth.length - found,
    falseAlarms,
    falseAlarmsPerHour: falseAlarms / (samples / rate / 3600),
    recall: truth.length > 0 ? found / truth.length : NaN,
  };
}
