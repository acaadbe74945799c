/** What a person chose of how files are read, and the options of the core that say it. */
import type {
  AnswerWord,
  Axes,
  ColumnRole,
  CsvColumns,
  Positions,
  ReadFilesOptions,
  Separator,
} from "toeplitz";

/** Fields as they stand on the page: texts, empty where nothing is chosen. */
export interface Choices {
  /** What columns are by hand, by their names. */
  readonly roles: ReadonlyMap<string, ColumnRole>;
  /** Of tables with a row a series: what the columns of each channel begin with, commas between. Of others: the channels. */
  readonly channels: string;
  readonly separator: Separator | "";
  readonly header: "" | "none";
  readonly skip: string;
  readonly decimal: "point" | "comma" | "";
  readonly encoding: string;
  readonly rate: string;
  readonly window: string;
  readonly hop: string;
  readonly horizon: string;
  /** Of files without columns: the channels that a forecast is of, commas between. */
  readonly forecast: string;
  readonly axes: Axes | "";
  readonly answers: AnswerWord | "";
  readonly variable: string;
}

export const NO_CHOICES: Choices = {
  roles: new Map(),
  channels: "",
  separator: "",
  header: "",
  skip: "",
  decimal: "",
  encoding: "",
  rate: "",
  window: "",
  hop: "",
  horizon: "",
  forecast: "",
  axes: "",
  answers: "",
  variable: "",
};

/** Roles that one column has at most. */
const SINGLE: readonly ColumnRole[] = ["time", "group", "row weights"];

/** With another role for a column; null: as it is found. */
export function withRole(choices: Choices, column: string, role: ColumnRole | null): Choices {
  const roles = new Map(choices.roles);
  if (role !== null && SINGLE.includes(role))
    for (const [name, own] of roles) if (own === role) roles.delete(name);
  if (role === null) roles.delete(column);
  else roles.set(column, role);
  return { ...choices, roles };
}

/** Whether a row of a table is a time step by these choices, so that each column of values is a channel. */
export const isLong = ({ roles, window }: Choices): boolean =>
  window.trim() !== "" || [...roles.values()].some((role) => role === "time" || role === "series");

/** A number of positions, or a time such as `2s`, which the core reads. */
export function positions(text: string): Positions {
  const own = text.trim();
  return /^\d+$/.test(own) ? Number(own) : own;
}

function numberIn(text: string, what: string, rule: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new Error(`${what} is "${text}"; it is ${rule}; correct it`);
}

const names = (text: string): string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

/** Options of columns; `found` is what they are without any choice of theirs. */
function columnOptions(choices: Choices, found: CsvColumns | null): ReadFilesOptions {
  const by = (wanted: ColumnRole): string[] =>
    [...choices.roles].filter(([, role]) => role === wanted).map(([name]) => name);
  const [label, target, series] = [by("label"), by("target"), by("series")];
  const [[group], [time], [rowWeights]] = [by("group"), by("time"), by("row weights")];
  const isByHand = [...choices.roles.values()].some((role) => role === "channel" || role === "left out");
  const channels =
    isLong(choices) && isByHand && found
      ? found.columns
          .filter(({ name, role }) => (choices.roles.get(name) ?? role) === "channel")
          .map(({ name }) => name)
      : names(choices.channels);
  return {
    ...(label.length > 0 && { label: label.join(",") }),
    ...(target.length > 0 && { target }),
    ...(series.length > 0 && { seriesBy: series }),
    ...(group !== undefined && { group }),
    ...(time !== undefined && { time }),
    ...(rowWeights !== undefined && { rowWeights }),
    ...(channels.length > 0 && { channels }),
  };
}

/** Options of how a table is laid out. Throws Error for a field that is no number. */
export function layoutOptions({ separator, header, skip, decimal, encoding }: Choices): ReadFilesOptions {
  return {
    ...(separator && { separator }),
    ...(header === "none" && { header: false }),
    ...(skip && { skip: numberIn(skip, "lines before the header", "a whole number of lines") }),
    ...(decimal && { decimal }),
    ...(encoding && { encoding }),
  };
}

/** All options. Throws Error for a field that is no number. */
export function optionsOf(choices: Choices, found: CsvColumns | null): ReadFilesOptions {
  const { rate, window, hop, horizon, forecast, axes, answers, variable } = choices;
  return {
    ...layoutOptions(choices),
    ...columnOptions(choices, found),
    ...(rate && { rate: numberIn(rate, "samples a second", "a number above 0") }),
    ...(window && { window: positions(window) }),
    ...(hop && { hop: positions(hop) }),
    ...(horizon && { horizon: positions(horizon) }),
    ...(horizon && names(forecast).length > 0 && { target: names(forecast) }),
    ...(axes && { axes }),
    ...(answers && { answers }),
    ...(variable && { variable }),
  };
}
