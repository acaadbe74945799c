/** The model as a whole: each part is computed when it is opened. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { DataSummary } from "../../engine/data.ts";
import type { WholeModel } from "../../engine/lookingWhole.ts";
import type { ModelSummary } from "../../engine/models.ts";
import { chosenRow } from "../../session.ts";
import { percent, short } from "../../ui/format.ts";
import { Shown, useAnswer } from "./asked.tsx";
import { Calibration } from "./calibration.tsx";
import { Derivation } from "./derivation.tsx";
import { Filters } from "./filters.tsx";
import { PlaneOfRows } from "./planeOfRows.tsx";
import { Cells } from "./vectors.tsx";

export interface WholeProps {
  readonly model: ModelSummary;
  readonly data: DataSummary;
}

export function Whole({ model, data }: WholeProps) {
  const answer = useAnswer("wholeModel", { model: model.id });
  const isClassifier = data.answers === "classes" || data.answers === "positions";
  return (
    <section aria-label="The model as a whole" class="whole">
      <h2>The model as a whole</h2>
      <Shown answer={answer}>
        {(whole) => (
          <>
            {whole.members > 1 && (
              <p class="soft">Layers, filters and points are of the first of its {whole.members} networks.</p>
            )}
            {whole.layers.length > 0 && (
              <>
                <Part title="Layers">
                  <Layers whole={whole} />
                </Part>
                <Part title="Findings">
                  <Findings model={model} data={data} />
                </Part>
                {model.kind === "network" && data.answers !== "none" && (
                  <Part title="The derivation, with the numbers of the row">
                    <Derivation model={model} data={data} row={chosenRow.value} layers={whole.layers} />
                  </Part>
                )}
                {whole.layers.some(({ kind }) => kind === "conv1d") && (
                  <Part title="Filters and what they let through">
                    <Filters model={model} layers={whole.layers} rate={data.rate} />
                  </Part>
                )}
                <Part title="Rows as points of a plane">
                  <PlaneOfRows model={model} data={data} layers={whole.layers} />
                </Part>
              </>
            )}
            {isClassifier && model.classes.length > 0 && (
              <Part title="Calibration">
                <Calibration model={model} data={data} whole={whole} />
              </Part>
            )}
            {data.groups > 0 && (
              <Part title="By group">
                <Groups model={model} data={data} />
              </Part>
            )}
          </>
        )}
      </Shown>
    </section>
  );
}

/** A part that is made when it is opened. */
function Part({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  const isOpen = useSignal(false);
  return (
    <details onToggle={(event) => void (isOpen.value = event.currentTarget.open)}>
      <summary>{title}</summary>
      {isOpen.value && children}
    </details>
  );
}

function Layers({ whole: { layers } }: { readonly whole: WholeModel }) {
  const head = ["layer", "reads", "output", "parameters", "sees", "multiply-adds"];
  const nameOf = (n: number): string => (n === 0 ? "input" : layers[n - 1].name);
  const rows = layers.map(({ name, from, output, parameters, receptiveField, multiplyAdds }) => [
    name,
    from.map(nameOf).join(", "),
    `${output.channels} × ${output.length}`,
    String(parameters),
    String(receptiveField),
    String(multiplyAdds),
  ]);
  return <Cells title="Layers" head={head} rows={rows} />;
}

function Findings({ model, data }: WholeProps) {
  const answer = useAnswer("findings", { model: model.id, data: data.id });
  return (
    <Shown answer={answer}>
      {(found) =>
        found.length === 0 ? (
          <p>
            Nothing was found: no dead, saturated or constant channels, no vanishing or exploding
            back-signals.
          </p>
        ) : (
          <ul class="findings">
            {found.map(({ kind, says }) => (
              <li key={says}>
                <b>{kind}</b>: {says}
              </li>
            ))}
          </ul>
        )
      }
    </Shown>
  );
}

function Groups({ model, data }: WholeProps) {
  const answer = useAnswer("groupScores", { model: model.id, data: data.id });
  return (
    <Shown answer={answer}>
      {(groups) => (
        <Cells
          title="By group"
          head={["group", "rows", "loss", "accuracy or RMSE", "mixed up most"]}
          rows={groups.map(({ group, rows, loss, accuracy, rmse, mixedUp }) => [
            group,
            String(rows),
            short(loss),
            rmse === undefined ? percent(accuracy) : short(rmse),
            mixedUp,
          ])}
        />
      )}
    </Shown>
  );
}
