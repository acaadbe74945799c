import { train200 } from "./workload.ts";

train200().then(
  (outcome) => postMessage(outcome),
  (error: unknown) => postMessage({ error: String(error) }),
);
