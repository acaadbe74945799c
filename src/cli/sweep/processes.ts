/** Trials in processes of this machine, one job each at a time. They read the rows themselves, and end with this one. */
import { fork, type ChildProcess } from "node:child_process";
import { InputError } from "../../data/errors.ts";
import { Interrupted, type Executor, type Job, type Outcome } from "../../training/sweep/trial.ts";
import type { Order } from "./order.ts";

/** What a worker is sent: its order once, then jobs. */
export type ToWorker =
  { readonly kind: "order"; readonly order: Order } | { readonly kind: "job"; readonly job: Job };
/** What it answers to a job. */
export type FromWorker =
  | { readonly kind: "outcome"; readonly outcome: Outcome }
  /** `isInput`: an InputError, else a fault of ours. */
  | { readonly kind: "fault"; readonly message: string; readonly isInput: boolean };

/** Workers, which are started as jobs come. */
export interface Processes extends Executor {
  /** Ends them; what runs is given up. */
  readonly end: () => void;
}

/** The worker's file beside this one: as it was compiled, or in a clone its source, through tsx. */
const own = import.meta.url;
const isSource = own.endsWith(".ts");
const WORKER = new URL(`./worker${isSource ? ".ts" : ".js"}`, own);

export function processes(workers: number, order: Order): Processes {
  const idle: ChildProcess[] = [];
  const all = new Set<ChildProcess>();
  let ended = false;
  const start = (): ChildProcess => {
    const child = fork(WORKER, [], {
      serialization: "advanced",
      execArgv: isSource ? ["--import", import.meta.resolve("tsx")] : process.execArgv,
      // results are printed by one process
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    all.add(child);
    // who waits for it is told; of one that nobody waits for there is nothing to say
    child.on("error", () => undefined);
    send(child, { kind: "order", order });
    return child;
  };
  return {
    workers,
    run: async (job) => {
      if (ended) throw new Interrupted();
      const child = idle.pop() ?? start();
      const answer = await asked(child, job).finally(() => {
        if (child.connected) idle.push(child);
        else all.delete(child);
      });
      if (ended) throw new Interrupted();
      if (answer.kind === "outcome") return answer.outcome;
      throw answer.isInput ? new InputError(answer.message) : new Error(answer.message);
    },
    end: () => {
      ended = true;
      for (const child of all) child.kill("SIGKILL");
    },
  };
}

const send = (child: ChildProcess, message: ToWorker): void => void child.send(message, () => undefined);

/** What a worker answers; of one that ends without an answer, or cannot be started, that it did. */
function asked(child: ChildProcess, job: Job): Promise<FromWorker> {
  return new Promise((answer) => {
    const settle = (message: FromWorker): void => {
      child.off("message", settle).off("exit", onExit).off("error", onError);
      answer(message);
    };
    const end = (how: string): void =>
      settle({
        kind: "fault",
        isInput: true,
        message: `trial ${job.trial}: its process ${how}; give fewer --workers, and --resume to go on`,
      });
    const onExit = (code: number | null, signal: string | null): void =>
      end(
        signal === null
          ? `ended with exit code ${code}`
          : `was ended by ${signal}, as systems do where memory is short`,
      );
    const onError = (error: Error): void => end(`could not be started (${error.message})`);
    child.once("message", settle).once("exit", onExit).once("error", onError);
    send(child, { kind: "job", job });
  });
}
