/** Rows to train, to validate and to test on. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { SplitBy } from "toeplitz";
import { ask } from "../../engine/client.ts";
import type { DataSummary, Divided } from "../../engine/data.ts";
import { attempt, parts, testData, trainData } from "../../session.ts";
import { ChoiceField, TextField } from "../../ui/field.tsx";
import { opened } from "./state.ts";

const WAYS: Readonly<Record<SplitBy, string>> = {
  class: "by class",
  group: "by group",
  time: "by time",
};

export function Splits({ data }: { readonly data: DataSummary }) {
  const test = useSignal("0.2");
  const validation = useSignal("0.2");
  const seed = useSignal("0");
  const by = useSignal<SplitBy | "">("");
  const gap = useSignal("");
  const divided = useSignal<Divided | null>(null);
  useEffect(() => void (divided.value = null), [data.id]);
  const ownTest = opened.value?.train.id === data.id ? opened.value.test : null;
  const divide = (): Promise<unknown> =>
    attempt(async () => {
      const how = {
        test: ownTest ? 0 : Number(test.value),
        validation: Number(validation.value),
        seed: Number(seed.value),
      };
      const rule = { ...(by.value && { by: by.value }), ...(gap.value && { gap: Number(gap.value) }) };
      const answer = await ask("split", { id: data.id, how: { ...how, rule } });
      divided.value = answer;
      trainData.value = answer.train;
      testData.value = answer.test ?? ownTest;
      parts.value = { ...how, by: by.value, gap: gap.value };
    });
  return (
    <section class="card" aria-label="Parts">
      <h3>Parts</h3>
      <div class="row">
        {ownTest ? (
          <p>The files have a part to test on of {ownTest.rows} rows.</p>
        ) : (
          <TextField
            label="To test on"
            value={test.value}
            size={5}
            onDone={(text) => void (test.value = text)}
          />
        )}
        <TextField
          label="To validate on"
          value={validation.value}
          size={5}
          onDone={(text) => void (validation.value = text)}
        />
        <ChoiceField
          label="Split"
          value={by.value}
          options={[
            ["", `as fits (${WAYS[data.splitBy]})`],
            ["class", WAYS.class],
            ["group", WAYS.group],
            ["time", WAYS.time],
          ]}
          onChoose={(way) => void (by.value = way)}
        />
        <TextField
          label="Gap in rows"
          value={gap.value}
          hint="0"
          size={4}
          onDone={(text) => void (gap.value = text)}
        />
        <TextField label="Seed" value={seed.value} size={5} onDone={(text) => void (seed.value = text)} />
        <button type="button" class="main" onClick={() => void divide()}>
          Divide
        </button>
      </div>
      <p class="soft">
        Shares of the rows. Training itself holds the validation part back, out of the rows to train on, with
        the same seed and way.
      </p>
      {divided.value ? (
        <Counts data={data} divided={divided.value} test={testData.value} />
      ) : (
        <p>
          To train on: {trainData.value?.rows ?? 0}. To test on: {testData.value?.rows ?? 0}.
        </p>
      )}
    </section>
  );
}

interface CountsProps {
  readonly data: DataSummary;
  readonly divided: Divided;
  readonly test: DataSummary | null;
}

function Counts({ data, divided, test }: CountsProps) {
  const names = data.classes.length > 0 ? data.classes : ["rows"];
  const tested = test ? (test.counts.length > 0 ? test.counts : [test.rows]) : [];
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Rows of each part">
      <table>
        <thead>
          <tr>
            <th scope="col">{data.classes.length > 0 ? "Class" : ""}</th>
            <th scope="col">To learn from</th>
            <th scope="col">To validate on</th>
            <th scope="col">To test on</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name, k) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{divided.learned[k] ?? 0}</td>
              <td>{divided.held[k] ?? 0}</td>
              <td>{tested[test?.classes.indexOf(name) ?? k] ?? tested[k] ?? 0}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {divided.apart > 0 && (
        <p class="soft">{divided.apart} rows are in neither part: they overlap, or lie in the gap.</p>
      )}
    </div>
  );
}
