/** A query is code of whoever wrote the file that it stands in, so none is taken from there: it is shown, and typed again. */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";
import { shellWord } from "../format.ts";

/** How much of a query is shown. */
const SHOWN = 400;

/** Refuses (InputError) a query that a file records where none was typed; `whose` names the file. */
export function requireTypedQuery(recorded: unknown, typed: string | undefined, whose: string): void {
  if (recorded === undefined || recorded === null || typed !== undefined) return;
  const text = typeof recorded === "string" ? recorded : JSON.stringify(recorded);
  const isPlain = text.length <= SHOWN && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text);
  throw new InputError(
    `${whose} read its data with --sql ${isPlain ? shellWord(text) : quote(text, SHOWN)}; ` +
      "a query that stands in a file is never run; if you trust it, give the same --sql again",
  );
}
