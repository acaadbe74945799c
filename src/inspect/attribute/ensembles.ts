/** Attribution of several networks together: the mean of theirs, which is that of the mean of what they explain. */
import { InputError } from "../../data/errors.ts";
import type { Attribution } from "./types.ts";

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

/** The mean of the attributions of one row by the networks of an ensemble. */
export function meanAttribution(each: readonly Attribution[]): Attribution {
  const [first] = each;
  if (
    each.some(
      ({ unit, perPosition }) => unit !== first.unit || perPosition.length !== first.perPosition.length,
    )
  )
    throw new InputError(
      "the networks of the ensemble prepare rows to different lengths or units, so their attributions have no mean; explain them one by one (members)",
    );
  const values = first.values.map((line, c) => line.map((_, t) => mean(each.map((a) => a.values[c][t]))));
  const found = each.flatMap(({ completeness }) => completeness ?? []);
  const of = (pick: (c: (typeof found)[number]) => number): number => mean(found.map(pick));
  const absolute = of((c) => c.absolute);
  const difference = of((c) => c.difference);
  return {
    ...first,
    output: mean(each.map(({ output }) => output)),
    values,
    perChannel: first.perChannel.map((_, c) => mean(each.map((a) => a.perChannel[c]))),
    perPosition: first.perPosition.map((_, t) => mean(each.map((a) => a.perPosition[t]))),
    ...(found.length > 0 && {
      completeness: {
        sum: of((c) => c.sum),
        difference,
        absolute,
        relative: absolute === 0 ? 0 : difference === 0 ? null : Math.abs(absolute / difference),
        steps: found.reduce((sum, { steps }) => sum + steps, 0),
      },
    }),
    notes: [
      `the mean over ${each.length} networks; ${first.of} is the mean of theirs`,
      ...new Set(each.flatMap(({ notes }) => notes)),
    ],
  };
}
