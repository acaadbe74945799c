/** A list of f64 that grows by doubling: memory follows the values there are, not what a header promises. */
export class F64Buffer {
  #values = new Float64Array(1024);
  #size = 0;

  push(value: number): void {
    if (this.#size === this.#values.length) {
      const grown = new Float64Array(2 * this.#size);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#size++] = value;
  }

  /** A copy of the values so far. */
  take(): Float64Array {
    return this.#values.slice(0, this.#size);
  }
}
