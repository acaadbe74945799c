/** The rows with what is true and what is said of them; one is chosen by mouse or keys. */
import { useEffect } from "preact/hooks";
import { chosenRow } from "../../session.ts";
import { ChoiceField } from "../../ui/field.tsx";
import { percent, short } from "../../ui/format.ts";
import { WindowedList } from "../../ui/windowedList.tsx";
import { rowFilter } from "./filter.ts";
import { listed, look, lookData, named, order, scores } from "./state.ts";

export function RowList() {
  const { value } = scores;
  const rows = listed.value;
  const at = rows.indexOf(chosenRow.value);
  useEffect(() => {
    // what is shown is in the list
    if (rows.length > 0 && at < 0) look(rows[0]);
  }, [rows]);
  if (!value) return <p class="soft">The rows are being predicted …</p>;
  const filter = rowFilter.value;
  const wrong = value.wrong.reduce((sum, one) => sum + one, 0);
  const cell =
    filter.which === "cell"
      ? `${named(value, filter.actual)} called ${named(value, filter.predicted)}`
      : null;
  return (
    <div class="card">
      <div class="row">
        <ChoiceField
          label="Rows"
          value={filter.which}
          options={[
            ["all", `all ${value.wrong.length}`],
            ["wrong", `wrong only, ${wrong}`],
            ...(cell === null ? [] : ([["cell", cell]] as const)),
          ]}
          onChoose={(which) => {
            if (which !== "cell") rowFilter.value = { which };
          }}
        />
        <ChoiceField
          label="Order"
          value={order.value}
          options={[
            ["byLoss", "the greatest loss first"],
            ["byRow", "as they stand"],
          ]}
          onChoose={(next) => void (order.value = next)}
        />
      </div>
      <p class="listhead soft">
        <span>row, what it is</span>
        <span>what is said</span>
        <span>loss</span>
      </p>
      <WindowedList
        label={`Rows of ${lookData.value?.name ?? ""}`}
        count={rows.length}
        chosen={at}
        shown={14}
        onChoose={(index) => look(rows[index])}
      >
        {(index) => {
          const row = rows[index];
          const probability = value.probability[row];
          return (
            <>
              <span>
                <span class="soft">{row}</span> {named(value, value.truth[row])}
              </span>
              <span class={value.wrong[row] === 1 ? "wrong" : ""}>
                {named(value, value.said[row])}
                {value.wrong[row] === 1 && <span class="unseen">, wrong</span>}
                {Number.isFinite(probability) && <span class="soft"> {percent(probability)}</span>}
              </span>
              <span class="soft">{short(value.loss[row])}</span>
            </>
          );
        }}
      </WindowedList>
      {rows.length === 0 && <p>No row is of these.</p>}
    </div>
  );
}
