/** A process that runs jobs of a sweep for the one that started it, and ends when that one is gone. */
import { InputError } from "../../data/errors.ts";
import { runJob, type TrialSite } from "../../training/sweep/trial.ts";
import { rowsOfOrder, siteOf } from "./order.ts";
import type { FromWorker, ToWorker } from "./processes.ts";

const answer = (message: FromWorker): void => void process.send?.(message);
let site: Promise<TrialSite> | null = null;

process.on("disconnect", () => process.exit(0));
// an interrupt of the terminal reaches the whole group; who started this one says what follows
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

process.on("message", (message: ToWorker) => {
  if (message.kind === "order") {
    const { order } = message;
    site = rowsOfOrder(order).then((rows) => siteOf(order, rows));
    // who asks for a job is told
    site.catch(() => undefined);
    return;
  }
  void (async () => {
    try {
      if (site === null) throw new Error("a job came before the order");
      answer({ kind: "outcome", outcome: await runJob(message.job, await site) });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      answer({ kind: "fault", message: text, isInput: error instanceof InputError });
    }
  })();
});
