/** How files are read, field by field; a change reads them again. */
import type { Choices } from "./choices.ts";
import { isLong } from "./choices.ts";
import { ChoiceField, TextField } from "../../ui/field.tsx";
import { ColumnsTable } from "./columnsTable.tsx";
import { choose, choices, given, isTable, told } from "./state.ts";

const change = (next: Partial<Choices>): void => void choose({ ...choices.value, ...next });

export function HowRead() {
  if (given.value.length === 0) return null;
  const { value } = choices;
  const isNumpy = given.value.some(({ path }) => /\.(npy|npz)$/i.test(path));
  const isMatlab = given.value.some(({ path }) => /\.mat$/i.test(path));
  const asTable = isTable.value && (told.value !== null || given.value.length === 1);
  return (
    <details class="card" open={isTable.value}>
      <summary>How it is read</summary>
      {asTable && <ColumnsTable />}
      <div class="row fields">
        {asTable && <Layout />}
        <TextField
          label={asTable && !isLong(value) ? "Channels begin with" : "Channels"}
          value={value.channels}
          hint="all"
          onDone={(channels) => change({ channels })}
        />
        <TextField
          label="Samples a second"
          value={value.rate}
          hint="as the file says"
          onDone={(rate) => change({ rate })}
        />
        <TextField
          label="Window"
          value={value.window}
          hint="whole series"
          onDone={(window) => change({ window })}
        />
        <TextField label="Hop" value={value.hop} hint="as the window" onDone={(hop) => change({ hop })} />
        <TextField
          label="Horizon"
          value={value.horizon}
          hint="no forecast"
          onDone={(horizon) => change({ horizon })}
        />
        {value.horizon !== "" && !asTable && (
          <TextField
            label="Forecasts of"
            value={value.forecast}
            hint="all channels"
            onDone={(forecast) => change({ forecast })}
          />
        )}
        {isMatlab && (
          <TextField
            label="Variable"
            value={value.variable}
            hint="by its name"
            onDone={(variable) => change({ variable })}
          />
        )}
        {isNumpy && (
          <ChoiceField
            label="Axes"
            value={value.axes}
            options={[
              ["", "the shorter is channels"],
              ["rows,channels,time", "rows, channels, time"],
              ["rows,time,channels", "rows, time, channels"],
            ]}
            onChoose={(axes) => change({ axes })}
          />
        )}
        {(isNumpy || isLong(value)) && (
          <ChoiceField
            label="Answers"
            value={value.answers}
            options={[
              ["", "as found"],
              ["classes", "classes"],
              ["values", "values"],
              ["labels", "several classes at once"],
              ["positions", "a class a position"],
            ]}
            onChoose={(answers) => change({ answers })}
          />
        )}
      </div>
      <p class="soft">
        Window, hop and horizon are numbers of positions, or times such as 2s or 500ms where the rate is
        known. With a horizon the values to predict are those of so many positions after each window: of the
        columns whose choice is target, else of every channel.
      </p>
    </details>
  );
}

/** How the text of a table is laid out. */
function Layout() {
  const { value } = choices;
  return (
    <>
      <ChoiceField
        label="Separator"
        value={value.separator}
        options={[
          ["", told.value ? `as found (${told.value.separator})` : "as found"],
          [",", "comma"],
          [";", "semicolon"],
          ["tab", "tab"],
          ["|", "bar"],
        ]}
        onChoose={(separator) => change({ separator })}
      />
      <ChoiceField
        label="First line"
        value={value.header}
        options={[
          ["", "names the columns"],
          ["none", "is a row already"],
        ]}
        onChoose={(header) => change({ header })}
      />
      <TextField
        label="Lines to skip"
        value={value.skip}
        hint="0"
        size={4}
        onDone={(skip) => change({ skip })}
      />
      <ChoiceField
        label="Decimal mark"
        value={value.decimal}
        options={[
          ["", "as found"],
          ["point", "point"],
          ["comma", "comma"],
        ]}
        onChoose={(decimal) => change({ decimal })}
      />
      <TextField
        label="Encoding"
        value={value.encoding}
        hint="utf-8"
        onDone={(encoding) => change({ encoding })}
      />
    </>
  );
}
