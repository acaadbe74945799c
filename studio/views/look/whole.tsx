/** The model as a whole: each part is computed when it is opened. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { DataSummary } from "../../engine/data.ts";
import type { WholeModel } from "../../engine/lookingWhole.ts";
import type { ModelSummary } from "../../engine/models.ts";
import { Figure } from "../../ui/figure.tsx";
import { percent, short } from "../../ui/format.ts";
import { Shown, useAnswer } from "./asked.tsx";
import { Calibration } from "./calibration.tsx";
import { Filters } from "./filters.tsx";
import { PlaneOfRows } from "./planeOfRows.tsx";

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
  return (
    <Figure title="Layers" numbers={() => [head, ...rows].map((cells) => cells.join("\t")).join("\n")}>
      <div class="scroll" role="region" aria-label="Layers" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {head.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, ...cells]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {cells.map((cell, i) => (
                  <td key={head[i + 1]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Figure>
  );
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
        <Figure
          title="By group"
          numbers={() =>
            groups
              .map(({ group, rows, loss, accuracy, rmse }) =>
                [group, rows, loss, rmse ?? accuracy].join("\t"),
              )
              .join("\n")
          }
        >
          <div class="scroll" role="region" aria-label="Scores of groups" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  {["group", "rows", "loss", "accuracy", "mixed up most"].map((name) => (
                    <th key={name} scope="col">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {groups.map(({ group, rows, loss, accuracy, rmse, mixedUp }) => (
                  <tr key={group}>
                    <th scope="row">{group}</th>
                    <td>{rows}</td>
                    <td>{short(loss)}</td>
                    <td>{rmse === undefined ? percent(accuracy) : `RMSE ${short(rmse)}`}</td>
                    <td>{mixedUp}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Figure>
      )}
    </Shown>
  );
}
