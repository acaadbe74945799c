/** The rows of a table in order of their series and time: read as they stand onto a tape, and from it in order. */
import { Strings } from "../tables/strings.ts";
import type { Chunk, MakeTape, Wanted } from "../tables/table.ts";

/** Rows of a chunk. */
const ROWS = 2 ** 13;

export async function* sortedRows(
  rowsOf: (wanted: Wanted) => AsyncIterable<Chunk>,
  { numbers, texts, order }: Wanted,
  makeTape: MakeTape,
): AsyncGenerator<Chunk> {
  if (!order) throw new Error("rows without an order");
  const tape = makeTape();
  const words = texts.map(() => new Strings());
  const series = new Strings();
  const width = numbers.length + texts.length;
  const keys: number[] = [];
  const times: number[] = [];
  const time = order.time ? [order.time] : [];
  const wanted: Wanted = {
    numbers: [...numbers, ...time],
    texts: [...texts, ...(order.series.length > 0 ? [order.series] : [])],
  };
  for await (const { rows, columns } of rowsOf(wanted)) {
    const block = new Float64Array(rows * width);
    for (let row = 0; row < rows; row++) {
      numbers.forEach((_, k) => (block[row * width + k] = columns[k].getItem(row) as number));
      texts.forEach((_, k) => {
        const text = columns[wanted.numbers.length + k].getItem(row) as string;
        block[row * width + numbers.length + k] = words[k].index(text);
      });
      times.push(order.time ? (columns[numbers.length].getItem(row) as number) : 0);
      keys.push(
        order.series.length > 0 ? series.index(columns[columns.length - 1].getItem(row) as string) : 0,
      );
    }
    tape.append(block);
  }
  tape.finish();
  const names = series.texts();
  const rank = new Map(
    [...names.keys()].sort((a, b) => (names[a] < names[b] ? -1 : 1)).map((key, i) => [key, i]),
  );
  const rankOf = (row: number): number => rank.get(keys[row]) ?? 0;
  const missingLast = (x: number): number => (Number.isNaN(x) ? Infinity : x);
  const inOrder = Uint32Array.from(keys, (_, row) => row).sort(
    (a, b) => rankOf(a) - rankOf(b) || missingLast(times[a]) - missingLast(times[b]) || a - b,
  );
  const written = words.map((own) => own.texts());
  for (let from = 0; from < inOrder.length; from += ROWS) {
    const rows = Math.min(ROWS, inOrder.length - from);
    const block = new Float64Array(rows * width);
    for (let row = 0; row < rows; row++) tape.read(inOrder[from + row] * width, width, block, row * width);
    const number = (k: number) => ({ getItem: (row: number): unknown => block[row * width + k] });
    const text = (k: number) => ({
      getItem: (row: number): unknown => written[k][block[row * width + numbers.length + k]],
    });
    yield { rows, columns: [...numbers.map((_, k) => number(k)), ...texts.map((_, k) => text(k))] };
  }
}
