/** What the worker keeps between questions: data sets, and models, under names that the page knows them by. */
import { InputError, type AnyModel, type Dataset } from "toeplitz";

/** Things of one kind by name; names are never used again. */
export class Shelf<T> {
  readonly #things = new Map<string, T>();
  #count = 0;
  readonly #kind: string;

  constructor(kind: string) {
    this.#kind = kind;
  }

  add(thing: T): string {
    const id = `${this.#kind}-${++this.#count}`;
    this.#things.set(id, thing);
    return id;
  }

  /** Throws InputError where it is gone. */
  get(id: string): T {
    const thing = this.#things.get(id);
    if (thing === undefined) throw new InputError(`${id} is no longer there; open it again`);
    return thing;
  }

  remove(id: string): void {
    this.#things.delete(id);
  }
}

export const dataShelf = new Shelf<Dataset>("data");
/** The rows that a model's training held back, by the model: what a temperature may be fitted on. */
export const heldRows = new WeakMap<AnyModel, Dataset>();
export const modelShelf = new Shelf<AnyModel>("model");
