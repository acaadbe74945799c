/** Options of `train` that say how raw rows become what the model sees, beside --normalize. */
import type { Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { fills, places, type Fill, type Place } from "../../models/lines.ts";
import { hasMissing, pads, resolvePrepare, type Pad, type PrepareOptions } from "../../models/preparation.ts";
import { whole, word } from "./parsers.ts";

/** As they were given; absent where nobody asked. */
export interface PrepareFlags {
  readonly fill?: Fill;
  readonly detrend?: true;
  readonly resample?: number;
  readonly length?: number;
  readonly pad?: Pad;
  readonly padAt?: Place;
}

type Add = (flags: string, about: string, extra?: { parse?: (text: string) => unknown }) => void;

export function addPrepareOptions(add: Add): void {
  add("--fill <HOW>", `missing values: ${fills.join(", ")} with a mask channel (default: linear, if any)`, {
    parse: word("--fill", fills),
  });
  add("--detrend", "subtract the least-squares line of each row and channel");
  add("--length <N>", "pad shorter rows and cut longer ones (default: the longest, if rows differ)", {
    parse: whole("--length", 1, 100),
  });
  add(
    "--pad <WITH>",
    `${pads.join(", ")}: zero after normalisation, the ends of the row, or its mean (default: zero)`,
    {
      parse: word("--pad", pads),
    },
  );
  add("--pad-at <WHERE>", `${places.join(", ")}: where rows are padded and cut (default: end)`, {
    parse: word("--pad-at", places),
  });
  add("--resample <N>", "stretch every row to N values, by straight lines between neighbours", {
    parse: whole("--resample", 2, 100),
  });
}

/** What was asked for; null where nothing was. */
export function prepareOf(flags: PrepareFlags): PrepareOptions | null {
  const { fill, detrend, resample, length, pad, padAt } = flags;
  if (resample !== undefined && (length ?? pad ?? padAt) !== undefined)
    throw new InputError(
      "--resample and --length (--pad, --pad-at) both make rows one length; give one of them",
    );
  const given = { fill, detrend: detrend && ("linear" as const), resample, length, pad, at: padAt };
  return Object.values(given).some((value) => value !== undefined) ? given : null;
}

/**
 * The steps for the training rows. Where test rows alone miss values, these too are filled: that changes no training row,
 * and neither does anything else of the test rows.
 */
export function stepsFor(
  { train, test }: { readonly train: Dataset; readonly test: Dataset | null },
  flags: PrepareFlags,
): PrepareOptions {
  const asked = prepareOf(flags) ?? {};
  const fill = asked.fill ?? (test && hasMissing(test) ? "linear" : undefined);
  return resolvePrepare(train, { ...asked, fill });
}

/** The steps in words, as `fill linear, length 361, pad zero, at end`. */
export const prepareText = (prepare: PrepareOptions): string =>
  Object.entries(prepare)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
