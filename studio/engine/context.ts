/** What a question comes with: how to say how far it is, and whether anybody still waits. */
export interface Context<Told = never> {
  /** Tells the page something on the way to the answer. */
  readonly tell: (told: Told) => void;
  readonly signal: AbortSignal;
}

/** An answer that hands its buffers over instead of copying them. */
export class Handed<T> {
  readonly answer: T;
  readonly buffers: Transferable[];
  constructor(answer: T, buffers: Transferable[]) {
    this.answer = answer;
    this.buffers = buffers;
  }
}
