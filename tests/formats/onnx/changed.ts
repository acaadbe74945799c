/** Files as other programs leave them. */
import { decode, encode, newBudget } from "../../../src/formats/onnx/wire.ts";
import type { Message, Parsed } from "../../../src/formats/onnx/schema.ts";

/** The file with a graph that differs by its name: its metadata speak for it no more. */
export function changedModel(
  bytes: Uint8Array,
  change: (graph: Parsed<"Graph">) => Message<"Graph"> = (graph) => ({ ...graph, name: "changed" }),
): Uint8Array {
  const model = decode("Model", bytes, newBudget());
  const graph = decode("Graph", model.graph ?? new Uint8Array(), newBudget());
  return encode("Model", { ...model, graph: encode("Graph", change(graph)) });
}
