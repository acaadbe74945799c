/** The rows, of one class or of all, and the chosen one drawn. */
import { useSignal } from "@preact/signals";
import { useCallback, useEffect, useRef } from "preact/hooks";
import { ask } from "../../engine/client.ts";
import type { DataSummary } from "../../engine/data.ts";
import type { RowTold } from "../../engine/rows.ts";
import { attempt } from "../../session.ts";
import { ChoiceField } from "../../ui/field.tsx";
import { WindowedList } from "../../ui/windowedList.tsx";
import { listedRow, opened, shownPart, windows, type Shown } from "./state.ts";

/** Rows that are asked for at once. */
const BLOCK = 100;

/** Rows that came so far, in blocks; another data set, or class, begins anew. */
function useRows(id: string, ofClass: number | null) {
  const blocks = useRef(new Map<number, readonly RowTold[] | null>());
  const of = useSignal(0);
  const came = useSignal(0);
  const key = `${id} ${ofClass ?? ""}`;
  const current = useRef(key);
  const want = useCallback(
    (block: number): void => {
      if (blocks.current.has(block)) return;
      blocks.current.set(block, null);
      void attempt(async () => {
        const answer = await ask("listRows", { id, ofClass, from: block * BLOCK, count: BLOCK });
        if (current.current !== key) return;
        blocks.current.set(block, answer.rows);
        of.value = answer.of;
        came.value++;
      });
    },
    [key],
  );
  if (current.current !== key) {
    current.current = key;
    blocks.current = new Map();
  }
  useEffect(() => {
    of.value = 0;
    want(0);
  }, [key]);
  const onSight = useCallback(
    (from: number, to: number): void => {
      for (let block = Math.floor(from / BLOCK); block * BLOCK < to; block++) want(block);
    },
    [want],
  );
  void came.value; // drawn again when rows come
  const row = (index: number): RowTold | undefined =>
    blocks.current.get(Math.floor(index / BLOCK))?.[index % BLOCK];
  return { count: of.value, row, onSight };
}

export function RowsList({ data }: { readonly data: DataSummary }) {
  const ofClass = useSignal<string>("");
  const at = useSignal(0);
  const index = data.classes.indexOf(ofClass.value);
  const { count, row, onSight } = useRows(data.id, index < 0 ? null : index);
  const chosenRow = row(at.value)?.row;
  useEffect(() => void (at.value = 0), [data.id, ofClass.value]);
  useEffect(() => {
    if (chosenRow !== undefined) listedRow.value = chosenRow;
  }, [chosenRow, data.id]);
  const parts: (readonly [Shown, string])[] = [
    ["read", "as read"],
    ...(opened.value?.test ? ([["test", "the part to test on"]] as const) : []),
    ...(windows.value ? ([["windows", "windows"]] as const) : []),
  ];
  return (
    <div class="card">
      <div class="row">
        {parts.length > 1 && (
          <ChoiceField
            label="Which rows"
            value={shownPart.value}
            options={parts}
            onChoose={(part) => void (shownPart.value = part)}
          />
        )}
        {data.classes.length > 0 && (
          <ChoiceField
            label="Of class"
            value={index < 0 ? "" : ofClass.value}
            options={[["", "all classes"], ...data.classes.map((name) => [name, name] as const)]}
            onChoose={(name) => void (ofClass.value = name)}
          />
        )}
        <p class="soft">{count === 1 ? "1 row" : `${count} rows`}</p>
      </div>
      <WindowedList
        label="Rows"
        count={count}
        chosen={at.value}
        onChoose={(next) => void (at.value = next)}
        onSight={onSight}
      >
        {(i) => {
          const told = row(i);
          return told ? (
            <>
              <span title={told.name}>{told.name}</span>
              <span>{told.answer}</span>
              <span class="soft">
                {told.length}
                {told.group !== "" && ` · ${told.group}`}
              </span>
            </>
          ) : (
            <span class="soft">...</span>
          );
        }}
      </WindowedList>
    </div>
  );
}
