/** Fields with their labels. A text is taken when it is done (Enter, or elsewhere), not at every key. */
export interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onDone: (value: string) => void;
  readonly hint?: string;
  /** Characters wide. Default: 10. */
  readonly size?: number;
  readonly list?: string;
  readonly disabled?: boolean;
}

export function TextField({ label, value, onDone, hint, size = 10, list, disabled }: TextFieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="text"
        size={size}
        value={value}
        placeholder={hint}
        list={list}
        disabled={disabled}
        onChange={(event) => onDone(event.currentTarget.value)}
      />
    </label>
  );
}

export interface ChoiceFieldProps<T extends string> {
  readonly label: string;
  readonly value: T;
  /** Values and what they are called. */
  readonly options: readonly (readonly [T, string])[];
  readonly onChoose: (value: T) => void;
  readonly disabled?: boolean;
}

export function ChoiceField<T extends string>({
  label,
  value,
  options,
  onChoose,
  disabled,
}: ChoiceFieldProps<T>) {
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={value}
        disabled={disabled}
        onChange={({ currentTarget }) => {
          const found = options.find(([own]) => own === currentTarget.value);
          if (found) onChoose(found[0]);
        }}
      >
        {options.map(([own, text]) => (
          <option key={own} value={own}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
