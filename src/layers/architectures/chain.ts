/**
 * The system's own network (SYSTEM.md): a chain of single-channel convolutions with one scalar bias each,
 * y_l = s_l(A(w_l) y_{l-1} + b_l 1), and a dense head where one is wanted.
 */
import * as functions from "../functions.ts";
import { ModelError, type Model } from "../model.ts";
import { outputsOf, type Task } from "./task.ts";

const activations = [
  "tanh",
  "relu",
  "leakyRelu",
  "elu",
  "gelu",
  "silu",
  "sigmoid",
  "softplus",
  "identity",
] as const;
export type ChainActivation = (typeof activations)[number];

export interface ChainOptions {
  /** The size of each layer's filter. */
  readonly filters?: readonly number[];
  /** One activation for all layers, or one a layer. */
  readonly activation?: ChainActivation | readonly ChainActivation[];
  /** Whether a dense layer turns the last signal into the outputs. */
  readonly head?: boolean;
}

export function chain(task: Task, options: ChainOptions = {}): Model {
  const { filters = [9, 9, 9, 9, 9], activation = "tanh", head = true } = options;
  if (task.channels !== 1)
    throw new ModelError(`a chain runs on 1 channel, not ${task.channels}; use another model`);
  const at = (l: number): ChainActivation => (typeof activation === "string" ? activation : activation[l]);
  return functions.model(
    task,
    (x) => {
      let y = x;
      filters.forEach((kernelSize, l) => {
        y = functions.conv1d(y, { filters: 1, kernelSize });
        const name = at(l);
        if (!activations.includes(name))
          throw new ModelError(
            `activation ${String(name)} of layer ${l + 1}; it is one of ${activations.join(", ")}`,
          );
        if (name !== "identity") y = functions[name](y);
      });
      return head ? functions.dense(y, { units: outputsOf(task) }) : y;
    },
    "chain",
  );
}
