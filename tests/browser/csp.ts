import { trainFew } from "./fewSteps.ts";

trainFew().then(
  (outcome) => (document.body.dataset.outcome = JSON.stringify(outcome)),
  (error: unknown) => (document.body.dataset.outcome = JSON.stringify({ error: String(error) })),
);
