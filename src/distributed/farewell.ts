/**
 * The last message of every rank to every other: empty where all is well, else why it ends. It is awaited from the start, so
 * that a rank hears at once of another's end, and a run is over once all have come.
 */
import { RankError } from "../training/ranks.ts";
import type { Awaited } from "./patience.ts";
import type { Message, Transport } from "./transport.ts";

const TAG = 1;
const BYTES = 512;

export class Farewell {
  readonly #transport: Transport;
  readonly #nameOf: (rank: number) => string;
  readonly #others: readonly number[];
  readonly #texts: readonly Uint8Array[];
  readonly #heard: readonly Message[];
  #said: readonly Message[] = [];

  constructor(transport: Transport, nameOf: (rank: number) => string) {
    this.#transport = transport;
    this.#nameOf = nameOf;
    this.#others = Array.from({ length: transport.size }, (_, rank) => rank).filter(
      (rank) => rank !== transport.rank,
    );
    this.#texts = this.#others.map(() => new Uint8Array(BYTES));
    this.#heard = this.#others.map((rank, n) => transport.receive(rank, TAG, this.#texts[n]));
  }

  /** Throws RankError where another rank has said why it ends. */
  listen(): void {
    this.#heard.forEach((message, n) => {
      const text = message.isDone() ? this.#text(n) : "";
      if (text !== "") throw new RankError(`${this.#nameOf(this.#others[n])} has ended: ${text}`);
    });
  }

  /** Says it to all; over once all have said theirs. */
  say(line: string): Awaited {
    const bytes = new Uint8Array(BYTES);
    new TextEncoder().encodeInto(line, bytes);
    this.#said = this.#others.map((rank) => this.#transport.send(rank, TAG, bytes));
    let done = 0;
    const silent = (): readonly number[] => this.#others.filter((_, n) => !this.#heard[n].isDone());
    const deaf = (): readonly number[] => this.#others.filter((_, n) => !this.#said[n].isDone());
    return {
      move: () => {
        const before = done;
        done = 2 * this.#others.length - silent().length - deaf().length;
        return done > before;
      },
      isDone: () => done === 2 * this.#others.length,
      awaited: () => ({ silent: silent(), deaf: deaf() }),
    };
  }

  #text(n: number): string {
    const bytes = this.#texts[n];
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(bytes.subarray(0, end < 0 ? BYTES : end));
  }
}
