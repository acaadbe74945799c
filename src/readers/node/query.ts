/** What `--sql` may be: one query over the rows of DATA. */
import { InputError } from "../../data/errors.ts";
import { quote } from "../../data/quote.ts";

/** What a query begins with, in DuckDB's SQL. */
const BEGINS = /^\(*\s*(select|with|from|values|pivot|unpivot|summarize|describe)\b/i;
/** White space, comments and what else says nothing. */
const SILENT = /^(?:[\s;]+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/;

const RULE = 'it is one query over the rows of data, such as "select * from data where valid"';

/** The query without the semicolon at its end. Throws InputError, naming the data, for one that begins as none does. */
export function requireQueryWords(sql: string, source: string): string {
  const query = sql.replace(/[;\s]+$/, "");
  const text = query.replace(SILENT, "");
  if (BEGINS.test(text)) return query;
  const what = text === "" ? "is empty" : `begins with ${quote((/^\w+/.exec(text) ?? [text])[0])}`;
  throw new InputError(`${source}: --sql ${what}; ${RULE}; it changes, loads and writes nothing`);
}

/** Throws InputError for several statements. (A pivot whose columns are not listed is two in DuckDB: it finds them out first.) */
export function requireOne(query: string, statements: number, source: string): void {
  if (statements === 1 || (statements === 2 && /\bpivot\b/i.test(query) && !query.includes(";"))) return;
  throw new InputError(`${source}: --sql has ${statements} statements; ${RULE}; leave the others out`);
}
