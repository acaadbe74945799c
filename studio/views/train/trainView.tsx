/** Train: a model and a recipe in, curves and a result out. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { RateCurve } from "toeplitz";
import { ask } from "../../engine/client.ts";
import type { DataSummary } from "../../engine/data.ts";
import type { TrainAsked } from "../../engine/training.ts";
import { attempt, parts, testData, trainData } from "../../session.ts";
import { LinePlot } from "../../ui/plot.tsx";
import { Copyable } from "../../ui/copyable.tsx";
import { given as files, readAs, windows } from "../data/state.ts";
import { commandOf, sourceOf } from "./command.ts";
import { Curves } from "./curves.tsx";
import { Outcome } from "./outcome.tsx";
import { RecipeForm } from "./recipeForm.tsx";
import { chosen, give, given, OWN, own, ownFields, recipe, takeParts } from "./recipeState.ts";
import { begin, runs, shownRun } from "./runs.ts";
import { RunsTable } from "./runsTable.tsx";
import { served, watchServed } from "./served.ts";
import "./train.css";

export function TrainView() {
  const data = trainData.value;
  useEffect(() => watchServed(), []);
  useEffect(() => {
    rates.value = null;
    if (!data) return;
    void attempt(async () => void (recipe.value = await ask("recipeFields", { data: data.id })));
  }, [data]);
  useEffect(() => takeParts(parts.value), [parts.value]);
  return (
    <section class="train" aria-label="Train">
      {data ? (
        <Recipe />
      ) : (
        <p>
          There are no rows to train on yet: open some in <a href="#data">Data</a>.
        </p>
      )}
      <div>
        {runs.value.length + served.value.length > 0 && <h2>Runs</h2>}
        <RunsTable />
        <Curves />
        {shownRun.value && <Outcome run={shownRun.value} />}
      </div>
    </section>
  );
}

function command(): string {
  const paths = files.value.map(({ path }) => path);
  return commandOf({
    source: sourceOf(paths, trainData.value?.name ?? "DATA"),
    reading: { ...readAs.value },
    parts: parts.value,
    model: chosen.value === OWN ? own.value.file : (chosen.value ?? ""),
    options: given.value,
    fields: ownFields.value,
  });
}

/** What of the page's rows a command line does not make; null where it does all. */
function beyondCommand(): string | null {
  if (windows.value)
    return "The rows were made of intervals in this page: save these as a file, and give it by --annotations.";
  const { value: divided } = parts;
  if (divided && divided.test > 0 && divided.seed !== Number(given.value.seed ?? 0))
    return `The rows to test on were drawn by the seed ${divided.seed}; the command line draws them by its --seed.`;
  return null;
}

/** What a table calls a run after its model: what differs from the recipe. */
const differs = (): string =>
  Object.entries(given.value)
    .map(([name, text]) => `, ${name} ${text}`)
    .join("");

/** What the worker is asked to train, as it is filled in. */
function asked(data: DataSummary): Pick<TrainAsked, "data" | "test" | "options" | "own"> {
  const isOwn = chosen.value === OWN;
  return {
    data: data.id,
    test: testData.value?.id ?? null,
    options: { ...given.value, ...(!isOwn && chosen.value !== null && { model: chosen.value }) },
    ...(isOwn && { own: own.value }),
  };
}

function start(): Promise<void> {
  const { value: data } = trainData;
  if (!data || chosen.value === null) return Promise.resolve();
  const model = chosen.value === OWN ? own.value.file.replace(/\.json$/i, "") : chosen.value;
  return begin(model, differs(), { ...asked(data), command: command() });
}

const rates = signal<RateCurve | null>(null);
const isFinding = signal(false);

/** A hundred steps at rising rates, of which nothing is kept. */
async function findRate(): Promise<void> {
  const { value: data } = trainData;
  if (!data) return;
  isFinding.value = true;
  rates.value = (await attempt(() => ask("findRate", asked(data)))) ?? null;
  isFinding.value = false;
}

function Rates({ found: { rates: tried, smoothed, suggestion } }: { readonly found: RateCurve }) {
  return (
    <>
      <LinePlot
        title="Loss at rising learning rates, smoothed"
        x={tried.map(Math.log10)}
        xName="learning rate, as a power of ten"
        series={[{ name: "loss", values: smoothed }]}
      />
      {suggestion === null ? (
        <p>No rate made the loss fall.</p>
      ) : (
        <p>
          A tenth of the rate of the least loss is {suggestion}.{" "}
          <button type="button" class="small" onClick={() => give("lr", String(suggestion))}>
            Take it
          </button>
        </p>
      )}
    </>
  );
}

function Recipe() {
  const data = trainData.value;
  const test = testData.value;
  if (!data || !recipe.value) return <p class="soft">…</p>;
  const place = crossOriginIsolated
    ? `WebAssembly in a worker, with as many threads as the work feeds, at most ${navigator.hardwareConcurrency}`
    : "WebAssembly in a worker, with one thread: the page is not cross-origin isolated, so memory cannot be shared (toeplitz studio serves it so that it is)";
  return (
    <div>
      <h2>Recipe</h2>
      <p class="soft">
        {data.rows} rows of {data.name}
        {test ? `, tested on ${test.rows} of ${test.name}` : ", no rows to test on"}. {place}.
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void attempt(start);
        }}
      >
        <RecipeForm />
        <p class="row">
          <button type="submit" class="main">
            Train
          </button>
          {ownFields.value.some(({ name }) => name === "lr") && (
            <button type="button" disabled={isFinding.value} onClick={() => void findRate()}>
              Find a learning rate
            </button>
          )}
        </p>
      </form>
      {rates.value && <Rates found={rates.value} />}
      <Copyable text={command()} of="the command line" />
      {beyondCommand() && <p class="soft">{beyondCommand()}</p>}
    </div>
  );
}
