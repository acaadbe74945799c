/** What the exchange of sums stands on: messages between ranks that are under way while others are sent. MPI is one; tests have another. */

export interface Transport {
  /** Which rank this is, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /** The machine that it runs on, for messages. */
  readonly host: string;
  /** Begins to send bytes, which may not change until the message is done. */
  send(to: number, tag: number, bytes: ArrayBufferView): Message;
  /**
   * Begins to receive: as many bytes as are sent. Messages between two ranks under one tag come in the order in which they
   * were sent. The bytes may not be touched until the message is done.
   */
  receive(from: number, tag: number, into: ArrayBufferView): Message;
  /** Adds to each element of the first that of the second, rounded to binary32: a machine's loop is ten times as fast as a script's. */
  add(into: Float32Array, values: Float32Array): void;
}

/** A message under way. */
export interface Message {
  /** Whether it is done; does not wait. Throws RankError where it failed. */
  isDone(): boolean;
}
