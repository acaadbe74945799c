/** What the rows are: counts, classes, and how the values of each channel lie. */
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { ask } from "../../engine/client.ts";
import type { DataSummary } from "../../engine/data.ts";
import type { ChannelTold } from "../../engine/rows.ts";
import { attempt } from "../../session.ts";
import { seriesColour } from "../../ui/colours.ts";
import { Figure } from "../../ui/figure.tsx";
import { shortNumber } from "../../ui/plot.tsx";

const ANSWERS: Readonly<Record<DataSummary["answers"], string>> = {
  classes: "a class a row",
  positions: "a class a position",
  multiLabel: "several classes a row",
  values: "values a row",
  none: "no answers",
};
/** Bars at most. */
const MOST_CLASSES = 40;

export function WhatIsThere({ data }: { readonly data: DataSummary }) {
  const { name, rows, channels, length, shortest, rate, answers, classes, counts, groups, notes } = data;
  const seconds = (n: number): string => (rate === undefined ? "" : ` (${shortNumber(n / rate)} s)`);
  const facts: readonly (readonly [string, string])[] = [
    ["Rows", String(rows)],
    ["Channels", String(channels)],
    [
      "Length",
      shortest === undefined ? `${length}${seconds(length)}` : `${shortest} to ${length}${seconds(length)}`,
    ],
    ["Rate", rate === undefined ? "not known" : `${shortNumber(rate)} Hz`],
    ["Answers", ANSWERS[answers]],
    ["Groups", groups === 0 ? "none" : String(groups)],
  ];
  return (
    <div class="grid">
      <section class="card" aria-label={`Facts of ${name}`}>
        <h3>{name}</h3>
        <dl class="facts">
          {facts.map(([term, value]) => (
            <div key={term}>
              <dt>{term}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        {notes.length > 0 && (
          <>
            <h4>Notes of reading</h4>
            <ul class="notes">
              {notes.map((note) => (
                <li key={note}>{note}</li>
              ))}
            </ul>
          </>
        )}
      </section>
      {classes.length > 0 && (
        <Classes classes={classes} counts={counts} unit={answers === "positions" ? "positions" : "rows"} />
      )}
      <Distributions data={data} />
    </div>
  );
}

interface ClassesProps {
  readonly classes: readonly string[];
  readonly counts: readonly number[];
  readonly unit: string;
}

function Classes({ classes, counts, unit }: ClassesProps) {
  const most = Math.max(1, ...counts);
  return (
    <Figure
      title={classes.length === 1 ? "1 class" : `${classes.length} classes`}
      numbers={() => [`class\t${unit}`, ...classes.map((name, k) => `${name}\t${counts[k]}`)].join("\n")}
    >
      <table class="bars" aria-label={`${unit} of each class`}>
        <tbody>
          {classes.slice(0, MOST_CLASSES).map((name, k) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                <i
                  class="bar"
                  style={{ width: `${(100 * counts[k]) / most}%`, background: `var(${seriesColour(k)})` }}
                />
                <span>{counts[k]}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {classes.length > MOST_CLASSES && <p class="soft">and {classes.length - MOST_CLASSES} more</p>}
    </Figure>
  );
}

/** Values up to which they are looked at without being asked. */
const AT_ONCE = 3e7;

function Distributions({ data }: { readonly data: DataSummary }) {
  const channels = useSignal<readonly ChannelTold[] | null>(null);
  const isWanted = useSignal(false);
  const isSmall = data.rows * data.channels * data.length <= AT_ONCE;
  useEffect(() => {
    channels.value = null;
    if (!isSmall && !isWanted.value) return undefined;
    const ends = new AbortController();
    void attempt(async () => {
      const answer = await ask("channelsOf", { id: data.id }, { signal: ends.signal }).catch(
        (error: unknown) => {
          if (ends.signal.aborted) return null;
          throw error;
        },
      );
      if (!ends.signal.aborted) channels.value = answer;
    });
    return () => ends.abort();
  }, [data.id, isWanted.value]);
  if (!channels.value)
    return (
      <div class="card">
        {isSmall || isWanted.value ? (
          <p class="soft" role="status">
            Looking at the values ...
          </p>
        ) : (
          <button type="button" onClick={() => void (isWanted.value = true)}>
            Look at how the values lie
          </button>
        )}
      </div>
    );
  const told = channels.value;
  return (
    <Figure
      class="wide"
      title={`Values of ${told.length === data.channels ? "each channel" : `the first ${told.length} of ${data.channels} channels`}`}
      numbers={() =>
        [
          "channel\tleast\tmost\tmean\tdeviation\tmissing\thistogram",
          ...told.map(({ name, least, most, mean, deviation, missing, histogram }) =>
            [name, least, most, mean, deviation, missing, histogram.join(" ")].join("\t"),
          ),
        ].join("\n")
      }
    >
      <div class="scroll distributions" tabIndex={0} role="region" aria-label="Values of each channel">
        <table>
          <thead>
            <tr>
              <th scope="col">Channel</th>
              <th scope="col">From least to most</th>
              <th scope="col">Least</th>
              <th scope="col">Most</th>
              <th scope="col">Mean</th>
              <th scope="col">Deviation</th>
              <th scope="col">Missing</th>
            </tr>
          </thead>
          <tbody>
            {told.map((channel) => (
              <tr key={channel.name}>
                <th scope="row">{channel.name}</th>
                <td>
                  <Histogram {...channel} />
                </td>
                <td>{shortNumber(channel.least)}</td>
                <td>{shortNumber(channel.most)}</td>
                <td>{shortNumber(channel.mean)}</td>
                <td>{shortNumber(channel.deviation)}</td>
                <td>{channel.missing}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Figure>
  );
}

function Histogram({ name, histogram }: ChannelTold) {
  const most = Math.max(1, ...histogram);
  const path = histogram
    .map((count, i) => `M${3 * i} 24h2.4v${-Math.max(count > 0 ? 1 : 0, (23 * count) / most)}h-2.4z`)
    .join("");
  return (
    <svg
      viewBox={`0 0 ${3 * histogram.length} 24`}
      width={3 * histogram.length}
      height="24"
      role="img"
      aria-label={`Histogram of ${name}`}
    >
      <path d={path} class="ink0" />
    </svg>
  );
}
