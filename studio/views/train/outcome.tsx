/** What came of a run: its figures, which classes it takes for which, the weights' hash, and how to do the same elsewhere. */
import { chosenModel } from "../../session.ts";
import { duration, percent, short } from "../../ui/format.ts";
import { Figure } from "../../ui/figure.tsx";
import { Copyable } from "../../ui/copyable.tsx";
import type { Trained } from "../../engine/training.ts";
import { rowFilter } from "../look/filter.ts";
import type { PageRun } from "./runs.ts";
import { ConfusionTable } from "./confusionTable.tsx";

export function Outcome({ run }: { readonly run: PageRun }) {
  const outcome = run.outcome.value;
  return (
    <section class="card" aria-label={`Run ${run.name}`}>
      <h3>{run.name}</h3>
      {run.said.value && <p>{run.said.value}</p>}
      {outcome && <Result outcome={outcome} />}
      <p class="soft">The command line that does the same:</p>
      <Copyable text={run.asked.command} of="the command line" />
      {outcome?.confusion && (
        <ConfusionTable
          counts={outcome.confusion}
          onCell={(actual, predicted) => {
            rowFilter.value = { which: "cell", actual, predicted };
            chosenModel.value = { ...outcome.model, name: run.name };
            location.hash = "#look";
          }}
        />
      )}
    </section>
  );
}

function Result({ outcome }: { readonly outcome: Trained }) {
  const { train, validation, test, seconds, steps, stepMs, backend, threads, model } = outcome;
  const parts = { training: train, validation, test };
  const rows = Object.entries(parts).flatMap(([name, score]) => (score ? [{ name, score }] : []));
  const isOfValues = rows.some(({ score }) => score.rmse !== undefined);
  const numbers = (): string =>
    [
      ["rows", "loss", isOfValues ? "rmse" : "accuracy"].join("\t"),
      ...rows.map(({ name, score }) =>
        [name, score.loss, isOfValues ? score.rmse : score.accuracy].join("\t"),
      ),
    ].join("\n");
  return (
    <>
      <p>
        {outcome.isStopped ? "Stopped" : "Ended"} after {steps} steps in {duration(seconds)}
        {stepMs > 0 && `, ${short(stepMs)} ms a step`}, {model.parameters} parameters, on {backend} with{" "}
        {threads === 1 ? "one thread" : `${threads} threads`}.
      </p>
      <Figure title="Scores" numbers={numbers}>
        <table>
          <thead>
            <tr>
              <th scope="col">rows</th>
              <th scope="col">loss</th>
              <th scope="col">{isOfValues ? "RMSE" : "accuracy"}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, score }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{short(score.loss)}</td>
                <td>{isOfValues ? short(score.rmse) : percent(score.accuracy)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Figure>
      <p class="soft">SHA-256 of the weights, the same as on the command line:</p>
      <Copyable text={model.weightsSha256} of="the hash of the weights" />
    </>
  );
}
