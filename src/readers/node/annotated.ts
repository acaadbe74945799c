/** Recordings with annotations as a data set with a class a position: one file, or a folder with a file of annotations each. */
import { largestOf } from "../../numerics/extremes.ts";
import { basename, dirname, extname, join } from "node:path";
import type { Answers } from "../../data/answers.ts";
import { dataset, gather, readRow, type Dataset, type Source } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { matchChannels } from "../../data/matchChannels.ts";
import { slidingWindows } from "../../data/slidingWindows.ts";
import { labelsAt, parseAnnotations } from "../annotations.ts";
import { positionsOf } from "../../data/durations.ts";
import { LabelNames } from "../labelNames.ts";
import type { Annotations } from "../signals.ts";
import { readBytes } from "./bytes.ts";
import type { SourceOptions } from "./readOptions.ts";

/** The class of positions that no annotation covers. */
const NONE = "none";

/** A recording, and what was noted of it. */
interface Annotated {
  /** One row. */
  readonly data: Dataset;
  readonly annotations: Annotations;
  /** The file of the annotations. */
  readonly file: string;
  /** Samples a second, or 1 where annotations count samples. */
  readonly rate: number;
}

/** A data set, and what its recordings are called. */
export interface AnnotatedParts {
  readonly data: Dataset;
  readonly names: readonly string[];
}

/**
 * Reads recordings by `read` and their annotations, and labels each position: those that no annotation covers are of class
 * `none`. Recordings have one rate and the same channels; of different lengths they are cut into windows. Throws
 * InputError, naming the file and the place.
 */
export async function readAnnotated(
  name: string,
  paths: readonly string[],
  options: SourceOptions & { readonly annotations: string },
  read: (path: string) => Promise<Dataset>,
): Promise<AnnotatedParts> {
  const all: Annotated[] = [];
  for (const path of paths) {
    const own = await readOne(path, options, read);
    const [first] = all;
    all.push(first ? { ...own, data: alike(own.data, first.data) } : own);
  }
  const names = new LabelNames();
  for (const { annotations } of all) for (const { text } of annotations.annotations) names.add(text);
  const isCovered = all.every(({ data, annotations, rate, file }) => {
    const { annotations: list } = annotations;
    const classes = [...new Set([...list.map(({ text }) => text), NONE])];
    const labels = labelsAt(list, { length: data.length, rate, classes, none: NONE, name: file });
    const none = classes.indexOf(NONE);
    return list.some(({ text }) => text === NONE) || !labels.includes(none);
  });
  if (!isCovered) names.add(NONE);
  const { classes } = names.finish();
  const labelled = all.map(({ data, annotations, rate, file }) =>
    data.with({
      answers: {
        kind: "positions",
        classes,
        labels: labelsAt(annotations.annotations, {
          length: data.length,
          rate,
          classes,
          none: classes.includes(NONE) ? NONE : undefined,
          name: file,
        }),
        positions: data.length,
      },
    }),
  );
  const notes = all.flatMap(({ data, annotations, file }) => [
    ...(data.notes ?? []),
    ...annotations.notes.map((note) => `${file}: ${note}`),
  ]);
  if (!isCovered) notes.push(`positions without an annotation are of class "${NONE}"`);
  const joined = options.window === undefined ? whole(labelled) : windowed(labelled, paths, options, notes);
  return { data: joined.with({ name, notes }), names: paths.map((path) => basename(path)) };
}

async function readOne(
  path: string,
  { annotations: pattern, annotationUnit, annotationsOf }: SourceOptions & { readonly annotations: string },
  read: (path: string) => Promise<Dataset>,
): Promise<Annotated> {
  const data = await read(path);
  if (data.rows !== 1)
    throw new InputError(
      `${path}: it has ${data.rows} series, and annotations are of one recording; give a recording, or leave --annotations out`,
    );
  if (data.answers.kind !== "none")
    throw new InputError(`${path}: its series has an answer already; leave --annotations out`);
  const file = annotationFile(path, pattern);
  const annotations = parseAnnotations(await readBytes(file), file, {
    unit: annotationUnit,
    of: annotationsOf,
  });
  if (annotations.annotations.length === 0)
    throw new InputError(`${file}: it has no annotations; a recording has at least one; give some`);
  const rate = annotations.unit === "samples" ? 1 : data.rate;
  if (rate === undefined)
    throw new InputError(
      `${file}: its annotations are in seconds, but the sampling rate of ${path} is not known; give it with --rate`,
    );
  return { data, annotations, file, rate };
}

/** `*` is the recording's name without its ending; a pattern without a folder is beside the recording. */
export function annotationFile(path: string, pattern: string): string {
  if (!pattern.includes("*")) return pattern;
  const stem = basename(path).slice(0, basename(path).length - extname(path).length);
  const file = pattern.replaceAll("*", stem);
  return /[/\\]/.test(pattern) ? file : join(dirname(path), file);
}

/** A recording with the channels of the first in its order; refuses one with others, or of another rate. */
function alike(data: Dataset, first: Dataset): Dataset {
  if (data.rate !== first.rate)
    throw new InputError(
      `${data.name}: it has ${data.rate ?? "no known"} Hz, ${first.name} has ${first.rate ?? "no known"}; recordings have one rate; convert them`,
    );
  const { data: own, note } = matchChannels(first.channelNames, data, first.name);
  if (own.channels !== first.channels)
    throw new InputError(
      `${data.name}: it has ${own.channels} channels, but ${first.name} has ${first.channels}; all have the same; convert it`,
    );
  return note === null ? own : own.with({ notes: [...(own.notes ?? []), note] });
}

/** Recordings of one length, a row each. */
function whole(all: readonly Dataset[]): Dataset {
  const [first] = all;
  const other = all.find(({ length }) => length !== first.length);
  if (other)
    throw new InputError(
      `${other.name}: it has ${other.length} positions, ${first.name} has ${first.length}; positions with a class are in rows of one length; cut windows with --window`,
    );
  const { channels, channelNames, length, rate, name } = first;
  const series = new Float64Array(all.length * channels * length);
  all.forEach((data, i) => series.set(gather(data, [0]).series, i * channels * length));
  return dataset({ name, series, channels, channelNames, length, rate, answers: joinedAnswers(all) });
}

/** Windows of every recording; says in `notes` how much of their ends fills none. */
function windowed(
  all: readonly Dataset[],
  paths: readonly string[],
  { window: asked = 1, hop: step = asked }: SourceOptions,
  notes: string[],
): Dataset {
  const [{ rate }] = all;
  const window = positionsOf(asked, rate, "--window", paths[0]);
  const hop = positionsOf(step, rate, "--hop", paths[0]);
  const cut = all.map((data, i) =>
    data.length < window ? null : slidingWindows(data, { window, hop }, [basename(paths[i])]),
  );
  const short = cut.flatMap((data, i) => (data ? [] : [basename(paths[i])]));
  if (short.length === all.length)
    throw new InputError(
      `${paths[0]}: the longest recording has ${largestOf(all.map(({ length }) => length))} positions, and a window ${window}; give a shorter window`,
    );
  if (short.length > 0) notes.push(`recordings shorter than a window are left out: ${short.join(", ")}`);
  const kept = cut.flatMap((data) => data ?? []);
  const left = cut.reduce((sum, data, i) => {
    const end = data?.spans ? largestOf(data.spans.start) + window : 0;
    return sum + (data ? all[i].length - end : 0);
  }, 0);
  if (left > 0) notes.push(`${left} positions at the ends of recordings fill no window and are left out`);
  const owner = kept.flatMap((data, i) => Array.from({ length: data.rows }, () => i));
  const local = kept.flatMap((data) => Array.from({ length: data.rows }, (_, r) => r));
  const source: Source = {
    rows: owner.length,
    read: (row, from, count, into, at) => readRow(kept[owner[row]], local[row], from, count, into, at),
  };
  const starts = kept.flatMap(({ spans }) => [...(spans?.start ?? [])]);
  const [first] = kept;
  return dataset({
    name: first.name,
    series: new Float64Array(0),
    source,
    channels: first.channels,
    channelNames: first.channelNames,
    length: window,
    rate,
    answers: joinedAnswers(kept),
    spans: {
      names: kept.flatMap(({ spans }) => spans?.names ?? []),
      series: Int32Array.from(owner),
      start: Int32Array.from(starts),
    },
  });
}

/** The labels of several data sets of the same classes and positions a row. */
function joinedAnswers(all: readonly Dataset[]): Answers {
  const labels = new Int32Array(all.reduce((sum, data) => sum + data.labels.length, 0));
  let at = 0;
  for (const data of all) {
    labels.set(data.labels, at);
    at += data.labels.length;
  }
  const [{ answers }] = all;
  if (answers.kind === "positions") return { ...answers, labels };
  return { kind: "classes", classes: all[0].classes, labels };
}
