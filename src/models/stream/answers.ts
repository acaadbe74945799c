/** What a stream says: answers that stand in one buffer, read one after another through one object. */
import { exp } from "../../numerics/f64.ts";
import type { AnswerKind } from "../../data/answers.ts";
import { InputError } from "../../data/errors.ts";
import { className, classOf, logistic } from "../scores/score.ts";
import { inverseOf } from "../temperature.ts";

/**
 * What a stream says of a place. The object is the stream's own and holds the next answer when there is one: copy from it what
 * is to be kept.
 */
export interface StreamAnswer {
  /**
   * The sample that it is about, from 0: of a network that answers each position that position's first sample, else the
   * last one of the window.
   */
  readonly at: number;
  /** The class, by name; "" where the outputs are no numbers. Of values, reading it throws InputError. */
  readonly label: string;
  /** By class. Of values, reading it throws InputError. */
  readonly probabilities: Float64Array;
  /** The last layer's outputs, before any temperature and softmax; of values in the targets' own units. */
  readonly outputs: Float32Array;
}

/** The answers to what was pushed, for one `for ... of`. */
export interface StreamAnswers extends Iterable<StreamAnswer> {
  /** How many there are. */
  readonly count: number;
}

/** What a network says by its outputs. */
export interface Says {
  readonly classes: readonly string[];
  readonly answers: AnswerKind;
  /** Outputs of an answer. */
  readonly width: number;
  /** Of a calibrated network: what the softmax is of is outputs / temperature. */
  readonly temperature?: number;
  /** In the targets' own units: mean + deviation x, in f64 and rounded once. */
  readonly scales: { readonly mean: readonly number[]; readonly deviation: readonly number[] } | null;
}

/** Answers in the order in which they are found. `outputs` grows to the largest number of them at once. */
export class Found {
  readonly width: number;
  outputs: Float32Array;
  count = 0;
  /** Where the first one is, and from each to the next. */
  first = 0;
  every = 1;

  constructor(width: number) {
    this.width = width;
    this.outputs = new Float32Array(width);
  }

  clear(first: number, every: number): void {
    this.count = 0;
    this.first = first;
    this.every = every;
  }

  /** Room for so many more: where the next one's outputs go. */
  room(more: number): number {
    const used = this.count * this.width;
    const wanted = used + more * this.width;
    if (wanted > this.outputs.length) {
      const grown = new Float32Array(Math.max(wanted, 2 * this.outputs.length));
      grown.set(this.outputs.subarray(0, used));
      this.outputs = grown;
    }
    return used;
  }
}

/** One answer after another, without anything made on the way. */
export class Answers implements StreamAnswers, Iterator<StreamAnswer, undefined> {
  readonly #found: Found;
  readonly #answer: Answer;
  readonly #more: { done: false; value: StreamAnswer };
  readonly #end: { done: true; value: undefined } = { done: true, value: undefined };
  #next = 0;

  constructor(found: Found, says: Says) {
    this.#found = found;
    this.#answer = new Answer(says);
    this.#more = { done: false, value: this.#answer };
  }

  get count(): number {
    return this.#found.count;
  }

  [Symbol.iterator](): Iterator<StreamAnswer, undefined> {
    this.#next = 0;
    return this;
  }

  next(): IteratorResult<StreamAnswer, undefined> {
    if (this.#next >= this.#found.count) return this.#end;
    this.#answer.take(this.#found, this.#next++);
    return this.#more;
  }
}

class Answer implements StreamAnswer {
  at = 0;
  readonly outputs: Float32Array;
  readonly #says: Says;
  readonly #probabilities: Float64Array;
  readonly #inverse: number;
  #known = false;

  constructor(says: Says) {
    this.#says = says;
    this.outputs = new Float32Array(says.width);
    this.#probabilities = new Float64Array(says.classes.length);
    this.#inverse = inverseOf(says.temperature);
  }

  take(found: Found, i: number): void {
    const { width, outputs } = found;
    this.at = found.first + i * found.every;
    for (let k = 0, from = i * width; k < width; k++, from++) this.outputs[k] = outputs[from];
    this.#known = false;
  }

  get label(): string {
    const { probabilities } = this; // of values refused
    const said = this.#says.answers === "multiLabel" ? probabilities : this.outputs;
    return className(this.#says.classes, classOf(said));
  }

  get probabilities(): Float64Array {
    const { answers } = this.#says;
    if (answers === "values") throw new InputError("the model gives values, not classes; read outputs");
    if (!this.#known) {
      if (answers === "multiLabel")
        for (let k = 0; k < this.outputs.length; k++) this.#probabilities[k] = logistic(this.outputs[k]);
      else softmaxInto(this.outputs, this.#inverse, this.#probabilities);
    }
    this.#known = true;
    return this.#probabilities;
  }
}

/** The softmax of `scores/metrics.ts` of logits times a factor, into an array that there is. */
function softmaxInto(logits: Float32Array, factor: number, to: Float64Array): void {
  let max = logits[0] * factor;
  for (let k = 1; k < logits.length; k++) if (logits[k] * factor > max) max = logits[k] * factor;
  let sum = 0;
  for (let k = 0; k < logits.length; k++) {
    to[k] = exp(logits[k] * factor - max);
    sum = k === 0 ? to[k] : sum + to[k];
  }
  for (let k = 0; k < logits.length; k++) to[k] /= sum;
}
