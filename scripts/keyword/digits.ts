/** Spoken digits by speaker, and rows of a second of them in noise, from a seed. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fromArrays, type Dataset } from "../../src/index.ts";
import { normal, uniform } from "../../src/numerics/threefry.ts";
import { parseWav } from "../../src/readers/wav.ts";

export const RATE = 8000;
/** The class of what is no digit. */
export const NOISE = "noise";

export const folder = new URL("../../../shared/data/fsdd/recordings/", import.meta.url);
export const isThere = (): boolean => existsSync(folder);

export interface Spoken {
  readonly digit: string;
  readonly speaker: string;
  readonly samples: Float64Array;
}

/** All recordings, by name. */
export function recordings(): Spoken[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".wav"));
  return names.toSorted().map((name) => {
    const [digit, speaker] = name.split("_");
    return { digit, speaker, samples: parseWav(readFileSync(new URL(name, folder)), name).samples };
  });
}

/** Numbers that follow from a seed, one stream for all. */
export class Dice {
  readonly #seed: number;
  readonly #stream: number;
  #count = 0;

  constructor(seed: number, stream: number) {
    this.#seed = seed;
    this.#stream = stream;
  }

  /** From `from` to below `to`. */
  between(from: number, to: number): number {
    return from + (to - from) * uniform(this.#seed, this.#stream, 0, this.#count++);
  }

  normal(): number {
    return normal(this.#seed, this.#stream, 1, this.#count++);
  }

  whole(count: number): number {
    return Math.floor(this.between(0, count));
  }
}

const rms = (x: ArrayLike<number>): number =>
  Math.sqrt(Array.from(x).reduce((sum, v) => sum + v * v, 0) / Math.max(1, x.length));

/** Noise of one of four kinds, of deviation 1: white, brown, a hum with its overtones, clicks. */
export function noise(length: number, dice: Dice): Float64Array {
  const out = new Float64Array(length);
  const kind = dice.whole(4);
  const [pitch, keep] = [dice.between(40, 400), dice.between(0.5, 0.99)];
  let brown = 0;
  for (let i = 0; i < length; i++) {
    const white = dice.normal();
    brown = keep * brown + white;
    const turn = (2 * Math.PI * pitch * i) / RATE;
    const hum = Math.sin(turn) + 0.5 * Math.sin(2 * turn) + 0.3 * Math.sin(3 * turn) + 0.1 * white;
    out[i] = [white, brown, hum, Math.abs(white) > 2.8 ? 4 * white : 0.1 * white][kind];
  }
  const level = rms(out) || 1;
  return out.map((x) => x / level);
}

/** A recording played faster or slower, its pitch with it, as other voices have: straight lines between samples. */
export function atSpeed(samples: Float64Array, speed: number): Float64Array {
  return Float64Array.from({ length: Math.max(2, Math.floor((samples.length - 1) / speed)) }, (_, i) => {
    const at = i * speed;
    const from = Math.floor(at);
    const next = Math.min(from + 1, samples.length - 1);
    return samples[from] + (at - from) * (samples[next] - samples[from]);
  });
}

/** A recording somewhere in a second, as loud as `gain`, in noise that lies `snr` decibels below it. */
function inNoise(spoken: Spoken, dice: Dice, speeds: readonly [number, number]): Float64Array {
  const samples = atSpeed(spoken.samples, dice.between(...speeds));
  const row = new Float64Array(RATE);
  const level = rms(samples) || 1;
  const gain = 10 ** dice.between(-0.6, 0.3) * 0.1;
  const snr = dice.between(0, 40);
  // speech shorter than the second lies anywhere in it, longer is cut at either end
  const at = Math.round(dice.between(Math.min(0, RATE - samples.length), Math.max(0, RATE - samples.length)));
  samples.forEach((x, i) => {
    if (i + at >= 0 && i + at < RATE) row[i + at] = (gain * x) / level;
  });
  const beside = noise(RATE, dice);
  const quiet = gain * 10 ** (-snr / 20);
  return row.map((x, i) => x + quiet * beside[i]);
}

/** Half of noise alone, half of pieces of speech that are no word: a beginning or an end, cut off in the middle. */
function noWord(list: readonly Spoken[], dice: Dice): Float64Array {
  const row = noise(RATE, dice);
  const loud = 10 ** dice.between(-3, -0.8);
  if (dice.between(0, 1) < 0.5) return row.map((x) => loud * x);
  const { samples } = list[dice.whole(list.length)];
  const part = Math.floor(samples.length * dice.between(0.15, 0.35));
  const isStart = dice.between(0, 1) < 0.5;
  const piece = isStart ? samples.slice(0, part) : samples.slice(samples.length - part);
  const level = rms(samples) || 1;
  const at = isStart ? RATE - piece.length : 0;
  piece.forEach((x, i) => {
    row[i + at] = (0.1 * x) / level + 0.01 * row[i + at];
  });
  return row.map((x, i) => (i >= at && i < at + piece.length ? x : 0.01 * x));
}

/**
 * Rows of a second: every recording `copies` times, each time in other noise and at another speed, and as many of no word as of
 * three digits.
 */
export function rowsOf(
  list: readonly Spoken[],
  copies: number,
  seed: number,
  speeds: readonly [number, number] = [1, 1],
): Dataset {
  const dice = new Dice(seed, 7);
  const spoken = Array.from({ length: copies }, () => list).flat();
  const others = Math.round((3 * spoken.length) / 10);
  const rows = [
    ...spoken.map((one) => ({ label: one.digit, row: inNoise(one, dice, speeds) })),
    ...Array.from({ length: others }, () => ({ label: NOISE, row: noWord(list, dice) })),
  ];
  return fromArrays({ series: rows.map(({ row }) => [row]), labels: rows.map(({ label }) => label) });
}

/** A recording of `seconds`: words at random moments, half a second or more apart, in changing noise; and where each word ends. */
export function recordingOf(
  list: readonly Spoken[],
  seconds: number,
  seed: number,
): { samples: Float32Array; words: { digit: string; start: number; end: number }[] } {
  const dice = new Dice(seed, 11);
  const samples = new Float32Array(seconds * RATE);
  for (let from = 0; from < samples.length; from += 10 * RATE) {
    const part = noise(Math.min(10 * RATE, samples.length - from), dice);
    const loud = 10 ** dice.between(-3, -1.7);
    part.forEach((x, i) => (samples[from + i] = loud * x));
  }
  const words: { digit: string; start: number; end: number }[] = [];
  for (let at = RATE; ;) {
    const { digit, samples: word } = list[dice.whole(list.length)];
    if (at + word.length + RATE > samples.length) return { samples, words };
    const level = rms(word) || 1;
    word.forEach((x, i) => (samples[at + i] += (0.1 * x) / level));
    words.push({ digit, start: at, end: at + word.length });
    at += word.length + Math.round(RATE * dice.between(0.5, 8));
  }
}
