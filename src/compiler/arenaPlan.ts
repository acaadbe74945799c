/**
 * Where every buffer lies in the arena: a lead (so that pointers may step back), what lasts, each after the one before,
 * then temporaries, which share bytes where their lives do not meet (`memory.ts`) and from entry to entry.
 */
import { largestOf } from "../numerics/extremes.ts";
import { VECTOR_BYTES } from "../vector/layout.ts";
import { bufferBytes, storage, type Buffer } from "./buffer.ts";
import type { Draft } from "./lower/scope.ts";
import { planMemory, type Life } from "./memory.ts";

type Kernels = readonly Pick<Draft, "pointers">[];

export class ArenaPlan {
  readonly #batch: number;
  readonly #offsets = new Map<Buffer, number>();
  #end: number;

  /** An arena that begins with a lead for these kernels: a row of each signal they touch, the whole of each weight. */
  constructor(batch: number, kernels: Kernels) {
    this.#batch = batch;
    const buffers = new Set(kernels.flatMap((k) => k.pointers.map(storage)));
    const leads = [...buffers].map((b) =>
      b.type.space === "sample" ? b.layout.pitch * VECTOR_BYTES : this.bytesOf(b),
    );
    this.#end = Math.max(VECTOR_BYTES, largestOf(leads));
  }

  /** Bytes of the arena: a vector may be read that starts at a tensor's last float. */
  get bytes(): number {
    return this.#end + VECTOR_BYTES;
  }

  bytesOf(buffer: Buffer): number {
    return bufferBytes(buffer, this.#batch);
  }

  /** Where a buffer that is no view lies; 0 for one that nothing touches. */
  offsetOf(buffer: Buffer): number {
    return this.#offsets.get(buffer) ?? 0;
  }

  /** Gives a buffer its place, unless it has one. */
  place(buffer: Buffer): void {
    if (this.#offsets.has(buffer)) return;
    this.#offsets.set(buffer, this.#end);
    this.#end += this.bytesOf(buffer);
  }

  /** Members of a pack one after another, and the pack's own tensor, where a graph names it, over them all. */
  placePack(name: string, members: readonly string[], homes: ReadonlyMap<string, Buffer>): void {
    const start = this.#end;
    for (const member of members) {
      const buffer = homes.get(member);
      if (!buffer) throw new Error(`pack ${name} holds ${member}, which no graph names`);
      this.place(buffer);
    }
    const whole = homes.get(name);
    if (!whole) return;
    if (this.bytesOf(whole) !== this.#end - start)
      throw new Error(`pack ${name} is not as long as its members`);
    this.#offsets.set(whole, start);
  }

  /** What has no place yet, after everything that has: the temporaries of each entry over those of the others. */
  placeTemporaries(entries: readonly Kernels[]): void {
    const start = this.#end;
    for (const kernels of entries) {
      const lives = this.#livesOf(kernels);
      const plan = planMemory(lives);
      for (const life of lives) this.#offsets.set(life.buffer, start + (plan.offsets.get(life) ?? 0));
      this.#end = Math.max(this.#end, start + plan.bytes);
    }
  }

  /** The lives of temporaries, in kernels. */
  #livesOf(kernels: Kernels): (Life & { readonly buffer: Buffer })[] {
    const lives = new Map<Buffer, Life & { buffer: Buffer }>();
    kernels.forEach(({ pointers }, k) => {
      for (const buffer of pointers.map(storage)) {
        if (this.#offsets.has(buffer)) continue;
        const life = lives.get(buffer);
        if (life) life.to = k;
        else lives.set(buffer, { buffer, bytes: this.bytesOf(buffer), from: k, to: k });
      }
    });
    return [...lives.values()];
  }
}
