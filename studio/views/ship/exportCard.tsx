/** One kind of file: its options, and the files once they are made. */
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Exported, ExportOptions } from "toeplitz";
import { ask } from "../../engine/client.ts";
import type { ModelSummary } from "../../engine/models.ts";
import type { ExportKind } from "../../engine/shipping.ts";
import { attempt, testData, trainData } from "../../session.ts";
import { saveFile } from "../../ui/saveFile.ts";
import { sizeText } from "../../ui/sizeText.ts";

type Options = Signal<Omit<ExportOptions, "int8">>;

export interface ExportCardProps {
  readonly kind: ExportKind;
  readonly model: ModelSummary;
  readonly name: string;
}

export function ExportCard({ kind, model, name }: ExportCardProps) {
  const options: Options = useSignal({});
  const int8 = useSignal<string | undefined>(undefined);
  const made = useSignal<Exported | null>(null);
  const isBusy = useSignal(false);
  // what was made by other choices is not what would be made now
  useEffect(() => void (made.value = null), [options.value, int8.value, name]);
  const make = async (): Promise<void> => {
    isBusy.value = true;
    made.value = null;
    const asked = { model: model.id, kind: kind.kind, name, options: options.value };
    const found = await attempt(() =>
      ask("exportModel", int8.value === undefined ? asked : { ...asked, int8: int8.value }),
    );
    made.value = found ?? null;
    isBusy.value = false;
  };
  const title = kind.kind === "model" ? "Model file" : kind.ending;
  return (
    <section class="card" aria-label={title}>
      <h4>{title}</h4>
      <p class="soft">{kind.what}</p>
      <div class="row">
        {kind.uses.includes("anyLength") && (
          <Check options={options} option="anyLength" text="rows of any length" />
        )}
        {kind.uses.includes("wasm") && (
          <Choice
            options={options}
            option="wasm"
            text="WebAssembly"
            choices={[
              ["", "inside"],
              ["beside", "in a file beside"],
            ]}
          />
        )}
        {kind.uses.includes("code") && (
          <Choice
            options={options}
            option="code"
            text="Code"
            choices={[
              ["", "fast"],
              ["small", "small"],
            ]}
          />
        )}
        {kind.uses.includes("stream") && model.kind === "network" && <Streams options={options} />}
        {kind.uses.includes("int8") && <Int8 int8={int8} options={options} />}
        <button type="button" disabled={isBusy.value} onClick={() => void make()}>
          {isBusy.value ? "Making it" : "Make"}
          <span class="unseen"> {title}</span>
        </button>
      </div>
      {made.value && <Made {...made.value} />}
    </section>
  );
}

function Made({ files, notes }: Exported) {
  return (
    <div aria-live="polite">
      <ul class="files">
        {files.map(({ name, bytes }) => (
          <li key={name}>
            <button type="button" class="small" onClick={() => saveFile(name, Uint8Array.from(bytes), "")}>
              Save {name}
            </button>{" "}
            <span class="soft">{sizeText(bytes.length)}</span>
          </li>
        ))}
      </ul>
      {notes.map((note) => (
        <p key={note} class="note">
          {note}
        </p>
      ))}
    </div>
  );
}

interface OptionProps {
  readonly options: Options;
  readonly option: keyof Options["value"];
  readonly text: string;
}

const set = (options: Options, option: keyof Options["value"], value: unknown): void => {
  const { [option]: _, ...others } = options.value;
  options.value = value === undefined ? others : { ...others, [option]: value };
};

const Check = ({ options, option, text }: OptionProps) => (
  <label>
    <input
      type="checkbox"
      checked={options.value[option] !== undefined}
      onChange={({ currentTarget }) => set(options, option, currentTarget.checked || undefined)}
    />{" "}
    {text}
  </label>
);

const Choice = ({
  options,
  option,
  text,
  choices,
}: OptionProps & { readonly choices: readonly (readonly [value: string, text: string])[] }) => (
  <label class="field">
    {text}
    <select onChange={({ currentTarget }) => set(options, option, currentTarget.value || undefined)}>
      {choices.map(([value, shown]) => (
        <option key={value} value={value}>
          {shown}
        </option>
      ))}
    </select>
  </label>
);

/** Whether it streams too; of a network that answers whole series, how often. */
const Streams = ({ options }: { readonly options: Options }) => (
  <label class="field">
    Streams too, every (samples; empty: no)
    <input
      type="number"
      min={1}
      step={1}
      placeholder="no stream"
      onInput={({ currentTarget }) => {
        const hop = Number(currentTarget.value);
        set(options, "stream", Number.isSafeInteger(hop) && hop >= 1 ? hop : undefined);
      }}
    />
  </label>
);

/** By which rows it is brought to 8 bits, and what that may cost. */
function Int8({ int8, options }: { readonly int8: Signal<string | undefined>; readonly options: Options }) {
  const sets = [
    { data: testData.value, part: "to test on" },
    { data: trainData.value, part: "to train on" },
  ].flatMap(({ data, part }) => (data ? [{ id: data.id, text: `${data.name}, ${data.rows} ${part}` }] : []));
  return (
    <>
      <label class="field">
        8 bits, by the rows of
        <select
          value={int8.value ?? ""}
          onChange={({ currentTarget }) => {
            int8.value = currentTarget.value || undefined;
            if (int8.value === undefined)
              options.value = { ...options.value, maxLoss: undefined, force: undefined };
          }}
        >
          <option value="">no: float32</option>
          {sets.map(({ id, text }) => (
            <option key={id} value={id}>
              {text}
            </option>
          ))}
        </select>
      </label>
      {int8.value !== undefined && (
        <label class="field">
          May lose (accuracy, R2)
          <input
            type="number"
            min={0}
            max={1}
            step={0.01}
            placeholder="0.02"
            onInput={({ currentTarget: { value } }) =>
              set(options, "maxLoss", value === "" ? undefined : Number(value))
            }
          />
        </label>
      )}
      {sets.length === 0 && <p class="soft">8 bits take labelled rows: open some in Data.</p>}
    </>
  );
}
