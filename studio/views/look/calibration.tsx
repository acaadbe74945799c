/** Whether probabilities mean what they say, and a temperature by which they do. */
import { ask } from "../../engine/client.ts";
import type { DataSummary } from "../../engine/data.ts";
import type { WholeModel } from "../../engine/lookingWhole.ts";
import type { ModelSummary } from "../../engine/models.ts";
import { attempt, chosenModel, models } from "../../session.ts";
import { Figure } from "../../ui/figure.tsx";
import { percent, short } from "../../ui/format.ts";
import { Shown, useAnswer } from "./asked.tsx";

export interface CalibrationProps {
  readonly model: ModelSummary;
  readonly data: DataSummary;
  readonly whole: WholeModel;
}

export function Calibration({ model, data, whole }: CalibrationProps) {
  const answer = useAnswer("reliabilityDiagram", { model: model.id, data: data.id });
  const fit = (): Promise<unknown> =>
    attempt(async () => {
      const made = await ask("calibrateModel", { model: model.id, name: model.name });
      models.value = [...models.value, made];
      chosenModel.value = made;
    });
  return (
    <Shown answer={answer}>
      {({ bins, ece, largest }) => (
        <>
          <Figure
            title="Reliability: how often what is said with a probability is right"
            numbers={() =>
              [
                "from\tto\trows\tmean probability\tright",
                ...bins.map(({ from, to, count, confidence, accuracy }) =>
                  [from, to, count, confidence, accuracy].join("\t"),
                ),
              ].join("\n")
            }
          >
            <svg
              class="square"
              viewBox="-26 -6 136 124"
              role="img"
              aria-label={`Reliability diagram: expected calibration error ${percent(ece)}`}
            >
              <rect x="0" y="0" width="100" height="100" fill="var(--paper)" stroke="var(--rule)" />
              {bins.map(({ from, to, count, accuracy }) =>
                count === 0 ? null : (
                  <rect
                    key={from}
                    x={100 * from + 0.5}
                    width={100 * (to - from) - 1}
                    y={100 - 100 * accuracy}
                    height={100 * accuracy}
                    fill="var(--right)"
                    fill-opacity="0.7"
                  >
                    <title>{`${percent(from)} to ${percent(to)}: ${count} rows, ${percent(accuracy)} right`}</title>
                  </rect>
                ),
              )}
              <path d="M0 100L100 0" stroke="var(--soft)" stroke-dasharray="3 3" />
              <text x="0" y="112">
                0
              </text>
              <text x="50" y="112" text-anchor="middle">
                probability
              </text>
              <text x="100" y="112" text-anchor="end">
                1
              </text>
              <text x="-4" y="8" text-anchor="end">
                1
              </text>
              <text x="-4" y="54" text-anchor="end">
                right
              </text>
            </svg>
          </Figure>
          <p>
            Expected calibration error {percent(ece)}, the largest of a bin {percent(largest)}.
            {whole.temperature !== null && ` Its temperature is ${short(whole.temperature)}.`}
          </p>
          {whole.canCalibrate && whole.temperature === null && (
            <button type="button" onClick={() => void fit()}>
              Fit a temperature on the rows that training held back
            </button>
          )}
        </>
      )}
    </Shown>
  );
}
