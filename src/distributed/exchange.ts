/**
 * Vectors of all ranks summed in the order of the shards' tree. A vector is cut into a chunk a rank: everyone sends its
 * sums of chunk q to rank q, which adds them in the tree's order and sends the whole sum of that chunk to all. Chunks travel
 * in pieces, so that the first are summed and sent on while the last are under way. A rank with one subtree sends
 * 2 (R - 1) / R of the vector, the least possible.
 */
import { type PendingSum, type RankPart, type Ranks } from "../training/ranks.ts";
import { shardsOf, subtreesOf, sumTree, type Span } from "../training/shardTree.ts";
import type { Message, Transport } from "./transport.ts";
import type { Patience } from "./patience.ts";
import { Spare } from "./spare.ts";

export interface ExchangeOptions {
  /** A rank that is silent for so long is given up, in milliseconds. Default 120,000. */
  readonly timeoutMs?: number;
  /** The most floats a message, a multiple of 16. Default 2^18. */
  readonly pieceFloats?: number;
}

/** Chunks begin at multiples of this, so that no line of cache belongs to two. */
const ALIGN = 16;
/** The most a message: MPI counts in 31 bits. */
const MOST_BYTES = 2 ** 30;
/** Tags below belong to ends of runs. */
const FIRST_TAG = 16;
/** Every MPI has tags up to 32,767. */
const TAGS = 32_752;

/** A stretch of floats for each of so many ranks, as equal as multiples of 16 can be; the last may be empty. */
export function chunksOf(length: number, size: number): readonly Span[] {
  const each = Math.ceil(length / size / ALIGN) * ALIGN;
  const at = (n: number): number => Math.min(length, n * each);
  return Array.from({ length: size }, (_, n) => ({ from: at(n), to: at(n + 1) }));
}

/** A stretch in pieces of at most so many. */
export function piecesOf({ from, to }: Span, most: number): readonly Span[] {
  return Array.from({ length: Math.ceil((to - from) / most) }, (_, n) => ({
    from: from + n * most,
    to: Math.min(to, from + (n + 1) * most),
  }));
}

/** The ranks of a run over a transport. */
export class Exchange implements Ranks {
  readonly rank: number;
  readonly size: number;
  /** Bytes that this rank has begun to send. */
  sent = 0;
  readonly #transport: Transport;
  readonly #patience: Patience;
  readonly #pieceFloats: number;
  readonly #spare = new Spare();
  readonly #open = new Set<Sum>();
  #used = 0;

  constructor(transport: Transport, patience: Patience, options: ExchangeOptions = {}) {
    this.rank = transport.rank;
    this.size = transport.size;
    this.#transport = {
      ...transport,
      send: (to, tag, bytes) => {
        this.sent += bytes.byteLength;
        return transport.send(to, tag, bytes);
      },
      receive: (from, tag, into) => transport.receive(from, tag, into),
    };
    this.#patience = patience;
    this.#pieceFloats = options.pieceFloats ?? 2 ** 18;
  }

  sum(shards: number, parts: readonly RankPart[], into: Float32Array): PendingSum {
    const layout = new Layout(shards, this.rank, this.size, into.length, this.#pieceFloats);
    layout.check(parts, into);
    const sum = new Sum(this.#transport, layout, parts, into, this.#tags(), this.#spare);
    this.#open.add(sum);
    return {
      progress: () => void sum.move(),
      done: async () => {
        await this.#patience.wait({
          move: () => {
            // those behind it go on too
            let moved = false;
            for (const other of this.#open) moved = other.move() || moved;
            return moved;
          },
          isDone: () => sum.isDone(),
          awaited: () => sum.awaited(),
        });
        this.#open.delete(sum);
        sum.giveBack();
      },
    };
  }

  async gather(bytes: Uint8Array): Promise<readonly Uint8Array[]> {
    const lengths = await this.#toAll(
      Float64Array.of(bytes.length),
      Array.from({ length: this.size }, () => new Float64Array(1)),
    );
    return await this.#toAll(
      bytes,
      lengths.map((length) => new Uint8Array(length[0])),
    );
  }

  /** Waits until every rank is here. */
  async barrier(): Promise<void> {
    await this.gather(new Uint8Array(0));
  }

  /** Waits for every rank, with a patience of its own; whether any of them says so. */
  async meet(says: boolean, patience: Patience): Promise<boolean> {
    const places = Array.from({ length: this.size }, () => new Uint8Array(1));
    const all = await this.#toAll(Uint8Array.of(says ? 1 : 0), places, patience);
    return all.some(([said]) => said === 1);
  }

  /** What every rank gives, into places of the right size. */
  async #toAll<T extends Uint8Array | Float64Array>(
    own: T,
    places: readonly T[],
    patience = this.#patience,
  ): Promise<readonly T[]> {
    const tag = this.#tags()[0];
    const others = places.map((_, rank) => rank).filter((rank) => rank !== this.rank);
    const pieces = (of: T): readonly T[] =>
      piecesOf({ from: 0, to: of.length }, MOST_BYTES / 8).map(({ from, to }) => of.subarray(from, to) as T);
    const incoming = others.map(
      (from) => new Line(pieces(places[from]).map((into) => this.#transport.receive(from, tag, into))),
    );
    const outgoing = others.map(
      (to) => new Line(pieces(own).map((bytes) => this.#transport.send(to, tag, bytes))),
    );
    places[this.rank].set(own);
    await patience.wait({
      move: () => [...incoming, ...outgoing].reduce((moved, line) => line.move() || moved, false),
      isDone: () => [...incoming, ...outgoing].every((line) => line.isEmpty()),
      awaited: () => ({
        silent: others.filter((_, n) => !incoming[n].isEmpty()),
        deaf: others.filter((_, n) => !outgoing[n].isEmpty()),
      }),
    });
    return places;
  }

  /** Two tags, others than those of what is under way. */
  #tags(): readonly [number, number] {
    const tag = FIRST_TAG + this.#used;
    this.#used = (this.#used + 2) % TAGS;
    return [tag, tag + 1];
  }
}

/** Messages that are done in their order. */
class Line {
  readonly #messages: Message[];
  /** How many are done. */
  done = 0;

  constructor(messages: readonly Message[] = []) {
    this.#messages = [...messages];
  }

  get length(): number {
    return this.#messages.length;
  }

  push(message: Message): void {
    this.#messages.push(message);
  }

  /** Looks at the next ones; whether any is done that was not. */
  move(): boolean {
    const before = this.done;
    while (this.done < this.#messages.length && this.#messages[this.done].isDone()) this.done++;
    return this.done > before;
  }

  isEmpty(): boolean {
    return this.done === this.#messages.length;
  }
}

/** Who has which shards, and who sums which pieces. */
class Layout {
  readonly shards: number;
  readonly rank: number;
  readonly size: number;
  readonly length: number;
  /** The subtrees of each rank. */
  readonly subtrees: readonly (readonly Span[])[];
  /** The chunk that each rank sums. */
  readonly chunks: readonly Span[];
  /** The pieces of each chunk. */
  readonly pieces: readonly (readonly Span[])[];

  constructor(shards: number, rank: number, size: number, length: number, pieceFloats: number) {
    if (shards % size !== 0) throw new Error(`${shards} shards cannot be shared out among ${size} ranks`);
    this.shards = shards;
    this.rank = rank;
    this.size = size;
    this.length = length;
    this.subtrees = Array.from({ length: size }, (_, n) =>
      subtreesOf(shards, shardsOf(shards, { rank: n, size })),
    );
    this.chunks = chunksOf(length, size);
    this.pieces = this.chunks.map((chunk) => piecesOf(chunk, pieceFloats));
  }

  /** The other ranks, the next one first, so that not all send to one. */
  others(): readonly number[] {
    return Array.from({ length: this.size - 1 }, (_, n) => (this.rank + 1 + n) % this.size);
  }

  /** Throws where parts are not this rank's. */
  check(parts: readonly RankPart[], into: Float32Array): void {
    const own = this.subtrees[this.rank];
    const fits =
      parts.length === own.length &&
      parts.every(
        ({ of, sum }, n) => of.from === own[n].from && of.to === own[n].to && sum.length === into.length,
      );
    if (!fits) throw new Error("the parts of a sum are not those of this rank's shards");
  }
}

/** What is under way between this rank and another. */
class Peer {
  readonly rank: number;
  /** Its sums of this rank's chunk, by pieces, its subtrees within. */
  readonly staged: readonly Float32Array[];
  readonly incoming = new Line();
  readonly outgoing = new Line();
  /** Pieces of its chunk, summed. */
  readonly back = new Line();
  /** Pieces of this rank's chunk, summed. */
  readonly on = new Line();

  constructor(rank: number, staged: readonly Float32Array[]) {
    this.rank = rank;
    this.staged = staged;
  }
}

/** One sum under way. */
class Sum {
  readonly #transport: Transport;
  readonly #layout: Layout;
  readonly #parts: readonly RankPart[];
  readonly #into: Float32Array;
  readonly #tags: readonly [number, number];
  readonly #spare: Spare;
  readonly #peers: readonly Peer[];
  /** How many pieces of this rank's chunk are summed. */
  #summed = 0;

  constructor(
    transport: Transport,
    layout: Layout,
    parts: readonly RankPart[],
    into: Float32Array,
    tags: readonly [number, number],
    spare: Spare,
  ) {
    this.#transport = transport;
    this.#layout = layout;
    this.#parts = parts;
    this.#into = into;
    this.#tags = tags;
    this.#spare = spare;
    const { rank, chunks, pieces, subtrees } = layout;
    const { from, to } = chunks[rank];
    this.#peers = layout.others().map(
      (n) =>
        new Peer(
          n,
          subtrees[n].map(() => spare.take(to - from)),
        ),
    );
    for (const piece of pieces[rank])
      for (const { rank: other, staged, incoming } of this.#peers)
        for (const all of staged)
          incoming.push(transport.receive(other, tags[0], all.subarray(piece.from - from, piece.to - from)));
    // no chunk is longer than the first
    for (let n = 0; n < pieces[0].length; n++)
      for (const { rank: other, outgoing } of this.#peers) {
        const piece = pieces[other].at(n);
        if (!piece) continue;
        for (const { sum } of parts)
          outgoing.push(transport.send(other, tags[0], sum.subarray(piece.from, piece.to)));
      }
    this.move();
  }

  /** Does what can be done without waiting; whether anything came about. */
  move(): boolean {
    const { pieces, rank } = this.#layout;
    let moved = false;
    for (const peer of this.#peers) {
      moved = peer.incoming.move() || moved;
      moved = peer.outgoing.move() || moved;
      // a piece comes back once it has left, since the place for the sum may be where a part lies
      const left = Math.floor(peer.outgoing.done / this.#parts.length);
      while (peer.back.length < left) {
        const { from, to } = pieces[peer.rank][peer.back.length];
        peer.back.push(this.#transport.receive(peer.rank, this.#tags[1], this.#into.subarray(from, to)));
      }
      moved = peer.back.move() || moved;
      moved = peer.on.move() || moved;
    }
    while (this.#summed < pieces[rank].length && this.#isHere(this.#summed)) {
      this.#sumPiece(pieces[rank][this.#summed++]);
      moved = true;
    }
    return moved;
  }

  isDone(): boolean {
    const { pieces, rank } = this.#layout;
    return (
      this.#summed === pieces[rank].length &&
      this.#peers.every(
        (peer) => peer.back.done === pieces[peer.rank].length && peer.outgoing.isEmpty() && peer.on.isEmpty(),
      )
    );
  }

  /** Ranks that something is awaited from, and ranks that have not taken what was sent. */
  awaited(): { readonly silent: readonly number[]; readonly deaf: readonly number[] } {
    const { pieces } = this.#layout;
    const ranks = (where: (peer: Peer) => boolean): readonly number[] =>
      this.#peers.filter(where).map((peer) => peer.rank);
    // a rank that has sent its parts may itself wait for those of another
    const first = ranks(({ incoming }) => !incoming.isEmpty());
    return {
      silent: first.length > 0 ? first : ranks((peer) => peer.back.done < pieces[peer.rank].length),
      deaf: ranks(({ outgoing, on }) => !outgoing.isEmpty() || !on.isEmpty()),
    };
  }

  /** Its memory may be used again. */
  giveBack(): void {
    for (const { staged } of this.#peers) for (const one of staged) this.#spare.give(one);
  }

  #isHere(n: number): boolean {
    return this.#peers.every(({ incoming, staged }) => incoming.done >= (n + 1) * staged.length);
  }

  /** Adds what all ranks have of a piece, in the tree's order, and sends it on. Parts are left as they are. */
  #sumPiece({ from, to }: Span): void {
    const { shards, rank, subtrees, chunks } = this.#layout;
    const start = chunks[rank].from;
    const here = this.#into.subarray(from, to);
    const stagedOf = new Map(this.#peers.map((peer) => [peer.rank, peer.staged]));
    const all = subtrees.flatMap((spans, n) =>
      spans.map((of, k) => {
        const staged = stagedOf.get(n);
        return staged
          ? { of, sum: { values: staged[k].subarray(from - start, to - start), isOwn: false } }
          : { of, sum: { values: this.#parts[k].sum.subarray(from, to), isOwn: true } };
      }),
    );
    const { values } = sumTree(shards, all, (left, right) => {
      // neighbours of one rank are one subtree, so at most one of two is this rank's own; float addition commutes
      const [into, other] = left.isOwn ? [right, left] : [left, right];
      this.#transport.add(into.values, other.values);
      return into;
    });
    here.set(values);
    for (const peer of this.#peers) peer.on.push(this.#transport.send(peer.rank, this.#tags[1], here));
  }
}
