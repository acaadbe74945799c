/** Events, the newest first: each can be said to have been another class. */
import type { StreamEvent } from "toeplitz";
import { attempt } from "../../session.ts";
import { Figure } from "../../ui/figure.tsx";
import type { LiveRun } from "./liveRun.ts";
import { correct } from "./liveState.ts";

const MOST_SHOWN = 100;

export function EventTable({ run }: { readonly run: LiveRun }) {
  const { classes, by, receptiveField } = run.stream;
  if (classes.length === 0) return null;
  const { rate } = run;
  const events = run.events.value;
  const open = run.open.value;
  const shown = [...events, ...(open ? [open] : [])].toReversed().slice(0, MOST_SHOWN);
  const place = (sample: number): string =>
    rate === undefined ? String(sample) : `${(sample / rate).toFixed(2)} s`;
  const was = ({ start, end }: StreamEvent, label: string): void =>
    void attempt(async () => correct(by === "windows" ? start - receptiveField + 1 : start, end, label));
  const numbers = (): string =>
    [
      "start\tend\tclass\tpeak",
      ...events.map(({ start, end, label, peak }) => [start, end, label, peak].join("\t")),
    ].join("\n");
  return (
    <Figure title={`Events: ${events.length}${open ? " and one that goes on" : ""}`} numbers={numbers}>
      {shown.length === 0 && <p class="soft">None yet.</p>}
      {shown.length > 0 && (
        <div class="scroll events" tabIndex={0} role="group" aria-label="Events">
          <table>
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col">To</th>
                <th scope="col">Class</th>
                <th scope="col">Peak</th>
                <th scope="col">Was wrong</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((event) => (
                <tr key={`${event.start} ${event.label}`}>
                  <td>{place(event.start)}</td>
                  <td>{event === open ? "goes on" : place(event.end)}</td>
                  <td>{event.label}</td>
                  <td>{(100 * event.peak).toFixed(1)} %</td>
                  <td>
                    <select
                      aria-label={`The event at ${place(event.start)} was`}
                      value=""
                      onChange={({ currentTarget }) => {
                        was(event, currentTarget.value);
                        currentTarget.value = "";
                      }}
                    >
                      <option value="">it was ...</option>
                      {classes.map((name) => (
                        <option key={name}>{name}</option>
                      ))}
                    </select>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Figure>
  );
}
