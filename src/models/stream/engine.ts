/** What runs under a stream: samples in, outputs out. */
import type { Model } from "../../layers/model.ts";
import type { Preparation } from "../preparation.ts";
import type { TargetScales } from "../targets.ts";
import type { Weights } from "../weights.ts";
import type { Found } from "./answers.ts";

/** What of a network a stream is made of. */
export interface StreamFields {
  readonly model: Model;
  readonly classes: readonly string[];
  readonly channelNames?: readonly string[];
  readonly preparation: Preparation;
  readonly targets?: TargetScales;
  readonly temperature?: number;
  readonly weights: Weights;
}

/** Samples in an array: channel c of sample t at `first + c channelStep + t timeStep`. */
export interface Samples {
  values: ArrayLike<number>;
  first: number;
  channelStep: number;
  timeStep: number;
}

export interface Engine {
  /** Outputs of an answer. */
  readonly width: number;
  /** Samples from one answer to the next. */
  readonly every: number;
  /** The most samples from the one that an answer is about to the one that it comes with. */
  readonly latency: number;
  /** Samples that an answer depends on. */
  readonly receptiveField: number;
  /** About how long a sample takes on one thread of 512-bit code, by its vector instructions. */
  readonly microseconds: number;
  /** Bytes that it holds. */
  readonly memory: number;
  /** Takes `count` samples and adds what they answer. */
  take(samples: Samples, count: number, found: Found): void;
  /** The answers that wait for samples which do not come. */
  finish(found: Found): void;
  reset(): void;
  /** Everything that it remembers, as numbers. */
  save(): { readonly samples: number; readonly pending: Float64Array; readonly past: Float32Array };
  restore(samples: number, pending: Float64Array, past: Float32Array): void;
  /** How many numbers `past` has. */
  readonly pastFloats: number;
  /** How many of so many samples are pending. */
  pendingOf(samples: number): number;
  /** The most answers that so many samples more give. */
  mostAnswers(count: number): number;
}
