/**
 * `train --config FILE.json`: options by their names, put before those that are typed, so that these win. What follows (checks, the
 * command line in the model's provenance, `--resume`) sees them as typed words and knows of no file.
 */
import { InputError } from "../../data/errors.ts";
import { readBytes } from "../../node.ts";
import { dashed } from "../format.ts";
import { unknownWord } from "../../data/suggest.ts";
import { trainRows } from "./trainRows.ts";
import { takesValue } from "../../training/options/option.ts";
import type { Row, Rows } from "./option.ts";

const CONFIG = "--config";

/** Options of which the first wins over the second, however they came. */
const WINS: readonly (readonly [string, string])[] = [["steps", "epochs"]];

/** The words of a command line, with those of its --config file in its place. Throws InputError for a file that has none. */
export async function withConfig(words: readonly string[]): Promise<readonly string[]> {
  const [verb, ...rest] = words;
  if (verb !== "train") return words;
  const at = rest.findIndex((word) => word === CONFIG || word.startsWith(`${CONFIG}=`));
  if (at < 0) return words;
  const joined = rest[at].startsWith(`${CONFIG}=`);
  const file = joined ? rest[at].slice(CONFIG.length + 1) : rest[at + 1];
  if (file === undefined || file === "" || file.startsWith("--")) return words; // commander says what is missing
  const typed = [...rest.slice(0, at), ...rest.slice(at + (joined ? 1 : 2))];
  if (typed.some((word) => word === CONFIG || word.startsWith(`${CONFIG}=`)))
    throw new InputError(`${CONFIG} is given twice; give one file`);
  const isTyped = (name: string): boolean =>
    typed.some((word) => word === dashed(name) || word.startsWith(`${dashed(name)}=`));
  const options = (await readOptions(file)).filter(
    ([name]) => !WINS.some(([winner, other]) => name === winner && isTyped(other)),
  );
  return [verb, ...options.flatMap(([name, value]) => wordsOf(file, name, value)), ...typed];
}

async function readOptions(file: string): Promise<[name: string, value: unknown][]> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(await readBytes(file)));
  } catch (error) {
    if (error instanceof InputError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(
      `${file}: it is no JSON (${reason}); a config file is an object of options; correct it`,
    );
  }
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new InputError(
      `${file}: it is no object; a config file is one, with options of train by name, such as {"model": "fcn", "epochs": 100}`,
    );
  const seen = new Map<string, string>();
  return Object.entries(json).map(([key, value]) => {
    const name = nameOf(file, key);
    const before = seen.get(name);
    if (before !== undefined)
      throw new InputError(`${file}: ${before} and ${key} are one option; give it once`);
    seen.set(name, key);
    return [name, value];
  });
}

/** `weight-decay` and `weightDecay` are one option. */
function nameOf(file: string, key: string): string {
  const names = Object.keys(trainRows).filter((name) => name !== "config");
  const found = names.find((name) => name === key || dashed(name) === `--${key}`);
  if (found !== undefined) return found;
  throw new InputError(`${file}: ${unknownWord("option", key, names)}`);
}

/** A value as it would be typed. */
function wordsOf(file: string, name: string, value: unknown): string[] {
  const rows: Rows = trainRows;
  const flag = dashed(name);
  const row: Row = rows[name];
  const { flags } = row;
  const refuse = (rule: string): never => {
    throw new InputError(`${file}: ${name} is ${JSON.stringify(value)}; it is ${rule}`);
  };
  if (row.bare !== undefined && typeof value === "boolean") return value ? [flag, row.bare] : [];
  if (!takesValue(row)) {
    const isOff = flags.startsWith("--no-");
    return typeof value !== "boolean" ? refuse("true or false") : value === isOff ? [] : [flags];
  }
  const text = (item: unknown): string =>
    typeof item === "string" || typeof item === "number"
      ? String(item)
      : refuse(`a number, a text or a list of them, as ${flags} takes it`);
  if (!Array.isArray(value)) return [flag, text(value)];
  const list = value.map(text);
  if (list.length === 0 || list.some((item) => item.includes(",")))
    refuse("a list of one or more, whose texts hold no comma");
  return [flag, list.join(",")];
}
