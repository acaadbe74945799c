/**
 * How a file of separated values is laid out: what stands between fields. It is found from its first lines: the separator is the one
 * with which all of them have as many fields as the header, more than one; of several such, nobody guesses.
 */
import { InputError } from "../../data/errors.ts";
import { Scanner } from "./scan.ts";

/** Options of files of separated values. */
export interface CsvOptions {
  /** What stands between fields: `,` `;` `|` or `tab`. Default: the one that the first lines agree on. */
  readonly separator?: Separator;
  /** Whether the first line names the columns. Default: true; without, they are called column0, column1, ... */
  readonly header?: boolean;
  /** Lines before the header that are passed over. Default: 0. */
  readonly skip?: number;
  /** The decimal mark. Default: what all cells of a column agree on, if only one reading fits them. */
  readonly decimal?: "point" | "comma";
  /** How text is written, as TextDecoder calls it: `windows-1252`, say. Default: utf-8, or utf-16 by its mark. */
  readonly encoding?: string;
}

export const separators = [",", ";", "tab", "|"] as const;
/**
 * What stands between the fields of a file of separated values.
 *
 * @useDeclaredType
 */
export type Separator = (typeof separators)[number];

export const byteOf = (separator: Separator): number => (separator === "tab" ? 9 : separator.charCodeAt(0));
const shown = (separator: Separator): string => (separator === "tab" ? "tabs" : `"${separator}"`);

/** Lines that are looked at. */
const LINES = 100;

/** The separator of a file by its first bytes (all of them where `whole`). Throws InputError where several fit. */
export function separatorOf(name: string, sample: Uint8Array, whole: boolean): Separator {
  const counts = new Map<Separator, number[]>();
  /** With which a field goes on after its closing quote, or none closes. */
  const torn = new Set<Separator>();
  for (const separator of separators) {
    const own: number[] = [];
    try {
      const scanner = new Scanner({ name, separator: byteOf(separator) }, (fields) => {
        if (!fields.isBlank) own.push(fields.count);
        return own.length < LINES;
      });
      scanner.push(sample);
      if (whole) scanner.end();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      torn.add(separator); // said when the file is read
    }
    counts.set(separator, own);
  }
  const header = (s: Separator): number => counts.get(s)?.[0] ?? 0;
  const even = separators.filter(
    (s) => header(s) > 1 && !torn.has(s) && counts.get(s)?.every((n) => n === header(s)),
  );
  if (even.length > 1)
    throw new InputError(
      `${name}: ${even.map(shown).join(" and ")} both stand between as many fields in every line; say which with --separator`,
    );
  if (even.length === 1) return even[0];
  // none fits all lines: the one that fits most, and the line that does not fit is said
  const fitting = (s: Separator): number =>
    header(s) > 1 ? (counts.get(s)?.filter((n) => n === header(s)).length ?? 0) : 0;
  return separators.reduce((best, s) => (fitting(s) > fitting(best) ? s : best));
}
