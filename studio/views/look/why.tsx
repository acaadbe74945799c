/** Why the model says what it says of the row: the parts that positions and channels have in it. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Attribution, AttributionMethod } from "toeplitz";
import { ask } from "../../engine/client.ts";
import type { DataSummary } from "../../engine/data.ts";
import type { ModelSummary } from "../../engine/models.ts";
import type { RowAnswer } from "../../engine/looking.ts";
import { ChoiceField, TextField } from "../../ui/field.tsx";
import { short } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { ShadedSignal } from "../../ui/shadedSignal.tsx";

const METHODS: Readonly<Record<AttributionMethod, string>> = {
  integratedGradients: "integrated gradients",
  inputTimesGradient: "input times gradient",
  gradient: "gradient",
  occlusion: "occlusion",
  classActivation: "class activation",
};
/** Channels that are drawn at most: those with the largest parts. */
const MOST_CHANNELS = 8;

export interface WhyProps {
  readonly model: ModelSummary;
  readonly data: DataSummary;
  readonly row: number;
  readonly answer: RowAnswer;
}

export function Why({ model, data, row, answer }: WhyProps) {
  const method = useSignal<AttributionMethod>(model.kind === "rocket" ? "occlusion" : "integratedGradients");
  const target = useSignal("");
  const of = useSignal<"logit" | "probability">("logit");
  const position = useSignal("0");
  const found = useSignal<Attribution | null>(null);
  const refused = useSignal<string | null>(null);
  const isOfValues = answer.answers === "values";
  const isPositional = answer.positions.length > 0;
  useEffect(() => void (target.value = ""), [model.id]);
  useEffect(() => {
    let isWaited = true;
    const how = {
      method: method.value,
      ...(target.value !== "" && { target: isOfValues ? Number(target.value) : target.value }),
      ...(isPositional && { position: Number(position.value) }),
      ...(!isOfValues && { of: of.value }),
    };
    void ask("reasons", { model: model.id, data: data.id, row, how }).then(
      (answered) => {
        if (!isWaited) return;
        found.value = answered;
        refused.value = null;
      },
      (error: unknown) => {
        if (!isWaited) return;
        found.value = null;
        refused.value = error instanceof Error ? error.message : String(error);
      },
    );
    return () => void (isWaited = false);
  }, [model.id, data.id, row, method.value, target.value, of.value, position.value]);
  const methods = (Object.entries(METHODS) as [AttributionMethod, string][]).filter(
    ([name]) => model.kind !== "rocket" || name === "occlusion",
  );
  const targets = isOfValues ? answer.values.map((_, k) => String(k)) : answer.classes;
  return (
    <section aria-label="Why">
      <h3>Why</h3>
      <div class="row">
        <ChoiceField
          label="Method"
          value={method.value}
          options={methods}
          onChoose={(next) => void (method.value = next)}
        />
        <ChoiceField
          label={isOfValues ? "Of value" : "For class"}
          value={target.value}
          options={[
            ["", isOfValues ? "0" : "what it says"],
            ...targets.map((name): [string, string] => [name, name]),
          ]}
          onChoose={(next) => void (target.value = next)}
        />
        {!isOfValues && (
          <ChoiceField
            label="Of its"
            value={of.value}
            options={[
              ["logit", "logit"],
              ["probability", "probability"],
            ]}
            onChoose={(next) => void (of.value = next)}
          />
        )}
        {isPositional && (
          <TextField
            label="At position"
            value={position.value}
            size={6}
            onDone={(text) => void (position.value = text)}
          />
        )}
      </div>
      {refused.value && <Notice kind="note" text={refused.value} />}
      {found.value && <Reasons found={found.value} />}
    </section>
  );
}

const sizeOf = (line: readonly number[]): number => line.reduce((sum, value) => sum + Math.abs(value), 0);

function Reasons({ found }: { readonly found: Attribution }) {
  const { values, signal, perChannel, axis, completeness, target, of, output, unit, baseline } = found;
  const nameOf = (c: number): string =>
    found.channelNames?.[c] ?? (signal.length === 1 ? "value" : `channel ${c}`);
  const isOfAll = values.length !== signal.length;
  const ranked = signal
    .map((_, c) => c)
    .toSorted((a, b) => (isOfAll ? a - b : sizeOf(values[b]) - sizeOf(values[a])))
    .slice(0, MOST_CHANNELS)
    .toSorted((a, b) => a - b);
  const lines = ranked.map((c) => ({
    name: nameOf(c),
    signal: signal[c],
    shades: isOfAll ? values[0] : values[c],
  }));
  return (
    <>
      <ShadedSignal
        title={`What speaks for ${target} (blue) and against it (red), ${METHODS[found.method]}`}
        lines={lines}
        axis={axis}
        of="part"
      />
      <p>
        The {of} of {target} is {short(output)}.
        {completeness &&
          ` The parts sum to ${short(completeness.sum)}, its difference from the baseline (${baseline ?? "none"}) is ${short(completeness.difference)}: ${completeness.relative === null ? `they differ by ${short(completeness.absolute)}` : `${short(completeness.relative)} of it apart`}, by ${completeness.steps} gradients.`}
        {unit !== "output" && ` Parts are ${unit}.`}
        {signal.length > ranked.length &&
          ` Of ${signal.length} channels the ${ranked.length} with the largest parts are drawn.`}
      </p>
      {perChannel.length > 1 && (
        <div class="scroll" role="region" aria-label="Sums of channels" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">channel</th>
                <th scope="col">sum of its parts</th>
              </tr>
            </thead>
            <tbody>
              {perChannel.map((sum, c) => (
                <tr key={nameOf(c)}>
                  <th scope="row">{nameOf(c)}</th>
                  <td>{short(sum)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {found.notes.map((note) => (
        <p key={note} class="soft">
          {note}
        </p>
      ))}
    </>
  );
}
