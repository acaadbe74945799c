/** Live: a model over samples as they come in, what it says of them, and what it should have said. */
import { useSignal } from "@preact/signals";
import { attempt, chosenModel } from "../../session.ts";
import { ModelChoice } from "../../ui/modelChoice.tsx";
import { EventSettings } from "./eventSettings.tsx";
import { EventTable } from "./eventTable.tsx";
import { LivePlots } from "./livePlots.tsx";
import { begin, chosen, run, running, source, stop } from "./liveState.ts";
import { TunePanel } from "./tunePanel.tsx";
import { sources, type SourceName } from "./sources/index.ts";
import "./live.css";

export function LiveView() {
  const isBusy = useSignal(false);
  const model = chosenModel.value;
  const start = async (): Promise<void> => {
    isBusy.value = true;
    await attempt(begin);
    isBusy.value = false;
  };
  const kind = sources[source.value];
  const missing = kind.missing();
  const isRunning = run.value?.state.value === "running";
  return (
    <section class="live" aria-label="Live">
      <h2>Live</h2>
      <ModelChoice />
      {!model && <p>Train a network, or open a model file: here it answers samples as they come in.</p>}
      {model && (
        <>
          <div class="row">
            <label class="field">
              Samples from
              <select
                value={source.value}
                disabled={isRunning}
                onChange={({ currentTarget }) => void (source.value = currentTarget.value as SourceName)}
              >
                {Object.entries(sources).map(([name, { title, missing: lacks }]) => (
                  <option key={name} value={name}>
                    {title}
                    {lacks() === null ? "" : " (not here)"}
                  </option>
                ))}
              </select>
            </label>
            {missing === null && <Fields />}
            <EventSettings classes={model.classes} />
          </div>
          {missing !== null && (
            <p class="note" role="status">
              {kind.title}: {missing}.
            </p>
          )}
          <div class="row actions">
            <button
              type="button"
              class="main"
              disabled={isBusy.value || missing !== null}
              onClick={() => void start()}
            >
              {isRunning ? "Begin anew" : "Begin"}
            </button>
            <button type="button" disabled={!isRunning} onClick={() => void attempt(stop)}>
              Stop
            </button>
            {running.value && <span class="soft">{running.value.said}</span>}
          </div>
          {run.value && (
            <div class="stack">
              <LivePlots key={run.value.stream.id} run={run.value} />
              <EventTable run={run.value} />
              <TunePanel run={run.value} model={model} />
            </div>
          )}
        </>
      )}
    </section>
  );
}

/** What the chosen source wants to know. */
function Fields() {
  const rate = run.value?.stream.rate;
  const place = (name: string): string => `${source.value}.${name}`;
  const choose = (name: string, value: string): void =>
    void (chosen.value = { ...chosen.value, [place(name)]: value });
  return (
    <>
      {sources[source.value].fields({ rate }).map(({ name, text, initial, choices }) => (
        <label key={place(name)} class="field">
          {text}
          {choices ? (
            <select
              value={chosen.value[place(name)] ?? initial}
              onChange={({ currentTarget }) => choose(name, currentTarget.value)}
            >
              {choices.map(([value, shown]) => (
                <option key={value} value={value}>
                  {shown}
                </option>
              ))}
            </select>
          ) : (
            <input
              value={chosen.value[place(name)] ?? initial}
              maxLength={200}
              onInput={({ currentTarget }) => choose(name, currentTarget.value)}
            />
          )}
        </label>
      ))}
    </>
  );
}
