/** Constants of a program's code, behind it in memory; addressed relative to the instruction pointer. */
import { append } from "../../numerics/extremes.ts";
import type { Memory } from "./assembler.ts";

export class Pool {
  readonly #words: number[] = [];
  readonly #known = new Map<string, number>();

  /** One 32-bit word. */
  word(bits: number): Memory {
    return { base: "pool", disp: this.#place(`w${bits}`, [bits], 1) };
  }

  /** The same word in every lane. */
  vector(bits: number, lanes: number): Memory {
    return {
      base: "pool",
      disp: this.#place(
        `v${bits}`,
        Array.from({ length: lanes }, () => bits),
        lanes,
      ),
    };
  }

  /** All ones in the lanes below `count`. */
  lanes(count: number, lanes: number): Memory {
    const words = Array.from({ length: lanes }, (_, l) => (l < count ? -1 : 0));
    return { base: "pool", disp: this.#place(`l${count}`, words, lanes) };
  }

  /** 64-bit addresses, for a kernel's pointers; returns where they stand. */
  addresses(values: readonly bigint[]): Memory {
    const words = values.flatMap((v) => [Number(BigInt.asIntN(32, v)), Number(BigInt.asIntN(32, v >> 32n))]);
    return { base: "pool", disp: this.#place(`a${values.join()}`, words, 2) };
  }

  bytes(): Uint8Array {
    return new Uint8Array(Int32Array.from(this.#words).buffer);
  }

  #place(key: string, words: readonly number[], align: number): number {
    let at = this.#known.get(key);
    if (at === undefined) {
      while (this.#words.length % align !== 0) this.#words.push(0);
      at = this.#words.length * 4;
      append(this.#words, words);
      this.#known.set(key, at);
    }
    return at;
  }
}
