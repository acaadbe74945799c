/** What a program says of itself: plain data beside its code, from which its glue makes rows to answers. */
import type { AnswerKind } from "../data/answers.ts";
import type { RawRows } from "../data/dataset.ts";
import type { Signal } from "../layers/layer.ts";
import { rawChannels, type Preparation } from "../models/preparation.ts";
import type { EngineSheet } from "../models/stream/engines.ts";
import type { Stream } from "../models/stream/engineStream.ts";
import type { Ports } from "../models/predictor.ts";
import type { TargetScales } from "../models/targets.ts";
import { takesOf } from "../models/takes.ts";

export interface Sheet {
  /** The model's name. */
  readonly name: string;
  /** What its layers take. */
  readonly input: Signal;
  readonly preparation: Preparation;
  readonly channelNames?: readonly string[];
  readonly classes: readonly string[];
  readonly answers: AnswerKind;
  /** Of a calibrated model. */
  readonly temperature?: number;
  /** Positions of a row that each have a class of their own; else 1. */
  readonly positions: number;
  /** Of each network, where rows go in and outputs come out, and what its targets were standardised by. */
  readonly networks: readonly { readonly ports: Ports; readonly targets?: TargetScales }[];
  /** A checksum of the outputs of each golden row. */
  readonly golden: readonly number[];
  /** Where it streams. */
  readonly stream?: StreamSheet;
}

/** What a stream is made of beside its program. */
export interface StreamSheet {
  readonly engine: EngineSheet;
  /** The SHA-256 of the network, by which states are known. */
  readonly identity: string;
  /** A checksum of what the golden stream is answered. */
  readonly golden: number;
}

/** Where the WebAssembly of a module is: inside it, or in files beside it, for hosts that compile no bytes. */
export const wasmPlaces = ["inside", "beside"] as const;
export type WasmPlace = (typeof wasmPlaces)[number];

/** Rows that every program can make by itself. */
export const GOLDEN = 8;

/**
 * Golden row k: numbers of a linear congruential generator (Knuth's, 1664525 and 1013904223, from seed k), brought to the
 * units of the training rows. Row 1 lacks every seventh value where missing ones are filled in, row 2 is shorter by a third where
 * rows may be, row 3 has one value throughout.
 */
export function goldenRow(k: number, { preparation, input }: Pick<Sheet, "preparation" | "input">): RawRows {
  const takes = takesOf(preparation, input);
  const channels = rawChannels(preparation, input.channels);
  const length = k === 2 && takes.lengths !== "one" ? Math.ceil((takes.length * 2) / 3) : takes.length;
  const series = new Float64Array(channels * length);
  let state = k;
  for (let c = 0, at = 0; c < channels; c++) {
    const [shift, scale] = unitsOf(preparation, c);
    for (let t = 0; t < length; t++, at++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const missing = k === 1 && takes.missing === "filled" && at % 7 === 6;
      series[at] = missing ? NaN : shift + scale * (k === 3 ? 1 : state / 2 ** 30 - 2);
    }
  }
  return { series, rows: 1 };
}

/** Samples of the golden stream: some answers, whatever the network. */
export const goldenSamples = ({
  receptiveField,
  latency,
  every,
}: Pick<Stream, "receptiveField" | "latency" | "every">): number =>
  receptiveField + latency + 64 + Math.min(3 * every, 2 ** 16);

/**
 * The checksum of a stream's answers to golden samples: numbers of the generator of golden rows from seed `GOLDEN`, sample by
 * sample, channel by channel, in the units of the training rows.
 */
export function goldenStream(stream: Stream, { preparation }: Pick<Sheet, "preparation">): number {
  const { channels, outputs, every } = stream;
  const count = goldenSamples(stream);
  const units = Array.from({ length: channels }, (_, c) => unitsOf(preparation, c));
  const samples = new Float64Array(count * channels);
  let state = GOLDEN;
  for (let i = 0; i < samples.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const [shift, scale] = units[i % channels];
    samples[i] = shift + scale * (state / 2 ** 30 - 2);
  }
  const said = new Float32Array((Math.ceil(count / every) + 1) * outputs);
  return checksum(said.subarray(0, stream.process(samples, said) * outputs));
}

/** What a channel's numbers are about, and how far they are from it. */
export function unitsOf(p: Preparation, channel: number): readonly [shift: number, scale: number] {
  if (p.kind === "channel") return [p.mean[channel], p.deviation[channel]];
  return p.kind === "minmax" ? [p.low[channel], p.range[channel]] : [0, 1];
}

/** A checksum of floats: FNV-1a over their words, every NaN taken as one. */
export function checksum(values: Float32Array): number {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length);
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++)
    hash = Math.imul(hash ^ (Number.isNaN(values[i]) ? 0x7fc00000 : words[i]), 0x01000193);
  return hash >>> 0;
}
