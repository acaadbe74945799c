/** What was kept of the recording, with its class; and training that goes on from the model with it. */
import { useSignal, type Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { ask } from "../../engine/client.ts";
import type { DataSummary } from "../../engine/data.ts";
import type { StreamSummary } from "../../engine/live.ts";
import type { Tuned, TuneAsked } from "../../engine/liveTuning.ts";
import type { ModelSummary } from "../../engine/models.ts";
import { attempt, chosenModel, models, testData, trainData } from "../../session.ts";
import { saveFile } from "../../ui/saveFile.ts";
import type { LiveRun } from "./liveRun.ts";
import { begin, corrections, run as currentRun, source } from "./liveState.ts";

const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;

interface Choices {
  readonly epochs: number;
  readonly learningRate: number;
  readonly freeze: TuneAsked["freeze"];
  readonly isBeside: boolean;
}

/** The training rows, where they are rows as the model takes them. */
function rowsBeside({ channels, receptiveField, by }: StreamSummary): DataSummary | null {
  const rows = trainData.value;
  const isFit = rows?.answers === "classes" && rows.channels === channels && rows.length === receptiveField;
  return isFit && by === "windows" ? rows : null;
}

export function TunePanel({ run, model }: { readonly run: LiveRun; readonly model: ModelSummary }) {
  const kept = corrections.value;
  const choices = useSignal<Choices>({ epochs: 20, learningRate: 0.001, freeze: "nothing", isBeside: true });
  const tuned = useSignal<Tuned | null>(null);
  const told = useSignal("");
  const going = useRef<AbortController | null>(null);
  if (run.stream.classes.length === 0) return null;
  const beside = rowsBeside(run.stream);
  const tune = async (): Promise<void> => {
    const { isBeside, ...how } = choices.value;
    going.current = new AbortController();
    const { signal } = going.current;
    told.value = "begins";
    tuned.value = null;
    const asked = {
      model: model.id,
      stretches: kept,
      ...(isBeside && beside && { beside: beside.id }),
      ...(testData.value && testData.value.answers !== "none" && { test: testData.value.id }),
      ...how,
    };
    const found = await attempt(() =>
      ask("fineTune", asked, {
        signal,
        onTold: ({ epoch, loss }) =>
          void (told.value = `epoch ${epoch} of ${how.epochs}, loss ${loss.toPrecision(4)}`),
      }),
    );
    told.value = "";
    going.current = null;
    if (!found) return;
    tuned.value = found;
    models.value = [...models.value, found.model];
    chosenModel.value = found.model;
  };
  const save = async (): Promise<void> =>
    saveFile("recording.csv", await ask("recordedTable", { model: model.id, stretches: kept }), "text/csv");
  return (
    <section class="card" aria-label="Correct the model">
      <h3>Correct the model</h3>
      {kept.length === 0 && (
        <p class="soft">
          Say in the table what an event was, or stop and mark a stretch of the recording: the model learns
          from it, and goes on.
        </p>
      )}
      {kept.length > 0 && (
        <>
          <Kept />
          <HowTuned choices={choices} beside={beside} />
          <div class="row actions">
            <button type="button" class="main" disabled={told.value !== ""} onClick={() => void tune()}>
              Train on it
            </button>
            {told.value !== "" && (
              <button type="button" onClick={() => going.current?.abort()}>
                Cancel
              </button>
            )}
            <button type="button" onClick={() => void attempt(save)}>
              Save the rows
            </button>
            <span class="soft" aria-live="polite">
              {told.value}
            </span>
          </div>
        </>
      )}
      {tuned.value && <Outcome {...tuned.value} />}
    </section>
  );
}

const Kept = () => (
  <ul class="files">
    {corrections.value.map((one, i) => (
      <li key={`${one.at} ${one.label} ${i}`}>
        samples {one.at} to {one.at + one.to - one.from}: {one.label}{" "}
        <button
          type="button"
          class="small"
          onClick={() => void (corrections.value = corrections.value.filter((other) => other !== one))}
        >
          Leave out<span class="unseen"> samples {one.at} and on</span>
        </button>
      </li>
    ))}
  </ul>
);

function HowTuned({
  choices,
  beside,
}: {
  readonly choices: Signal<Choices>;
  readonly beside: DataSummary | null;
}) {
  const { epochs, learningRate, freeze, isBeside } = choices.value;
  const choose = (part: Partial<Choices>): void => void (choices.value = { ...choices.value, ...part });
  return (
    <div class="row">
      <label class="field narrow">
        Epochs
        <input
          type="number"
          min={1}
          max={1000}
          value={epochs}
          onInput={({ currentTarget }) => choose({ epochs: Number(currentTarget.value) })}
        />
      </label>
      <label class="field narrow">
        Learning rate
        <input
          type="number"
          min={0}
          step={0.0001}
          value={learningRate}
          onInput={({ currentTarget }) => choose({ learningRate: Number(currentTarget.value) })}
        />
      </label>
      <label class="field">
        Hold still
        <select
          value={freeze}
          onChange={({ currentTarget }) => choose({ freeze: currentTarget.value as TuneAsked["freeze"] })}
        >
          <option value="nothing">nothing</option>
          <option value="features">all but the last layer</option>
        </select>
      </label>
      {beside && (
        <label class="inline">
          <input
            type="checkbox"
            checked={isBeside}
            onChange={({ currentTarget }) => choose({ isBeside: currentTarget.checked })}
          />{" "}
          with the rows of {beside.name}, so that it does not forget
        </label>
      )}
    </div>
  );
}

function Outcome({ rows, before, after, model }: Tuned) {
  return (
    <div role="status">
      <p>
        {rows} rows of the recording: {percent(before.recorded)} right before, {percent(after.recorded)} now.
        {before.test !== null && after.test !== null && (
          <>
            {" "}
            Test rows: {percent(before.test)} before, {percent(after.test)} now.
          </>
        )}{" "}
        The model is {model.name} ({model.id}); it is the chosen one in every view.
      </p>
      {currentRun.value?.model !== model.id && (
        <button type="button" onClick={() => void attempt(begin)}>
          Go on with it{source.value === "played" ? ", from the row's beginning" : ""}
        </button>
      )}
    </div>
  );
}
