/** Options of `train` that say how raw rows become what the model sees, beside --normalize. */
import type { Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { fills, places } from "../../models/lines.ts";
import { hasMissing, pads, type PrepareOptions } from "../../models/preparation.ts";
import { anyModel, type Given, type Row, type Rows } from "./option.ts";
import { positionsOf } from "../../data/durations.ts";
import { whole, wholeOrTime, word } from "./parsers.ts";

const preparation = { group: "preparation", reach: "weights", models: anyModel } as const;

export const prepareRows = {
  fill: {
    ...preparation,
    flags: "--fill <HOW>",
    about: `missing values: ${fills.join(", ")} with a mask channel (default: linear, if any)`,
    parse: word("--fill", fills),
  },
  detrend: {
    ...preparation,
    flags: "--detrend",
    about: "subtract the least-squares line of each row and channel",
  } as Row<true>,
  length: {
    ...preparation,
    flags: "--length <N>",
    about:
      "pad shorter rows and cut longer ones, N positions or a time such as 2s (default: the longest, if rows differ)",
    parse: wholeOrTime("--length", 1, 100),
  },
  pad: {
    ...preparation,
    flags: "--pad <WITH>",
    about: `${pads.join(", ")}: zero after normalisation, the ends of the row, or its mean (default: zero)`,
    parse: word("--pad", pads),
  },
  padAt: {
    ...preparation,
    flags: "--pad-at <WHERE>",
    about: `${places.join(", ")}: where rows are padded and cut (default: end)`,
    parse: word("--pad-at", places),
  },
  resample: {
    ...preparation,
    flags: "--resample <N>",
    about: "stretch every row to N values, by straight lines between neighbours",
    parse: whole("--resample", 2, 100),
  },
} as const satisfies Rows;

export type PrepareFlags = Given<typeof prepareRows>;

/** What was asked for; null where nothing was. */
export function prepareOf(flags: PrepareFlags): PrepareOptions | null {
  const { fill, detrend, resample, length, pad, padAt } = flags;
  if (resample !== undefined && (length ?? pad ?? padAt) !== undefined)
    throw new InputError(
      "--resample and --length (--pad, --pad-at) both make rows one length; give one of them",
    );
  const given = {
    fill,
    detrend: detrend && ("linear" as const),
    resample,
    // a time is in positions since the data were read
    length: length === undefined ? undefined : positionsOf(length, undefined, "--length", "DATA"),
    pad,
    at: padAt,
  };
  return Object.values(given).some((value) => value !== undefined) ? given : null;
}

/**
 * What is asked of the preparation, for the training rows. Where test rows alone miss values, these too are filled: that
 * changes no training row, and neither does anything else of the test rows.
 */
export function askedOf(flags: PrepareFlags, test: Dataset | null): PrepareOptions {
  const asked = prepareOf(flags) ?? {};
  return { ...asked, fill: asked.fill ?? (test && hasMissing(test) ? "linear" : undefined) };
}

/** The steps in words, as `fill linear, length 361, pad zero, at end`. */
export const prepareText = (prepare: PrepareOptions): string =>
  Object.entries(prepare)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
