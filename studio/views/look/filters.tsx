/** What the filters of a layer let through, by frequency. */
import { useSignal } from "@preact/signals";
import type { LayerSummary } from "toeplitz";
import type { ModelSummary } from "../../engine/models.ts";
import { ChoiceField } from "../../ui/field.tsx";
import { LinePlot } from "../../ui/plot.tsx";
import { short } from "../../ui/format.ts";
import { Shown, useAnswer } from "./asked.tsx";

export interface FiltersProps {
  readonly model: ModelSummary;
  readonly layers: readonly LayerSummary[];
  readonly rate?: number;
}

/** Curves of one picture. */
const AT_ONCE = 6;

export function Filters({ model, layers, rate }: FiltersProps) {
  const names = layers.filter(({ kind }) => kind === "conv1d").map(({ name }) => name);
  const chosen = useSignal(names[0]);
  const first = useSignal(0);
  const layer = names.includes(chosen.value) ? chosen.value : names[0];
  const answer = useAnswer("responses", { model: model.id, layer, ...(rate !== undefined && { rate }) });
  return (
    <>
      <div class="row">
        <ChoiceField
          label="Layer"
          value={layer}
          options={names.map((name): [string, string] => [name, name])}
          onChoose={(name) => {
            chosen.value = name;
            first.value = 0;
          }}
        />
      </div>
      <Shown answer={answer}>
        {({ frequencies, filters, unit, taps, dilation, every }) => {
          const from = Math.min(first.value, Math.max(0, filters.length - 1));
          const shown = filters.slice(from, from + AT_ONCE);
          return (
            <>
              <p class="soft">
                {filters.length} filters of {taps} taps
                {dilation > 1 && `, dilation ${dilation}`}
                {every > 1 && `, at every ${every} samples of the row`}. 0 dB is a gain of 1.
              </p>
              <LinePlot
                title={`Frequency response of ${layer}, filters ${from} to ${from + shown.length - 1}, in dB`}
                x={frequencies}
                xName={unit === "Hz" ? "Hz" : "cycles a sample"}
                series={shown.map(({ filter, decibels, peak }) => ({
                  name: `filter ${filter} (peak ${short(peak)})`,
                  values: decibels,
                }))}
              />
              {filters.length > AT_ONCE && (
                <div class="row">
                  <button
                    type="button"
                    disabled={from === 0}
                    onClick={() => void (first.value = Math.max(0, from - AT_ONCE))}
                  >
                    Filters before
                  </button>
                  <button
                    type="button"
                    disabled={from + AT_ONCE >= filters.length}
                    onClick={() => void (first.value = from + AT_ONCE)}
                  >
                    Filters after
                  </button>
                </div>
              )}
            </>
          );
        }}
      </Shown>
    </>
  );
}
