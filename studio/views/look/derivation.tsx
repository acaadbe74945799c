/** The derivation of the row by a layer: vectors, matrices, the gradient three ways, what it costs, and a certificate. */
import { useSignal } from "@preact/signals";
import type { ConvolutionExplanation, Explanation, ExplainOptions, LayerSummary } from "toeplitz";
import { ask, type Answered } from "../../engine/client.ts";
import type { DataSummary } from "../../engine/data.ts";
import type { ModelSummary } from "../../engine/models.ts";
import { attempt } from "../../session.ts";
import { ChoiceField, TextField } from "../../ui/field.tsx";
import { Figure } from "../../ui/figure.tsx";
import { short } from "../../ui/format.ts";
import { Shown, useAnswer } from "./asked.tsx";
import { Matrix } from "./matrix.tsx";
import { Cells, Vectors } from "./vectors.tsx";

export interface DerivationProps {
  readonly model: ModelSummary;
  readonly data: DataSummary;
  readonly row: number;
  readonly layers: readonly LayerSummary[];
}

/** Layers whose derivation there is. */
const hasDerivation = ({ kind }: LayerSummary): boolean => kind === "conv1d" || kind === "dense";

export function Derivation({ model, data, row, layers }: DerivationProps) {
  const names = layers.filter(hasDerivation).map(({ name }) => name);
  const chosen = useSignal(names[0] ?? "");
  /** Null: the first that a back-signal reaches, which the answer says. */
  const channel = useSignal<readonly [output: number, input: number] | null>(null);
  const statistics = useSignal<NonNullable<ExplainOptions["statistics"]>>("prediction");
  const layer = names.includes(chosen.value) ? chosen.value : (names[0] ?? "");
  const how: ExplainOptions = {
    layer,
    ...(channel.value && { channel: channel.value }),
    statistics: statistics.value,
  };
  const answer = useAnswer("derivation", { model: model.id, data: data.id, row, how });
  const told = answer.kind === "here" ? toldOf(answer.value, layer)?.channel : undefined;
  const [output, input] = channel.value ?? (told ? [told.output, told.input] : [0, 0]);
  return (
    <>
      <div class="row">
        <ChoiceField
          label="Layer"
          value={layer}
          options={names.map((name): [string, string] => [name, name])}
          onChoose={(name) => {
            chosen.value = name;
            channel.value = null;
          }}
        />
        <TextField
          label="Output channel"
          value={String(output)}
          size={5}
          onDone={(text) => void (channel.value = [Number(text), input])}
        />
        <TextField
          label="Input channel"
          value={String(input)}
          size={5}
          onDone={(text) => void (channel.value = [output, Number(text)])}
        />
        <ChoiceField
          label="Batch norm and dropout as in"
          value={statistics.value}
          options={[
            ["prediction", "prediction"],
            ["training", "training"],
          ]}
          onChoose={(next) => void (statistics.value = next)}
        />
      </div>
      <Shown answer={answer}>{(found) => <Told found={found} layer={layer} />}</Shown>
      <CertificateOf model={model} data={data} row={row} statistics={statistics.value} />
    </>
  );
}

const toldOf = ({ layers }: Explanation, layer: string): ConvolutionExplanation | null =>
  layers.find(({ name }) => name === layer)?.convolution ?? null;

function Told({ found, layer }: { readonly found: Explanation; readonly layer: string }) {
  const told = toldOf(found, layer);
  if (!told) return <p class="soft">This layer has no derivation.</p>;
  const { map, channel, activation } = told;
  return (
    <>
      <p>
        The loss of this row against {found.target} is {short(found.loss)}. {layer} takes {map.channels} ×{" "}
        {map.length} to {map.filters} × {map.outLength} by filters of {map.taps} taps, stride {map.stride},
        dilation {map.dilation}, padding {map.padding}
        {map.groups > 1 && `, ${map.groups} groups`}; told by output channel {channel.output} and input
        channel {channel.input}
        {activation.length > 0 && `, behind it ${activation.join(", ")}`}.
      </p>
      <Vectors told={told} />
      <div class="matrices">
        {told.matrices.map((matrix) => (
          <Matrix key={matrix.name} matrix={matrix} />
        ))}
      </div>
      <div class="grid">
        <Gradient told={told} />
        <Readings told={told} />
        <Slopes told={told} />
        <Costs told={told} />
      </div>
    </>
  );
}

interface ToldProps {
  readonly told: ConvolutionExplanation;
}

function Gradient({ told: { gradient, bias } }: ToldProps) {
  const { operators, compiled, central, first } = gradient;
  const shown = operators.map((value, j) => {
    const at = central?.at.indexOf(first + j) ?? -1;
    return [
      String(j + 1),
      short(value),
      compiled ? short(compiled.values[j]) : "–",
      central && at >= 0 ? short(central.values[at]) : "–",
    ];
  });
  return (
    <Cells
      title="dw three ways"
      head={["tap", `${gradient.by}, f64`, "compiled, f32", "differences"]}
      rows={shown}
    >
      <p class="soft">
        Over all {gradient.taps} taps, norm {short(gradient.norm)}:
        {compiled && ` compiled is ${short(compiled.difference)} apart,`}
        {central && ` central differences ${short(central.difference)} (at ${central.at.length} taps)`}.
        {bias && ` db = v 1 = ${short(bias.operators)}, compiled ${short(bias.compiled)}.`}
      </p>
    </Cells>
  );
}

function Readings({ told: { transpose } }: ToldProps) {
  const { row, column, difference, products, bytes } = transpose;
  return (
    <Cells
      title="The two readings of the transpose"
      head={["position", "v A(w)", "A(w)^T v^T"]}
      rows={row.slice(0, 12).map((value, k) => [String(k + 1), short(value), short(column[k])])}
    >
      <p class="soft">
        The largest difference is {short(difference)}. Either takes {products} products; v A(w) reads{" "}
        {bytes.matrixFree} bytes, with the matrix formed it would be {bytes.formed}.
      </p>
    </Cells>
  );
}

function Slopes({ told: { slopes } }: ToldProps) {
  return (
    <Cells
      title="s'(z) in three ways"
      head={["from", "formula", "first values", "stored", "more multiply-adds"]}
      rows={slopes.map(({ from, formula, values, stored, multiplyAdds }) => [
        from,
        formula ?? "–",
        values ? values.slice(0, 3).map(short).join(", ") : "not open here",
        String(stored),
        String(multiplyAdds),
      ])}
    />
  );
}

function Costs({ told: { costs, norms, block } }: ToldProps) {
  const { multiplyAdds, stored, matrix } = costs;
  const rows = [
    ["multiply-adds of each product", String(multiplyAdds)],
    ["stored: y, z, v, w", [stored.y, stored.z, stored.v, stored.w].join(", ")],
    ["numbers of A(w), if it were formed", String(matrix)],
    ["|y|, |z|, |v|", [norms.y, norms.z, norms.v].map(short).join(", ")],
    ...(block
      ? [
          ["fewer products: of the direct form's operations", short(block.share)],
          ["its largest difference to the direct sums", short(block.difference)],
        ]
      : []),
  ];
  return <Cells title="What it costs" head={["", "whole layer, this row"]} rows={rows} />;
}

interface CertificateProps extends Omit<DerivationProps, "layers"> {
  readonly statistics: NonNullable<ExplainOptions["statistics"]>;
}

function CertificateOf({ model, data, row, statistics }: CertificateProps) {
  const found = useSignal<Answered<"certificate"> | null>(null);
  const isBusy = useSignal(false);
  const certify = (): Promise<unknown> =>
    attempt(async () => {
      isBusy.value = true;
      try {
        found.value = await ask("certificate", { model: model.id, data: data.id, row, statistics });
      } finally {
        isBusy.value = false;
      }
    });
  const { value } = found;
  return (
    <>
      <div class="row">
        <button type="button" disabled={isBusy.value} onClick={() => void certify()}>
          Certify every gradient by complex steps
        </button>
        {isBusy.value && <span class="soft">some seconds …</span>}
      </div>
      {value && (
        <Figure
          title={`Certificate: ${value.holds ? "it holds" : "it does not hold"}`}
          numbers={() =>
            value.tensors
              .map(({ name, entryDifference, directionDifference }) =>
                [name, entryDifference, directionDifference].join("\t"),
              )
              .join("\n")
          }
        >
          <p class={value.holds ? "" : "wrong"}>
            {value.parameters} gradients in f64 on {value.rows} rows, batch norm as in {value.statistics}: the
            worst is {value.worst.toExponential(1)} apart from the complex step ({value.worstTensor});{" "}
            {short(value.bound)} is allowed.
          </p>
        </Figure>
      )}
    </>
  );
}
