/** Everything that the page can ask of the worker, by name: each a function of what is asked and a context. */
import { dataHandlers } from "./data.ts";
import { modelHandlers } from "./models.ts";
import { trainingHandlers } from "./training.ts";

export const handlers = { ...dataHandlers, ...modelHandlers, ...trainingHandlers };
export type Handlers = typeof handlers;
