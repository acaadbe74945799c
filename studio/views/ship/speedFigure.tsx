/** How fast a model is here: measured in the worker, when somebody asks. */
import { useSignal } from "@preact/signals";
import { ask } from "../../engine/client.ts";
import type { Speeds } from "../../engine/shipping.ts";
import { attempt } from "../../session.ts";
import { Figure } from "../../ui/figure.tsx";

const short = (x: number): string => String(Number(x.toPrecision(3)));
const per = (ms: number): string => (ms < 1 ? `${short(1000 * ms)} µs` : `${short(ms)} ms`);

const rowsOf = ({ oneMs, batch, stream, threads }: Speeds): readonly (readonly [string, string])[] => [
  ["one row alone", per(oneMs)],
  [`rows a second, ${batch.rows} at a time`, Math.round(batch.rowsPerSecond).toLocaleString("en-US")],
  ["a sample of a stream", "not" in stream ? stream.not : per(stream.microseconds / 1000)],
  ...("said" in stream ? [["the stream", stream.said] as const] : []),
  ["where", `WebAssembly in a worker of this browser, ${threads}, beside whatever else this machine does`],
];

export function SpeedFigure({ model }: { readonly model: string }) {
  const speeds = useSignal<Speeds | null>(null);
  const isBusy = useSignal(false);
  const measure = async (): Promise<void> => {
    isBusy.value = true;
    const found = await attempt(() => ask("measureModel", { model }));
    speeds.value = found ?? null;
    isBusy.value = false;
  };
  const rows = speeds.value && rowsOf(speeds.value);
  return (
    <Figure
      title="Speed, measured here"
      {...(rows && { numbers: () => rows.map((row) => row.join("\t")).join("\n") })}
    >
      {rows && (
        <table>
          <tbody>
            {rows.map(([what, figure]) => (
              <tr key={what}>
                <th scope="row">{what}</th>
                <td>{figure}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <button type="button" disabled={isBusy.value} onClick={() => void measure()}>
        {isBusy.value ? "Measuring" : rows ? "Measure again" : "Measure"}
      </button>
    </Figure>
  );
}
