/** DATA on the command line: a path, or the built-in `mnist1d`. Errors name the path as it was given. */
import { printable } from "../data/printable.ts";
import { readCsv } from "../readers/csv/readCsv.ts";
import { cutAt } from "../data/durations.ts";
import { chooseChannels, matchChannels } from "../data/matchChannels.ts";
import { listOf, tableOptionNames } from "../readers/tables/columns.ts";
import { mnist1d } from "../data/mnist1d.ts";
import type { Parts } from "../readers/numpyData.ts";
import { readParts } from "../node.ts";
import { alignClasses, withoutEmptyClasses } from "../data/classes.ts";
import type { Answered } from "../layers/architectures/task.ts";
import { noted, type Dataset } from "../data/dataset.ts";
import { listed } from "../data/channelNames.ts";
import { parseDataset, refuseAxes } from "../readers/read.ts";
import { InputError } from "../data/errors.ts";
import { slidingWindows } from "../data/slidingWindows.ts";
import { dataOptionsOf, type DataFlags } from "./options/dataOptions.ts";
import { requireData, shapeText, takesShape, type Takes } from "../models/takes.ts";
import { dashed, plural } from "./format.ts";
import { readStandardInput, say, type Io } from "./io.ts";
import type { TrainFlags } from "./options/trainRows.ts";
import { BUILT_IN } from "../training/options/modelNames.ts";

/** DATA, and the part to test on where it has one of its own. */
export const readSource = async (source: string, flags: DataFlags): Promise<Parts> => {
  const options = dataOptionsOf(flags);
  if (source !== BUILT_IN) return readParts(source, options);
  const given = Object.entries(options).filter(([name, value]) => value !== undefined && name !== "memory");
  if (given.length > 0)
    throw new InputError(
      `${BUILT_IN}: ${given.map(([name]) => dashed(name)).join(", ")}: it is built in, and has neither columns nor longer series; leave it out`,
    );
  return mnist1d();
};

/** The part of DATA to train on, or the one to test on (all of it, where it is one), under the name that it was given by. */
export async function readPart(source: string, part: "train" | "test", flags: DataFlags): Promise<Dataset> {
  const { train, test } = await readSource(source, flags);
  return (part === "test" && test ? test : train).with({ name: source });
}

/** The rows that are piped in: a file of any format that is known by its content, else CSV. */
export async function readPiped(io: Pick<Io, "stdin">, flags: DataFlags): Promise<Dataset> {
  const { bytes, name } = await readStandardInput(io);
  const given = dataOptionsOf(flags);
  const { channels, axes, answers, window, hop, horizon, annotations, ...options } = given;
  if (annotations !== undefined)
    throw new InputError(`${name}: --annotations go with a file or folder; give one`);
  const cut = (rate: number | undefined): ReturnType<typeof cutAt> =>
    cutAt({ window, hop, horizon }, rate, name);
  const isCsv = tableOptionNames.some(
    (option) =>
      option !== "channels" && given[option] !== undefined && !(option === "target" && horizon !== undefined),
  );
  if (isCsv) refuseAxes({ axes }, name);
  try {
    if (!isCsv) {
      const data = parseDataset(bytes, name, { axes, answers, channels, variable: options.variable });
      const chosen = channels ? chooseChannels(data, channels) : data;
      const { window: positions, ...step } = cut(data.rate ?? options.rate);
      return positions === undefined
        ? chosen
        : slidingWindows(chosen, {
            window: positions,
            ...step,
            ...(options.target !== undefined && { target: listOf(options.target) }),
          });
    }
  } catch (error) {
    if (!(error instanceof InputError) || !/docs\/data\.md lists the formats/.test(error.message))
      throw error;
  }
  return readCsv(bytes, { ...options, ...cut(options.rate), channels, answers, name });
}

export interface TrainingData {
  readonly train: Dataset;
  /** With the classes of training; null where there is none. */
  readonly test: Dataset | null;
  /** The data set's short name, for folders and headings. */
  readonly name: string;
}

/**
 * Reads and checks everything that training needs to know of the data; a fraction `test` is drawn later. `note` gets
 * what should be said about the channels of the test part.
 */
export async function readTrainingData(
  source: string,
  flags: DataFlags & Pick<TrainFlags, "test">,
  note: (text: string) => void = () => undefined,
): Promise<TrainingData> {
  const { train: file, test: own } = await readSource(source, flags);
  const train = withoutEmptyClasses(file.with({ name: source }));
  const read =
    typeof flags.test === "string"
      ? await readPart(flags.test, "test", flags)
      : own && own.with({ name: source });
  const whose = `the training set ${source}`;
  const tested = read && inOrder(read, train, whose, note);
  if (tested) requireAnswers(tested, train.answers, whose);
  const replaced =
    own && flags.test !== undefined
      ? [
          `${source} has a test part of its own (${plural(own.rows, "row")}): --test ${flags.test} is in its place`,
        ]
      : [];
  return { train: noted(train, replaced), test: tested && alignClasses(train, tested), name: file.name };
}

/** Refuses (InputError) rows that do not have the answers of `wanted`, a data set or a model. */
export function requireAnswers(data: Dataset, wanted: Answered, whose: string): void {
  const [found, want] = [data.answers, wanted].map(answeredText);
  if (found === want) return;
  const remedy = "docs/data.md says where each format has its answers";
  throw new InputError(
    `${data.name}: rows have ${found ?? "no class and no target value"}, but those of ${whose} have ${want}; ${remedy}`,
  );
}

/** Null of rows that have no answer. */
function answeredText(answers: Answered): string | null {
  switch (answers.kind) {
    case "classes":
      return "classes";
    case "positions":
      return "a class a position";
    case "multiLabel":
      return "several classes at once";
    case "values":
      return `${plural(answers.outputs, "target value")} each`;
    case "none":
      return null;
  }
}

/**
 * Rows with their channels in the order of a model's or training set's; throws InputError with both lists for others.
 * `note` gets what was re-ordered or taken by position; not of rows of another number of channels, which are refused
 * by their shape.
 */
export function inOrder(
  rows: Dataset,
  { channelNames, channels }: Pick<Dataset, "channelNames" | "channels">,
  whose: string,
  note: (text: string) => void,
): Dataset {
  const { data, note: text } = matchChannels(channelNames, rows, whose);
  if (text !== null && data.channels === channels) note(text);
  return data;
}

/** Says a note on stderr. */
export const noteTo =
  ({ stderr }: Pick<Io, "stderr">) =>
  (text: string): void =>
    say(stderr, `note: ${printable(text)}`);

/** What a model takes, and the names of its channels. */
export interface Taking {
  readonly takes: Takes;
  readonly channelNames?: readonly string[];
}

/**
 * The rows as a model takes them, by its name or what it is to be trained on: channels in its order. Refuses rows that it
 * does not take; says what was re-ordered, and which of them are cut.
 */
export function acceptRows(
  rows: Dataset,
  { takes, channelNames }: Taking,
  whose: string,
  io: Pick<Io, "stderr">,
): Dataset {
  const data = inOrder(rows, { channelNames, channels: takes.channels }, whose, noteTo(io));
  if (!takesShape(takes, data))
    throw new InputError(
      `${data.name}: rows have ${data.channels} x ${data.length} values (channels x length), but ${whose} has ` +
        `${shapeText(takes)}${channelNames ? ` (${listed(channelNames)})` : ""}; both have one shape; give rows of that shape` +
        (data.channels === takes.channels ? `, or train with --length ${takes.length}` : ""),
    );
  requireData(data, takes);
  if (takes.lengths !== "padded" || data.length <= takes.length) return data;
  const longer = data.lengths?.reduce((count, n) => count + Number(n > takes.length), 0) ?? data.rows;
  if (longer > 0)
    say(io.stderr, `${data.name}: ${plural(longer, "row")} of more than ${takes.length} values, cut to that`);
  return data;
}
