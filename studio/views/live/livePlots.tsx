/** Samples and answers while they come in; the whole recording, to look at and to mark, when it has ended. */
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { StreamEvent } from "toeplitz";
import { attempt } from "../../session.ts";
import { seriesColour } from "../../ui/colours.ts";
import { LinePlot, SeriesPlot, type Shade } from "../../ui/plot.tsx";
import { pyramidOf } from "../../ui/pyramid.ts";
import { saveFile } from "../../ui/saveFile.ts";
import type { LiveRun } from "./liveRun.ts";
import { correct, corrections } from "./liveState.ts";

/** Samples that are shown while they come in, at least; and answers. */
const LEAST_SHOWN = 512;
const MOST_ANSWERS = 400;
/** Classes whose course is drawn. */
const MOST_COURSES = 6;
const MOST_CHANNELS = 12;

export function LivePlots({ run }: { readonly run: LiveRun }) {
  // what is drawn anew, ten times a second
  const tick = run.tick.value;
  const { history, answers, stream } = run;
  const isEnded = run.state.value === "ended";
  const { rate } = run;
  const shown = Math.max(LEAST_SHOWN, 4 * stream.receptiveField, rate === undefined ? 0 : 4 * rate);
  const from = isEnded ? history.first : Math.max(history.first, history.end - Math.ceil(shown));
  const names =
    stream.channelNames ?? history.channels.map((_, c) => (stream.channels === 1 ? "value" : `channel ${c}`));
  const series = useMemo(
    () =>
      history.channels.slice(0, MOST_CHANNELS).map((values, c) => ({
        name: names[c],
        pyramid: pyramidOf(values.slice(from - history.first, history.count)),
      })),
    [tick, isEnded],
  );
  const { at, courses } = answers.last(from, MOST_ANSWERS);
  const title = isEnded
    ? `The recording, samples ${history.first} to ${history.end}`
    : `The last ${history.end - from} samples, from sample ${from}`;
  return (
    <>
      <Newest run={run} />
      {history.count > 0 && <Recording {...{ run, series, from, rate, title, isEnded }} />}
      {at.length > 0 && (
        <LinePlot
          title={stream.classes.length > 0 ? "Probabilities over time" : "Values over time"}
          x={rate === undefined ? at : at.map((sample) => sample / rate)}
          xName={rate === undefined ? "sample" : "seconds"}
          series={shownCourses(courses, stream.classes)}
          height={180}
        />
      )}
    </>
  );
}

/** The likeliest classes of late, with the colours of their places. */
function shownCourses(
  courses: readonly (readonly number[])[],
  classes: readonly string[],
): readonly { readonly name: string; readonly values: readonly number[]; readonly colour: string }[] {
  const all = courses.map((values, k) => ({
    name: classes[k] ?? `output ${k}`,
    values,
    colour: seriesColour(k),
    mean: values.reduce((a, b) => a + b, 0),
  }));
  if (all.length <= MOST_COURSES) return all;
  const most = all.toSorted((a, b) => b.mean - a.mean).slice(0, MOST_COURSES);
  return all.filter((one) => most.includes(one));
}

interface RecordingProps {
  readonly run: LiveRun;
  readonly series: Parameters<typeof SeriesPlot>[0]["series"];
  readonly from: number;
  readonly rate: number | undefined;
  readonly title: string;
  readonly isEnded: boolean;
}

function Recording({ run, series, from, rate, title, isEnded }: RecordingProps) {
  const drawn = useSignal<{ readonly from: number; readonly to: number } | null>(null);
  const { classes, by, receptiveField } = run.stream;
  const label = useSignal(classes[0] ?? "");
  const { value: ended } = run.events;
  const { value: open } = run.open;
  const { value: marked } = drawn;
  const { value: kept } = corrections;
  const shades = useMemo(
    (): readonly Shade[] => [
      ...bandsOf(open ? [...ended, open] : ended, by === "windows" ? receptiveField - 1 : 0, classes)
        .map((shade) => ({ ...shade, from: Math.max(0, shade.from - from), to: shade.to - from }))
        .filter((shade) => shade.to > 0),
      ...kept.map((one) => ({
        name: `is ${one.label}`,
        from: one.at - from,
        to: one.at - from + one.to - one.from,
        colour: seriesColour(Math.max(0, classes.indexOf(one.label))),
        isChosen: true,
      })),
      ...(marked ? [{ ...marked, name: "marked", isChosen: true }] : []),
    ],
    [ended, open, marked, kept, from],
  );
  return (
    <>
      <SeriesPlot
        title={title}
        series={series}
        {...(rate !== undefined && { rate })}
        shades={shades}
        {...(isEnded &&
          classes.length > 0 && { onDrawn: (stretch) => void (drawn.value = stretch), isDrawing: true })}
      />
      {isEnded && classes.length > 0 && (
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            const marked = drawn.value;
            if (!marked) return;
            void attempt(async () => correct(from + marked.from, from + marked.to, label.value));
            drawn.value = null;
          }}
        >
          <SampleField
            text="Marked from (sample)"
            value={drawn.value?.from}
            offset={from}
            set={(at) => void (drawn.value = { from: at, to: Math.max(at + 1, drawn.value?.to ?? at + 1) })}
          />
          <SampleField
            text="to"
            value={drawn.value?.to}
            offset={from}
            set={(at) => void (drawn.value = { from: Math.min(at - 1, drawn.value?.from ?? at - 1), to: at })}
          />
          <label class="field">
            Its class
            <select
              value={label.value}
              onChange={({ currentTarget }) => void (label.value = currentTarget.value)}
            >
              {classes.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <button type="submit" disabled={drawn.value === null}>
            Keep this stretch
          </button>
          <span class="soft">Drag over the plot, or write the samples.</span>
        </form>
      )}
    </>
  );
}

interface SampleFieldProps {
  readonly text: string;
  /** Of the recording that is shown, which begins at `offset`. */
  readonly value: number | undefined;
  readonly offset: number;
  readonly set: (at: number) => void;
}

const SampleField = ({ text, value, offset, set }: SampleFieldProps) => (
  <label class="field narrow">
    {text}
    <input
      type="number"
      step={1}
      min={offset}
      value={value === undefined ? "" : offset + Math.round(value)}
      onChange={({ currentTarget }) => {
        const at = Number(currentTarget.value);
        if (currentTarget.value !== "" && Number.isFinite(at)) set(at - offset);
      }}
    />
  </label>
);

/** Events as bands; of windows, from the first sample of the first window on that is not the band's before. */
const bandsOf = (events: readonly StreamEvent[], before: number, classes: readonly string[]): Shade[] =>
  events.map(({ start, end, label }, i) => ({
    name: label,
    from: Math.max(start - before, i > 0 ? events[i - 1].end : -Infinity),
    to: end,
    colour: seriesColour(classes.indexOf(label)),
  }));

const ms = (x: number): string => `${x < 10 ? x.toFixed(1) : x.toFixed(0)} ms`;

/** What is said now, and how late. */
function Newest({ run }: { readonly run: LiveRun }) {
  void run.tick.value;
  const { stream, history, answers } = run;
  const newest = answers.newest();
  const best = newest && newest.said.reduce((a, p, k) => (p > newest.said[a] ? k : a), 0);
  const late = run.lateness();
  const { rate } = run;
  const saveAnswers = (): void => {
    const { at, courses } = answers.last(-Infinity, Infinity);
    const names = stream.classes.length > 0 ? stream.classes : courses.map((_, k) => `output${k}`);
    const lines = [["sample", ...names.map((name) => JSON.stringify(name))].join(",")];
    at.forEach((sample, i) => lines.push([sample, ...courses.map((course) => course[i])].join(",")));
    saveFile("answers.csv", `${lines.join("\n")}\n`, "text/csv");
  };
  return (
    <div class="card">
      <p class="newest" data-newest>
        {newest && best !== null
          ? stream.classes.length > 0
            ? `${stream.classes[best]} ${(100 * newest.said[best]).toFixed(1)} %`
            : newest.said.map((x) => Number(x.toPrecision(4))).join(", ")
          : "no answer yet"}
      </p>
      <p class="soft">
        {run.state.value === "running" ? "Running" : "Ended"}: {history.end} samples, {answers.total}{" "}
        {answers.total === 1 ? "answer" : "answers"}. {stream.said}.
      </p>
      {late && (
        <p class="soft" data-late>
          Late by {stream.latency} samples of the network
          {rate !== undefined && ` (${ms((1000 * stream.latency) / rate)})`}, and {ms(late.median)} from the
          arrival of samples to their answer here (worst of the last hundred {ms(late.worst)}); {ms(late.ms)}{" "}
          of computing in all.
        </p>
      )}
      {run.said.value !== "" && (
        <p class="note" role="status">
          {run.said.value}
        </p>
      )}
      <button type="button" class="small" disabled={answers.total === 0} onClick={saveAnswers}>
        Save the answers
      </button>
    </div>
  );
}
