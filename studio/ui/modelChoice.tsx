/** Which model a view is about: one that there is, or one from a file. */
import { ask } from "../engine/client.ts";
import { attempt, chosenModel, models } from "../session.ts";

export function ModelChoice() {
  const open = (file: File | undefined): void => {
    if (!file) return;
    void attempt(async () => {
      const model = await ask("openModel", { file });
      models.value = [...models.value, model];
      chosenModel.value = model;
    });
  };
  return (
    <div class="row">
      {models.value.length > 0 && (
        <label class="field">
          Model
          <select
            value={chosenModel.value?.id ?? ""}
            onChange={({ currentTarget }) =>
              void (chosenModel.value = models.value.find(({ id }) => id === currentTarget.value) ?? null)
            }
          >
            {chosenModel.value === null && <option value="">choose one</option>}
            {models.value.map(({ id, name }) => (
              <option key={id} value={id}>
                {name} ({id})
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="field">
        Open a model file
        <input
          type="file"
          accept=".safetensors"
          onChange={({ currentTarget }) => {
            open(currentTarget.files?.[0]);
            currentTarget.value = "";
          }}
        />
      </label>
    </div>
  );
}
