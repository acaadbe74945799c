/** The channels of a row, drawn over each other or one below the other; they move together. */
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../../engine/client.ts";
import type { DataSummary } from "../../engine/data.ts";
import type { RowDrawn } from "../../engine/rows.ts";
import { attempt } from "../../session.ts";
import { seriesColour } from "../../ui/colours.ts";
import { SeriesPlot, type SeriesPlotProps, type Stretch } from "../../ui/plot.tsx";

/** Channels that are drawn without being asked for, and at most. */
const FIRST = 6;
const MOST = 24;

/** What is drawn on the plot besides the row. */
export type RowPlotMore = Pick<
  SeriesPlotProps,
  "shades" | "isDrawing" | "onDrawn" | "onEdge" | "onShade" | "onKey"
>;
export interface RowPlotProps {
  readonly data: DataSummary;
  readonly row: number;
  readonly shown: Signal<Stretch | null>;
  readonly cursor: Signal<number | null>;
  readonly more?: RowPlotMore;
}

const channelName = (data: DataSummary, c: number): string =>
  data.channelNames?.[c] ?? (data.channels === 1 ? "value" : `channel ${c}`);

export function RowPlot({ data, row, shown, cursor, more }: RowPlotProps) {
  const drawn = useSignal<RowDrawn | null>(null);
  const wanted = useSignal<readonly number[]>([]);
  const isApart = useSignal(false);
  const { channels, id } = data;
  const all = Array.from({ length: channels }, (_, c) => c);
  const asked = wanted.value.filter((c) => c < channels);
  const own = asked.length > 0 ? asked : all.slice(0, FIRST);
  const key = own.join();
  useEffect(() => {
    let isWaited = true;
    void attempt(async () => {
      const answer = await ask("drawRow", { id, row, channels: own });
      if (isWaited) drawn.value = answer;
    });
    return () => void (isWaited = false);
  }, [id, row, key]);
  useEffect(() => {
    shown.value = null;
    cursor.value = null;
  }, [id, row]);
  if (!drawn.value) return null;
  const title = `${data.name}, row ${drawn.value.row}`;
  const series = drawn.value.channels.map(({ name, pyramid }, i) => ({
    name,
    pyramid,
    colour: seriesColour(i),
  }));
  const shades =
    more?.shades ??
    drawn.value.stretches.map(({ from, to, class: k }) => ({
      from,
      to,
      name: data.classes[k],
      colour: seriesColour(k),
    }));
  const common = { rate: data.rate, shown, cursor, ...more, shades };
  const toggle = (c: number): void => {
    const next = own.includes(c) ? own.filter((other) => other !== c) : [...own, c].sort((a, b) => a - b);
    if (next.length > 0 && next.length <= MOST) wanted.value = next;
  };
  return (
    <div class="plots">
      {isApart.value && series.length > 1 ? (
        series.map((one) => (
          <SeriesPlot
            key={one.name}
            title={`${title}, ${one.name}`}
            series={[one]}
            height={150}
            {...common}
          />
        ))
      ) : (
        <SeriesPlot title={title} series={series} height={260} {...common} />
      )}
      {channels > 1 && (
        <fieldset class="row">
          <legend>Channels</legend>
          {all.slice(0, 64).map((c) => (
            <label key={c}>
              <input type="checkbox" checked={own.includes(c)} onChange={() => toggle(c)} />{" "}
              {channelName(data, c)}
            </label>
          ))}
          <label>
            <input
              type="checkbox"
              checked={isApart.value}
              onChange={({ currentTarget }) => void (isApart.value = currentTarget.checked)}
            />{" "}
            one plot each
          </label>
        </fieldset>
      )}
    </div>
  );
}
