/** When answers are an event: how probable, for how long, how far apart, and which classes are none. */
import { hop, how } from "./liveState.ts";

interface NumberProps {
  readonly text: string;
  readonly value: number | undefined;
  readonly least: number;
  readonly most?: number;
  readonly step: number;
  readonly placeholder?: string;
  readonly set: (value: number | undefined) => void;
}

const NumberField = ({ text, value, least, most, step, placeholder, set }: NumberProps) => (
  <label class="field narrow">
    {text}
    <input
      type="number"
      value={value ?? ""}
      min={least}
      max={most}
      step={step}
      placeholder={placeholder}
      onInput={({ currentTarget }) =>
        set(currentTarget.value === "" ? undefined : Number(currentTarget.value))
      }
    />
  </label>
);

export function EventSettings({ classes }: { readonly classes: readonly string[] }) {
  const now = how.value;
  return (
    <details>
      <summary>Answers and events</summary>
      <div class="row">
        <NumberField
          text="An answer every (samples)"
          value={hop.value}
          least={1}
          step={1}
          placeholder="a row's length"
          set={(value) => void (hop.value = value)}
        />
        <NumberField
          text="Least probability"
          value={now.threshold}
          least={0.01}
          most={1}
          step={0.01}
          set={(threshold = 0.8) => void (how.value = { ...now, threshold })}
        />
        <NumberField
          text="Held for (answers)"
          value={now.hold}
          least={1}
          step={1}
          set={(hold = 1) => void (how.value = { ...now, hold })}
        />
        <NumberField
          text="Quiet after (samples)"
          value={now.coolDown}
          least={0}
          step={1}
          set={(coolDown = 0) => void (how.value = { ...now, coolDown })}
        />
      </div>
      {classes.length > 0 && (
        <fieldset>
          <legend>Classes that are no events</legend>
          {classes.map((name) => (
            <label key={name} class="inline">
              <input
                type="checkbox"
                checked={now.unknown.includes(name)}
                onChange={({ currentTarget: { checked } }) =>
                  void (how.value = {
                    ...now,
                    unknown: checked ? [...now.unknown, name] : now.unknown.filter((one) => one !== name),
                  })
                }
              />{" "}
              {name}
            </label>
          ))}
        </fieldset>
      )}
      <p class="soft">They hold from the next beginning on.</p>
    </details>
  );
}
