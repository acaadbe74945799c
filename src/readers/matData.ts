/**
 * Data sets from the variables of MATLAB files: series and their answers by their names, which a note says. A vector is one
 * recording, or one answer a row; a matrix `[rows, time]`, and of three axes as NumPy's arrays are read.
 */
import { textOfUnits } from "../numerics/extremes.ts";
import { noted } from "../data/dataset.ts";
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import { datasetName } from "./datasetName.ts";
import type { Inflate } from "./inflate.ts";
import { parseMat, type MatVariable } from "./mat.ts";
import { numbersOf, type NpyArray } from "./npy.ts";
import { fromNumpy, type ArrayOptions, type Parts } from "./numpyData.ts";

/** Names of series and answers, in any case, and those of a test part. */
const SERIES = ["x", "data", "signals", "signal", "val"];
const ANSWERS = ["y", "labels", "label"];
const RATES = ["fs", "sfreq", "srate", "sampling_rate", "samplingrate"];

/** How variables are chosen. */
export interface MatOptions extends ArrayOptions {
  /** The variable with the series. Default: by its name. */
  readonly variable?: string;
}

/** The data set of a MATLAB file, and its test part where it has `X_train` and `X_test`. Throws InputError. */
export function fromMat(bytes: Uint8Array, file: string, options: MatOptions = {}, inflate?: Inflate): Parts {
  const variables = parseMat(bytes, file, inflate);
  const { variable } = options;
  const train = variable === undefined ? named(variables, ["x_train"]) : [];
  const isParted = train.length > 0;
  const [x] = isParted ? train : [seriesOf(variables, variable, file)];
  const y = only(named(variables, isParted ? ["y_train"] : ANSWERS), file);
  const testX = isParted ? only(named(variables, ["x_test"]), file) : null;
  const testY = isParted ? only(named(variables, ["y_test"]), file) : null;
  const rate = only(named(variables, RATES), file);
  const isRate = rate !== null && rate.shape.every((n) => n === 1);
  const taken = [x, y, testX, testY, isRate ? rate : null].flatMap((v) => v ?? []);
  const left = variables.filter((v) => !taken.includes(v));
  const notes = [
    `${file}: ${textOf(x)} is read as ${rowsText(x)}${y ? `, ${textOf(y)} as answers` : ""}` +
      (testX ? `; of the test part ${textOf(testX)}${testY ? ` and ${textOf(testY)}` : ""}` : "") +
      (isRate ? `; ${rate.name} as the sampling rate` : ""),
    ...(left.length > 0
      ? [
          `${file}: variables left out: ${left.slice(0, 12).map(textOf).join(", ")}${left.length > 12 ? ` and ${left.length - 12} more` : ""}`,
        ]
      : []),
  ];
  const hertz = isRate ? numbersOf(rate.array())[0] : undefined;
  if (hertz !== undefined && !(hertz > 0))
    throw new InputError(
      `${file}, ${rate?.name}: the sampling rate is ${hertz}; it is a number above 0; correct it`,
    );
  const part = (series: MatVariable, answers: MatVariable | null) => {
    const [array, given] = [squeezed(series.array()), answers && answersOf(answers)];
    const [rows] = array.shape;
    const last = array.shape[array.shape.length - 1];
    if (given && array.shape.length > 1 && given.shape[0] !== rows && given.shape[0] === last)
      throw new InputError(
        `${array.file}: it is ${series.shape.join(" x ")}, and ${given.shape[0]} answers go with its last axis; rows come first; save it transposed (permute)`,
      );
    const data = fromNumpy(array, given, datasetName(file), options);
    return noted(hertz === undefined ? data : data.with({ rate: hertz }), notes);
  };
  return { train: part(x, y), test: testX && part(testX, testY) };
}

const textOf = ({ name, shape, kind }: MatVariable): string => `${name} (${shape.join(" x ")} ${kind})`;

/** What the axes of a matrix are taken for. */
function rowsText({ shape }: MatVariable): string {
  if (shape.length > 2) return "series";
  return shape.some((n) => n === 1) ? "one series" : `${shape[0]} rows of ${shape[1]} values`;
}

/** The variables of some names, in any case. */
const named = (variables: readonly MatVariable[], names: readonly string[]): MatVariable[] =>
  variables.filter(({ name }) => names.includes(name.toLowerCase()));

function only(found: readonly MatVariable[], file: string): MatVariable | null {
  if (found.length > 1)
    throw new InputError(
      `${file}: it has ${found.map(textOf).join(" and ")}, which could be the same thing; there is one; clear the others before saving`,
    );
  return found[0] ?? null;
}

/** The variable with the series: the one that is named, one with a name for it, or the only one with more than one number. */
function seriesOf(variables: readonly MatVariable[], wanted: string | undefined, file: string): MatVariable {
  const all = `its variables are ${variables.slice(0, 20).map(textOf).join(", ")}`;
  if (wanted !== undefined) {
    const found = variables.find(({ name }) => name === wanted);
    if (found) return found;
    throw new InputError(`${file}: it has no variable ${quote(wanted)}; ${all}; name one of them`);
  }
  const byName = named(variables, SERIES);
  const plain = variables.filter(
    ({ kind, shape, name }) =>
      /^(double|single|u?int\d+)$/.test(kind) &&
      shape.some((n) => n > 1) &&
      !ANSWERS.includes(name.toLowerCase()),
  );
  const candidates = byName.length > 0 ? byName : plain;
  if (candidates.length === 1) return candidates[0];
  throw new InputError(
    `${file}: it has ${candidates.length === 0 ? "no variable" : `${candidates.length} variables`} that could be the series; ${all}; choose with --variable`,
  );
}

/** A vector, row or column, has one axis. */
function squeezed(array: NpyArray): NpyArray {
  const long = array.shape.filter((n) => n > 1);
  const isVector = array.shape.length === 2 && long.length <= 1;
  return isVector ? { ...array, shape: [long[0] ?? 1] } : array;
}

/** Answers: a vector of one each, a matrix of targets, or text, a row each. */
function answersOf(variable: MatVariable): NpyArray {
  const array = variable.array();
  if (variable.kind !== "char") return squeezed(array);
  const [rows, width] = [variable.shape[0], variable.shape[1] ?? 1];
  const codes = numbersOf(array);
  // as NumPy's text: characters of four bytes, zeros after the end
  const data = new DataView(new ArrayBuffer(4 * rows * width));
  for (let r = 0; r < rows; r++) {
    const text = textOfUnits(codes.subarray(r * width, (r + 1) * width)).trimEnd();
    for (let i = 0; i < text.length; i++) data.setUint32(4 * (r * width + i), text.charCodeAt(i), true);
  }
  return { shape: [rows], kind: "U", size: 4 * width, isFortran: false, data, offset: 0, file: array.file };
}
