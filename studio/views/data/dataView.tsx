/** Data: files in, what they hold, their rows, intervals of recordings, and the parts to train and test on. */
import { useSignal } from "@preact/signals";
import type { DataSummary } from "../../engine/data.ts";
import type { Stretch } from "../../ui/plot.tsx";
import { Annotate } from "./annotate.tsx";
import { HowRead } from "./howRead.tsx";
import { OpenFiles } from "./openFiles.tsx";
import { RowPlot } from "./rowPlot.tsx";
import { RowsList } from "./rowsList.tsx";
import { Splits } from "./splits.tsx";
import { divisible, listedRow, shown, shownPart } from "./state.ts";
import { WhatIsThere } from "./whatIsThere.tsx";
import "./data.css";

export function DataView() {
  const data = shown.value;
  return (
    <section class="data" aria-label="Data">
      <OpenFiles />
      <HowRead />
      {data && <Rows key={data.id} data={data} />}
      {data && <WhatIsThere data={data} />}
      {divisible.value && <Splits data={divisible.value} />}
    </section>
  );
}

function Rows({ data }: { readonly data: DataSummary }) {
  const stretch = useSignal<Stretch | null>(null);
  const cursor = useSignal<number | null>(null);
  const isAsked = useSignal(false);
  const isOpen = shownPart.value === "read" && (data.answers === "none" || isAsked.value);
  const row = Math.min(listedRow.value, data.rows - 1);
  return (
    <div class={data.rows > 1 ? "rows" : "rows one"}>
      {(data.rows > 1 || shownPart.value !== "read") && <RowsList data={data} />}
      <div>
        {isOpen ? (
          <Annotate data={data} row={row} />
        ) : (
          <RowPlot data={data} row={row} shown={stretch} cursor={cursor} />
        )}
        {shownPart.value === "read" && data.answers !== "none" && (
          <button type="button" class="small" onClick={() => void (isAsked.value = !isAsked.value)}>
            {isAsked.value ? "Back to the row alone" : "Annotate this row"}
          </button>
        )}
      </div>
    </div>
  );
}
