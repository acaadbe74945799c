/** Recordings of several named signals, and what was noted beside them: what EDF, WFDB and MATLAB files hold. */
import { dataset, noted, type Dataset } from "../data/dataset.ts";
import { quote } from "../data/quote.ts";
import { datasetName } from "./datasetName.ts";
import type { Recording } from "./wav.ts";

/** Something that was noted of a stretch of a recording, or of a moment. */
export interface Annotation {
  /** Where it begins, in seconds (or samples, where its file counts in them) from the first sample. */
  readonly onset: number;
  /** How long it lasts, in the same unit; 0 of a moment, Infinity to the end of the recording. */
  readonly duration: number;
  /** What was noted. */
  readonly text: string;
}

/** What onsets and durations count. */
export type AnnotationUnit = "s" | "ms" | "samples";

/** What a file of annotations holds. */
export interface Annotations {
  /** What onsets and durations count: seconds, or samples (of every channel). */
  readonly unit: "s" | "samples";
  /** What was noted, in the order of the file. */
  readonly annotations: readonly Annotation[];
  /** How the file was read and what was left out, a sentence each, without the file's name. */
  readonly notes: readonly string[];
}

/** Signals of one rate in physical units: a recording of an EDF, BDF or WFDB file. */
export interface Signals extends Recording {
  /** What the signals are called; no two alike. */
  readonly channelNames: readonly string[];
  /** The unit of each; empty where the file does not say. */
  readonly units: readonly string[];
  /** What was noted in the file itself (EDF+, BDF+), in seconds and in its order; none of other files. */
  readonly annotations: readonly Annotation[];
  /** What was left out or changed, a sentence each, without the file's name. */
  readonly notes: readonly string[];
}

/** How signals are chosen. */
export interface SignalOptions {
  /** The names of the signals that are taken, in this order. Default: all of the rate that most have. */
  readonly channels?: readonly string[];
}

/** Refuses what stands at a byte of a file: throws InputError. */
export type RefuseAt = (at: number, what: string) => never;

/** A recording as a data set of one row without an answer, with its notes under the file's name. */
export function signalsData(recording: Recording | Signals, file: string): Dataset {
  const { samples: series, channels, length, rate } = recording;
  const name = datasetName(file);
  const data = dataset({ name, series, channels, length, rate, answers: { kind: "none" } });
  const { notes = [] } = recording;
  return noted(
    "channelNames" in recording ? data.with({ channelNames: recording.channelNames }) : data,
    notes.map((note) => `${file}: ${note}`),
  );
}

/** Names with no two alike and none empty: the second "T8-P8" is "T8-P8 (2)", and a note says so. */
export function distinctNames(names: readonly string[], notes: string[]): string[] {
  const taken = new Set<string>();
  return names.map((given, i) => {
    const name = given === "" ? `signal ${i + 1}` : given;
    let own = name;
    for (let k = 2; taken.has(own); k++) own = `${name} (${k})`;
    taken.add(own);
    if (own !== name) notes.push(`another signal is called ${quote(name)} too: this one is ${quote(own)}`);
    return own;
  });
}

/** The first names of a list, quoted, and how many more there are. */
export function listed(names: readonly string[], most = 8): string {
  const shown = names
    .slice(0, most)
    .map((name) => quote(name))
    .join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** Places in `names` of those that are asked for, in the order of asking. Refuses one that is not there, or asked for twice. */
export function chosenPlaces(
  names: readonly string[],
  wanted: readonly string[],
  refuse: (what: string) => never,
): number[] {
  return wanted.map((name, i) => {
    const place = names.indexOf(name);
    if (place < 0)
      refuse(`it has no signal ${quote(name)}; its signals are ${listed(names, 40)}; name one of them`);
    if (wanted.indexOf(name) !== i)
      refuse(`signal ${quote(name)} is asked for twice; a channel is one signal; name it once`);
    return place;
  });
}
