/** A stream over an engine: samples however they are given, answers however they are read. */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import type { Sample } from "../takes.ts";
import { Answers, Found, type Says, type StreamAnswers } from "./answers.ts";
import type { Engine, Samples } from "./engine.ts";
import { decodeState, encodeState, fingerprintOf } from "./state.ts";

/** A network over samples that come in. It computes on one thread and allocates nothing for a sample. */
export interface Stream {
  /** `positions`: an answer for each position of the network's output. `windows`: one every `every` samples. */
  readonly answersBy: "positions" | "windows";
  /** Channels of a sample. */
  readonly channels: number;
  /** Outputs of an answer. */
  readonly outputs: number;
  /** Samples from one answer to the next. */
  readonly every: number;
  /** The most samples after the one that an answer is about until the answer comes; 0 of causal networks and of windows. */
  readonly latency: number;
  /** How many samples an answer depends on. */
  readonly receptiveField: number;
  /** About how long a sample takes, one at a time, on a processor with 512-bit vectors: counted, not measured. */
  readonly microseconds: number;
  /** Bytes that the stream holds, weights included; it holds no more however long it runs. */
  readonly memory: number;
  /** Samples so far. */
  readonly samples: number;
  /**
   * Takes samples in raw units and gives their answers, until the next push: `[channel][time]`, or by channel name, or in
   * one array, of several channels interleaved as devices give them (`[time][channel]`).
   *
   * @throws InputError for samples of other channels, for a value that is not finite, and after `finish` without a `reset`;
   *   nothing of them has been taken then
   */
  push(samples: Sample): StreamAnswers;
  /**
   * The same for an audio callback: interleaved samples in, the outputs of their answers into `outputs`, one after another.
   * How many answers there are comes back.
   *
   * @throws InputError as `push`, and where `outputs` has no room
   */
  process(samples: ArrayLike<number>, outputs: Float32Array): number;
  /**
   * The end of the series: the answers of positions that would have waited for later samples, with the padding that the network
   * has at the end of a row. A window that is not full has no answer. `reset` begins anew.
   */
  finish(): StreamAnswers;
  /** Forgets all samples. */
  reset(): void;
  /** Everything that it remembers, as bytes that another stream of the same network goes on from, on any machine. */
  state(): Uint8Array<ArrayBuffer>;
  /**
   * Goes on from a state.
   *
   * @throws InputError for bytes that are no state of this network with these options; the stream is as it was then
   */
  restore(state: Uint8Array): void;
  /** What it is, in a line. */
  describe(): string;
}

/** What a stream is called, takes and says. */
export interface StreamOf {
  readonly name: string;
  /** Channels of a sample. */
  readonly channels: number;
  readonly channelNames?: readonly string[];
  readonly says: Omit<Says, "width">;
  readonly by: Stream["answersBy"];
  /** The SHA-256 of the network (`identityOf`). */
  readonly identity: () => string;
}

export class EngineStream implements Stream {
  readonly answersBy: "positions" | "windows";
  readonly channels: number;
  readonly outputs: number;
  readonly every: number;
  readonly latency: number;
  readonly receptiveField: number;
  readonly microseconds: number;
  readonly #engine: Engine;
  readonly #name: string;
  readonly #channelNames: readonly string[] | undefined;
  readonly #says: Says;
  readonly #found: Found;
  readonly #answers: Answers;
  readonly #given: Samples = { values: [], first: 0, channelStep: 1, timeStep: 1 };
  readonly #fingerprint: () => string;
  /** Samples of several lists; it grows to the largest push. */
  #flat = new Float64Array(0);
  #samples = 0;
  #ended = false;

  constructor(engine: Engine, { name, channels, channelNames, says, by, identity }: StreamOf) {
    this.answersBy = by;
    this.channels = channels;
    this.outputs = engine.width;
    this.every = engine.every;
    this.latency = engine.latency;
    this.receptiveField = engine.receptiveField;
    this.microseconds = engine.microseconds;
    this.#engine = engine;
    this.#name = name;
    this.#channelNames = channelNames;
    this.#says = { ...says, width: engine.width };
    this.#found = new Found(engine.width);
    this.#answers = new Answers(this.#found, this.#says);
    this.#fingerprint = () => fingerprintOf(identity(), engine.every);
  }

  get memory(): number {
    return this.#engine.memory + this.#found.outputs.byteLength;
  }

  get samples(): number {
    return this.#samples;
  }

  push(samples: Sample): StreamAnswers {
    const count = this.#read(samples);
    this.#requireGoing();
    this.#requireFinite(count);
    this.#engine.take(this.#given, count, this.#found);
    this.#samples += count;
    this.#inOwnUnits();
    return this.#answers;
  }

  process(samples: ArrayLike<number>, outputs: Float32Array): number {
    const count = this.#interleaved(samples);
    this.#requireGoing();
    this.#requireFinite(count);
    const most = this.#engine.mostAnswers(count) * this.outputs;
    if (outputs.length < most)
      throw new InputError(
        `outputs has ${outputs.length} places; ${count} samples give up to ${most / this.outputs} answers of ${this.outputs}`,
      );
    this.#engine.take(this.#given, count, this.#found);
    this.#samples += count;
    this.#inOwnUnits();
    const { count: found, outputs: values } = this.#found;
    for (let i = 0; i < found * this.outputs; i++) outputs[i] = values[i];
    return found;
  }

  finish(): StreamAnswers {
    this.#requireGoing();
    this.#engine.finish(this.#found);
    this.#ended = true;
    this.#inOwnUnits();
    return this.#answers;
  }

  reset(): void {
    this.#engine.reset();
    this.#samples = 0;
    this.#ended = false;
  }

  state(): Uint8Array<ArrayBuffer> {
    this.#requireGoing();
    return encodeState(this.#fingerprint(), this.#engine.save());
  }

  restore(state: Uint8Array): void {
    const { channels } = this;
    const { pastFloats } = this.#engine;
    const pendingOf = (n: number): number => this.#engine.pendingOf(n);
    const { samples, pending, past } = decodeState(state, this.#fingerprint(), {
      pastFloats,
      pendingOf,
      channels,
    });
    this.#engine.restore(samples, pending, past);
    this.#samples = samples;
    this.#ended = false;
  }

  describe(): string {
    const what =
      this.answersBy === "positions"
        ? `an answer every ${plural(this.every, "sample")}, ${this.latency === 0 ? "at once" : `${plural(this.latency, "sample")} late`}`
        : `an answer every ${plural(this.every, "sample")} for the last ${this.receptiveField}`;
    return (
      `${this.#name}: ${plural(this.channels, "channel")} in, ${what}; each depends on ${plural(this.receptiveField, "sample")}; ` +
      `about ${this.microseconds.toPrecision(2)} us a sample, ${Math.ceil(this.memory / 1024)} KiB`
    );
  }

  #inOwnUnits(): void {
    const { scales } = this.#says;
    if (scales === null) return;
    const { outputs, count, width } = this.#found;
    for (let i = 0; i < count * width; i++)
      outputs[i] = scales.mean[i % width] + scales.deviation[i % width] * outputs[i];
  }

  #requireGoing(): void {
    if (this.#ended)
      throw new InputError(`the stream of ${this.#name} was finished; reset it to begin another series`);
  }

  /** Where the samples are; how many. */
  #read(samples: Sample): number {
    if (isNumbers(samples)) return this.#interleaved(samples);
    const lists = this.#byChannel(samples);
    const given = this.#given;
    if (lists.length === 1) return this.#interleaved(lists[0]);
    const { length } = lists[0];
    if (this.#flat.length < lists.length * length) this.#flat = new Float64Array(lists.length * length);
    const flat = this.#flat;
    for (let c = 0; c < lists.length; c++) {
      if (lists[c].length !== length)
        throw new InputError(
          `channel ${c} has ${lists[c].length} samples and channel 0 ${length}; give as many of each`,
        );
      for (let t = 0; t < length; t++) flat[c * length + t] = lists[c][t];
    }
    given.values = flat;
    given.channelStep = length;
    given.timeStep = 1;
    return length;
  }

  #byChannel(samples: Exclude<Sample, ArrayLike<number>>): ArrayLike<ArrayLike<number>> {
    if (Array.isArray(samples)) {
      if (samples.length === this.channels) return samples as readonly ArrayLike<number>[];
      throw new InputError(
        `samples have ${plural(samples.length, "channel")}; the model ${this.#name} takes ${this.channels}`,
      );
    }
    const names = this.#channelNames;
    if (names === undefined)
      throw new InputError(
        `the model ${this.#name} has no channel names; give samples by position, [channel][time]`,
      );
    return names.map((name) => {
      const list = (samples as Readonly<Record<string, ArrayLike<number>>>)[name];
      if (list === undefined)
        throw new InputError(
          `samples have no channel ${quote(name)}; the model ${this.#name} takes ${names.map(quote).join(", ")}`,
        );
      return list;
    });
  }

  #interleaved(samples: ArrayLike<number>): number {
    const count = samples.length / this.channels;
    if (!Number.isInteger(count))
      throw new InputError(
        `${samples.length} interleaved values are no whole samples of ${plural(this.channels, "channel")}`,
      );
    const given = this.#given;
    given.values = samples;
    given.channelStep = 1;
    given.timeStep = this.channels;
    return count;
  }

  #requireFinite(count: number): void {
    const { values, channelStep, timeStep } = this.#given;
    let zero = 0;
    for (let i = 0; i < count * this.channels; i++) zero += values[i] - values[i];
    if (zero === 0) return;
    for (let t = 0; t < count; t++)
      for (let c = 0; c < this.channels; c++) {
        const x = values[c * channelStep + t * timeStep];
        if (Number.isFinite(x)) continue;
        throw new InputError(
          `sample ${this.#samples + t}, channel ${c} is ${String(x)}; a stream takes finite numbers: fill it in before`,
        );
      }
  }
}

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;

const isNumbers = (samples: Sample): samples is ArrayLike<number> =>
  ArrayBuffer.isView(samples) ||
  (Array.isArray(samples) && (samples.length === 0 || typeof samples[0] === "number"));
