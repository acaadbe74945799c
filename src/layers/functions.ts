/** What models are written with: a function a layer kind, named blocks, and `model` itself. */
export * from "./blocks.ts";
export * from "./calls.ts";
export { model, type Tensor } from "./draft.ts";
