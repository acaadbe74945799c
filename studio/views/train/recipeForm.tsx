/** The recipe as fields: the command line's names, words and defaults. */
import type { Field } from "../../engine/recipeFields.ts";
import { chosen, chosenField, give, modelName, options, OWN, own, ownFields, recipe } from "./recipeState.ts";

/** What most runs are about; the rest is one click further. */
const FIRST: readonly string[] = [
  "epochs",
  "steps",
  "batch",
  "lr",
  "optimizer",
  "schedule",
  "validation",
  "keep",
  "seed",
];

export function RecipeForm() {
  const fields = ownFields.value;
  const first = FIRST.flatMap((name) => fields.find((field) => field.name === name) ?? []);
  const rest = fields.filter((field) => !first.includes(field));
  const groups = [...new Set(rest.map(({ group }) => group))];
  const more = rest.filter(({ name }) => options.value[name]).length;
  return (
    <div class="recipe">
      <ModelChoice />
      <div class="fields">
        {first.map((field) => (
          <OptionField key={field.name} field={field} />
        ))}
      </div>
      <details>
        <summary>More options{more > 0 && `, ${more} given`}</summary>
        {groups.map((group) => (
          <fieldset key={group}>
            <legend>{group}</legend>
            <div class="fields">
              {rest
                .filter((field) => field.group === group)
                .map((field) => (
                  <OptionField key={field.name} field={field} />
                ))}
            </div>
          </fieldset>
        ))}
      </details>
    </div>
  );
}

function ModelChoice() {
  const { value } = recipe;
  if (!value) return null;
  return (
    <>
      <label class="field">
        <span>
          model <code>--model</code>
        </span>
        <select
          name="model"
          value={chosen.value ?? ""}
          onChange={(event) => void (modelName.value = event.currentTarget.value)}
        >
          {value.models.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
          <option value={OWN}>one of your own (JSON)</option>
        </select>
      </label>
      <p class="soft">{chosenField.value?.about}</p>
      {chosen.value === OWN && <OwnModel />}
    </>
  );
}

/** Layers of one's own, pasted or from a file. */
function OwnModel() {
  const take = async (file: File | undefined): Promise<void> => {
    if (file) own.value = { text: await file.text(), file: file.name };
  };
  return (
    <div
      class="own"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void take(event.dataTransfer?.files[0]);
      }}
    >
      <label class="field">
        <span>layers as JSON: paste them, or drop a file here</span>
        <textarea
          name="own"
          rows={6}
          spellcheck={false}
          value={own.value.text}
          onInput={(event) => void (own.value = { ...own.value, text: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>or choose a file</span>
        <input
          type="file"
          accept=".json,application/json"
          onChange={(event) => void take(event.currentTarget.files?.[0])}
        />
      </label>
    </div>
  );
}

function OptionField({ field }: { readonly field: Field }) {
  const { name, flag, about, kind, words } = field;
  const usual = chosenField.value?.defaults[name] ?? field.fallback;
  const value = options.value[name] ?? "";
  const id = `about-${name}`;
  const label = flag.slice(2).replaceAll("-", " ");
  const shared = { name, "aria-describedby": id };
  return (
    <div class="option">
      <label class={kind === "flag" ? "flag" : "field"}>
        {kind === "flag" && (
          <input
            {...shared}
            type="checkbox"
            checked={value !== ""}
            onChange={(event) => give(name, event.currentTarget.checked ? "yes" : "")}
          />
        )}
        <span>{label}</span>
        {kind === "words" && (
          <select {...shared} value={value} onChange={(event) => give(name, event.currentTarget.value)}>
            <option value="">{usual === null ? "by default" : `${usual} (default)`}</option>
            {words.map((word) => (
              <option key={word} value={word}>
                {word}
              </option>
            ))}
          </select>
        )}
        {kind === "text" && (
          <input
            {...shared}
            type="text"
            autocomplete="off"
            value={value}
            placeholder={usual ?? (field.usual === null ? "" : `off, usually ${field.usual}`)}
            onInput={(event) => give(name, event.currentTarget.value.trim())}
          />
        )}
      </label>
      <p id={id} class="soft about">
        {about}
      </p>
    </div>
  );
}
