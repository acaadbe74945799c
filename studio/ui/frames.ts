/** How smoothly something goes on: the frames of a gesture, counted from its first move to its last. */
export class Frames {
  #times: number[] = [];

  /** A frame has been drawn. */
  drawn(): void {
    this.#times.push(performance.now());
  }

  /** Frames a second, and the longest time between two, in milliseconds; null of fewer than three. Begins anew. */
  end(): { readonly rate: number; readonly longest: number } | null {
    const times = this.#times;
    this.#times = [];
    if (times.length < 3) return null;
    const between = times.slice(1).map((time, i) => time - times[i]);
    return {
      rate: (1000 * between.length) / (times[times.length - 1] - times[0]),
      longest: Math.max(...between),
    };
  }
}
