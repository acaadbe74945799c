/** Look inside: the rows by how wrong they are, one of them with its reasons, and the model as a whole. */
import { useEffect } from "preact/hooks";
import { chosenModel, chosenRow, models } from "../../session.ts";
import { ChoiceField } from "../../ui/field.tsx";
import { RowList } from "./rowList.tsx";
import { RowPanel } from "./rowPanel.tsx";
import { lookData, scores, scoreThem } from "./state.ts";
import { Whole } from "./whole.tsx";
import "./look.css";

export function LookView() {
  const model = chosenModel.value;
  const data = lookData.value;
  useEffect(() => scoreThem(), [model?.id, data?.id]);
  if (!model || !data)
    return (
      <section aria-label="Look inside">
        <p>
          {model ? (
            <>
              There are no rows to look at yet: open some in <a href="#data">Data</a>.
            </>
          ) : (
            <>
              There is no model yet: train one in <a href="#train">Train</a>, or open a model file in{" "}
              <a href="#data">Data</a>.
            </>
          )}
        </p>
      </section>
    );
  return (
    <section class="look" aria-label="Look inside">
      <div class="row">
        <ChoiceField
          label="Model"
          value={model.id}
          options={models.value.map(({ id, name }): [string, string] => [id, name])}
          onChoose={(id) => void (chosenModel.value = models.value.find((one) => one.id === id) ?? model)}
        />
        <p class="soft">
          {model.parameters} parameters, on {data.rows} rows of {data.name}
        </p>
      </div>
      <div class="both">
        <RowList />
        {scores.value && chosenRow.value < data.rows && (
          <RowPanel model={model} data={data} row={chosenRow.value} />
        )}
      </div>
      <Whole key={model.id} model={model} data={data} />
    </section>
  );
}
