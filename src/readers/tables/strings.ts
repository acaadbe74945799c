/** Text that comes again and again, as indices. */
import { LabelNames } from "../labelNames.ts";

export class Strings {
  readonly #indices = new Map<string, number>();
  #last = "";
  #lastIndex = -1;

  /** The index of a text: 0, 1, ... as they first came. */
  index(text: string): number {
    if (text === this.#last && this.#lastIndex >= 0) return this.#lastIndex;
    let index = this.#indices.get(text);
    if (index === undefined) {
      index = this.#indices.size;
      this.#indices.set(text, index);
    }
    this.#last = text;
    this.#lastIndex = index;
    return index;
  }

  /** The texts by their indices. */
  texts(): readonly string[] {
    return [...this.#indices.keys()];
  }

  /** The classes that the texts make, in their order, and the class of each text. */
  classes(): { of: Int32Array; classes: readonly string[] } {
    const names = new LabelNames();
    for (const text of this.#indices.keys()) names.add(text);
    const { labels, classes } = names.finish();
    return { of: labels, classes };
  }
}
