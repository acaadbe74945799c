/** Ship: the files that a model can be, with their sizes and what is to be known of them; and how fast it is here. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../../engine/client.ts";
import type { ExportKind } from "../../engine/shipping.ts";
import { attempt, chosenModel } from "../../session.ts";
import { ModelChoice } from "../../ui/modelChoice.tsx";
import { ExportCard } from "./exportCard.tsx";
import { SpeedFigure } from "./speedFigure.tsx";
import "./ship.css";

/** A file's name out of a model's: of a run without its number and what differs from the recipe. */
const plainName = (name: string): string => name.replace(/^\d+ /, "").split(",")[0];

export function ShipView() {
  const kinds = useSignal<readonly ExportKind[]>([]);
  const name = useSignal<string | null>(null);
  useEffect(() => {
    void attempt(async () => void (kinds.value = await ask("exportKinds", undefined)));
  }, []);
  const model = chosenModel.value;
  return (
    <section class="ship" aria-label="Ship">
      <h2>Ship a model</h2>
      <ModelChoice />
      {!model && (
        <p>Train a model, or open a model file: here it becomes a file for wherever it is needed.</p>
      )}
      {model && (
        <>
          <p class="soft">
            {model.name}: {model.kind}, {model.parameters.toLocaleString("en-US")} parameters, weights{" "}
            <code>{model.weightsSha256.slice(0, 12) || "of unknown origin"}</code>
          </p>
          <SpeedFigure key={model.id} model={model.id} />
          <h3>Files</h3>
          <label class="field short">
            Name of the files
            <input
              value={name.value ?? plainName(model.name)}
              maxLength={100}
              onInput={({ currentTarget }) => void (name.value = currentTarget.value)}
            />
          </label>
          <div class="grid exports">
            {kinds.value.map((kind) => (
              <ExportCard
                key={`${model.id}${kind.kind}`}
                kind={kind}
                model={model}
                name={name.value ?? plainName(model.name)}
              />
            ))}
          </div>
        </>
      )}
    </section>
  );
}
