/** Everything that the page can ask of the worker, by name: each a function of what is asked and a context. */
import { annotationHandlers } from "./annotations.ts";
import { dataHandlers } from "./data.ts";
import { explainingHandlers } from "./explaining.ts";
import { liveHandlers } from "./live.ts";
import { tuningHandlers } from "./liveTuning.ts";
import { lookingHandlers } from "./looking.ts";
import { wholeHandlers } from "./lookingWhole.ts";
import { modelHandlers } from "./models.ts";
import { rowHandlers } from "./rows.ts";
import { shippingHandlers } from "./shipping.ts";
import { trainingHandlers } from "./training.ts";

export const handlers = {
  ...dataHandlers,
  ...rowHandlers,
  ...annotationHandlers,
  ...modelHandlers,
  ...trainingHandlers,
  ...lookingHandlers,
  ...explainingHandlers,
  ...wholeHandlers,
  ...shippingHandlers,
  ...liveHandlers,
  ...tuningHandlers,
};
export type Handlers = typeof handlers;
