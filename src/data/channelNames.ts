/** Names of channels: what is a list of them, and how rows in one order of names are put into another. */
import { InputError } from "./errors.ts";
import { quote } from "./quote.ts";

/** What is wrong with a list of names for so many channels, in words; null where nothing is. */
export function faultInNames(names: readonly unknown[], channels: number): string | null {
  if (names.length !== channels) return `${names.length} names for ${channels} channels; each has one`;
  const odd = names.findIndex((name) => typeof name !== "string" || name === "");
  if (odd >= 0)
    return `the name of channel ${odd} is ${quote(String(names[odd]))}; a name is text that is not empty`;
  const twice = names.findIndex((name, c) => names.indexOf(name) < c);
  return twice < 0
    ? null
    : `channels ${names.indexOf(names[twice])} and ${twice} are both called ${quote(String(names[twice]))}; names are distinct`;
}

/** The rows of a data set or batch, and those whose order they are put into, in words. */
export interface Parties {
  readonly rows: string;
  readonly whose: string;
}

/**
 * For each wanted name its place among those that are there; null where they are the same in the same order. Throws
 * InputError with both lists where one is missing or there are others.
 */
export function orderOf(
  wanted: readonly string[],
  there: readonly string[],
  { rows, whose }: Parties,
): readonly number[] | null {
  if (wanted === there || (wanted.length === there.length && wanted.every((name, c) => name === there[c])))
    return null;
  const missing = wanted.filter((name) => !there.includes(name));
  const extra = there.filter((name) => !wanted.includes(name));
  if (missing.length === 0 && extra.length === 0) return wanted.map((name) => there.indexOf(name));
  const faults = [
    ...(missing.length > 0 ? [`${listed(missing)} missing`] : []),
    ...(extra.length > 0 ? [`${listed(extra)} too many`] : []),
  ].join(", ");
  throw new InputError(
    `${rows}: its channels are ${listed(there)}, but those of ${whose} are ${listed(wanted)} (${faults}); ` +
      "channels are matched by name; " +
      (missing.length > 0 ? "rename them, or give rows that have them all" : remedyFor(wanted)),
  );
}

/** Names that a line has room for. */
const MOST_NAMES = 12;

/** Names as a list in a sentence; what is not plain stands in quotes. */
export const listed = (names: readonly string[]): string =>
  names
    .slice(0, MOST_NAMES)
    .map((name) => (/^[\p{L}\p{N}_.-]{1,40}$/u.test(name) ? name : quote(name)))
    .join(", ") + (names.length > MOST_NAMES ? `, ... (${names.length})` : "");

/** How to leave the other channels out. */
function remedyFor(wanted: readonly string[]): string {
  if (wanted.length > MOST_NAMES || wanted.some((name) => /[,"']/.test(name)))
    return "choose those of the model (in code: chooseChannels)";
  const words = wanted.join(",");
  const given = /^[\p{L}\p{N}_.,-]+$/u.test(words) ? words : JSON.stringify(words);
  return `choose with --channels ${given} (in code: chooseChannels)`;
}
