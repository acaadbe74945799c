/**
 * Rows of a `.ts` file with time stamps: `(time,value),(time,value):...:ANSWER`. A time is a decimal number, or a date
 * `2007-01-31`, with a time of day `00:00`, `00:00:00` or `00:00:00.5` after a blank or a T. Values are taken in the order
 * of the file and times must ascend; steps need not be even, and the times themselves are not kept.
 * Source: the format of timeseriesclassification.com, as sktime and aeon read it.
 */
import { quote } from "../data/quote.ts";
import type { Refuse } from "./lines.ts";
import type { SeriesRows } from "../data/seriesRows.ts";
import { noAnswer, type RowParts, type TsHeader } from "./tsHeader.ts";
import { readDecimal, readValue, wrongValue } from "./values.ts";

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?)?Z?$/;

/** A time as a number that can be compared, seconds of a date; NaN for what is no time. */
function readTime(token: string): number {
  const date = DATE.exec(token);
  if (!date) return readDecimal(token);
  const [year, month, day, hour, minute, second] = date.slice(1, 7).map((part) => Number(part ?? 0));
  const days = new Date(Date.UTC(year, month - 1, day));
  days.setUTCFullYear(year);
  const holds = days.getUTCMonth() === month - 1 && hour < 24 && minute < 60 && second < 60;
  if (!holds) return NaN;
  return days.getTime() / 1000 + hour * 3600 + minute * 60 + second + Number(`0${date[7] ?? ""}`);
}

/** Appends the values of a row to the series. */
export function readTimedChannels(
  line: string,
  header: TsHeader,
  rows: SeriesRows,
  refuse: Refuse,
): RowParts {
  const counts: number[] = [];
  let at = 0;
  do {
    let count = 0;
    let before: { readonly token: string; readonly time: number } | null = null;
    for (;;) {
      count++;
      const where = `dimension ${counts.length + 1}, value ${count}`;
      const form = "with @timeStamps true a value is (time,value); correct it, or leave the row out";
      const close = line[at] === "(" ? line.indexOf(")", at) : -1;
      if (close < 0) return refuse(`${where} begins ${quote(line.slice(at, at + 20))}; ${form}`);
      const comma = line.lastIndexOf(",", close);
      if (comma <= at) return refuse(`${where} is ${quote(line.slice(at, close + 1))}; ${form}`);
      const token = line.slice(at + 1, comma).trim();
      const time = readTime(token);
      if (!Number.isFinite(time))
        return refuse(
          `${where} has the time ${quote(token)}; times are numbers or dates such as 2007-01-31 00:00:00; ` +
            "correct it, or leave the row out",
        );
      if (before && !(time > before.time && DATE.test(token) === DATE.test(before.token)))
        return refuse(
          `${where} has the time ${quote(token)} after ${quote(before.token)}; times ascend; sort the row or correct it`,
        );
      before = { token, time };
      const text = line.slice(comma + 1, close).trim();
      const value = readValue(text);
      if (value === null) return refuse(`${where} ${wrongValue(text)}`);
      rows.push(value);
      at = skipBlanks(line, close + 1);
      if (line[at] !== ",") break;
      at = skipBlanks(line, at + 1);
    }
    counts.push(count);
    if (header.answers.kind === "none" && at === line.length) return { counts, answer: "" };
    if (line[at] !== ":") return refuse(noAnswer(header));
    at = skipBlanks(line, at + 1);
  } while (line[at] === "(");
  if (header.answers.kind === "none")
    return refuse(
      `the row ends with ${quote(line.slice(at))}; @classLabel is false, so it ends with its values; correct one of them`,
    );
  const answer = line.slice(at).trim();
  if (answer === "") refuse(noAnswer(header));
  return { counts, answer };
}

function skipBlanks(line: string, from: number): number {
  let at = from;
  while (line[at] === " " || line[at] === "\t") at++;
  return at;
}
