/**
 * Channels by name: rows are put into the order that a model, a training set or a caller has them in. Where only one side
 * has names, channels are taken by their position, and a note says so.
 */
import { listed, orderOf } from "./channelNames.ts";
import { readRow, type Dataset, type RawRows } from "./dataset.ts";
import { InputError } from "./errors.ts";
import { quote } from "./quote.ts";

/** A data set in the order that was asked for, and what should be said about it. */
export interface Matched {
  /** The rows; with the names that were asked for where they have none of their own and as many channels. */
  readonly data: Dataset;
  /** What was re-ordered or taken by position; null where nothing was. */
  readonly note: string | null;
}

/**
 * Rows with their channels in the order of `names`, those of a model, say; `whose` says in messages whose they are.
 * Rows or models without names go by position.
 *
 * @throws InputError with both lists where a name is missing or there are others
 */
export function matchChannels(names: readonly string[] | undefined, data: Dataset, whose: string): Matched {
  const { channelNames: there, channels, name: rows } = data;
  if (names === undefined)
    return {
      data,
      note: there ? `${whose} has no channel names: ${listed(there)} of ${rows} are taken by position` : null,
    };
  if (there === undefined)
    return channels === names.length
      ? {
          data: data.with({ channelNames: names }),
          note: `${rows} has no channel names: its channels are taken by position as ${listed(names)} of ${whose}`,
        }
      : { data, note: null };
  const order = orderOf(names, there, { rows, whose });
  if (order === null) return { data, note: null };
  return {
    data: channelsAt(data, order),
    note: `${rows}: its channels ${listed(there)} are put into the order of ${whose}: ${listed(names)}`,
  };
}

/** The same for a batch, which has nothing to say: rows without names go by position. */
export function matchRows<T extends RawRows>(
  names: readonly string[] | undefined,
  batch: T,
  whose: string,
): T {
  const { channelNames: there, series, rows } = batch;
  if (names === undefined || there === undefined) return batch;
  const order = orderOf(names, there, { rows: "the rows", whose });
  if (order === null) return batch;
  return { ...batch, series: picked(series, rows, there.length, order), channelNames: names };
}

/**
 * The numbers from 0 of channels, by name, or by number where they have no names. Throws InputError, naming `where` and the
 * option `what`, for a channel that is not there or that is given twice, and for none.
 */
export function channelNumbers(
  { channelNames, channels }: Pick<Dataset, "channelNames" | "channels">,
  wanted: readonly (string | number)[],
  what: string,
  where: string,
): number[] {
  const numbers = wanted.map((name) => {
    const at =
      typeof name === "string" && channelNames
        ? channelNames.indexOf(name)
        : /^\d+$/.test(String(name))
          ? Number(name)
          : -1;
    if (at >= 0 && at < channels) return at;
    throw new InputError(
      `${where}: there is no channel ${quote(String(name))} (${what}); ` +
        (channelNames
          ? `they are ${listed(channelNames)}`
          : `they have no names and go by numbers from 0 to ${channels - 1}`),
    );
  });
  if (numbers.length === 0) throw new InputError(`${where}: ${what} names none; name at least one`);
  const twice = numbers.findIndex((at, i) => numbers.indexOf(at) < i);
  if (twice >= 0)
    throw new InputError(
      `${where}: channel ${quote(String(wanted[twice]))} is given twice (${what}); give each once`,
    );
  return numbers;
}

/**
 * A data set of some of its channels, in the order given: by names, or by numbers from 0 where the channels have none.
 *
 * @throws InputError, naming `where`, for a channel that is not there or that is given twice
 */
export function chooseChannels(
  data: Dataset,
  wanted: readonly (string | number)[],
  where: string = data.name,
): Dataset {
  const order = channelNumbers(data, wanted, "channels", where);
  return order.length === data.channels && order.every((at, c) => at === c) ? data : channelsAt(data, order);
}

/** Channels by their numbers, in the order given: a copy of those in memory, a view of those elsewhere. */
function channelsAt(data: Dataset, order: readonly number[]): Dataset {
  const { source, series, rows, channels, channelNames } = data;
  const own = {
    channels: order.length,
    ...(channelNames && { channelNames: order.map((c) => channelNames[c]) }),
  };
  if (!source) return data.with({ ...own, series: picked(series, rows, channels, order) });
  let scratch = new Float64Array(0);
  return data.with({
    ...own,
    source: {
      rows: source.rows,
      read(row, from, count, into, at) {
        if (scratch.length < channels * count) scratch = new Float64Array(channels * count);
        readRow(data, row, from, count, scratch, 0);
        order.forEach((c, i) => into.set(scratch.subarray(c * count, (c + 1) * count), at + i * count));
      },
    },
  });
}

/** `[rows, channels, length]` with the channels of `order` alone. */
function picked(
  series: Float64Array,
  rows: number,
  channels: number,
  order: readonly number[],
): Float64Array {
  const length = rows > 0 ? series.length / (rows * channels) : 0;
  const out = new Float64Array(rows * order.length * length);
  for (let row = 0; row < rows; row++)
    order.forEach((c, i) => {
      const start = (row * channels + c) * length;
      out.set(series.subarray(start, start + length), (row * order.length + i) * length);
    });
  return out;
}
