/** Vectors that were used before: memory that is new has to be zeroed, and every step wants the same lengths. */
export class Spare {
  readonly #free = new Map<number, Float32Array[]>();

  take(length: number): Float32Array {
    return this.#free.get(length)?.pop() ?? new Float32Array(length);
  }

  give(vector: Float32Array): void {
    const free = this.#free.get(vector.length);
    if (free) free.push(vector);
    else this.#free.set(vector.length, [vector]);
  }
}
