/** Curves of the runs that are ticked, in one picture each. */
import type { Epoch } from "toeplitz";
import { LinePlot, type LineSeries } from "../../ui/plot.tsx";
import { runs, shownRun, type PageRun } from "./runs.ts";
import { served, type ServedRun } from "./served.ts";

type AnyRun = PageRun | ServedRun;
type EpochLine = Pick<Epoch, "loss" | "accuracy" | "validation">;

export const ticked = (): readonly AnyRun[] =>
  [...runs.value, ...served.value].filter(({ isShown }) => isShown.value);

export function Curves() {
  const shown = ticked();
  const lines = shown.map((run) => ({ name: run.brief, epochs: run.epochs.value as readonly EpochLine[] }));
  const most = Math.max(0, ...lines.map(({ epochs }) => epochs.length));
  const x = Array.from({ length: most }, (_, i) => i + 1);
  const seriesOf = (of: (epoch: EpochLine) => number | null | undefined, what: string): LineSeries[] =>
    lines.flatMap(({ name, epochs }) => {
      const values = x.map((_, i) => (i < epochs.length ? (of(epochs[i]) ?? null) : null));
      return values.some((value) => value !== null && Number.isFinite(value))
        ? [{ name: `${name} ${what}`, values }]
        : [];
    });
  const loss = [
    ...seriesOf((epoch) => epoch.loss, "training"),
    ...seriesOf((epoch) => epoch.validation?.loss, "validation"),
  ];
  const accuracy = [
    ...seriesOf((epoch) => epoch.accuracy, "training"),
    ...seriesOf((epoch) => epoch.validation?.accuracy, "validation"),
  ];
  const rmse = seriesOf((epoch) => epoch.validation?.rmse, "validation");
  const steps = shownRun.value?.steps.value;
  return (
    <div class="grid">
      {loss.length > 0 && <LinePlot title="Loss by epoch" x={x} xName="epoch" series={loss} />}
      {accuracy.length > 0 && <LinePlot title="Accuracy by epoch" x={x} xName="epoch" series={accuracy} />}
      {rmse.length > 0 && <LinePlot title="RMSE by epoch" x={x} xName="epoch" series={rmse} />}
      {shownRun.value && steps && steps.x.length > 0 && (
        <LinePlot
          title={`Loss by step of ${shownRun.value.brief}`}
          x={steps.x}
          xName="step"
          series={[{ name: "training", values: steps.y }]}
        />
      )}
    </div>
  );
}
