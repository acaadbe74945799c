/**
 * Fits MiniRocket and MultiRocket-Hydra (models/rocket/): fixed features, and a linear map that is found in closed form, in a
 * second or so, or for many rows batch by batch, in memory that does not grow with them. What is random (the training row of
 * each bias, channels, Hydra's kernels, the order of batches) follows from the seed; one seed gives the same bits on every
 * engine.
 */
import type { AnswersOf } from "../data/answers.ts";
import { withoutEmptyClasses } from "../data/classes.ts";
import { chunks, gather, type Dataset } from "../data/dataset.ts";
import { dataHash } from "../data/dataHash.ts";
import { InputError } from "../data/errors.ts";
import type { Signal } from "../layers/layer.ts";
import type { RowReader } from "../models/rocket/biasedKernels.ts";
import { hashOf, rocketModel, type Rocket, type RocketFields } from "../models/rocket/rocket.ts";
import {
  countsOf,
  fitTransform,
  numbersOf,
  settled,
  sizeOf,
  transformRows,
  type RocketName,
  type RocketTransform,
} from "../models/rocket/transforms.ts";
import { fitPreparation, prepare, type Preparation, type PrepareOptions } from "../models/preparation.ts";
import { VERSION } from "../models/version.ts";
import { planRows, type PlannedRows } from "./plan.ts";
import { ridgeHead, type Head } from "./ridgeHead.ts";
import { streamedHead, type StreamedLook } from "./streamedHead.ts";

/** The closed form holds rows x rows numbers, half a GiB here, and all features: 1 GiB. */
const MOST_ROWS = 8192;
const MOST_VALUES = 2 ** 28;

export const solvers = ["closedForm", "streamed"] as const;
/**
 * How the linear map is found: a ridge regression in closed form, or softmax regression (of values least squares) by Adam on
 * batches of rows.
 *
 * @useDeclaredType
 */
export type RocketSolver = (typeof solvers)[number];

/** The options of `miniRocket` and `multiRocketHydra`. */
export interface RocketOptions {
  /** Draws training rows for biases, channels, kernels and batches: a whole number below 2^32. Default: 0. */
  readonly seed?: number;
  /**
   * Of MiniRocket how many, 84 to 99,960, rounded down to a multiple of 84. Default: 9,996. Of MultiRocket-Hydra how many of
   * MultiRocket's, 672 to 99,960, rounded down to a multiple of 672 (Hydra's are 1,024 a dilation). Default: 50,000.
   */
  readonly features?: number;
  /** As `fit` takes it; rows are not normalised. Default: by the data. */
  readonly prepare?: PrepareOptions;
  /** Default: "closedForm" up to 8,192 rows and 2^28 features of all rows together, else "streamed". */
  readonly solver?: RocketSolver;
  /** Is told every 10 steps of the streamed solver how it goes. Default: nobody. */
  readonly onLook?: (look: StreamedLook) => void;
  /** Added to the model's provenance, by name. Default: nothing. */
  readonly provenance?: Readonly<Record<string, string>>;
}

/**
 * Fits MiniRocket to rows with a class each, or with values.
 *
 * @throws InputError for series below 9 values, for rows with other answers, of one class only or with weights. Source:
 * Dempster, Schmidt, Webb 2021
 */
export function miniRocket(given: Dataset, options: RocketOptions = {}): Rocket {
  return planned("minirocket", given, options);
}

/**
 * Fits MultiRocket-Hydra to rows with a class each, or with values.
 *
 * @throws InputError for series below 10 values, for rows with other answers, of one class only or with weights. Sources: Tan
 * et al. 2022; Dempster, Schmidt, Webb 2023
 */
export function multiRocketHydra(given: Dataset, options: RocketOptions = {}): Rocket {
  return planned("multirocket-hydra", given, options);
}

function planned(name: RocketName, given: Dataset, options: RocketOptions): Rocket {
  const { seed, prepare: asked } = options;
  return fitRocket(name, planRows(given, { seed, prepare: asked }), options);
}

/** How the map of so many rows is found where nobody says. */
export const solverFor = (rows: number, features: number): RocketSolver =>
  rows <= MOST_ROWS && rows * features <= MOST_VALUES ? "closedForm" : "streamed";

/** Fits one of the family to the rows to learn from. */
export function fitRocket(
  name: RocketName,
  { train, prepare: steps, task }: PlannedRows,
  options: Omit<RocketOptions, "prepare"> = {},
): Rocket {
  const { seed = 0, features } = options;
  const data = withoutEmptyClasses(train);
  const answers = learnable(name, data);
  const { channels, length } = task;
  const input = { channels, length };
  const preparation = fitPreparation("none", data, steps);
  const rows = preparedRows(data, preparation, input);
  const drawn = fitTransform(name, length, features, rows, channels, seed);
  if (!numbersOf(drawn).every((numbers) => numbers.every(Number.isFinite)))
    throw new InputError(
      `${data.name}: a convolution of its rows is beyond float32 (3.4e38); scale the series down`,
    );
  const solver = options.solver ?? solverFor(data.rows, sizeOf(name, length, features));
  const { transform, head } = fits[solver]({ data, answers, rows, drawn, seed, onLook: options.onLook });
  const { coefficients, intercepts, told } = head;
  const fields: RocketFields = {
    kind: "rocket",
    model: { name, input },
    ...(data.channelNames && { channelNames: data.channelNames }),
    classes: data.classes,
    preparation,
    transform,
    coefficients,
    intercepts,
    provenance: {},
  };
  return rocketModel({
    ...fields,
    provenance: {
      toeplitz: VERSION,
      numerics: "strict",
      seed: String(seed),
      dataSha256: dataHash(data),
      weightsSha256: hashOf(fields),
      ...told,
      ...options.provenance,
    },
  });
}

/** The answers that the map is fitted to; throws InputError for others. */
function learnable(name: RocketName, train: Dataset): Answered {
  const { answers } = train;
  if (answers.kind !== "classes" && answers.kind !== "values")
    throw new InputError(
      `${train.name} has ${answers.kind === "none" ? "no answers" : "several classes a row"}; ${name} predicts one class a row, or values; give such answers`,
    );
  if (train.rowWeights)
    throw new InputError(
      `${train.name} has row weights, which ${name} does not learn by; leave them out, or train a network`,
    );
  return answers;
}

/** Rows in the model's units, one after another or some. */
interface PreparedRows extends RowReader {
  readonly some: (rows: ArrayLike<number>) => { readonly series: Float32Array; readonly rows: number };
}

/** Reads and checks every row once, so that a fault is told with its row's number. */
function preparedRows(data: Dataset, preparation: Preparation, input: Signal): PreparedRows {
  for (const batch of chunks(data)) prepare(preparation, batch, input);
  const some: PreparedRows["some"] = (rows) => ({
    series: prepare(preparation, gather(data, rows), input),
    rows: rows.length,
  });
  return { rows: data.rows, row: (index) => some([index]).series, some };
}

type Answered = AnswersOf<"classes" | "values">;

/** What a map is fitted to. */
interface Task {
  readonly data: Dataset;
  readonly answers: Answered;
  readonly rows: PreparedRows;
  readonly drawn: RocketTransform;
  readonly seed: number;
  readonly onLook?: (look: StreamedLook) => void;
}

type Fit = (task: Task) => { readonly transform: RocketTransform; readonly head: Head };

const fits: Readonly<Record<RocketSolver, Fit>> = {
  closedForm({ data, answers, rows, drawn }) {
    const counts = countsOf(drawn);
    const features = new Float32Array(data.rows * counts.features);
    for (let from = 0; from < data.rows; from += AT_ONCE) {
      const count = Math.min(AT_ONCE, data.rows - from);
      const some = rows.some(Int32Array.from({ length: count }, (_, i) => from + i));
      features.set(transformRows(drawn, some), from * counts.features);
    }
    const transform = settled(drawn, features, data.rows);
    return { transform, head: ridgeHead(features, counts.standardised, answers) };
  },
  streamed({ data, answers, rows, drawn, seed, onLook }) {
    const counts = countsOf(drawn);
    let transform = drawn;
    const head = streamedHead(
      {
        data,
        answers,
        size: counts.features,
        standardised: counts.standardised,
        features: (some) => transformRows(transform, rows.some(some)),
        settle: (features, count) => {
          transform = settled(drawn, features, count);
        },
      },
      seed,
      onLook,
    );
    return { transform, head };
  },
};

/** Rows that are transformed at a time. */
const AT_ONCE = 64;
