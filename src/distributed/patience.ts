/**
 * Waiting for other ranks, for a time that has an end. Nothing in MPI says that a rank hangs: it is silent. So nothing here
 * blocks: messages are looked at again and again, and between looks the event loop has its turn, for signals and timers.
 */
import { setImmediate } from "node:timers/promises";
import { RankError } from "../training/ranks.ts";

/** What is waited for. */
export interface Awaited {
  /** Does what can be done; whether anything came about. */
  move(): boolean;
  isDone(): boolean;
  /** Ranks that something is awaited from, and ranks that have not taken what was sent. */
  awaited(): { readonly silent: readonly number[]; readonly deaf: readonly number[] };
}

/** How long is looked without a break for the event loop, in milliseconds. */
const TURN_MS = 2;
/** A longer time between two looks is no silence of others: this process itself did not run. */
const LOOK_MS = 100;
/** After so long without anything others need the processor more, in milliseconds; `crowded`: ranks are more than cores. */
const HOT_MS = { roomy: 20, crowded: 0.2 } as const;
/** How long is slept then, in milliseconds. */
const NAP_MS = 0.05;

const nothing = new Int32Array(new SharedArrayBuffer(4));

export class Patience {
  readonly #timeoutMs: number;
  /** A rank's name for messages. */
  readonly nameOf: (rank: number) => string;
  /** Throws where another rank has said that it gives up. */
  readonly #listen: () => void;
  readonly #place: () => keyof typeof HOT_MS;

  constructor(
    timeoutMs: number,
    nameOf: (rank: number) => string,
    listen: () => void = () => undefined,
    place: () => keyof typeof HOT_MS = () => "crowded",
  ) {
    this.#timeoutMs = timeoutMs;
    this.nameOf = nameOf;
    this.#listen = listen;
    this.#place = place;
  }

  /** Waits until it is done. Throws RankError where nothing comes about for too long. */
  async wait(what: Awaited): Promise<void> {
    let silentMs = 0;
    let looked = performance.now();
    let turned = looked;
    const hotMs = HOT_MS[this.#place()];
    while (!what.isDone()) {
      if (what.move()) silentMs = 0;
      else if (silentMs > hotMs) Atomics.wait(nothing, 0, 0, NAP_MS);
      const now = performance.now();
      silentMs += Math.min(now - looked, LOOK_MS);
      looked = now;
      if (silentMs > this.#timeoutMs) throw new RankError(this.#silence(what.awaited()));
      if (now - turned > TURN_MS) {
        this.#listen();
        await setImmediate();
        turned = performance.now();
      }
    }
  }

  #silence({ silent, deaf }: ReturnType<Awaited["awaited"]>): string {
    const [ranks, what] = silent.length > 0 ? [silent, "sent nothing"] : [deaf, "taken nothing"];
    const seconds = Math.round(this.#timeoutMs / 100) / 10;
    const names = ranks.slice(0, MOST_NAMED).map(this.nameOf);
    if (ranks.length > MOST_NAMED) names.push(`${ranks.length - MOST_NAMED} more`);
    const [has, it, hangs, its] =
      ranks.length === 1 ? ["has", "it", "hangs", "its"] : ["have", "they", "hang", "their"];
    return `${names.join(", ")} ${has} ${what} for ${seconds} s: ${it} ${hangs}, or ${its} network is cut; end the run and go on with --resume`;
  }
}

/** How many ranks a message names. */
const MOST_NAMED = 8;
