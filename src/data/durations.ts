/** Lengths of time as positions: `2s` or `500ms` at a rate, or a plain count. */
import { InputError } from "./errors.ts";

/** A number of positions, or a time such as `2s`, `0.5s` or `250ms`. */
export type Positions = number | string;

const TIME = /^(\d+(?:\.\d+)?|\.\d+)\s*(ms|s)$/;

/** Whether a text is a length of time. */
export const isTime = (text: string): boolean => TIME.test(text);

/**
 * Positions of a length of time such as `2s` or `250ms`; a number is one already.
 *
 * @param rate samples a second (Hz); undefined where it is not known
 * @param what what asks for it, in messages
 * @param source whose rate it is, in messages
 * @throws InputError for a text that is no length of time, one without a rate, and one that is no whole number of positions
 */
export function positionsOf(
  length: Positions,
  rate: number | undefined,
  what: string,
  source: string,
): number {
  if (typeof length === "number") return length;
  const [, count, unit] = TIME.exec(length) ?? [];
  if (count === undefined)
    throw new InputError(
      `${what} is ${JSON.stringify(length)}; it is a whole number of positions, or a time such as 2s or 500ms`,
    );
  if (rate === undefined)
    throw new InputError(
      `${source}: ${what} is ${length}, but the sampling rate is not known; give it (rate), or ${what} as a number of positions`,
    );
  const exact = (Number(count) * rate) / (unit === "ms" ? 1000 : 1);
  const whole = Math.round(exact);
  if (whole < 1 || Math.abs(exact - whole) > 1e-6 * Math.max(1, whole))
    throw new InputError(
      `${source}: ${what} is ${length}, which at ${rate} Hz is ${Number(exact.toPrecision(9))} positions; it is a whole number of at least 1; give another`,
    );
  return whole;
}

/** How series are cut, as it is asked for. */
export interface Cut {
  readonly window?: Positions;
  readonly hop?: Positions;
  readonly horizon?: Positions;
}

/** The same in positions, without what is not asked for; `dashes` stand before the names in messages. Throws InputError as `positionsOf` does. */
export function cutAt(
  cut: Cut,
  rate: number | undefined,
  source: string,
  dashes = "--",
): { readonly [name in keyof Cut]?: number } {
  const names = ["window", "hop", "horizon"] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const length = cut[name];
      return length === undefined ? [] : [[name, positionsOf(length, rate, `${dashes}${name}`, source)]];
    }),
  );
}
