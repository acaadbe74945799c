/** Everything that the page can ask of the worker, by name: each a function of what is asked and a context. */
import { dataHandlers } from "./data.ts";
import { modelHandlers } from "./models.ts";
import { shippingHandlers } from "./shipping.ts";
import { trainingHandlers } from "./training.ts";

export const handlers = { ...dataHandlers, ...modelHandlers, ...trainingHandlers, ...shippingHandlers };
export type Handlers = typeof handlers;
