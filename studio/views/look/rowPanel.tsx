/** One row: drawn, what is said of it, and why. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../../engine/client.ts";
import type { DataSummary } from "../../engine/data.ts";
import type { RowAnswer } from "../../engine/looking.ts";
import type { ModelSummary } from "../../engine/models.ts";
import { attempt } from "../../session.ts";
import { seriesColour } from "../../ui/colours.ts";
import { Figure } from "../../ui/figure.tsx";
import { percent, short } from "../../ui/format.ts";
import type { Shade, Stretch } from "../../ui/plot.tsx";
import { RowPlot } from "../data/rowPlot.tsx";
import { named, scores } from "./state.ts";
import { Why } from "./why.tsx";

export interface RowPanelProps {
  readonly model: ModelSummary;
  readonly data: DataSummary;
  readonly row: number;
}

/** Classes whose probabilities are shown, the likeliest first. */
const MOST_BARS = 12;

export function RowPanel({ model, data, row }: RowPanelProps) {
  const answer = useSignal<RowAnswer | null>(null);
  const stretch = useSignal<Stretch | null>(null);
  const cursor = useSignal<number | null>(null);
  useEffect(() => {
    let isWaited = true;
    void attempt(async () => {
      const answered = await ask("rowAnswer", { model: model.id, data: data.id, row });
      if (isWaited) answer.value = answered;
    });
    return () => void (isWaited = false);
  }, [model.id, data.id, row]);
  const { value } = answer;
  const isReady = value !== null && value.row === row;
  return (
    <div class="panel">
      <RowPlot
        data={data}
        row={row}
        shown={stretch}
        cursor={cursor}
        more={value && value.positions.length > 0 ? { shades: saidShades(value) } : undefined}
      />
      {value && <Said answer={value} row={row} />}
      {isReady && <Why key={model.id} model={model} data={data} row={row} answer={value} />}
    </div>
  );
}

/** Stretches of one class, as the model says them. */
function saidShades({ positions, classes }: RowAnswer): Shade[] {
  const found: Shade[] = [];
  let from = 0;
  for (let t = 1; t <= positions.length; t++) {
    if (t < positions.length && positions[t] === positions[from]) continue;
    const said = positions[from];
    if (said >= 0) found.push({ from, to: t, name: classes[said], colour: seriesColour(said) });
    from = t;
  }
  return found;
}

function Said({ answer, row }: { readonly answer: RowAnswer; readonly row: number }) {
  const { classes, probabilities, values } = answer;
  const { value } = scores;
  const truth = value ? named(value, value.truth[row] ?? "") : "";
  const numbers = (): string =>
    (values.length > 0
      ? values.map((one, k) => `${k}\t${one}`)
      : classes.map((name, k) => `${name}\t${probabilities[k]}`)
    ).join("\n");
  const ranked = classes
    .map((name, k) => ({ name, p: probabilities[k] }))
    .sort((a, b) => b.p - a.p)
    .slice(0, MOST_BARS);
  return (
    <Figure title={`What is said of row ${row}`} numbers={numbers}>
      {values.length > 0 ? (
        <p>
          {values.slice(0, 20).map(short).join(", ")}
          {values.length > 20 && ", ..."} {truth !== "" && `(true: ${truth})`}
        </p>
      ) : (
        <ul class="bars">
          {ranked.map(({ name, p }) => (
            <li key={name}>
              <span>
                {name}
                {name === truth && <b> (true)</b>}
              </span>
              <span class="bar" aria-hidden="true">
                <i
                  style={{
                    width: `${100 * p}%`,
                    background: `var(${name === truth || truth === "" ? "--right" : "--wrong"})`,
                  }}
                />
              </span>
              <span>{percent(p)}</span>
            </li>
          ))}
          {classes.length > MOST_BARS && <li class="soft">and {classes.length - MOST_BARS} more</li>}
        </ul>
      )}
    </Figure>
  );
}
