/**
 * PyTorch's results and the cases they belong to. Both files are written by `python3 scripts/pytorch/vectors.py`, which says
 * what they hold; inputs and parameters are made here, by the same generator.
 */
import { readFileSync } from "node:fs";
import type { Kind } from "../../src/layers/kinds.ts";
import type { Options } from "../../src/layers/options.ts";
import { checkModel, type Model } from "../../src/layers/model.ts";
import type { Loss } from "../../src/models/scores/loss.ts";
import type { AnyOptimizer } from "../../src/training/optimizers.ts";
import type { Schedule } from "../../src/training/schedules.ts";
import type { UpdateRules } from "../../src/training/updateRules.ts";

interface Chain {
  /** Channels and positions of a row. */
  readonly input: readonly [number, number];
  /** Each reads the one before it, or those that `from` says: 0 is the input. */
  readonly layers: readonly {
    readonly kind: Kind;
    readonly options: Options;
    readonly from?: number | readonly number[];
  }[];
}

export interface LayerCase extends Chain {
  readonly name: string;
  readonly rows: readonly number[];
  /** A factor of the input; 1 where absent. */
  readonly scale?: number;
  /** "train" where absent. */
  readonly mode?: "train" | "predict";
}

export interface LossCase {
  readonly name: string;
  readonly output: readonly [number, number];
  readonly loss: Loss;
  /** The target is a probability a class, not a class. */
  readonly soft: boolean;
  readonly rows: readonly number[];
}

interface Grid {
  readonly layers: Readonly<Record<string, readonly LayerCase[]>>;
  readonly losses: readonly LossCase[];
  /** What every optimizer trains, and the rows of its steps, in turn. */
  readonly network: Chain & { readonly steps: number; readonly rows: readonly number[] };
  readonly optimizers: readonly {
    readonly name: string;
    readonly optimizer: Pick<AnyOptimizer, "kind"> & Readonly<Record<string, number | boolean | string>>;
    readonly rules: UpdateRules;
  }[];
  readonly schedules: readonly {
    readonly name: string;
    readonly schedule: Schedule;
    readonly steps: number;
    readonly perEpoch: number;
    readonly learningRate: number;
  }[];
}

interface Vectors {
  readonly torch: string;
  /** By case and number of rows. */
  readonly layers: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly losses: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly optimizers: Readonly<Record<string, string>>;
  readonly schedules: Readonly<Record<string, string>>;
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8")) as unknown;
export const grid = read("grid.json") as Grid;
export const vectors = read("vectors.json") as Vectors;

const bytes = (text: string): ArrayBuffer => Uint8Array.from(Buffer.from(text, "base64")).buffer;
export const doubles = (text: string): Float64Array => new Float64Array(bytes(text));

/** Takes tensor after tensor from a string of float32. */
export class Reader {
  readonly #values: Float32Array;
  #at = 0;

  constructor(text: string) {
    this.#values = new Float32Array(bytes(text));
  }

  take(count: number): Float32Array {
    this.#at += count;
    if (this.#at > this.#values.length)
      throw new Error(`PyTorch has ${this.#values.length} values, not more`);
    return this.#values.subarray(this.#at - count, this.#at);
  }

  done(): void {
    if (this.#at !== this.#values.length)
      throw new Error(`PyTorch has ${this.#values.length} values, not ${this.#at}`);
  }
}

/** `count` numbers of a name: whole numbers from -128 to 127 over 64, times a power of 2. */
export function values(key: string, count: number, scale = 1): Float32Array {
  let state = 2166136261;
  for (let i = 0; i < key.length; i++) state = Math.imul(state ^ key.charCodeAt(i), 16777619);
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (((state >>> 24) - 128) / 64) * scale;
  });
}

/** Classes of a name. */
export const labels = (key: string, count: number, classes: number): Int32Array =>
  Int32Array.from(values(key, count), (v) => (v * 64 + 128) % classes);

/** The model of a case. */
export function modelOf({ input: [channels, length], layers }: Chain): Model {
  return checkModel({
    format: "toeplitz-model",
    version: 1,
    input: { channels, length },
    layers: layers.map(({ kind, options, from }, i) => ({ kind, options, from: [from ?? i].flat() })),
  });
}

/** |got - want| over |want|, Euclidean norms of whole tensors; |got| where PyTorch's is zero. */
export function distance(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) throw new Error(`${got.length} values, PyTorch has ${want.length}`);
  let apart = 0;
  let norm = 0;
  for (let i = 0; i < want.length; i++) {
    apart += (got[i] - want[i]) ** 2;
    norm += want[i] ** 2;
  }
  return Math.sqrt(apart) / (Math.sqrt(norm) || 1);
}
