/** All runs in one table, this page's and the served folder's: how far each is, what came of it, what can be done with it. */
import type { ComponentChildren } from "preact";
import type { RunEntry } from "toeplitz";
import { attempt, chosenModel } from "../../session.ts";
import { ask } from "../../engine/client.ts";
import { duration, percent, short } from "../../ui/format.ts";
import { saveFile } from "../../ui/saveFile.ts";
import { goOn, remove, runs, shownRun, stop, type PageRun, type RunState } from "./runs.ts";
import { openServed, served, servedFolder, type ServedRun } from "./served.ts";

const stateText: Readonly<Record<RunState, string>> = {
  waits: "waits for the runs before it",
  trains: "trains",
  stopping: "ends after this step",
  stopped: "stopped",
  ended: "ended",
  failed: "failed",
};

export function RunsTable() {
  if (runs.value.length + served.value.length === 0) return null;
  return (
    <div class="scroll" role="region" aria-label="Runs" tabIndex={0}>
      <table class="runs">
        <thead>
          <tr>
            {[
              "curves",
              "run",
              "state",
              "",
              "epochs",
              "training",
              "validation",
              "test",
              "step",
              "threads",
              "weights",
            ].map((name) => (
              <th key={name} scope="col">
                {name || <span class="unseen">what to do</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.value.map((run) => (
            <PageRow key={run.id} run={run} />
          ))}
          {served.value.map((run) => (
            <ServedRow key={run.id} run={run} />
          ))}
        </tbody>
      </table>
      {servedFolder.value !== null && served.value.length > 0 && (
        <p class="soft">
          Runs without a number before their name are of the folder {servedFolder.value}, which is looked at
          every two seconds.
        </p>
      )}
    </div>
  );
}

function Tick({ run }: { readonly run: PageRun | ServedRun }) {
  return (
    <input
      type="checkbox"
      aria-label={`Draw the curves of ${run.name}`}
      checked={run.isShown.value}
      onChange={(event) => void (run.isShown.value = event.currentTarget.checked)}
    />
  );
}

/** Accuracy where there are classes, else the error. */
const scoreText = (
  score:
    | { readonly loss: number | null; readonly accuracy: number | null; readonly rmse?: number }
    | null
    | undefined,
): string =>
  !score
    ? "–"
    : score.rmse !== undefined
      ? `RMSE ${short(score.rmse)}`
      : score.accuracy !== null && Number.isFinite(score.accuracy)
        ? percent(score.accuracy)
        : `loss ${short(score.loss)}`;

function PageRow({ run }: { readonly run: PageRun }) {
  const outcome = run.outcome.value;
  const state = run.state.value;
  const last = run.epochs.value.at(-1);
  const isUnderWay = state === "trains" || state === "waits";
  return (
    <tr aria-current={shownRun.value === run ? "true" : undefined} data-run={run.id} data-state={state}>
      <td>
        <Tick run={run} />
      </td>
      <th scope="row">
        <button type="button" class="small" onClick={() => void (shownRun.value = run)}>
          {run.name}
        </button>
      </th>
      <td>
        <State run={run} />
      </td>
      <td>
        <Actions>
          {isUnderWay && <Act name="Stop" of={run.name} act={() => stop(run)} />}
          {state === "stopped" && (
            <Act name="Go on" of={run.name} act={() => void attempt(() => goOn(run))} />
          )}
          {outcome && (
            <>
              <Act name="Look inside" of={run.name} act={() => lookInto(run)} />
              <Act name="Save model" of={run.name} act={() => void attempt(() => saveModel(run))} />
            </>
          )}
          {!isUnderWay && state !== "stopping" && <Act name="Remove" of={run.name} act={() => remove(run)} />}
        </Actions>
      </td>
      <td>{run.epochs.value.length}</td>
      <td>{scoreText(outcome?.train ?? last)}</td>
      <td>{scoreText(outcome?.validation ?? last?.validation)}</td>
      <td>{scoreText(outcome?.test)}</td>
      <td>{outcome && outcome.stepMs > 0 ? `${short(outcome.stepMs)} ms` : "–"}</td>
      <td>{outcome ? `${outcome.threads} (${outcome.backend})` : "–"}</td>
      <td>
        <code>{outcome?.model.weightsSha256.slice(0, 12) ?? "–"}</code>
      </td>
    </tr>
  );
}

function State({ run }: { readonly run: PageRun }) {
  const state = run.state.value;
  const { value } = run.progress;
  if (state !== "trains" && state !== "stopping") return <>{stateText[state]}</>;
  return (
    <>
      <progress max={value?.steps ?? 1} value={value?.step ?? 0} aria-label={`Progress of ${run.name}`} />
      <span class="soft">
        {value ? ` step ${value.step} of ${value.steps}` : " begins"}
        {value && Number.isFinite(value.secondsLeft) && `, ${duration(value.secondsLeft)} left`}
        {state === "stopping" && `, ${stateText.stopping}`}
      </span>
    </>
  );
}

function lookInto(run: PageRun): void {
  const { value } = run.outcome;
  if (value) chosenModel.value = { ...value.model, name: run.name };
  location.hash = "#look";
}

async function saveModel(run: PageRun): Promise<void> {
  const { value } = run.outcome;
  if (!value) return;
  const bytes = await ask("modelBytes", { model: value.model.id });
  saveFile(`${value.title}.safetensors`, bytes, "application/octet-stream");
}

const servedState: Readonly<Record<RunEntry["state"], string>> = {
  running: "trains, elsewhere",
  ended: "ended",
  interrupted: "stopped",
};

function ServedRow({ run }: { readonly run: ServedRun }) {
  const { state, result, last, hasModel, settings } = run.entry.value;
  return (
    <tr data-run={run.id} data-state={state}>
      <td>
        <Tick run={run} />
      </td>
      <th scope="row">{run.name}</th>
      <td>{servedState[state]}</td>
      <td>
        <Actions>
          {hasModel && (
            <Act
              name="Look inside"
              of={run.name}
              act={() =>
                void attempt(async () => {
                  await openServed(run);
                  location.hash = "#look";
                })
              }
            />
          )}
        </Actions>
      </td>
      <td>{last?.epoch ?? 0}</td>
      <td>{scoreText(last)}</td>
      <td>{scoreText(result?.validation ?? last?.validation)}</td>
      <td>{scoreText(result?.test)}</td>
      <td>–</td>
      <td>{settings.threads ?? "–"}</td>
      <td>–</td>
    </tr>
  );
}

const Actions = ({ children }: { readonly children: ComponentChildren }) => (
  <div class="actions">{children}</div>
);

const Act = ({ name, of, act }: { readonly name: string; readonly of: string; readonly act: () => void }) => (
  <button type="button" class="small" aria-label={`${name}: ${of}`} onClick={act}>
    {name}
  </button>
);
