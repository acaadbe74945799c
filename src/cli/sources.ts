/** DATA on the command line: a path, or the built-in `mnist1d`. Errors name the path as it was given. */
import { mnist1d } from "../data/mnist1d.ts";
import type { Parts } from "../readers/numpyData.ts";
import { readParts } from "../node.ts";
import { parseDataset } from "../readers/read.ts";
import { alignClasses, requireTrainable, withoutEmptyClasses } from "../data/classes.ts";
import type { Answered } from "../layers/architectures/task.ts";
import { noted, type Dataset } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { dataOptionsOf, type DataFlags } from "./options/dataOptions.ts";
import { requireData, shapeText, takesShape, type Takes } from "../models/takes.ts";
import { dashed, plural } from "./format.ts";
import { readStandardInput, say, type Io } from "./io.ts";
import type { TrainFlags } from "./options/trainRows.ts";

export const BUILT_IN = "mnist1d";

/** The model that `train` takes where none is named. */
export const defaultModel = (source: string): "fcn" | "mnist1d-cnn" =>
  source === BUILT_IN ? "mnist1d-cnn" : "fcn";

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

/** DATA from standard input. Its bytes are read whole, so options of columns and windows, which belong to paths, are refused. */
export async function readPiped(io: Pick<Io, "stdin">, flags: DataFlags): Promise<Dataset> {
  const given = Object.entries(dataOptionsOf(flags)).filter(
    ([option, value]) => value !== undefined && option !== "memory" && option !== "axes",
  );
  if (given.length > 0)
    throw new InputError(
      `standard input: ${given.map(([option]) => dashed(option)).join(", ")}: it is read whole, and has neither columns nor windows; ` +
        "give a file, or leave it out",
    );
  const { bytes, name } = await readStandardInput(io);
  return parseDataset(bytes, name, { axes: flags.axes });
}

export interface TrainingData {
  readonly train: Dataset;
  /** With the classes of training; null where there is none. */
  readonly test: Dataset | null;
  /** The data set's short name, for folders and headings. */
  readonly name: string;
}

/** Reads and checks everything that training needs to know of the data; a fraction `test` is drawn later. */
export async function readTrainingData(
  source: string,
  flags: DataFlags & Pick<TrainFlags, "test">,
): Promise<TrainingData> {
  const { train: file, test: own } = await readSource(source, flags);
  const train = withoutEmptyClasses(file.with({ name: source }));
  requireTrainable(train);
  const tested =
    typeof flags.test === "string"
      ? await readPart(flags.test, "test", flags)
      : own && own.with({ name: source });
  if (tested) requireAnswers(tested, train.answers, `the training set ${source}`);
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
    case "positions":
    case "multiLabel":
      return "classes";
    case "values":
      return `${plural(answers.outputs, "target value")} each`;
    case "none":
      return null;
  }
}

/** Refuses rows that a model does not take, by its name or what it is to be trained on; says which of them are cut. */
export function acceptRows(data: Dataset, takes: Takes, whose: string, io: Pick<Io, "stderr">): void {
  if (!takesShape(takes, data))
    throw new InputError(
      `${data.name}: rows have ${data.channels} x ${data.length} values (channels x length), but ${whose} has ` +
        `${shapeText(takes)}; both have one shape; give rows of that shape` +
        (data.channels === takes.channels ? `, or train with --length ${takes.length}` : ""),
    );
  requireData(data, takes);
  if (takes.lengths !== "padded" || data.length <= takes.length) return;
  const longer = data.lengths?.reduce((count, n) => count + Number(n > takes.length), 0) ?? data.rows;
  if (longer > 0)
    say(io.stderr, `${data.name}: ${plural(longer, "row")} of more than ${takes.length} values, cut to that`);
}
