/** Intervals with names on a recording: drawn by mouse or keys, changed, saved, loaded; and windows of them to train on. */
import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { annotationsText, type Interval } from "toeplitz";
import { ask } from "../../engine/client.ts";
import type { AnnotationChoices, DataSummary } from "../../engine/data.ts";
import { attempt } from "../../session.ts";
import { seriesColour } from "../../ui/colours.ts";
import { ChoiceField, TextField } from "../../ui/field.tsx";
import { shortNumber, type Stretch } from "../../ui/plot.tsx";
import { saveFile } from "../../ui/saveFile.ts";
import { WindowedList } from "../../ui/windowedList.tsx";
import {
  added,
  edited,
  marksOf,
  redone,
  removed,
  replaced,
  setMarks,
  undone,
  type Changed,
} from "./marks.ts";
import { RowPlot, type RowPlotMore } from "./rowPlot.tsx";
import { WindowsForm } from "./windowsForm.tsx";

export interface AnnotateProps {
  readonly data: DataSummary;
  readonly row: number;
}

/** What is annotated, and how it is changed. */
interface Hand {
  readonly label: Signal<string>;
  readonly chosen: Signal<number>;
  readonly said: Signal<string>;
  readonly start: Signal<number | null>;
  readonly cursor: Signal<number | null>;
  readonly shown: Signal<Stretch | null>;
  readonly isDrawing: Signal<boolean>;
}

const colourOfLabel = (labels: readonly string[], label: string): string =>
  seriesColour(1 + labels.indexOf(label));

const labelsIn = (intervals: readonly Interval[]): string[] =>
  [...new Set(intervals.map(({ label }) => label))].sort();

export function Annotate({ data, row }: AnnotateProps) {
  const hand: Hand = {
    label: useSignal("event"),
    chosen: useSignal(-1),
    said: useSignal(""),
    start: useSignal<number | null>(null),
    cursor: useSignal<number | null>(null),
    shown: useSignal<Stretch | null>(null),
    isDrawing: useSignal(false),
  };
  useEffect(() => {
    hand.chosen.value = -1;
    hand.start.value = null;
  }, [data.id, row]);
  const marks = marksOf(data.id, row);
  const labels = labelsIn(marks.now);
  const take = ({ marks: next, said }: Changed): void => {
    setMarks(data.id, row, next);
    hand.said.value = said;
  };
  const draw = (start: number, end: number): void => {
    const change = added(marksOf(data.id, row), start, end, hand.label.value);
    take(change);
    hand.chosen.value = change.marks.now.findIndex((one) => !marks.now.includes(one));
  };
  const erase = (index: number): void => {
    if (index < 0) return;
    take({ marks: removed(marksOf(data.id, row), index), said: "" });
    hand.chosen.value = -1;
  };
  const place = (which: "start" | "end"): void => {
    const at = hand.cursor.value;
    if (at === null) hand.said.value = "the cursor is nowhere yet: comma and full stop on the plot move it";
    else if (which === "start") {
      hand.start.value = at;
      hand.said.value = `begins at ${at}; move the cursor, then set the end`;
    } else if (hand.start.value === null) hand.said.value = "an interval begins first: set its start";
    else {
      draw(Math.min(hand.start.value, at), Math.max(hand.start.value, at) + 1);
      hand.start.value = null;
    }
  };
  const more: RowPlotMore = {
    shades: marks.now.map(({ start, end, label }, i) => ({
      from: start,
      to: end,
      name: label,
      colour: colourOfLabel(labels, label),
      isChosen: i === hand.chosen.value,
    })),
    isDrawing: hand.isDrawing.value,
    onDrawn: ({ from, to }) => draw(from, to),
    onEdge: (index, { from, to }) => take(edited(marksOf(data.id, row), index, { start: from, end: to })),
    onShade: (index) => void (hand.chosen.value = index),
    onKey: (key) => {
      if (key === "[") place("start");
      else if (key === "]") place("end");
      else if (key === "Delete" || key === "Backspace") erase(hand.chosen.value);
      else return false;
      return true;
    },
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const isText = event.target instanceof HTMLInputElement && event.target.type === "text";
    if (!(event.ctrlKey || event.metaKey) || isText) return;
    if (event.key === "z" && !event.shiftKey) take({ marks: undone(marks), said: "" });
    else if (event.key === "y" || event.key === "Z") take({ marks: redone(marks), said: "" });
    else return;
    event.preventDefault();
  };
  return (
    <section aria-label="Annotate" onKeyDown={onKeyDown}>
      <RowPlot data={data} row={row} shown={hand.shown} cursor={hand.cursor} more={more} />
      <div class="grid annotate">
        <div class="card">
          <h3>Intervals</h3>
          <Pen hand={hand} labels={labels} place={place} />
          <div class="row">
            <button
              type="button"
              disabled={marks.past.length === 0}
              onClick={() => take({ marks: undone(marks), said: "" })}
            >
              Undo
            </button>
            <button
              type="button"
              disabled={marks.future.length === 0}
              onClick={() => take({ marks: redone(marks), said: "" })}
            >
              Redo
            </button>
          </div>
          <p role="status">{hand.said.value}</p>
          <IntervalList data={data} row={row} hand={hand} take={take} erase={erase} />
        </div>
        <div class="card">
          <SaveAndLoad data={data} row={row} intervals={marks.now} take={take} />
          <WindowsForm data={data} />
        </div>
      </div>
    </section>
  );
}

interface PenProps {
  readonly hand: Hand;
  readonly labels: readonly string[];
  readonly place: (which: "start" | "end") => void;
}

function Pen({ hand, labels, place }: PenProps) {
  return (
    <>
      <p class="soft">
        Drag on the plot with Shift held to draw one; drag its edges to change it. By keys, on the plot: comma
        and full stop move the cursor, [ sets the start, ] the end.
      </p>
      <div class="row">
        <label class="field">
          <span>Label</span>
          <input
            type="text"
            size={12}
            list="labels"
            value={hand.label.value}
            onInput={({ currentTarget }) => void (hand.label.value = currentTarget.value)}
          />
        </label>
        <datalist id="labels">
          {labels.map((label) => (
            <option key={label} value={label} />
          ))}
        </datalist>
        <label>
          <input
            type="checkbox"
            checked={hand.isDrawing.value}
            onChange={({ currentTarget }) => void (hand.isDrawing.value = currentTarget.checked)}
          />{" "}
          draw without Shift
        </label>
        <button type="button" onClick={() => place("start")}>
          Start at the cursor
        </button>
        <button type="button" onClick={() => place("end")}>
          End at the cursor
        </button>
      </div>
    </>
  );
}

interface IntervalListProps extends AnnotateProps {
  readonly hand: Hand;
  readonly take: (change: Changed) => void;
  readonly erase: (index: number) => void;
}

function IntervalList({ data, row, hand, take, erase }: IntervalListProps) {
  const marks = marksOf(data.id, row);
  const { rate = 1 } = data;
  const unit = data.rate === undefined ? "" : " s";
  const chosen = marks.now[hand.chosen.value];
  const time = (at: number): string => shortNumber(at / rate) + unit;
  const set = (next: Partial<Interval>): void => take(edited(marks, hand.chosen.value, next));
  const go = (index: number): void => {
    hand.chosen.value = index;
    const one = marks.now[index];
    const now = hand.shown.value;
    if (!one || !now || (one.start >= now.from && one.end <= now.to)) return;
    const half = Math.max(now.to - now.from, 1.5 * (one.end - one.start)) / 2;
    const middle = (one.start + one.end) / 2;
    hand.shown.value = { from: middle - half, to: middle + half };
  };
  return (
    <>
      <WindowedList
        label="Intervals"
        count={marks.now.length}
        chosen={hand.chosen.value}
        onChoose={go}
        onKey={(key) => {
          if (key === "Delete") erase(hand.chosen.value);
        }}
        shown={6}
      >
        {(i) => (
          <>
            <span>{marks.now[i].label}</span>
            <span>
              {time(marks.now[i].start)} to {time(marks.now[i].end)}
            </span>
          </>
        )}
      </WindowedList>
      {chosen && (
        <div class="row">
          <TextField
            label="Its label"
            value={chosen.label}
            onDone={(label) => set({ label })}
            list="labels"
          />
          <TextField
            label="From (sample)"
            value={String(chosen.start)}
            onDone={(text) => set({ start: Number(text) })}
          />
          <TextField
            label="To (sample)"
            value={String(chosen.end)}
            onDone={(text) => set({ end: Math.min(data.length, Number(text)) })}
          />
          <button type="button" onClick={() => erase(hand.chosen.value)}>
            Delete
          </button>
        </div>
      )}
    </>
  );
}

interface SaveProps extends AnnotateProps {
  readonly intervals: readonly Interval[];
  readonly take: (change: Changed) => void;
}

function SaveAndLoad({ data, row, intervals, take }: SaveProps) {
  const input = useRef<HTMLInputElement>(null);
  const unit = useSignal<"" | "s" | "ms" | "samples">("");
  const of = useSignal<"" | "beats" | "rhythms">("");
  const save = (as: "csv" | "json"): void =>
    void attempt(async () =>
      saveFile(
        `${data.name}${data.rows > 1 ? `.${row}` : ""}.annotations.${as}`,
        annotationsText(intervals, as, data.rate),
        as === "csv" ? "text/csv" : "application/json",
      ),
    );
  const load = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    const how: AnnotationChoices = {
      ...(unit.value && { unit: unit.value }),
      ...(of.value && { of: of.value }),
    };
    const answer = await attempt(() => ask("readAnnotations", { id: data.id, row, file, how }));
    if (answer)
      take({
        marks: replaced(marksOf(data.id, row), answer.intervals),
        said: [`${answer.intervals.length} intervals of ${file.name}`, ...answer.notes].join("; "),
      });
  };
  return (
    <>
      <h3>Files of annotations</h3>
      <div class="row">
        <button type="button" disabled={intervals.length === 0} onClick={() => save("csv")}>
          Save as CSV
        </button>
        <button type="button" disabled={intervals.length === 0} onClick={() => save("json")}>
          Save as JSON (Label Studio)
        </button>
        <button type="button" onClick={() => input.current?.click()}>
          Load
        </button>
        <ChoiceField
          label="Times without a unit are"
          value={unit.value}
          options={[
            ["", "seconds"],
            ["ms", "milliseconds"],
            ["samples", "samples"],
          ]}
          onChoose={(next) => void (unit.value = next)}
        />
        <ChoiceField
          label="Of WFDB"
          value={of.value}
          options={[
            ["", "what there is"],
            ["beats", "beats"],
            ["rhythms", "rhythms"],
          ]}
          onChoose={(next) => void (of.value = next)}
        />
      </div>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="File of annotations"
        onChange={({ currentTarget }) => {
          void load(currentTarget.files?.[0]);
        }}
        onClick={({ currentTarget }) => void (currentTarget.value = "")}
      />
    </>
  );
}
