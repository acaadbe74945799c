/** Which class is taken for which: a cell leads to its rows. */
import type { ConfusionCounts } from "../../engine/training.ts";
import { Figure } from "../../ui/figure.tsx";

/** Classes up to which all pairs are a table. */
const MOST_CLASSES = 40;

export interface ConfusionTableProps {
  readonly counts: ConfusionCounts;
  readonly onCell: (actual: number, predicted: number) => void;
}

export function ConfusionTable({ counts: { of, classes, pairs }, onCell }: ConfusionTableProps) {
  const count = new Map(pairs.map(({ actual, predicted, count: n }) => [`${actual},${predicted}`, n]));
  const at = (actual: number, predicted: number): number => count.get(`${actual},${predicted}`) ?? 0;
  const said = pairs.some(({ predicted }) => predicted >= classes.length)
    ? [...classes, "no class"]
    : [...classes];
  const title = `Which ${of === "test" ? "test" : "training"} rows are called which`;
  const numbers = (): string =>
    [
      ["is \\ is called", ...said].join("\t"),
      ...classes.map((name, actual) =>
        [name, ...said.map((_, predicted) => at(actual, predicted))].join("\t"),
      ),
    ].join("\n");
  const wrong = pairs.filter(({ actual, predicted }) => actual !== predicted);
  if (classes.length > MOST_CLASSES)
    return (
      <Figure title={title} numbers={numbers}>
        <p class="soft">{classes.length} classes: the pairs that are mixed up most.</p>
        <ul class="pairs">
          {wrong
            .toSorted((a, b) => b.count - a.count)
            .slice(0, MOST_CLASSES)
            .map(({ actual, predicted, count: n }) => (
              <li key={`${actual},${predicted}`}>
                <button type="button" class="small" onClick={() => onCell(actual, predicted)}>
                  {n} × {classes[actual]} called {said[predicted]}
                </button>
              </li>
            ))}
        </ul>
      </Figure>
    );
  const most = Math.max(1, ...pairs.map(({ count: n }) => n));
  return (
    <Figure title={title} numbers={numbers}>
      <div class="scroll" role="region" aria-label={title} tabIndex={0}>
        <table class="confusion">
          <thead>
            <tr>
              <th scope="col">is ↓ called →</th>
              {said.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {classes.map((name, actual) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {said.map((called, predicted) => {
                  const n = at(actual, predicted);
                  const colour = actual === predicted ? "--right" : "--wrong";
                  const share = Math.round((45 * n) / most);
                  return (
                    <td
                      key={called}
                      style={{ background: `color-mix(in srgb, var(${colour}) ${share}%, transparent)` }}
                    >
                      {n > 0 ? (
                        <button
                          type="button"
                          aria-label={`${n} rows of ${name} called ${called}`}
                          onClick={() => onCell(actual, predicted)}
                        >
                          {n}
                        </button>
                      ) : (
                        <span class="soft">·</span>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Figure>
  );
}
