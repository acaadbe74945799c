/** Channel names in a model file: a list in JSON under the metadata's `channelNames`, which older versions pass over. */
import { faultInNames } from "../data/channelNames.ts";

const KEY = "channelNames";

/** What stands in the metadata: nothing where there are no names. */
export const writeChannelNames = (names: readonly string[] | undefined): Readonly<Record<string, string>> =>
  names ? { [KEY]: JSON.stringify(names) } : {};

/** The names of so many channels, where the file has some; `fail` throws. Nothing in it is trusted. */
export function readChannelNames(
  metadata: Readonly<Record<string, string>>,
  channels: number,
  fail: (what: string) => never,
): { readonly channelNames?: readonly string[] } {
  const text: string | undefined = metadata[KEY];
  if (text === undefined) return {};
  let names: unknown = null;
  try {
    names = JSON.parse(text);
  } catch {
    // said below
  }
  if (!Array.isArray(names)) return fail(`the metadata's ${KEY} are no list of names`);
  const fault = faultInNames(names, channels);
  return fault === null ? { channelNames: names as string[] } : fail(`the metadata's ${KEY}: ${fault}`);
}
