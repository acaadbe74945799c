/** Windows of the recordings that have intervals, as rows to train on. */
import { useSignal } from "@preact/signals";
import { ask } from "../../engine/client.ts";
import type { DataSummary } from "../../engine/data.ts";
import { attempt } from "../../session.ts";
import { ChoiceField, TextField } from "../../ui/field.tsx";
import { positions } from "./choices.ts";
import { marked } from "./marks.ts";
import { showWindows } from "./state.ts";

export function WindowsForm({ data }: { readonly data: DataSummary }) {
  const window = useSignal("");
  const hop = useSignal("");
  const answers = useSignal<"a window" | "a position">("a window");
  const none = useSignal("");
  const rows = marked(data.id);
  const count = rows.reduce((sum, { intervals }) => sum + intervals.length, 0);
  const make = (): Promise<unknown> =>
    attempt(async () => {
      if (window.value.trim() === "")
        throw new Error("a window has no length yet; give a number of positions, or a time such as 2s");
      const made = await ask("windowsOf", {
        id: data.id,
        marked: rows,
        how: {
          window: positions(window.value),
          hop: positions(hop.value.trim() === "" ? window.value : hop.value),
          answers: answers.value,
          none: none.value.trim() === "" ? null : none.value.trim(),
        },
      });
      showWindows(made);
    });
  return (
    <>
      <h3>Rows to train on</h3>
      <p class="soft">
        {count === 0
          ? "Windows are cut out of intervals; there is none yet."
          : `Windows of ${count} intervals in ${rows.length === 1 ? "one row" : `${rows.length} rows`}.`}
      </p>
      <div class="row">
        <TextField
          label="Window length"
          value={window.value}
          hint={data.rate === undefined ? "128" : "128 or 2s"}
          onDone={(text) => void (window.value = text)}
        />
        <TextField
          label="Window hop"
          value={hop.value}
          hint="as the window"
          onDone={(text) => void (hop.value = text)}
        />
        <ChoiceField
          label="A class"
          value={answers.value}
          options={[
            ["a window", "a window, within one interval"],
            ["a position", "a position"],
          ]}
          onChoose={(next) => void (answers.value = next)}
        />
        <TextField
          label="Class of the rest"
          value={none.value}
          hint="left out"
          onDone={(text) => void (none.value = text)}
        />
        <button type="button" class="main" disabled={count === 0} onClick={() => void make()}>
          Make rows
        </button>
      </div>
    </>
  );
}
