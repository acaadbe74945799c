/** onnxruntime-node, for inference: the workload's model with our weights. `npm run peers` installs it. */
import type { Model } from "../layers/model.ts";
import type { NetworkFields } from "../models/network.ts";
import type { Weights } from "../models/weights.ts";
import { optimizers } from "../training/optimizers.ts";
import { trainer } from "../training/trainer.ts";
import { timed, type Contender, type Prepared, type Runner } from "./contender.ts";
import { encodeOnnx } from "../formats/onnx/encode.ts";
import { batchOf, oneOf, type Workload } from "./workloads.ts";

/** What is used of its interface; it is no dependency, so its own types are not there. */
export interface Ort {
  readonly env: { readonly versions: { readonly node?: string; readonly common: string } };
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => object;
  readonly InferenceSession: {
    create(
      file: Uint8Array,
      options: { readonly intraOpNumThreads: number; readonly interOpNumThreads: number },
    ): Promise<Session>;
  };
}
interface Session {
  run(feeds: Readonly<Record<string, object>>): Promise<Readonly<Record<string, { data: Float32Array }>>>;
  release(): Promise<void>;
}

/** The package, or null where it is not installed. */
export async function importOrt(): Promise<Ort | null> {
  const name = "onnxruntime-node";
  try {
    const found = (await import(name)) as Ort & { readonly default?: Ort };
    return found.default ?? found;
  } catch {
    return null;
  }
}

/** A model with weights and nothing around them: its one output is `values`. */
export const plainNetwork = (model: Model, weights: Weights): NetworkFields => ({
  model,
  weights,
  classes: [],
  preparation: { kind: "none" },
  provenance: {},
});

async function prepare(ort: Ort, workload: Workload, threads: number): Promise<Prepared> {
  const { model, batch: rows } = workload;
  const t = await trainer(model, { optimizer: optimizers.adam(), batch: rows, seed: 0 });
  const session = await ort.InferenceSession.create(encodeOnnx(plainNetwork(model, t.weights())), {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  const batch = batchOf(workload);
  t.dispose();
  const { channels, length } = model.input;
  const infer = ({ series, rows: n }: Pick<typeof batch, "series" | "rows">): Runner => {
    const x = new ort.Tensor("float32", Float32Array.from(series), [n, channels, length]);
    return timed(() => session.run({ input: x }));
  };
  return {
    measures: { step: { refused: "it does not train" }, batch: infer(batch), one: infer(oneOf(batch)) },
    dispose: () => session.release(),
  };
}

export function onnxruntime(threads: number): Contender {
  let ort: Ort | null = null;
  return {
    name: "onnxruntime-node",
    threads,
    async available() {
      ort = await importOrt();
      if (!ort) return { refused: "it is not installed (npm run peers)" };
      return { version: ort.env.versions.node ?? ort.env.versions.common };
    },
    async prepare(workload) {
      if (!ort) throw new Error("onnxruntime-node: prepare before available");
      return prepare(ort, workload, threads);
    },
  };
}
